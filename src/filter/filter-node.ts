/** A value that a filter compares with: given in the filter, or by name when a prepared query runs. */
export type Operand =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `isGiven`: its value stood in the filter itself, which is kept to be used again with other values; reports do not name it. */
  | { readonly kind: 'param'; readonly name: string; readonly isGiven?: boolean }
  /** Stands alone in the operands of `in`, `nin` and `all`: its value is the whole list. */
  | { readonly kind: 'listParam'; readonly name: string };

/** Operators that compare a field with one operand. `ne` is the opposite of `eq`: no value of the field is equal. */
export type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte';

/** One member of the union for each operator, so that a check of `op` tells them apart. */
type Each<Op extends string, Rest> = Op extends string ? { readonly op: Op } & Rest : never;

/**
 * A filter after parsing: names checked, operators known, nothing of the user's object kept but the operands.
 * Paths are dotted (`profile.email`); on tables a path is a field as the table spells it.
 */
export type FilterNode =
  | { readonly op: 'true' }
  | { readonly op: 'false' }
  | { readonly op: 'and' | 'or' | 'nor'; readonly parts: readonly FilterNode[] }
  | { readonly op: 'not'; readonly part: FilterNode }
  | Each<Comparison, { readonly path: string; readonly operand: Operand }>
  | Each<'in' | 'nin' | 'all', { readonly path: string; readonly operands: readonly Operand[] }>
  | { readonly op: 'between'; readonly path: string; readonly low: Operand; readonly high: Operand }
  | { readonly op: 'exists'; readonly path: string; readonly present: boolean }
  | { readonly op: 'type'; readonly path: string; readonly types: readonly string[] }
  | { readonly op: 'regex'; readonly path: string; readonly source: string; readonly flags: string }
  | { readonly op: 'startsWith'; readonly path: string; readonly operand: Operand }
  | { readonly op: 'size'; readonly path: string; readonly operand: Operand }
  /** Some element of the array matches `part`, whose paths are relative to the element; the path `''` is the element itself. */
  | { readonly op: 'elemMatch'; readonly path: string; readonly part: FilterNode };
