import { ArgumentRangeError, ArgumentTypeError, FieldstoneError } from '#storage';
import { assertOptions, assertSignal, shown } from '../arguments.js';
import type { SortKey } from './sort-key.js';

/** Directions of a sort: ascending or descending. */
export type SortDirection = 1 | -1 | 'asc' | 'desc';

/** What find() takes besides the filter. All optional. */
export interface FindOptions<Name extends string = string> {
  /** Fields with their directions, the first one counts most: `{ born: -1, name: 1 }`. Default: the order of the record numbers. */
  readonly sort?: { readonly [Field in Name]?: SortDirection } | undefined;
  /** Rows to leave out at the beginning. Default 0. */
  readonly skip?: number | undefined;
  /** Rows at most. Default: all. */
  readonly limit?: number | undefined;
  /** Only these fields. Default: all. */
  readonly fields?: readonly Name[] | undefined;
  /** Ends the query with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

/** The options after checking. */
export interface FindSpec {
  readonly sort: readonly SortKey[];
  readonly skip: number;
  readonly limit: number;
  readonly fields: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
}

const EVERYTHING: FindSpec = { sort: [], skip: 0, limit: Infinity, fields: undefined, signal: undefined };
const KNOWN = ['sort', 'skip', 'limit', 'fields', 'signal'];
const MOST_SORT_KEYS = 32;

/**
 * Checks the options of find(). `resolve` gives a path as the source spells it.
 *
 * @throws FieldstoneError OPTION for what is no option, NOT_FOUND for unknown fields, LIMIT for more than 32 sort fields.
 */
export function findSpec(options: FindOptions | undefined, resolve: (path: string) => string): FindSpec {
  if (options === undefined) return EVERYTHING;
  assertOptions(options, KNOWN, 'find');
  assertSignal(options.signal);
  const { fields } = options;
  if (fields !== undefined && (!Array.isArray(fields) || !fields.every((name) => typeof name === 'string'))) {
    throw new ArgumentTypeError('OPTION', `fields of find is an array of names, got ${shown(fields)}`);
  }
  return {
    sort: sortKeys(options.sort, resolve), skip: count(options.skip, 'skip', 0), limit: count(options.limit, 'limit', Infinity),
    fields: fields === undefined ? undefined : [...new Set(fields.map((name) => resolve(name)))], signal: options.signal,
  };
}

function count(value: unknown, name: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (value === Infinity || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
  throw new ArgumentRangeError('OPTION', `${name} of find is a whole number from 0, got ${shown(value)}`);
}

function sortKeys(sort: unknown, resolve: (path: string) => string): readonly SortKey[] {
  if (sort === undefined) return [];
  if (typeof sort !== 'object' || sort === null || Array.isArray(sort)) {
    throw new ArgumentTypeError('OPTION', `sort of find is an object such as { born: -1 }, got ${shown(sort)}`);
  }
  const entries = Object.entries(sort).filter(([, direction]) => direction !== undefined);
  if (entries.length > MOST_SORT_KEYS) throw new FieldstoneError('LIMIT', `a sort has at most ${MOST_SORT_KEYS} fields, got ${entries.length}`);
  const keys = entries.map(([path, direction]: [string, unknown]): SortKey => {
    if (direction === 1 || direction === 'asc') return { path: resolve(path), descending: false };
    if (direction === -1 || direction === 'desc') return { path: resolve(path), descending: true };
    throw new FieldstoneError('OPTION', `the direction of a sort is 1 or -1, got ${shown(direction)} for ${shown(path)}`, { option: 'sort' });
  });
  return keys.filter((key, i) => keys.findIndex((one) => one.path === key.path) === i);
}
