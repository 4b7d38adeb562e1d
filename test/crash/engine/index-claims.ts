import { FieldstoneError, hasCode, MemoryVfs, nodeEnvironment, readFully, writeFully, type Vfs } from '#storage';
import { char, memo, numeric, param, type Database, type IndexOptions, type OpenOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';
import { still } from '../../support/sim/still-vfs.js';
import { uniqueRaceProblem } from './unique-races.js';

const FOLDER = '/db';
const XBASE = ['cdx', 'idx', 'ntx', 'ndx'] as const;
const LOST_BYTES = 2048;
const ROWS = 90;
/** Their index takes more than 4 MB, also with pages of 4 KB. */
const LARGE_ROWS = 400_000;
const BYTE_STEP = 41;
const MOST_TURNS = 40;
/** Longer than a key tells. */
const LONG = 'x'.repeat(3000);
let pid = 9_000_000;

type Xbase = typeof XBASE[number];

function openAt(vfs: Vfs, options: OpenOptions = {}): Promise<Database> {
  return openIn(nodeEnvironment(vfs), FOLDER, { profiling: 'off', cacheSize: '64kb', pageSize: '4kb', ...options }, fakeIdentity(++pid));
}

function emptyFolder(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeFolder(FOLDER);
  return vfs;
}

function fileOf(type: Xbase): string { return `${FOLDER}/${type === 'cdx' ? 't.cdx' : `ix.${type}`}`; }

function bytesAt(vfs: Vfs, path: string): Buffer {
  const file = vfs.open(path, 'read');
  const bytes = Buffer.alloc(file.stat().sizeBytes);
  readFully(file, bytes, 0);
  file.close();
  return bytes;
}

function write(vfs: Vfs, path: string, bytes: Uint8Array, at: number): void {
  const file = vfs.open(path, 'write');
  writeFully(file, bytes, at);
  file.close();
}

async function folderWith(names: readonly string[], type: Xbase, options: Partial<IndexOptions> = {}): Promise<MemoryVfs> {
  const vfs = emptyFolder();
  const db = await openAt(still(vfs));
  const t = await db.createTable('t', { name: char(12) }, { dialect: 'foxpro2' });
  await t.insertMany(names.map((name) => ({ name })));
  await t.createIndex('ix', { on: 'name', type, ...options });
  await db.close();
  return vfs;
}

/**
 * What breaks a promise of the indexes, each in a small case of its own: blocks that a checkpoint left behind a file, texts that are cut in keys, looks at
 * files that fail once, index files that are not those of their rows.
 */
export async function indexClaimProblem(): Promise<string | undefined> {
  for (const claim of [
    growthProblem, longTextProblem, passingFailureProblem, damageProblem, newestProblem, uniqueProblem, lookUpProblem, earlySyncProblem,
    loadAmidCheckpointProblem, brokenLoadProblem, repeatedKeyProblem, uniqueRaceProblem,
  ]) {
    const problem = await claim();
    if (problem !== undefined) return problem;
  }
  return undefined;
}

async function growthProblem(): Promise<string | undefined> {
  for (const type of XBASE) {
    const vfs = await folderWith(['a', 'b', 'c'], type);
    const path = fileOf(type);
    const { length } = bytesAt(vfs, path);
    const db = await openAt(vfs);
    await db.table('t').insert({ name: 'in the log' });
    const killed = new MemoryVfs([...vfs.files()].filter(([name]) => !name.includes('.lock')));
    write(killed, path, Buffer.alloc(LOST_BYTES, 0x5a), length);
    await (await openAt(killed)).close();
    if (bytesAt(killed, path).length !== length) return `recovery leaves blocks behind ${path}`;
    write(vfs, path, Buffer.alloc(LOST_BYTES, 0x5a), length);
    await db.checkpoint();
    await db.close();
    if (bytesAt(vfs, path).length !== length) return `a checkpoint leaves blocks behind ${path}`;
  }
  return undefined;
}

async function longTextProblem(): Promise<string | undefined> {
  const db = await openAt(emptyFolder());
  const t = await db.createTable('t', { m: memo(), n: numeric(4) }, { dialect: 'foxpro2' });
  for (const type of ['btree', 'skiplist'] as const) await t.createIndex(type, { on: 'm', type });
  for (const [n, m] of ['b', 'a', '', 'c'].map((end) => LONG + end).entries()) await t.insert({ m, n });
  try {
    for (const name of ['btree', 'skiplist']) {
      const ix = t.index(name);
      const got = JSON.stringify([
        ix.seek(`${LONG}a`)?.n ?? null, ix.seek(`${LONG}d`)?.n ?? null, ...[{ gt: LONG, lt: `${LONG}b` }, { gte: LONG, lte: `${LONG}a` }, { prefix: `${LONG}c` }]
          .map((range) => ix.range(range).toArray().map(({ n }) => n).sort()),
      ]);
      if (got !== JSON.stringify([1, null, [1], [1, 2], [3]])) return `long texts in a ${name}: ${got}`;
    }
    return undefined;
  } finally {
    await db.close();
  }
}

/** Each look at a file that a checkpoint changes fails once: the checkpoint ends, or says so and is made again. */
async function passingFailureProblem(): Promise<string | undefined> {
  for (let k = 1, wasReached = true; wasReached; k++) {
    let isOn = false;
    let n = 0;
    const db = await openAt(interceptVfs(await folderWith(['a', 'b'], 'cdx'), {
      fileStat: (file, next) => {
        if (isOn && /\.(dbf|cdx)$/.test(file.path) && ++n === k) throw new FieldstoneError('IO', 'a look that fails once');
        return next();
      },
    }));
    await db.table('t').insert({ name: 'c' });
    isOn = true;
    const first: unknown = await db.checkpoint().catch((e: unknown) => e);
    isOn = false;
    wasReached = n >= k;
    const isMeant = first === undefined || hasCode(first, 'IO');
    const again: unknown = await db.checkpoint().catch((e: unknown) => e);
    await db.close().catch(() => undefined);
    if (!isMeant || again !== undefined) return `look ${k} fails once, and the checkpoint with ${String(first)}, the next one with ${String(again)}`;
  }
  return undefined;
}

function answer(read: () => unknown): string {
  try {
    return JSON.stringify(read()) ?? 'nothing';
  } catch (e) {
    if (hasCode(e, 'CORRUPT_INDEX') || hasCode(e, 'UNSUPPORTED') || hasCode(e, 'NOT_FOUND')) return e.code;
    throw e;
  }
}

/** A byte in the pages of an index changed: no row is missed, and none is there that is not asked for. */
async function damageProblem(): Promise<string | undefined> {
  const names = Array.from({ length: ROWS }, (_, i) => `name ${String((i * 7) % ROWS).padStart(2, '0')}`);
  for (const type of XBASE) {
    const vfs = await folderWith(names, type);
    const path = fileOf(type);
    const sound = bytesAt(vfs, path);
    const from = { cdx: 2560, idx: 1024, ntx: 1024, ndx: 512 }[type];
    const places = [-1, ...Array.from({ length: sound.length - from }, (_, i) => from + i).filter((at) => (at - from) % BYTE_STEP === 0)];
    for (const at of places) {
      const changed = Buffer.from(sound);
      if (at >= 0) changed[at] = (changed[at] ?? 0) ^ 1;
      write(vfs, path, changed, 0);
      const db = await openAt(still(vfs), { readOnly: true });
      const problem = wrongAnswer(db, names);
      await db.close();
      if (problem !== undefined && (at >= 0 ? !problem.isRefusal : true)) return `byte ${at} of ${path}: ${problem.text}`;
    }
  }
  return undefined;
}

function wrongAnswer(db: Database, names: readonly string[]): { readonly text: string; readonly isRefusal: boolean } | undefined {
  const t = db.table('t');
  const sorted = [...names].sort();
  const refused = (code: string): boolean => ['CORRUPT_INDEX', 'UNSUPPORTED', 'NOT_FOUND'].includes(code);
  let refusal: string | undefined;
  const asks: (readonly [what: string, got: string, want: string])[] = names.flatMap((name, i) => [
    [`find ${name}`, answer(() => t.find({ name }).toArray().map(({ $recno }) => $recno)), `[${i + 1}]`] as const,
    [`seek ${name}`, answer(() => t.index('ix').seek(name)?.$recno), `${i + 1}`] as const,
  ]);
  asks.push(['walk', answer(() => t.index('ix').entries().toArray().map(({ key }) => key)), JSON.stringify(sorted)]);
  asks.push(['walk back', answer(() => t.index('ix').entries({ reverse: true }).toArray().map(({ key }) => key)), JSON.stringify([...sorted].reverse())]);
  for (const [what, got, want] of asks) {
    if (got === want) continue;
    if (!refused(got)) return { text: `${what} gives ${got.slice(0, 80)}`, isRefusal: false };
    refusal ??= `${what} gives ${got}`;
  }
  return refusal === undefined ? undefined : { text: refusal, isRefusal: true };
}

/** Rows that no checkpoint has put into the files yet are no damage when an index is first used. */
async function newestProblem(): Promise<string | undefined> {
  for (const type of XBASE) {
    const db = await openAt(await folderWith(['a', 'b', 'c'], type));
    const t = db.table('t');
    await t.update(2, { name: 'changed' });
    await t.delete(3);
    await t.insert({ name: 'newest' });
    const got = answer(() => ['changed', 'newest', 'a', 'b', 'c'].map((name) => t.index('ix').seek(name)?.$recno ?? null));
    await db.close();
    if (got !== '[2,4,1,null,null]') return `the newest rows by ${type}: ${got}`;
  }
  return undefined;
}

/** FoxPro and Clipper leave a key out of a UNIQUE index when the row that held it changes: that is no damage. An entry that no row gives is. */
async function uniqueProblem(): Promise<string | undefined> {
  const rows = await folderWith(['c', 'b', 'b', 'a'], 'ntx', { unique: true });
  const fewer = bytesAt(await folderWith(['c', 'b'], 'ntx', { unique: true }), fileOf('ntx'));
  const other = bytesAt(await folderWith(['c', 'x'], 'ntx', { unique: true }), fileOf('ntx'));
  const sought = async (index: Uint8Array): Promise<string> => {
    write(rows, fileOf('ntx'), index, 0);
    const db = await openAt(still(rows), { readOnly: true });
    const got = answer(() => db.table('t').index('ix').seek('c')?.$recno);
    await db.close();
    return got;
  };
  const got = `${await sought(fewer)}, ${await sought(other)}`;
  return got === '1, CORRUPT_INDEX' ? undefined : `a UNIQUE index without a key, and one with a wrong key: ${got}`;
}

/** A query that knows its way to the rows of one key sees every commit, and finds another way when its index goes. */
async function lookUpProblem(): Promise<string | undefined> {
  const db = await openAt(emptyFolder());
  const t = await db.createTable('t', { name: char(12) }, { dialect: 'foxpro2' });
  await t.insertMany(Array.from({ length: 200 }, (_, i) => ({ name: `n${i}` })));
  await t.createIndex('ix', { on: 'name' });
  const query = t.prepare({ name: param('name') });
  const found = (): unknown => query.run({ name: 'n7' }).toArray().map(({ $recno }) => $recno);
  const got: unknown[] = [found(), found()];
  await t.insert({ name: 'n7' });
  got.push(found());
  await t.delete(8);
  got.push(found());
  await t.dropIndex('ix');
  await t.update(3, { name: 'n7' });
  got.push(found());
  await db.close();
  const text = JSON.stringify(got);
  return text === '[[8],[8],[8,201],[201],[3,201]]' ? undefined : `rows of one key by a prepared query: ${text}`;
}

/** A large index file is synced while the rest of it is computed: a failure of that sync is told to nobody else. */
async function earlySyncProblem(): Promise<string | undefined> {
  let fails = false;
  const vfs = interceptVfs(emptyFolder(), {
    syncAsync: async (file, _full, next) => {
      if (!fails || !file.path.includes('.fsi.fs-')) return next();
      fails = false;
      throw new FieldstoneError('IO', 'the disk lost what it had taken');
    },
  });
  const db = await openAt(vfs, { cacheSize: '16mb' });
  const t = await db.createTable('t', { n: numeric(8) }, { dialect: 'foxpro2' });
  await t.insertMany(Array.from({ length: LARGE_ROWS }, (_, n) => ({ n })), { direct: true });
  fails = true;
  const code = await t.createIndex('ix', { on: 'n' }).then(() => 'built', (e: unknown) => (hasCode(e, 'IO') ? 'IO' : String(e)));
  await db.close();
  return code === 'IO' ? undefined : `an index file whose first sync failed: ${code}`;
}

/** A load that ends while a checkpoint takes what came before it: keys of that are known, and its own rows are there afterwards. */
async function loadAmidCheckpointProblem(): Promise<string | undefined> {
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const got = `${await loadAmidCheckpoint(turns, 7)} ${await loadAmidCheckpoint(turns, ROWS + 1)}`;
    if (got !== `DUPLICATE,${ROWS},${ROWS},${ROWS}, inserted,${ROWS + 2},${ROWS + 2},${ROWS + 2},${ROWS + 2}`) return `loads amid a checkpoint, ${turns} turns after it began: ${got}`;
  }
  return undefined;
}

/** The last row of the load has the key `last`. */
async function loadAmidCheckpoint(turns: number, last: number): Promise<string> {
  const db = await openAt(emptyFolder());
  const t = await db.createTable('t', { n: numeric(8) }, { dialect: 'foxpro2' });
  await t.createIndex('ix', { on: 'n', type: 'btree', unique: true });
  await t.insertMany(Array.from({ length: ROWS }, (_, n) => ({ n })), { direct: true });
  let checkpoint: Promise<unknown> | undefined;
  async function* rows(): AsyncGenerator<{ n: number }> {
    yield { n: ROWS };
    checkpoint = db.checkpoint();
    for (let i = 0; i < turns; i++) await new Promise((resolve) => { setImmediate(resolve); });
    yield { n: last };
  }
  const end = await t.insertMany(rows(), { direct: true }).then(() => 'inserted', (e: unknown) => (hasCode(e, 'DUPLICATE') ? 'DUPLICATE' : String(e)));
  const seen = [t.recordCount, t.find().toArray().length];
  await checkpoint;
  seen.push(t.find().toArray().length);
  const own = t.index('ix').seek(ROWS + 1)?.$recno;
  await db.close();
  return [end, ...seen, own].join(',');
}

/** A load that breaks off amid a checkpoint takes nothing along that the checkpoint writes. */
async function brokenLoadProblem(): Promise<string | undefined> {
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const db = await openAt(emptyFolder());
    const t = await db.createTable('t', { n: numeric(8), m: memo() }, { dialect: 'foxpro2' });
    await db.transaction((tx) => { for (let n = 0; n < ROWS; n++) tx.table('t').insert({ n, m: `${LONG}${n}` }); });
    let checkpoint: Promise<unknown> | undefined;
    async function* rows(): AsyncGenerator<{ n: number; m: string }> {
      for (let n = 0; n < ROWS; n++) yield { n, m: LONG };
      checkpoint = db.checkpoint();
      for (let i = 0; i < turns; i++) await new Promise((resolve) => { setImmediate(resolve); });
      throw new RangeError('no more rows');
    }
    const end = await t.insertMany(rows(), { direct: true }).then(() => 'inserted', (e: unknown) => (e instanceof RangeError ? 'broken off' : String(e)));
    await checkpoint;
    const found = t.scan().toArray().filter(({ n, m }) => m === `${LONG}${String(n)}`).length;
    await db.close();
    if (end !== 'broken off' || found !== ROWS) return `a load that breaks off ${turns} turns after a checkpoint began: ${end}, ${found} of ${ROWS} rows are there`;
  }
  return undefined;
}

/** A load refuses keys that are in the index file, in other loads, and in the newest commits; those of deleted rows it may have. */
async function repeatedKeyProblem(): Promise<string | undefined> {
  for (const type of ['btree', 'skiplist'] as const) {
    const db = await openAt(emptyFolder());
    const t = await db.createTable('t', { name: char(12) }, { dialect: 'foxpro2' });
    await t.createIndex('ix', { on: 'name', type, unique: true });
    const load = (...names: string[]): Promise<string> => t.insertMany(names.map((name) => ({ name })), { direct: true })
      .then(() => 'inserted', (e: unknown) => (hasCode(e, 'DUPLICATE') ? 'DUPLICATE' : String(e)));
    await load('base', 'gone', 'later');
    await db.checkpoint();
    await load('loaded', 'gone too');
    await t.insert({ name: 'newest' });
    await t.delete(2);
    await t.delete(5);
    const got = [await load('a', 'base'), await load('a', 'loaded'), await load('a', 'newest'), await load('a', 'b', 'a'), await load('gone', 'gone too', 'a')].join();
    await db.close();
    if (got !== 'DUPLICATE,DUPLICATE,DUPLICATE,DUPLICATE,inserted') return `loads with keys that are there already (${type}): ${got}`;
  }
  return undefined;
}
