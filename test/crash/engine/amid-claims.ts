import { isDeepStrictEqual } from 'node:util';
import { hasCode, MemoryVfs, nodeEnvironment } from '#storage';
import { char, memo, numeric, type Database, type WritableDialect } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { memoryFolder, openMemory } from '../../src/check/memory-folder.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { crashStates } from '../../support/sim/crash-states.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { cutLeftProblem, rowsLeftProblem } from './recovery-tail.js';

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4'];
const XBASE = ['cdx', 'ntx', 'ndx', 'idx'] as const;
const NAME = { name: char(10) };

/** What was promised beside what is there; undefined when they are the same. */
function unlike(what: string, got: unknown, want: unknown): string | undefined {
  return isDeepStrictEqual(got, want) ? undefined : `${what}: ${JSON.stringify(got)?.slice(0, 300)} instead of ${JSON.stringify(want)?.slice(0, 300)}`;
}

/** The first problem of some; an error is one. */
async function firstOf(works: Iterable<() => Promise<string | undefined>>): Promise<string | undefined> {
  for (const work of works) {
    const problem = await work().catch((e: unknown) => String(e));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  return { opened: new Promise<void>((resolve) => { open = resolve; }), open: () => { open(); } };
}

/** Files that do not show their bytes are read through copies of pages. */
function throughPages(): Promise<Database> { return openMemory(interceptVfs(memoryFolder(), {})); }

/** What check() finds beyond notes. */
async function findings(db: Database): Promise<string[]> {
  return (await db.check()).findings.filter(({ severity }) => severity !== 'note').map(({ code, message }) => `${code} ${message}`);
}

/** A rollback amid the beginning of a load lowers no number that the load takes. */
async function numberProblem(): Promise<string | undefined> {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', NAME);
  await t.insert({ name: 'first' });
  const begun = gate(), rolledBack = gate();
  let load: Promise<unknown> = Promise.resolve();
  async function* rows(): AsyncGenerator<{ name: string }> {
    begun.open();
    await rolledBack.opened;
    yield { name: 'loaded' };
  }
  await db.transaction(async (tx) => {
    tx.table(t).insert({ name: 'undone' });
    load = t.insertMany(rows(), { direct: true });
    await begun.opened;
    tx.rollback();
  });
  rolledBack.open();
  await load;
  for (const name of ['later', 'latest']) await t.insert({ name });
  const names = t.scan().toArray().map(({ name }) => name).sort();
  await db.close();
  return unlike('rows after a load whose beginning a rollback met', names, ['first', 'later', 'latest', 'loaded']);
}

/** The first row of a load, deleted before a checkpoint counts it, stays deleted. */
async function headProblem(): Promise<string | undefined> {
  const db = await throughPages();
  const t = await db.createTable('t', NAME);
  await t.insert({ name: 'first' });
  await db.checkpoint();
  // More than a page of the cache: the last one is forgotten anyhow when the table grows.
  const rows = Array.from({ length: 2000 }, (_, i) => ({ name: `row${i}` }));
  await t.insertMany(rows, { direct: true });
  await t.delete(2);
  const cached = t.get(3)?.name; // the page comes into the cache
  await db.checkpoint();
  const deleted = t.get(2);
  await t.pack();
  const names = t.scan().toArray().map(({ name }) => name);
  await db.close();
  return unlike('a deleted first row of a load', [cached, deleted], ['row1', undefined])
    ?? unlike('rows after a pack', names, ['first', ...rows.slice(1).map(({ name }) => name)]);
}

/** Memos of a load are read as they are when a checkpoint amid it published one behind them. */
async function memoProblem(dialect: WritableDialect): Promise<string | undefined> {
  const db = await throughPages();
  const t = await db.createTable('t', { ...NAME, notes: memo() }, { dialect });
  const long = 'from the load '.repeat(14_000);
  for (const [name, notes] of [['first', 'one'], ['second', 'two']] as const) await t.insert({ name, notes });
  await db.checkpoint();
  let amid: unknown;
  async function* rows(): AsyncGenerator<{ name: string; notes: string }> {
    yield { name: 'loaded', notes: 'short' };
    yield { name: 'loaded', notes: long };
    await t.update(1, { notes: 'behind it' });
    await db.checkpoint();
    amid = t.get(2)?.notes; // the page with the place of the load's first memo comes into the cache, before that memo is in the file
    yield { name: 'loaded too', notes: 'from the load too' };
  }
  await t.insertMany(rows(), { direct: true });
  const read = (): unknown[] => t.scan().toArray().map(({ notes }) => notes);
  const before = read();
  await t.pack();
  const want = ['behind it', 'two', 'short', long, 'from the load too'];
  const problem = unlike(`${dialect}, a memo amid a load`, amid, 'two') ?? unlike(`${dialect}, memos of a load`, before, want) ?? unlike(`${dialect}, memos after a pack`, read(), want);
  await db.close();
  return problem;
}

const row = (i: number): { name: string; notes: string } => ({ name: `row${i}`, notes: `memo ${i} `.repeat(30) });

/** A process that dies amid a load, after a checkpoint, leaves a table that can be written. */
async function deathProblem(dialect: WritableDialect): Promise<string | undefined> {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const t = await db.createTable('t', { name: char(200), notes: memo() }, { dialect });
  await t.insert(row(0));
  let left = new MemoryVfs();
  async function* rows(): AsyncGenerator<ReturnType<typeof row>> {
    for (let i = 1; i < 6000; i++) {
      yield row(i);
      if (i === 3000) await db.checkpoint();
    }
    left = new MemoryVfs([...vfs.files()].filter(([path]) => !path.includes('.lock')));
    throw new Error('no more rows');
  }
  const ended = await t.insertMany(rows(), { direct: true }).catch((e: unknown) => String(e));
  await db.close();
  return unlike('a load that broke off', ended, 'Error: no more rows') ?? firstOf([1, 2].map((opening) => () => writtenProblem(left, opening, dialect)));
}

async function writtenProblem(left: MemoryVfs, opening: number, dialect: WritableDialect): Promise<string | undefined> {
  const db = await openMemory(left);
  const t = db.table('t');
  const counted = t.recordCount;
  try {
    await t.insert(row(opening));
    await t.insertMany([row(7)], { direct: true });
    await t.delete(t.recordCount);
    await t.pack();
    const notes = t.scan().toArray().map((each) => each['notes']);
    return unlike(`${dialect}, rows of a process that died amid a load`, counted, opening)
      ?? unlike(`${dialect}, memos after opening ${opening}`, notes, Array.from({ length: opening + 1 }, (_, i) => row(i).notes))
      ?? unlike(`${dialect}, the check`, await findings(db), []);
  } catch (e) {
    return `${dialect}: a table that a process left amid a load can not be written: ${String(e)}`;
  } finally {
    await db.close();
  }
}

/** What a load that broke off had cut is on disk before a checkpoint forgets the load. */
async function brokenCutProblem(): Promise<string | undefined> {
  const disk = new SimDisk();
  disk.makeFolder('/db');
  const db = await openIn(nodeEnvironment(disk), '/db', { profiling: 'off' }, fakeIdentity(1));
  const t = await db.createTable('t', { name: char(200) });
  await t.insert({ name: 'first' });
  await db.checkpoint();
  const amid = gate();
  const other = db.transaction(async (tx) => {
    tx.table(t).insert({ name: 'amid' });
    await amid.opened;
  });
  async function* rows(): AsyncGenerator<{ name: string }> {
    for (let i = 0; i < 1500; i++) yield { name: `row${i}` };
    amid.open();
    await other;
    await db.checkpoint(); // it writes no end mark, since rows stand there
    for (let i = 0; i < 1500; i++) yield { name: `row${i}` };
    throw new Error('no more rows');
  }
  await t.insertMany(rows(), { direct: true }).catch(() => undefined);
  await db.createTable('other', NAME);
  await db.checkpoint();
  const lost = [...crashStates(disk.start, disk.trace, { seed: 1, from: disk.trace.length, kinds: ['power'], budget: 300 })];
  const problem = lost.length === 0 ? 'no power loss was tried' : await firstOf(lost.map((crash, i) => async () => {
    const again = await openIn(nodeEnvironment(new SimDisk({ start: crash.disk() })), '/db', { profiling: 'off' }, fakeIdentity(2 + i));
    const u = again.table('t');
    const counted = u.recordCount;
    const inserted = await u.insertMany([{ name: 'second' }], { direct: true }).then(() => u.recordCount, String);
    await again.close();
    return unlike(`records after a power loss behind a broken load, ${crash.choice}`, [counted, inserted], [2, 3]);
  }));
  await db.close();
  return problem;
}

/** A number that nobody filled is no damage of an xBase index, and a row that comes there is found by it. */
async function holeProblem(type: typeof XBASE[number]): Promise<string | undefined> {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const t = await db.createTable('t', NAME, { dialect: type === 'cdx' || type === 'idx' ? 'foxpro2' : 'dbase3' });
  await t.createIndex('ix', { on: 'name', type });
  const others = gate();
  const undone = db.transaction(async (tx) => {
    tx.table(t).insert({ name: 'undone' });
    await others.opened;
    tx.rollback();
  });
  await t.insert({ name: 'b' });
  others.open();
  await undone;
  await db.close();
  return firstOf([0, 1, 2].map((turn) => async () => {
    const again = await openMemory(vfs);
    const u = again.table('t');
    const found = await findings(again);
    const hole = [u.get(1, { deleted: true })?.['name'], u.get(1)];
    if (turn === 0) await u.recall(1);
    if (turn === 1) await u.update(1, { name: 'a' });
    const names = found.length > 0 ? [] : u.index('ix').range().toArray().map((each) => each['name']);
    await again.close();
    return unlike(`${type}, the check of turn ${turn}`, found, []) ?? unlike(`${type}, the hole`, turn === 0 ? hole : ['', undefined], ['', undefined])
      ?? unlike(`${type}, rows by the index in turn ${turn}`, names, turn === 0 ? ['', 'b'] : ['a', 'b']);
  }));
}

/** An import that the end of the database meets ends with it and leaves no file: while rows come late, and when its last row comes too late. */
async function importProblem(endsFirst: boolean): Promise<string | undefined> {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const begun = gate(), closed = gate();
  async function* rows(): AsyncGenerator<{ name: string }> {
    yield { name: 'one' };
    begun.open();
    await closed.opened;
    yield { name: 'two' };
  }
  const ended = db.importTable('t', NAME, rows()).then(() => 'done', (e: unknown) => (hasCode(e, 'CLOSED') ? 'CLOSED' : String(e)));
  await begun.opened;
  const closing = db.close();
  if (endsFirst) closed.open();
  await closing;
  const files = vfs.list('/data').filter((file) => file.includes('.fs-'));
  closed.open();
  return unlike('an import amid which the database was closed', [await ended, files], ['CLOSED', []]);
}

/** Transactions without locks do not end in a deadlock while a load holds one. */
async function lockProblem(): Promise<string | undefined> {
  const db = await openMemory(memoryFolder());
  const a = await db.createTable('a', { n: numeric(8) }), b = await db.createTable('b', { n: numeric(8) });
  const values = db.kv<string, number>('values');
  const rows = Array.from({ length: 40 }, () => ({ n: 0 }));
  await a.insertMany(rows);
  await b.insertMany(rows);
  const others = gate();
  async function* late(): AsyncGenerator<{ n: number }> {
    yield { n: 1 };
    await others.opened;
  }
  const load = b.insertMany(late(), { direct: true });
  const recnos = rows.map((_, i) => i + 1);
  const work = Array.from({ length: 8 }, (_, i) => db.transaction(async (tx) => {
    await Promise.resolve();
    const tables = i % 2 === 0 ? [tx.table(a), tx.table(b)] : [tx.table(b), tx.table(a)];
    for (const t of tables) for (const recno of i % 3 === 0 ? recnos : [...recnos].reverse()) t.update(recno, { n: Number(t.get(recno)?.n) + 1 });
    for (const key of i % 2 === 0 ? ['x', 'y'] : ['y', 'x']) tx.kv(values).put(key, i);
  }));
  const failures = (await Promise.allSettled(work)).flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  others.open();
  await load;
  const counted = recnos.flatMap((recno) => [a.get(recno)?.n, b.get(recno)?.n]);
  await db.close();
  return unlike('transactions beside a load', failures, []) ?? unlike('what they counted', counted, counted.map(() => 8));
}

function perKind<Kind extends string>(kinds: readonly Kind[], problem: (kind: Kind) => Promise<string | undefined>): () => Promise<string | undefined> {
  return () => firstOf(kinds.map((kind) => () => problem(kind)));
}

/** What may not break when one long work comes amid another, each in a small case of its own. */
export const AMID_CLAIMS: Readonly<Record<string, () => Promise<string | undefined>>> = {
  'a load takes no number twice': numberProblem,
  'the first row of a load stays deleted': headProblem,
  'memos of a load are read as they are': perKind(DIALECTS, memoProblem),
  'a process that dies amid a load leaves a table that can be written': perKind(DIALECTS, deathProblem),
  'what a broken load had cut stays cut': brokenCutProblem,
  'rows that only the cache of the system knew are on disk before a recovery folds them': rowsLeftProblem,
  'what a load left that never committed is cut for good': cutLeftProblem,
  'a number that nobody filled is no damage': perKind(XBASE, holeProblem),
  'an import that close() meets leaves no file': () => firstOf([true, false].map((endsFirst) => () => importProblem(endsFirst))),
  'no deadlock beside a load': lockProblem,
};

export async function amidClaimProblem(): Promise<string | undefined> { return firstOf(Object.values(AMID_CLAIMS)); }
