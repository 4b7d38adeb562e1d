import type { FilterNode } from './filter-node.js';
import { isFields, ownValue } from './value-type.js';

/** Tests one item. */
export type Predicate<Item> = (item: Item) => boolean;

/** What a path leads to when a list lies on its way. */
export const IN_LIST: unique symbol = Symbol('in list');

/** How a compiled filter takes values from what it tests: documents, encoded documents, records of a table. */
export interface ItemReader<Item> {
  /** Reads one field: the first name of a path, or the whole path when values are not nested. Undefined when missing. */
  field(name: string): (item: Item) => unknown;
  /** Values may be arrays and objects that paths go into. False for the rows of a table: there a path is a field. */
  readonly nested: boolean;
  /**
   * Reads the value at a path of several names: what reading field by field leads to, or IN_LIST when a list lies on the way. Undefined when it can do no
   * better than that.
   */
  direct?(names: readonly string[]): ((item: Item) => unknown) | undefined;
  /** A test of a leaf that is faster than the general one, for example on the bytes of a record. */
  leaf?(node: FilterNode): Predicate<Item> | undefined;
}

/** Plain objects as items. */
export const DOCUMENTS: ItemReader<unknown> = {
  nested: true,
  // A name that Object.prototype has too must be looked up as an own property; any other is safe to take at once.
  field: (name) => {
    if (name in Object.prototype) return (item) => (isFields(item) ? ownValue(item, name) : undefined);
    return (item) => (isFields(item) ? item[name] : undefined);
  },
};

/** Rows of a table as items, their fields by name. */
export const ROWS: ItemReader<Readonly<Record<string, unknown>>> = {
  nested: false,
  field: (name) => (row) => ownValue(row, name),
};
