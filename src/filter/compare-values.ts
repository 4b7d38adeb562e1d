import { isFields, ownValue, RANK, rankOf } from './value-type.js';

// Units from 0xD800 on: there the order of UTF-16 units is not that of characters.
const HIGH_UNIT = /[\ud800-\uffff]/;

/** Whether `<` alone orders this text rightly against any other. */
export function isPlainText(text: string): boolean { return !HIGH_UNIT.test(text); }

/** The order of characters (code points), which is also the order of UTF-8 bytes and so of index keys. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (!HIGH_UNIT.test(a) || !HIGH_UNIT.test(b)) return a < b ? -1 : 1;
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return characterOrder(x) - characterOrder(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above all others. */
function characterOrder(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Exact, also between number and bigint; NaN is equal to itself and below all others. */
export function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  const aIsNumber = !Number.isNaN(a);
  const bIsNumber = !Number.isNaN(b);
  return aIsNumber === bIsNumber ? 0 : aIsNumber ? 1 : -1;
}

/** By length only after the bytes: `01` is above `00ff`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const order = (a[i] ?? 0) - (b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/**
 * The order of all values: missing, null, numbers, text, objects, arrays, bytes, booleans, dates (MongoDB's). Objects are compared
 * field by field in the order of their names, so that the order of insertion does not matter; arrays element by element.
 *
 * @example
 * [true, 'a', null, 3].sort(compareValues); // [null, 3, 'a', true]
 */
export function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if ((typeof a === 'number' || typeof a === 'bigint') && (typeof b === 'number' || typeof b === 'bigint')) return compareNumbers(a, b);
  const rank = rankOf(a);
  const other = rankOf(b);
  return rank === other ? compareSameRank(a, b) : rank - other;
}

function compareSameRank(a: unknown, b: unknown): number {
  if (a instanceof Date && b instanceof Date) return compareNumbers(a.getTime(), b.getTime());
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (isFields(a) && isFields(b)) return compareFields(a, b);
  return 0;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const order = compareValues(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareFields(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number {
  const names = Object.keys(a).sort(compareText);
  const others = Object.keys(b).sort(compareText);
  const end = Math.min(names.length, others.length);
  for (let i = 0; i < end; i++) {
    const name = names[i] ?? '';
    const other = others[i] ?? '';
    const order = compareText(name, other) || compareValues(a[name], b[other]);
    if (order !== 0) return order;
  }
  return names.length - others.length;
}

/** The same value: of one kind, and all parts the same; the order of an object's fields does not matter. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return equalScalars(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => equalValues(one ?? null, b[i] ?? null));
  if (!isFields(a) || !isFields(b)) return compareValues(a, b) === 0;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && equalValues(ownValue(a, name), b[name]));
}

function equalScalars(a: unknown, b: unknown): boolean {
  return rankOf(a) === RANK.number && rankOf(b) === RANK.number && compareValues(a, b) === 0;
}
