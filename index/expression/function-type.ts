import type { CompileContext, Value } from './value.js';

/** A function of the language. */
export interface FunctionForm {
  readonly least: number;
  readonly most: number;
  /** Undefined when it does not take arguments of these types. */
  make(args: readonly Value[], context: CompileContext): Value | undefined;
}

export function form(least: number, most: number, make: FunctionForm['make']): FunctionForm { return { least, most, make }; }
