import { keepLayout } from '../base/keep-layout.js';

/** What a field of a row holds. */
export type FieldValue = string | number | bigint | boolean | Date | Uint8Array | null;

/**
 * One record as a plain object: an own enumerable property per field, in the order of the table. `$recno` and
 * `$deleted` can be read but are not enumerable, so that spreading, JSON and comparisons see the fields alone.
 */
export interface Row {
  readonly $recno: number;
  readonly $deleted: boolean;
  readonly [field: string]: FieldValue;
}

/** A row under construction: fields are added to it by assignment. */
export type OpenRow = Row & Record<string, FieldValue>;

/** Makes rows of one table. `values` is read, not kept. */
export type RowFactory = (recno: number, deleted: boolean, values: readonly FieldValue[]) => Row;

class MarkedRow {
  /** The record number, negative when the record is deleted: one slot instead of two. */
  readonly #mark: number;
  constructor(mark: number) { this.#mark = mark; }
  get $recno(): number { return Math.abs(this.#mark); }
  get $deleted(): boolean { return this.#mark < 0; }
}
keepLayout(new MarkedRow(0));

/** Names that a plain assignment would not make an own property of. */
const UNASSIGNABLE = new Set(['__proto__', '$recno', '$deleted']);

// Above this, objects grown by assignment become dictionaries in V8 (measured: 14 ns a field up to 16 fields, 40 ns at 30).
const ASSIGNED_FIELDS = 16;
const GROUP = 8;

/** Whether rows with these names may be made by assigning to openRow(): few, and no name that has a meaning of its own. */
export function canAssign(names: readonly string[]): boolean {
  return names.length <= ASSIGNED_FIELDS && !names.some((name) => UNASSIGNABLE.has(name));
}

/** A row without fields, to assign to. */
export function openRow(recno: number, deleted: boolean): OpenRow {
  return new MarkedRow(deleted ? -recno : recno) as MarkedRow & Record<string, FieldValue>;
}

type RowClass = new (mark: number) => MarkedRow;

/** The values of the row under construction, and the next one to take: class fields can see only these. */
let pending: readonly FieldValue[] = [];
let taken = 0;
const take = (): FieldValue => pending[taken++] ?? null;

function extendByOne(base: RowClass, name: string): RowClass {
  return class extends base { [name] = take(); };
}

function extendByGroup(base: RowClass, [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = '']: readonly string[]): RowClass {
  return class extends base {
    [a] = take(); [b] = take(); [c] = take(); [d] = take(); [e] = take(); [f] = take(); [g] = take(); [h] = take();
  };
}

/**
 * A factory of rows with these property names, for any number and any spelling of them: class fields with computed
 * names define properties, so that no name can change the prototype or hide a field.
 */
export function definingFactory(names: readonly string[]): RowFactory {
  let made: RowClass = MarkedRow;
  const grouped = names.length - (names.length % GROUP);
  for (let i = 0; i < grouped; i += GROUP) made = extendByGroup(made, names.slice(i, i + GROUP));
  for (const name of names.slice(grouped)) made = extendByOne(made, name);
  return (recno, deleted, values) => {
    pending = values;
    taken = 0;
    return new made(deleted ? -recno : recno) as MarkedRow & Record<string, FieldValue>;
  };
}
