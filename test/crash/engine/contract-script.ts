import { char, memo, numeric, type Database } from '../../../src/main.js';
import { dbfImage } from '../../support/dbf-image.js';
import { columnsText, readState, type EngineState } from './engine-state.js';

/** What a database holds, without regard to the order of records. */
export type ContractState = ReadonlyMap<string, readonly string[]>;

/** One promise: what it asks for, and what it does to the state when it is kept. */
export interface Step {
  run(db: Database): Promise<unknown>;
  effect(state: ContractState): ContractState;
}

/** Steps that are asked for at once. `files`: it replaces files or folds the log, so that a failure may poison the handle. */
export interface Operation {
  readonly name: string;
  readonly files: boolean;
  readonly steps: readonly Step[];
}

/** A workload with its promises. */
export interface ContractScript {
  /** What stands in the folder before the engine comes. */
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
  readonly initial: ContractState;
  readonly operations: readonly Operation[];
  /** Asked of a handle after a failure, to see whether it still writes. */
  readonly probe: Step;
  canProbe(db: Database): boolean;
  read(db: Database): ContractState;
}

export function sorted(state: EngineState): ContractState {
  return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, rows]) => [name, [...rows].sort()]));
}

export function contractKey(state: ContractState): string {
  return [...state].map(([name, rows]) => `${name}[${rows.join('|')}]`).join(' ');
}

export function readContract(db: Database): ContractState { return sorted(readState(db)); }

export function withRows(state: ContractState, name: string, change: (rows: readonly string[]) => readonly string[]): ContractState {
  return sorted(new Map([...state, [name, change(state.get(name) ?? [])]]));
}

const SCHEMA = { name: char(8), n: numeric(6), notes: memo() };
const same = (state: ContractState): ContractState => state;
export const one = (name: string, step: Step): Operation => ({ name, files: false, steps: [step] });
export const files = (name: string, run: Step['run'], effect: Step['effect'] = same): Operation => ({ name, files: true, steps: [{ run, effect }] });

function insert(table: string, row: { name: string; n: number; notes?: string }, sync = false): Step {
  return {
    run: async (db) => { await (sync ? db.transactionSync((tx) => tx.table(table).insert(row)) : db.transaction((tx) => tx.table(table).insert(row))); },
    effect: (state) => withRows(state, table, (rows) => [...rows, [row.name, row.n, row.notes ?? '', ...(rows.includes(columnsText(4)) ? [''] : [])].join(',')]),
  };
}

/** Gives the row of that name another number. */
function renumber(name: string, n: number): Step {
  return {
    run: (db) => db.transaction((tx) => {
      const t = tx.table('a');
      for (const row of t.scan()) if (row['name'] === name) t.update(Number(row['$recno']), { n });
    }),
    effect: (state) => withRows(state, 'a', (rows) => rows.map((row) => (row.startsWith(`${name},`) ? row.replace(/,\d+,/, `,${n},`) : row))),
  };
}

function remove(name: string): Step {
  return {
    run: (db) => db.transaction((tx) => {
      const t = tx.table('a');
      for (const row of t.scan()) if (row['name'] === name) t.delete(Number(row['$recno']));
    }),
    effect: (state) => withRows(state, 'a', (rows) => rows.filter((row) => !row.startsWith(`${name},`))),
  };
}

const LOAD = Array.from({ length: 40 }, (_, i) => ({ name: `load${i}`, n: i, ...(i % 7 === 0 ? { notes: `memo ${i}` } : {}) }));
export const checkpoint = (): Operation => files('checkpoint', (db) => db.checkpoint());

/** A table of somebody else, which the first write adopts. */
export const FOREIGN: readonly [path: string, bytes: Uint8Array] = ['/db/foreign.dbf', dbfImage([{ name: 'NAME', type: 'C', length: 8 }])];

const adopt: Step = {
  run: (db) => db.transaction((tx) => tx.table('foreign').insert({ NAME: 'adopted' })),
  effect: (state) => withRows(state, 'foreign', (rows) => [...rows, 'adopted']),
};

/** Something of everything that writes. */
export const SCRIPT: readonly Operation[] = [
  one('adopt', adopt),
  files('create a', (db) => db.createTable('a', SCHEMA), (state) => withRows(state, 'a', () => [columnsText(3)])),
  one('insert', insert('a', { name: 'ada', n: 1, notes: 'first' })),
  { name: 'group', files: false, steps: [1, 2, 3].map((n) => insert('a', { name: `group${n}`, n, notes: 'g'.repeat(70 * n) })) },
  one('update', renumber('ada', 7)),
  checkpoint(),
  { name: 'load', files: false, steps: [{
    run: (db) => db.table('a').insertMany(LOAD, { direct: true }),
    effect: (state) => withRows(state, 'a', (rows) => [...rows, ...LOAD.map((row) => `${row.name},${row.n},${row.notes ?? ''}${rows.includes(columnsText(4)) ? ',' : ''}`)]),
  }] },
  { name: 'commits after the load', files: false, steps: [renumber('load3', 33), remove('load0'), remove('group2')] },
  files('alter', (db) => db.alterTable('a', { add: { extra: char(3) } }), (state) => withRows(state, 'a', (rows) => [columnsText(4), ...rows.slice(1).map((row) => `${row},`)])),
  one('insert sync', insert('a', { name: 'sync', n: 9, notes: 'blocking' }, true)),
  files('pack', (db) => db.table('a').pack()),
  files('create b', (db) => db.createTable('b', SCHEMA, { dialect: 'dbase4' }), (state) => withRows(state, 'b', () => [columnsText(3)])),
  { name: 'two tables', files: false, steps: [insert('b', { name: 'bob', n: 2, notes: 'in b' }), insert('a', { name: 'bea', n: 3 })] },
  files('rename', (db) => db.renameTable('b', 'c'), (state) => sorted(new Map([...state].map(([name, rows]) => [name === 'b' ? 'c' : name, rows])))),
  files('zap', (db) => db.table('c').zap(), (state) => withRows(state, 'c', () => [columnsText(3)])),
  files('drop', (db) => db.dropTable('c'), (state) => sorted(new Map([...state].filter(([name]) => name !== 'c')))),
  one('last insert', insert('a', { name: 'zoe', n: 4, notes: 'last' })),
  checkpoint(),
];

/** Asked of a handle after a failure, to see whether it still writes. */
export const PROBE: Step = insert('a', { name: 'probe', n: 0 });

export const TABLES: ContractScript = {
  files: [FOREIGN], initial: new Map([['foreign', [columnsText(1)]]]), operations: SCRIPT, probe: PROBE,
  canProbe: (db) => db.tables().includes('a'), read: readContract,
};
