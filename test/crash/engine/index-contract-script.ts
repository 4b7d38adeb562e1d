import type { Database, Tx } from '../../../src/main.js';
import { createIndexOf, INDEXED, indexProblem } from '../../model/index-truth.js';
import { checkpoint, files, one, sorted, withRows, type ContractScript, type ContractState, type Operation, type Step } from './contract-script.js';

const INDEXES = ['u', 'by_name', 'by_n', 'upname', 'idx_k', 'ntx_name', 'ndx_n'];
const PROBE_NAME = 'probe';

interface Row { readonly k: number; readonly name: string; readonly n: number }

const line = ({ k, name, n }: Row): string => `${k},${name},${n}`;
/** Its name changes on the way. */
const tableOf = (db: Database): string => (db.tables().includes('r') ? 'r' : 't');
const without = (rows: readonly string[], k: number): readonly string[] => rows.filter((row) => !row.startsWith(`${k},`));
/** The same in the rows, the documents and the pairs. */
const inAll = (state: ContractState, change: (rows: readonly string[]) => readonly string[]): ContractState => (
  ['rows', 'documents', 'pairs'].reduce((after, name) => withRows(after, name, change), state)
);

function put(tx: Tx, table: string, row: Row): void {
  const { k, name, n } = row;
  const t = tx.table(table);
  const recno = t.index('u').seek(k)?.['$recno'];
  if (typeof recno === 'number') t.update(recno, { name, n });
  else t.insert({ k, name, n });
  tx.collection('d').update(`x${k}`, { $set: { k, name, n } }, { upsert: true });
  tx.kv('s').put(String(k), line(row));
}

/** A row, a document and a pair in one transaction. */
function putAll(...rows: readonly Row[]): Step {
  return {
    run: (db) => db.transaction((tx) => { for (const row of rows) put(tx, tableOf(db), row); }),
    effect: (state) => inAll(state, (lines) => [...rows.reduce((left, { k }) => without(left, k), lines), ...rows.map(line)]),
  };
}

function remove(k: number): Step {
  return {
    run: (db) => db.transaction((tx) => {
      const t = tx.table(tableOf(db));
      const recno = t.index('u').seek(k)?.['$recno'];
      if (typeof recno === 'number') t.delete(recno);
      tx.collection('d').delete(`x${k}`);
      tx.kv('s').delete(String(k));
    }),
    effect: (state) => inAll(state, (lines) => without(lines, k)),
  };
}

const LOAD: readonly Row[] = Array.from({ length: 30 }, (_, i) => ({ k: 100 + i, name: `load${i % 9}`, n: i * 3 }));

function createIndex(name: string): Operation {
  return files(`create index ${name}`, (db) => createIndexOf(db, tableOf(db), name), (state) => withRows(state, 'indexes', (names) => [...names, name]));
}

function dropIndex(name: string): Operation {
  return files(`drop index ${name}`, (db) => db.table(tableOf(db)).dropIndex(name), (state) => withRows(state, 'indexes', (names) => names.filter((each) => each !== name)));
}

function rename(from: string, to: string): Operation {
  return files(`rename to ${to}`, (db) => db.renameTable(from, to), (state) => withRows(state, 'table', () => [to]));
}

const row = (k: number, n: number, name = `name${k % 4}`): Row => ({ k, name, n });

const OPERATIONS: readonly Operation[] = [
  files('create t', (db) => db.createTable('t', INDEXED, { dialect: 'foxpro2' }), (state) => sorted(new Map([...state, ['table', ['t']], ['indexes', []], ['rows', []]]))),
  ...INDEXES.map(createIndex),
  // Its table, then the index of its ids: the first may be there without the second, and a document asks for both.
  files('create d', async (db) => { if (!db.collections().includes('d')) await db.createCollection('d'); }),
  one('insert', putAll(row(1, 10), row(2, 60))),
  { name: 'group', files: false, steps: [3, 4, 5].map((k) => putAll(row(k, k * 13), row(k + 10, 5))) },
  one('update', putAll(row(1, 99, 'zz'), row(2, 1))),
  checkpoint(),
  one('change what was folded', putAll(row(1, 3), row(4, 77, 'a'))),
  one('delete', remove(3)),
  { name: 'load', files: false, steps: [{
    run: (db) => db.table(tableOf(db)).insertMany(LOAD.map((each) => ({ ...each })), { direct: true }), effect: (state) => withRows(state, 'rows', (lines) => [...lines, ...LOAD.map(line)]),
  }] },
  { name: 'commits after the load', files: false, steps: [putAll(row(103, 50)), remove(105), putAll(row(2, 2))] },
  checkpoint(),
  rename('t', 'r'),
  one('after the rename', putAll(row(6, 66), row(1, 4))),
  // Locks are kept by table: those of the one that had the name before are not in the way.
  files('another t', (db) => db.createTable('t', INDEXED), (state) => withRows(state, 'another', () => ['t'])),
  one('both tables locked', {
    run: (db) => db.transaction(async (tx) => {
      await tx.lock('r', 1);
      db.transactionSync((other) => { other.table('t').insert({ name: 'other', n: 1, k: 1 }); });
    }),
    effect: (state) => state,
  }),
  files('drop the other', (db) => db.dropTable('t'), (state) => new Map([...state].filter(([name]) => name !== 'another'))),
  files('pack', (db) => db.table(tableOf(db)).pack()),
  rename('r', 't'),
  dropIndex('upname'), dropIndex('by_name'), createIndex('by_name'), createIndex('high'),
  one('last', putAll(row(7, 70), row(6, 1))),
  checkpoint(),
];

/** Rows without a key may repeat. */
const PROBE: Step = {
  run: (db) => db.transaction((tx) => tx.table(tableOf(db)).insert({ name: PROBE_NAME, n: 0, k: null })),
  effect: (state) => withRows(state, 'rows', (lines) => [...lines, `null,${PROBE_NAME},0`]),
};

function read(db: Database): ContractState {
  const state = new Map<string, readonly string[]>();
  const name = tableOf(db);
  if (db.tables().includes(name)) {
    const t = db.table(name);
    state.set('table', [name]);
    state.set('indexes', t.indexes().map((index) => index.name.toLowerCase()));
    state.set('rows', t.scan().toArray().map((each) => `${String(each['k'])},${String(each['name'])},${String(each['n'])}`));
    const problem = indexProblem(db, name);
    if (problem !== undefined) state.set('an index', [problem]);
  }
  if (name === 'r' && db.tables().includes('t')) state.set('another', ['t']);
  const documents = db.collections().includes('d') ? documentsOf(db) : [];
  state.set('documents', documents);
  state.set('pairs', db.stores().includes('s') ? db.kv<string, string>('s').values().toArray() : []);
  return sorted(state);
}

/** From a scan, each looked for again by its id. */
function documentsOf(db: Database): string[] {
  const docs = db.collection('d');
  return docs.find({}).toArray().map((doc) => {
    const found = docs.get(String(doc['_id']));
    return `${String(doc['k'])},${String(doc['name'])},${String(doc['n'])}${found?.['n'] === doc['n'] ? '' : ' is not found by its id'}`;
  });
}

/** A table with indexes of all kinds, a collection and a store, changed together. */
export const INDEXES_AND_DOCUMENTS: ContractScript = {
  files: [], initial: new Map([['documents', []], ['pairs', []]]), operations: OPERATIONS, probe: PROBE,
  canProbe: (db) => db.tables().some((name) => name === 't' || name === 'r'), read,
};
