import { compareValues } from '../../../src/filter/compare-values.js';
import { char, hasCode, memo, numeric, type Database, type IndexOptions, type WritableDialect } from '../../../src/main.js';

/** A table or a collection that the actors of a run share. Each row says of itself whether it is whole: name and notes follow from k and n. */
export interface Target {
  readonly name: string;
  /** Undefined: a collection. */
  readonly dialect: WritableDialect | undefined;
}

export type Row = Readonly<Record<string, unknown>> & { readonly $recno: number; readonly $deleted: boolean };
type Doc = Readonly<Record<string, unknown>>;
interface Entry { readonly key: unknown; readonly recno: number }
interface Listed<Item> { toArray(): Item[] }

/** A database, a snapshot or a transaction, as far as it is looked at. */
export interface View {
  table(name: string): { scan(options: { readonly deleted: true }): Listed<Row>; index(name: string): { entries(): Listed<Entry> } };
  collection(name: string): { get(id: string): Doc | undefined; find(filter: { readonly k?: number; readonly name?: string }): Listed<Doc> };
}

export const SCHEMA = { k: numeric(8), n: numeric(8), name: char(10), notes: memo() };
export const TARGETS: readonly Target[] = [
  { name: 'fox', dialect: 'foxpro2' }, { name: 'three', dialect: 'dbase3' }, { name: 'four', dialect: 'dbase4' }, { name: 'vis', dialect: 'vfp' },
  { name: 'docs', dialect: undefined },
];
/** Lengths of notes; the longest is more than a load keeps before it writes. */
const LENGTHS = [20, 0, 70, 500, 30, 1200, 5, 600, 3000, 64, 9000];
const NAMES = ['a', 'b', 'Cd', 'xY'];

export function valuesOf(k: number, n: number): { readonly k: number; readonly n: number; readonly name: string; readonly notes: string } {
  const text = `${k}.${n};`;
  const length = LENGTHS[(k * 7 + n * 3) % LENGTHS.length] ?? 0;
  return { k, n, name: `${NAMES[n % NAMES.length] ?? ''}${k % 1000}`, notes: text.repeat(Math.ceil(length / text.length)).slice(0, length) };
}

export function documentOf(k: number, n: number): Record<string, unknown> & { _id: string } { return { _id: `d${k}`, ...valuesOf(k, n) }; }

/** Indexes that come and go; `u` and that of a collection's `k` always stay. By who makes and drops them. */
export const EXTRA: Readonly<Record<string, readonly (readonly [name: string, options: IndexOptions])[]>> = {
  m1: [['by_name', { on: ['name', 'n'] }], ['upname', { expression: 'UPPER(NAME)', type: 'cdx' }], ['sorted', { on: 'n', type: 'ntx' }]],
  m2: [['by_n', { on: [{ field: 'n', descending: true }], type: 'skiplist' }], ['high', { on: 'n', type: 'cdx', for: 'N>50' }], ['k2', { on: 'k' }]],
};

const KEYS: Readonly<Record<string, (row: Row) => readonly unknown[] | undefined>> = {
  u: (row) => (row.$deleted ? undefined : [row['k']]),
  k2: (row) => (row.$deleted ? undefined : [row['k']]),
  by_name: (row) => (row.$deleted ? undefined : [row['name'], row['n']]),
  by_n: (row) => (row.$deleted ? undefined : [row['n']]),
  upname: (row) => [String(row['name']).toUpperCase()],
  sorted: (row) => [row['n']],
  high: (row) => (Number(row['n']) > 50 ? [row['n']] : undefined),
};

/** Indexes of this kind of table that an actor may make. */
export function extrasOf(target: Target, actor: string): readonly (readonly [name: string, options: IndexOptions])[] {
  // A stand-alone index file goes by the index's name, which another table of the folder may not have.
  const all = (EXTRA[actor] ?? []).map(([name, options]) => [options.type === 'ntx' ? `${name}_${target.name}` : name, options] as const);
  if (target.dialect === undefined) return all.filter(([, { type }]) => type === undefined);
  return target.dialect === 'foxpro2' || target.dialect === 'vfp' ? all : all.filter(([, { type }]) => type !== 'cdx');
}

export async function createTarget(db: Database, { name, dialect }: Target): Promise<void> {
  if (dialect === undefined) {
    await db.createCollection(name, { indexes: [{ name: 'u', on: ['k'], unique: true }] });
    return;
  }
  await db.createTable(name, SCHEMA, { dialect });
  await db.table(name).createIndex('u', { on: 'k', unique: true });
}

/** Names of the indexes that a table has now. */
export function indexNames(db: Database, { name, dialect }: Target): string[] {
  return (dialect === undefined ? db.collection(name) : db.table(name)).indexes().map((index) => index.name.toLowerCase());
}

function assertWhole(row: Readonly<Record<string, unknown>>, where: string): void {
  const want = valuesOf(Number(row['k']), Number(row['n']));
  const notes = row['notes'] ?? '';
  if (row['name'] === want.name && notes === want.notes) return;
  const shown = typeof notes === 'string' ? `${notes.slice(0, 40)} (${notes.length})` : String(notes);
  throw new Error(`${where}: a row is not whole: k ${want.k}, n ${want.n}, name ${String(row['name'])}, notes ${shown} instead of ${want.notes.slice(0, 40)} (${want.notes.length})`);
}

/** Rows that nobody filled: a hole behind which others were inserted. */
function isHole(row: Row): boolean { return row.$deleted && (row['k'] === null || row['k'] === 0); }

/** n by k of all that is not deleted; throws when a row is not whole, is there twice, or an index differs from the rows. */
export function readTarget(view: View, target: Target, indexes: readonly string[], where: string): Map<number, number> {
  return target.dialect === undefined ? readCollection(view, target.name, indexes, where) : readTable(view, target.name, indexes, where);
}

function readTable(view: View, name: string, indexes: readonly string[], where: string): Map<number, number> {
  const table = view.table(name);
  const rows = table.scan({ deleted: true }).toArray();
  const found = new Map<number, number>();
  for (const row of rows) {
    if (isHole(row)) continue;
    const at = `${where}, ${name} ${row.$recno}${row.$deleted ? ' (deleted)' : ''}`;
    assertWhole(row, at);
    if (row.$deleted) continue;
    if (found.has(Number(row['k']))) throw new Error(`${at}: key ${String(row['k'])} is there twice`);
    found.set(Number(row['k']), Number(row['n']));
  }
  for (const index of indexes) assertIndex(() => table.index(index).entries().toArray(), rows, index, `${where}, index ${index} of ${name}`);
  return found;
}

function assertIndex(read: () => Entry[], rows: readonly Row[], name: string, where: string): void {
  const keysOf = KEYS[name.replace(/_(fox|three|four|vis)$/, '')];
  if (keysOf === undefined) return;
  let entries: Entry[];
  try {
    entries = read();
  } catch (e) {
    if (hasCode(e, 'NOT_FOUND') && where.includes('snapshot')) return; // it was dropped since
    throw e;
  }
  const sign = name === 'by_n' ? -1 : 1;
  const want = rows.flatMap((row) => {
    const keys = keysOf(row);
    // A hole has blank fields; what programs make of those is tested elsewhere.
    return keys === undefined || isHole(row) ? [] : [{ keys, recno: row.$recno }];
  });
  want.sort((a, b) => {
    for (const [i, key] of a.keys.entries()) {
      const order = compareValues(key, b.keys[i]);
      if (order !== 0) return sign * order;
    }
    return a.recno - b.recno;
  });
  const holes = new Set(rows.filter(isHole).map((row) => row.$recno));
  const got = JSON.stringify(entries.filter(({ recno }) => !holes.has(recno)).map(({ key, recno }) => [key, recno]));
  const expected = JSON.stringify(want.map(({ keys, recno }) => [keys.length === 1 ? keys[0] : keys, recno]));
  if (got !== expected) throw new Error(`${where} differs from the rows:\n  it holds ${firstDifference(got, expected)}\n  the rows ${firstDifference(expected, got)}`);
}

function firstDifference(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  return `${at > 30 ? '…' : ''}${text.slice(Math.max(0, at - 30), at + 60)} (${text.length} characters)`;
}

function readCollection(view: View, name: string, indexes: readonly string[], where: string): Map<number, number> {
  const docs = view.collection(name);
  const found = new Map<number, number>();
  const named = new Map<string, number>();
  for (const doc of docs.find({}).toArray()) {
    const k = Number(doc['k']);
    assertWhole(doc, `${where}, ${name} ${String(doc['_id'])}`);
    if (found.has(k)) throw new Error(`${where}, ${name}: key ${k} is there twice`);
    found.set(k, Number(doc['n']));
    named.set(String(doc['name']), (named.get(String(doc['name'])) ?? 0) + 1);
  }
  for (const [k, n] of found) {
    if (docs.get(`d${k}`)?.['n'] !== n) throw new Error(`${where}, ${name}: document d${k} is not found by its id`);
    const byKey = docs.find({ k }).toArray();
    if (byKey.length !== 1 || byKey[0]?.['n'] !== n) throw new Error(`${where}, ${name}: ${byKey.length} documents are found by the key ${k}`);
  }
  for (const [text, count] of indexes.includes('by_name') ? named : []) {
    const got = docs.find({ name: text }).toArray().length;
    if (got !== count) throw new Error(`${where}, ${name}: ${got} documents instead of ${count} are found by the name ${text}`);
  }
  return found;
}
