import { expect } from 'vitest';
import { compareValues } from '../../src/filter/compare-values.js';
import { char, numeric, type Database, type IndexOptions } from '../../src/main.js';

/** The table whose indexes are tested, with two kinds of our own, three tags of a CDX file, an IDX, two NTX and an NDX. */
export const INDEXED = { name: char(8), n: numeric(6), k: numeric(6) };

interface Entry { readonly key: unknown; readonly recno: number }
type Row = Readonly<Record<string, unknown>> & { readonly $recno: number; readonly $deleted: boolean };
/** A database, a snapshot or a transaction, as far as it is looked at. */
export interface IndexedView {
  table(name: string): {
    scan(options: { readonly deleted: true }): { toArray(): Row[] };
    index(name: string): { entries(range?: { readonly reverse: boolean }): { toArray(): Entry[] } };
  };
}

/** What each index must hold, made of rows alone: a row has one key or none. */
const KEYS: Readonly<Record<string, (row: Row) => readonly unknown[] | undefined>> = {
  by_name: (row) => (row.$deleted ? undefined : [row['name'], row['n']]),
  by_n: (row) => (row.$deleted ? undefined : [row['n']]),
  some: (row) => (row.$deleted || typeof row['n'] !== 'number' || row['n'] < 50 ? undefined : [row['n']]),
  u: (row) => (row.$deleted || row['k'] === null ? undefined : [row['k']]),
  upname: (row) => [String(row['name'] ?? '').toUpperCase()],
  high: (row) => (Number(row['n'] ?? 0) > 50 ? [Number(row['n'])] : undefined),
  down: (row) => [Number(row['k'] ?? 0)],
  idx_k: (row) => [Number(row['k'] ?? 0)],
  ntx_name: (row) => [row['name']],
  ntx_n: (row) => [Number(row['n'] ?? 0)],
  ndx_n: (row) => [Number(row['n'] ?? 0)],
};
const DESCENDING = new Set(['by_n', 'ntx_name']);
/** Walked from the end: of equal keys the highest record number comes first. */
const BACKWARDS = new Set(['down']);

const OPTIONS: Readonly<Record<string, IndexOptions>> = {
  by_name: { on: ['name', 'n'] },
  by_n: { on: [{ field: 'n', descending: true }], type: 'skiplist' },
  some: { on: 'n', where: { n: { $gte: 50 } } },
  u: { on: 'k', unique: true, sparse: true },
  upname: { expression: 'UPPER(NAME)', type: 'cdx' },
  high: { on: 'n', type: 'cdx', for: 'N>50' },
  down: { on: 'k', type: 'cdx', descending: true },
  idx_k: { on: 'k', type: 'idx' },
  ntx_name: { on: 'name', type: 'ntx', descending: true },
  ntx_n: { on: 'n', type: 'ntx' },
  ndx_n: { on: 'n', type: 'ndx' },
};
/** Of xBase programs: a reader can not make them anew. */
export const XBASE_INDEXES: readonly string[] = Object.keys(OPTIONS).filter((name) => !['btree', 'skiplist', undefined].includes(OPTIONS[name]?.type));

/** Makes the table with these of the indexes; default: all. */
export async function createIndexed(db: Database, table: string, names: readonly string[] = Object.keys(OPTIONS)): Promise<void> {
  await db.createTable(table, INDEXED, { dialect: 'foxpro2' });
  for (const name of names) await createIndexOf(db, table, name);
}

export async function createIndexOf(db: Database, table: string, name: string): Promise<void> {
  await db.table(table).createIndex(name, OPTIONS[name] ?? {});
}

/** The entries of every index as the rows of the view make them. */
export function truthOf(view: IndexedView, table: string): ReadonlyMap<string, readonly Entry[]> {
  const rows = view.table(table).scan({ deleted: true }).toArray();
  return new Map(Object.entries(KEYS).map(([name, keyOf]) => {
    const sign = DESCENDING.has(name) ? -1 : 1;
    const entries = rows.flatMap((row) => {
      const values = keyOf(row);
      return values === undefined ? [] : [{ values, recno: row.$recno }];
    });
    entries.sort((a, b) => {
      for (const [i, value] of a.values.entries()) {
        const order = compareValues(value, b.values[i]);
        if (order !== 0) return sign * order;
      }
      return a.recno - b.recno;
    });
    if (BACKWARDS.has(name)) entries.reverse();
    return [name, entries.map(({ values, recno }) => ({ key: values.length === 1 ? values[0] : [...values], recno }))];
  }));
}

/** Every index of the view, walked in both directions, against `truth`: by default what a rebuild from its rows would hold. */
export function expectIndexesRight(view: IndexedView, table: string, when: string, truth: ReadonlyMap<string, readonly Entry[]> = truthOf(view, table)): void {
  for (const [name, want] of truth) {
    const index = view.table(table).index(name);
    const text = JSON.stringify(want);
    const [forward, backward] = [index.entries().toArray(), index.entries({ reverse: true }).toArray().reverse()];
    if (JSON.stringify(forward) !== text) expect(forward, `${name} ${when}`).toEqual(want);
    if (JSON.stringify(backward) !== text) expect(backward, `${name} backwards ${when}`).toEqual(want);
  }
  const keys = (truth.get('u') ?? []).map((entry) => entry.key);
  expect(new Set(keys).size, `unique keys ${when}`).toBe(keys.length);
}

/** Text of the first difference, or undefined: for campaigns, which count and go on. */
export function indexProblem(db: Database, table: string): string | undefined {
  const names = db.table(table).indexes().map((index) => index.name.toLowerCase());
  try {
    expectIndexesRight(db, table, 'against the rows', new Map([...truthOf(db, table)].filter(([name]) => names.includes(name))));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
