/** Kinds of values in the order in which they sort among each other (MongoDB's order); `undefined` is below null. */
export const RANK = { missing: 0, null: 1, number: 2, text: 3, object: 4, array: 5, bytes: 6, boolean: 7, date: 8, other: 9 } as const;
export type Rank = (typeof RANK)[keyof typeof RANK];

/** The place of a value's kind in the order. */
export function rankOf(value: unknown): Rank {
  switch (typeof value) {
    case 'string': return RANK.text;
    case 'number': case 'bigint': return RANK.number;
    case 'boolean': return RANK.boolean;
    case 'undefined': return RANK.missing;
    case 'object': return value === null ? RANK.null : objectRank(value);
    default: return RANK.other;
  }
}

function objectRank(value: object): Rank {
  if (Array.isArray(value)) return RANK.array;
  if (value instanceof Date) return RANK.date;
  return value instanceof Uint8Array ? RANK.bytes : RANK.object;
}

/** An object with fields: no array, date or bytes. */
export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array);
}

/** The own property of that name; what the prototype has is no field. */
export function ownValue(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

type TypeTest = (value: unknown) => boolean;
const isNumber: TypeTest = (v) => typeof v === 'number' || typeof v === 'bigint';
const isWhole: TypeTest = (v) => Number.isInteger(v) || typeof v === 'bigint';
const isDouble: TypeTest = (v) => typeof v === 'number';
const isText: TypeTest = (v) => typeof v === 'string';
const isBytes: TypeTest = (v) => v instanceof Uint8Array;
const isBoolean: TypeTest = (v) => typeof v === 'boolean';
const isDate: TypeTest = (v) => v instanceof Date;
const isNull: TypeTest = (v) => v === null;

/** The names and codes of `$type`. Whole numbers are `int` and `long` alike: how wide a number is stored is not kept. */
export const TYPE_TESTS: ReadonlyMap<string, TypeTest> = new Map<string, TypeTest>([
  ['double', isDouble], ['string', isText], ['object', isFields], ['array', Array.isArray], ['binData', isBytes], ['binary', isBytes],
  ['bool', isBoolean], ['boolean', isBoolean], ['date', isDate], ['null', isNull], ['int', isWhole], ['long', isWhole],
  ['number', isNumber], ['bigint', (v) => typeof v === 'bigint'],
]);

/** MongoDB's numbers of types, by name. */
export const TYPE_CODES: ReadonlyMap<number, string> = new Map([
  [1, 'double'], [2, 'string'], [3, 'object'], [4, 'array'], [5, 'binData'], [8, 'bool'], [9, 'date'], [10, 'null'], [16, 'int'], [18, 'long'],
]);
