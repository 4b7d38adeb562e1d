import { FieldstoneError, keepLayout, type ErrorCode } from '#storage';
import { shown } from '../arguments.js';
import { Param } from './param.js';

/** Nesting of documents and of values in filters; deeper is refused with LIMIT. */
export const MAX_DEPTH = 100;
/** Values in one filter or document, nested ones included. */
export const MAX_VALUES = 4_000_000;

/** How values of the user are taken over: what is no value is refused with this code. */
export interface CopyRules {
  readonly code: ErrorCode;
  /** For messages: `filter`, `document`. */
  readonly what: string;
  /** Fields that are undefined: left out of documents, null in filters. */
  readonly dropUndefined: boolean;
  /** Getters are read, once, as any field is; else they are refused and not called. */
  readonly readsGetters: boolean;
}

/**
 * A copy of a value of the user that shares nothing with it: null, booleans, numbers, bigints, text, dates, bytes, arrays and
 * objects of these. Prototypes are not looked at. Throws LIMIT (too deep, in a circle, too many values) and the code of the rules.
 */
export function copyValue(value: unknown, rules: CopyRules): unknown {
  return new Copier(rules).copy(value, 0);
}

class Copier {
  readonly #rules: CopyRules;
  #count = 0;

  constructor(rules: CopyRules) { this.#rules = rules; }

  copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string': case 'boolean': case 'number': case 'bigint': return value;
      case 'undefined': return null;
      case 'object': return value === null ? null : this.#object(value, depth);
      default: return this.#refuse(value);
    }
  }

  #object(value: object, depth: number): unknown {
    if (value instanceof Date) return this.#date(value);
    if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(new Uint8Array(value.buffer, value.byteOffset, value.length));
    if (depth >= MAX_DEPTH) {
      throw new FieldstoneError('LIMIT', `a ${this.#rules.what} is nested deeper than ${MAX_DEPTH} levels, or in a circle`, { details: { maxDepth: MAX_DEPTH } });
    }
    return Array.isArray(value) ? this.#array(value, depth) : this.#fields(value, depth);
  }

  #date(value: Date): Date {
    const time = Date.prototype.getTime.call(value);
    if (Number.isNaN(time)) throw new FieldstoneError(this.#rules.code, `an invalid Date can not be in a ${this.#rules.what}`);
    return new Date(time);
  }

  #array(value: readonly unknown[], depth: number): unknown[] {
    const { length } = value;
    this.#step(length);
    const copy: unknown[] = [];
    for (let i = 0; i < length; i++) copy.push(this.copy(elementAt.call(value, i), depth + 1));
    return copy;
  }

  #fields(value: object, depth: number): Record<string, unknown> {
    if (!isPlain(value)) this.#refuse(value);
    const names = Object.keys(value);
    this.#step(names.length);
    const copy: Record<string, unknown> = {};
    const { readsGetters } = this.#rules;
    for (const name of names) {
      const one = readsGetters && name !== '__proto__' ? value[name] : ownData(value, name, this.#rules);
      if (one === undefined && this.#rules.dropUndefined) continue;
      copy[name] = this.copy(one, depth + 1);
    }
    return copy;
  }

  #step(count: number): void {
    this.#count += count + 1;
    if (this.#count > MAX_VALUES) throw new FieldstoneError('LIMIT', `a ${this.#rules.what} holds more than ${MAX_VALUES} values`);
  }

  #refuse(value: unknown): never {
    throw new FieldstoneError(this.#rules.code, `${kindOf(value)} can not be in a ${this.#rules.what}: use null, booleans, numbers, bigints, text, Date, Uint8Array, arrays and plain objects`);
  }
}
keepLayout(new Copier({ code: 'VALUE', what: 'document', dropUndefined: true, readsGetters: true }));

function kindOf(value: unknown): string {
  if (value instanceof Param) return `a parameter (param(${shown(value.name)}), which stands for a whole operand only)`;
  return typeof value === 'object' && value !== null ? `an object of kind ${Object.prototype.toString.call(value).slice(8, -1)}` : shown(value);
}

const { toString: tagOf } = Object.prototype;

/** V8 turns the numbers of somebody's list that is read as `list[i]` into objects, where lists of other things come by, too: see docs/benchmarks.md. */
const { at: elementAt } = Array.prototype;

/** Maps, sets, promises, errors and the like have no fields to keep. */
export function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  return tagOf.call(value) === '[object Object]' && !(value instanceof Param);
}

/** A field of an object of the user, without running code of it. */
export function ownData(value: object, name: string, rules: CopyRules): unknown {
  if (name === '__proto__') throw new FieldstoneError(rules.code, `a field named __proto__ can not be in a ${rules.what}`);
  const property = Object.getOwnPropertyDescriptor(value, name);
  if (property !== undefined && !('value' in property)) {
    throw new FieldstoneError(rules.code, `the field ${shown(name)} of a ${rules.what} is a getter, which is not called; give its value`);
  }
  return property?.value;
}
