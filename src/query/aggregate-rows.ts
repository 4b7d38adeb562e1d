import { ArgumentTypeError, FieldstoneError } from '#storage';
import { shown } from '../arguments.js';
import { compareValues } from '../filter/compare-values.js';
import { isFields, ownValue } from '../filter/value-type.js';
import { Aggregate, type Accumulator } from './aggregates.js';
import { valueKey } from './node-text.js';
import type { SortLimit } from './sort-cursor.js';

/** Keys of an aggregate that are no figures. */
export type AggregateOptions = 'groupBy' | 'where';

/** What aggregate() takes: `groupBy`, `where`, and a figure under each other name. */
export interface AggregateSpec {
  readonly groupBy: readonly string[];
  readonly figures: readonly { readonly name: string; readonly aggregate: Aggregate }[];
  /** Every path that is read. */
  readonly paths: readonly string[];
}

/** Checks what aggregate() was given. Throws OPTION, NOT_FOUND. `resolve` gives a path as the source spells it. */
export function aggregateSpec(spec: unknown, resolve: (path: string) => string): AggregateSpec {
  if (typeof spec !== 'object' || spec === null || Array.isArray(spec)) {
    throw new ArgumentTypeError('OPTION', `aggregate takes an object such as { groupBy: ['city'], count: count() }, got ${shown(spec)}`);
  }
  const groupBy: unknown = 'groupBy' in spec ? spec.groupBy ?? [] : [];
  if (!Array.isArray(groupBy) || !groupBy.every((path): path is string => typeof path === 'string')) {
    throw new ArgumentTypeError('OPTION', `groupBy of aggregate is an array of fields, got ${shown(groupBy)}`);
  }
  const figures = Object.entries(spec).filter(([name]) => name !== 'groupBy' && name !== 'where').map(([name, aggregate]: [string, unknown]) => {
    if (!(aggregate instanceof Aggregate)) throw new FieldstoneError('OPTION', `"${name.slice(0, 64)}" of aggregate is no figure; use count(), sum(), avg(), min(), max() or countDistinct()`, { option: name.slice(0, 64) });
    const { path, start } = aggregate;
    return { name, aggregate: new Aggregate(path === undefined ? undefined : resolve(path), start) };
  });
  const groups = [...new Set(groupBy.map((path) => resolve(path)))];
  const taken = figures.find(({ name }) => groups.includes(name));
  if (taken !== undefined) throw new FieldstoneError('OPTION', `"${taken.name.slice(0, 64)}" of aggregate is also a field of groupBy`, { option: taken.name.slice(0, 64) });
  return { groupBy: groups, figures, paths: [...new Set([...groups, ...figures.flatMap(({ aggregate }) => aggregate.path ?? [])])] };
}

interface Group { readonly values: readonly unknown[]; readonly accumulators: readonly Accumulator[] }

/** About what a group takes besides its values. */
const GROUP_BYTES = 256;

/** Gathers groups from rows. */
export class RowGroups {
  readonly #spec: AggregateSpec;
  readonly #limit: SortLimit;
  readonly #groups = new Map<unknown, Group>();

  constructor(spec: AggregateSpec, limit: SortLimit) {
    this.#spec = spec;
    this.#limit = limit;
    if (spec.groupBy.length === 0) this.#newGroup('', []);
  }

  /** Throws LIMIT when there are more groups than `sortMemory` holds. */
  add(row: unknown): void {
    const { groupBy, figures } = this.#spec;
    const values = groupBy.map((path) => valueAt(row, path) ?? null);
    const key = values.length === 0 ? '' : values.map(valueKey).join('\0');
    const { accumulators } = this.#groups.get(key) ?? this.#newGroup(key, values);
    for (let i = 0; i < figures.length; i++) {
      const path = figures[i]?.aggregate.path;
      accumulators[i]?.add(path === undefined ? row : valueAt(row, path));
    }
  }

  #newGroup(key: string, values: readonly unknown[]): Group {
    const group = { values, accumulators: this.#spec.figures.map(({ aggregate }) => aggregate.start()) };
    this.#groups.set(key, group);
    if (this.#groups.size * GROUP_BYTES > this.#limit.sortMemoryBytes) {
      throw new FieldstoneError('LIMIT', `aggregate has more groups than sortMemory (${this.#limit.sortMemoryBytes} bytes) holds; group by fewer fields, or raise sortMemory`, { option: 'sortMemory' });
    }
    return group;
  }

  /** One object for each group, in the order of the values of the groups. */
  results(): Record<string, unknown>[] {
    const { groupBy, figures } = this.#spec;
    const groups = [...this.#groups.values()].sort((a, b) => compareLists(a.values, b.values));
    return groups.map(({ values, accumulators }) => {
      const result: Record<string, unknown> = {};
      groupBy.forEach((path, i) => define(result, path, values[i]));
      figures.forEach(({ name }, i) => define(result, name, accumulators[i]?.result()));
      return result;
    });
  }
}

/** Also for names such as `__proto__`. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

function compareLists(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < a.length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** The value of a field, or what a dotted path leads to. */
function valueAt(row: unknown, path: string): unknown {
  if (!isFields(row)) return undefined;
  if (Object.hasOwn(row, path)) return row[path];
  if (!path.includes('.')) return undefined;
  let here: unknown = row;
  for (const name of path.split('.')) here = isFields(here) ? ownValue(here, name) : undefined;
  return here;
}
