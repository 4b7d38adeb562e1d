import fc from 'fast-check';
import { expect } from 'vitest';
import { char, memo, numeric, type Database, type OpenOptions, type Snapshot, type Tx, type WritableDialect } from '../../src/main.js';
import { visible, type Model, type ModelRow, type ModelTable } from './table-model.js';

export const SCHEMA = { name: char(12), amount: numeric(9, 2), notes: memo() };
export const TABLES = ['alpha', 'beta'] as const;

/** The real side: a database that commands may close and open again. */
export interface Real {
  db: Database;
  readonly reopen: () => Promise<Database>;
  readonly dialect: WritableDialect;
  readonly options: OpenOptions;
  snapshots: Snapshot[];
}

export type Change =
  | { readonly op: 'insert'; readonly row: RowInput }
  | { readonly op: 'update'; readonly pick: number; readonly row: RowInput }
  | { readonly op: 'delete' | 'recall'; readonly pick: number };

export interface RowInput { readonly name?: string; readonly amount?: number | null; readonly notes?: string }

const text = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...'abcXYZ 019éß'), maxLength }).map((s) => s.trimEnd());
export const rowArb: fc.Arbitrary<RowInput> = fc.record({
  name: text(12), amount: fc.option(fc.integer({ min: -99_999, max: 999_999 }).map((n) => n / 100), { nil: null }), notes: fc.oneof(fc.constant(''), text(40), text(700)),
}, { requiredKeys: [] });

export const changeArb: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('insert' as const), row: rowArb }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('update' as const), pick: fc.nat(1000), row: rowArb }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('delete' as const, 'recall' as const), pick: fc.nat(1000) }) },
);

function rowOf(input: RowInput): ModelRow {
  return { deleted: false, name: input.name ?? '', amount: input.amount ?? null, notes: input.notes ?? '' };
}

/** What the change does to the model; undefined when it does not apply. */
export function applyToModel(rows: ModelTable, change: Change): boolean {
  if (change.op === 'insert') {
    rows.push(rowOf(change.row));
    return true;
  }
  if (rows.length === 0) return false;
  const i = change.pick % rows.length;
  const row = rows[i];
  if (row === undefined) return false;
  if (change.op === 'update') {
    if (row.deleted) return false;
    rows[i] = {
      ...row,
      ...(change.row.name === undefined ? {} : { name: change.row.name }),
      ...(change.row.amount === undefined ? {} : { amount: change.row.amount }),
      ...(change.row.notes === undefined ? {} : { notes: change.row.notes }),
    };
    return true;
  }
  rows[i] = { ...row, deleted: change.op === 'delete' };
  return true;
}

/** The same on the real side; expects the record numbers of the model. */
export function applyToTx(tx: Tx, name: string, rows: ModelTable, change: Change): void {
  const t = tx.table(name);
  if (change.op === 'insert') {
    expect(t.insert(change.row as Record<string, unknown>)).toBe(rows.length + 1);
    return;
  }
  if (rows.length === 0) return;
  const recno = (change.pick % rows.length) + 1;
  const deleted = rows[recno - 1]?.deleted === true;
  if (change.op === 'update') {
    if (deleted) expect(() => t.update(recno, change.row as Record<string, unknown>)).toThrow(/no record/);
    else t.update(recno, change.row as Record<string, unknown>);
  } else if (change.op === 'delete') expect(t.delete(recno)).toBe(!deleted);
  else expect(t.recall(recno)).toBe(deleted);
}

/** A table, or a table of a snapshot. */
interface Readable {
  readonly recordCount: number;
  get(recno: number): unknown;
  scan(options?: { reverse?: boolean; from?: number; to?: number; deleted?: boolean }): Iterable<Record<string, unknown>>;
}

function compareRows(read: Readable, rows: ModelTable, note: string): void {
  expect(read.recordCount, note).toBe(rows.length);
  const seen = [...read.scan()].map((row) => ({ recno: row['$recno'], ...row }));
  const wanted = rows.flatMap((row, i) => (row.deleted ? [] : [{ recno: i + 1, name: row.name, amount: row.amount, notes: row.notes }]));
  expect(seen, note).toEqual(wanted);
  expect([...read.scan({ reverse: true })].map((row) => row['$recno']), note).toEqual(wanted.map((w) => w.recno).reverse());
  for (const recno of [1, Math.ceil(rows.length / 2), rows.length, rows.length + 1]) {
    const row = recno < 1 ? undefined : read.get(recno);
    if (recno >= 1) expect(row === undefined ? undefined : { ...row }, note).toEqual(visible(rows[recno - 1]));
  }
}

export function compareAll(model: Model, real: Real): void {
  expect(real.db.tables().sort()).toEqual([...model.tables.keys()].sort());
  for (const [name, rows] of model.tables) compareRows(real.db.table(name), rows, `table ${name}`);
  model.snapshots.forEach((tables, i) => {
    for (const [name, rows] of tables) {
      const snapshot = real.snapshots[i];
      if (snapshot !== undefined) compareRows(snapshot.table(name), rows, `snapshot ${i} of ${name}`);
    }
  });
}

export type Command = fc.AsyncCommand<Model, Real>;

/** Makes a command from a name and what it does to both sides. */
export function command(label: string, run: (model: Model, real: Real) => Promise<void>, check: (model: Model) => boolean = () => true): Command {
  return {
    check: (m) => check(m),
    run: async (model, real) => {
      await run(model, real);
      compareAll(model, real);
    },
    toString: () => label,
  };
}
