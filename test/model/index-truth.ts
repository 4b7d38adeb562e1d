import { expect } from 'vitest';
import { compareValues } from '../../src/filter/compare-values.js';
import { char, numeric, type Database } from '../../src/main.js';

/** The table whose indexes are tested, with two kinds of our own and two tags of a CDX file. */
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
};
const DESCENDING = new Set(['by_n']);

export async function createIndexed(db: Database, table: string): Promise<void> {
  const t = await db.createTable(table, INDEXED, { dialect: 'foxpro2' });
  await t.createIndex('by_name', { on: ['name', 'n'] });
  await t.createIndex('by_n', { on: [{ field: 'n', descending: true }], type: 'skiplist' });
  await t.createIndex('some', { on: 'n', where: { n: { $gte: 50 } } });
  await t.createIndex('u', { on: 'k', unique: true, sparse: true });
  await t.createIndex('upname', { expression: 'UPPER(NAME)', type: 'cdx' });
  await t.createIndex('high', { on: 'n', type: 'cdx', for: 'N>50' });
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
export function indexProblem(view: IndexedView, table: string): string | undefined {
  try {
    expectIndexesRight(view, table, 'against the rows');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
