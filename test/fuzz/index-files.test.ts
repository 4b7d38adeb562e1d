import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FieldstoneError, MemoryVfs, nodeEnvironment, type Vfs } from '#storage';
import { char, numeric, type Database, type IndexOptions } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import { corpus } from '../support/corpus.js';
import { fakeIdentity } from '../support/fake-identity.js';
import { indexFilesOf } from '../support/index-truth.js';
import { seededRandom } from '../support/sim-clock.js';
import { still } from '../support/sim/still-vfs.js';
import { filesOf, FOLDER, sameFiles, type FolderFiles } from './engine-folder.js';

// Every byte of a small index file is changed, of each of the six kinds; by default every STEP-th and the first ones of each page, with ROUNDS=1 all.
const LONG = process.env['ROUNDS'] !== undefined;
const STEP = LONG ? 1 : 131;
const HEAD_BYTES = LONG ? 512 : 12;
/** Pages of our trees are larger: all bytes of them are under one checksum. */
const pageBytesOf = (path: string): number => (path.endsWith('.fsi') ? 8192 : 512);
/** BYTES=1550,2030 changes these alone. */
const ONLY = process.env['BYTES']?.split(',').map(Number);
const MASKS = LONG ? [0xff, 1, 0x80, 0x10] : [0xff];
/** Of the bytes whose change is only read, every so many-th is also written over. */
const WRITE_EVERY = LONG ? 1 : 3;
const LONGEST_MS = 5000;
/** More than these say nothing more. */
const MOST_FAILURES = 30;
/** Behind a damaged index a table may still grow by its new pages. */
const MOST_GROWTH_BYTES = 64 << 10;
/** What a damaged index may say. POISONED: it was noticed amid a checkpoint that could not be taken back. */
const ALLOWED: readonly FieldstoneError['code'][] = ['CORRUPT_INDEX', 'CORRUPT_PAGE', 'UNSUPPORTED', 'NOT_FOUND', 'VERSION'];
type ErrorCode = FieldstoneError['code'];
/** Before, between and behind the keys of all victims. */
const ABSENT = ['!', 'name 25x', 'zz'];
const PREFIX = 6;
let pid = 7_000_000;

interface Entry { readonly key: unknown; readonly recno: number }
interface Victim {
  readonly files: FolderFiles;
  readonly path: string;
  readonly table: string;
  readonly index: string;
  /** Its field, as rows have it. */
  readonly field: string;
}

/** Keys as the index shows them; those of a tag that is only walked (another collation, keys kept by hand) show the blanks that fill them, too. */
function shownBy(entries: readonly Entry[]): Entry[] {
  return entries.map(({ key, recno }) => ({ key: typeof key === 'string' ? key.replace(/[ \0]+$/, '') : key, recno }));
}

function openStill(vfs: Vfs, readOnly = false): Promise<Database> {
  return openIn(nodeEnvironment(still(vfs)), FOLDER, { profiling: 'off', cacheSize: '64kb', pageSize: '4kb', readOnly }, fakeIdentity(++pid));
}

const PLAIN = (i: number): string => `name ${(i * 7) % 40}`;

/** Text that hardly gets shorter in a CDX: then its tree has leaves below a root. */
function wide(i: number): string {
  const random = seededRandom((i * 7) % 40);
  return Array.from({ length: 26 }, () => String.fromCharCode(97 + random.int(26))).join('');
}

async function madeHere(path: string, options: IndexOptions, nameOf = PLAIN): Promise<Victim> {
  const vfs = new MemoryVfs();
  vfs.makeFolder(FOLDER);
  const db = await openStill(vfs);
  const t = await db.createTable('t', { name: char(nameOf === PLAIN ? 12 : 30), n: numeric(6) }, { dialect: 'foxpro2' });
  await t.createIndex('ix', options);
  await t.insertMany(Array.from({ length: 60 }, (_, i) => ({ name: nameOf(i), n: i })));
  await t.delete(5);
  await db.close();
  return { files: filesOf(vfs), path, table: 't', index: 'ix', field: 'name' };
}

/** A small MDX of the corpus with a tag over a bare field; undefined, and a line on the console, when there is none. */
async function madeElsewhere(): Promise<Victim | undefined> {
  const found = corpus();
  if (found === undefined) return undefined;
  for (const file of indexFilesOf(found, 'mdx')) {
    const { unit } = file;
    if (unit.kind !== 'real' || file.bytes().length > 9000 || !file.tags.some(({ count = 0 }) => count > 10)) continue;
    const files = new Map(unit.files.filter(({ role }) => ['table', 'memo', 'index'].includes(role)).map(({ path }) => [basename(path), new Uint8Array(readFileSync(found.path(path)))]));
    const vfs = new MemoryVfs([...files].map(([name, bytes]) => [`${FOLDER}/${name}`, bytes] as const));
    const db = await openStill(vfs, true);
    const victim = victimIn(db, files);
    await db.close();
    if (victim !== undefined) return victim;
  }
  throw new Error('the corpus has no small MDX with a tag over a text field');
}

function victimIn(db: Database, files: FolderFiles): Victim | undefined {
  for (const table of db.tables()) {
    for (const index of db.table(table).indexes()) {
      const field = db.table(table).fields.find(({ name, type }) => name === index.fields[0] && type === 'C');
      if (index.kind === 'mdx' && field !== undefined && index.entryCount > 10) return { files, path: index.file ?? '', table, index: index.name, field: field.name };
    }
  }
  return undefined;
}

/** What the sound folder says. */
interface Truth {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly entries: readonly Entry[];
  readonly facts: string;
  readonly keys: readonly unknown[];
}

function factsOf(db: Database, { table, index }: Victim): string {
  const { name, kind, expression, for: condition, unique, descending } = db.table(table).index(index);
  return JSON.stringify([name, kind, expression, condition, unique, descending]);
}

async function truthOf(victim: Victim): Promise<Truth> {
  const db = await openStill(vfsOf(victim.files), true);
  const t = db.table(victim.table);
  const rows = t.scan().toArray();
  const keys = [...new Set(rows.map((row) => row[victim.field]))];
  const truth = { rows, entries: t.index(victim.index).entries().toArray(), facts: factsOf(db, victim), keys };
  expect(truth.rows.length).toBeGreaterThan(8);
  expect(truth.entries.length).toBeGreaterThan(8);
  expect((await db.check()).findings.filter((f) => f.severity !== 'note')).toEqual([]);
  await db.close();
  return truth;
}

function vfsOf(files: FolderFiles): MemoryVfs { return new MemoryVfs([...files].map(([name, bytes]) => [`${FOLDER}/${name}`, bytes] as const)); }

/** The code of the error that came, or what `read` returned. */
function attempt<Got>(read: () => Got): Got | ErrorCode {
  try {
    return read();
  } catch (e) {
    if (e instanceof FieldstoneError && ALLOWED.includes(e.code)) return e.code;
    throw e;
  }
}

async function attemptAsync(work: () => Promise<unknown>): Promise<ErrorCode | 'done'> {
  try {
    await work();
    return 'done';
  } catch (e) {
    if (e instanceof FieldstoneError && [...ALLOWED, 'POISONED'].includes(e.code)) return e.code;
    throw e;
  }
}

const text = (value: unknown): string => JSON.stringify(value);

class Tally {
  readonly counts = new Map<string, number>();
  add(outcome: string): void { this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1); }
  toString(): string { return [...this.counts].sort().map(([outcome, n]) => `${n} ${outcome}`).join(', '); }
}

/** Seeks, walks, queries and the check: each answer is right or an error, and what is an error is a finding of the check. */
async function read(victim: Victim, truth: Truth, files: FolderFiles, tally: Tally): Promise<void> {
  const vfs = vfsOf(files);
  const db = await openStill(vfs, true);
  const facts = attempt(() => factsOf(db, victim));
  const outcomes = facts === truth.facts ? walks(db, victim, truth) : facts.startsWith('[') ? ['another index', ...otherOrder(db, victim, truth)]
    : [facts === 'NOT_FOUND' ? 'another index' : facts];
  outcomes.push(...queries(db, victim, truth));
  const { findings } = await db.check();
  const isSeen = findings.some((f) => f.severity !== 'note');
  if (outcomes.includes('other')) throw new Error(`a wrong answer; the check says ${isSeen ? findings.map(({ message }) => message).join('; ') : 'nothing'}`);
  // What can be walked and not sought is no damage: the check has a note.
  const expected = outcomes.filter((outcome) => !['right', 'another index', 'UNSUPPORTED'].includes(outcome));
  if (expected.length > 0 && !isSeen) throw new Error(`the check says nothing of ${[...new Set(outcomes)].join(', ')}`);
  await db.close();
  const difference = sameFiles(files, filesOf(vfs));
  if (difference !== undefined) throw new Error(`reading: ${difference}`);
  for (const outcome of new Set(outcomes)) tally.add(outcome);
  if (!isSeen) tally.add('sound for the check');
}

/** Walks, seeks and ranges of the index itself. */
function walks(db: Database, victim: Victim, truth: Truth): string[] {
  const index = db.table(victim.table).index(victim.index);
  const outcomes = [false, true].map((reverse) => {
    const got = attempt(() => shownBy(index.entries({ reverse }).toArray()));
    return judged(reverse && typeof got !== 'string' ? got.reverse() : got, truth.entries);
  });
  const live = new Map(truth.rows.map((row) => [row['$recno'], row]));
  const inOrder = truth.entries.filter(({ recno }) => live.has(recno));
  const rowsOf = (test: (key: string) => boolean): unknown[] => inOrder.filter(({ key }) => test(String(key))).map(({ recno }) => live.get(recno));
  for (const key of [...truth.keys, ...ABSENT]) {
    const [want] = rowsOf((each) => each === key);
    outcomes.push(judged(attempt(() => index.seek(key)), want));
  }
  for (const [low, high] of boundsOf(truth)) {
    outcomes.push(judged(attempt(() => index.range({ gte: low, lt: high }).toArray()), rowsOf((key) => key >= low && key < high)));
    outcomes.push(judged(attempt(() => index.range({ gt: low, lte: high, reverse: true }).toArray()), rowsOf((key) => key > low && key <= high).reverse()));
    outcomes.push(judged(attempt(() => index.prefix(low.slice(0, PREFIX)).toArray()), rowsOf((key) => key.startsWith(low.slice(0, PREFIX)))));
  }
  return outcomes;
}

/** An index that says other things of itself than it did: as far as it is over the same keys, they are all there. */
function otherOrder(db: Database, victim: Victim, truth: Truth): string[] {
  const index = db.table(victim.table).index(victim.index);
  const [, , expression] = JSON.parse(truth.facts) as unknown[];
  if (index.expression !== expression || index.for !== undefined) return [];
  const keysOf = (entries: readonly Entry[]): string[] => {
    return (index.unique ? [...new Set(entries.map(({ key }) => text(key)))] : entries.map((entry) => text(entry))).sort();
  };
  const got = attempt(() => shownBy(index.entries().toArray()));
  const outcomes = [typeof got === 'string' ? got : judged(keysOf(got), keysOf(truth.entries))];
  for (const key of truth.keys) {
    const found = attempt(() => index.seek(key));
    outcomes.push(typeof found === 'string' ? found : judged(found === undefined || found[victim.field] === key, true));
  }
  return outcomes;
}

/** Queries that the planner may give to the index. */
function queries(db: Database, victim: Victim, truth: Truth): string[] {
  const t = db.table(victim.table);
  const { field } = victim;
  const outcomes: string[] = [];
  const ask = (filter: Parameters<typeof t.find>[0], test: (value: string) => boolean): number => {
    const want = truth.rows.filter((row) => test(String(row[field])));
    outcomes.push(judged(attempt(() => t.find(filter).toArray()), want));
    return want.length;
  };
  const keys = [...ABSENT, ...truth.keys];
  const ways = attempt(() => t.find({ [field]: keys[0] }).explain().considered.map(({ way }) => way));
  // Where the planner does without the index, one key is as another.
  const isServed = typeof ways === 'string' || ways.some((way) => way.startsWith('index'));
  for (const key of isServed ? keys : keys.slice(0, ABSENT.length + 1)) {
    const count = ask({ [field]: key }, (value) => value === key);
    if (key === keys[1]) outcomes.push(judged(attempt(() => t.find({ [field]: key }).count()), count));
  }
  for (const [low, high] of boundsOf(truth)) {
    const count = ask({ [field]: { $gte: low, $lt: high } }, (value) => value >= low && value < high);
    outcomes.push(judged(attempt(() => t.find({ [field]: { $gte: low, $lt: high } }).count()), count));
    ask({ [field]: { $startsWith: low.slice(0, PREFIX) } }, (value) => value.startsWith(low.slice(0, PREFIX)));
    ask({ [field]: { $in: [low, high] } }, (value) => value === low || value === high);
    const sorted = attempt(() => t.find({ [field]: { $gte: low } }, { sort: { [field]: 1 } }).toArray());
    const want = truth.rows.filter((row) => String(row[field]) >= low).sort((a, b) => compareText(String(a[field]), String(b[field])) || Number(a['$recno']) - Number(b['$recno']));
    outcomes.push(judged(sorted, want));
  }
  return outcomes;
}

function compareText(a: string, b: string): number { return a < b ? -1 : a > b ? 1 : 0; }

/** Neighbours and pairs far apart of the keys that there are. */
function boundsOf({ keys }: Truth): (readonly [low: string, high: string])[] {
  const sorted = keys.map(String).sort(compareText);
  const at = (i: number): string => sorted[i % sorted.length] ?? '';
  return [0, 1, 2, 3].map((i) => Math.floor((i * sorted.length) / 4)).map((i) => [at(i), at(i + 3 < sorted.length ? i + 3 : sorted.length - 1)] as const);
}

function judged(got: unknown, want: unknown): string {
  if (typeof got === 'string') return got;
  return text(got) === text(want) ? 'right' : 'other';
}

/** A row changes, one comes, one goes. Whatever the index says, the rows are those that were acknowledged. */
async function write(victim: Victim, truth: Truth, files: FolderFiles, tally: Tally): Promise<void> {
  const vfs = vfsOf(files);
  const db = await openStill(vfs);
  const t = db.table(victim.table);
  const expected = new Map(truth.rows.map((row) => [row['$recno'], text(row[victim.field])]));
  const numbers = [...expected.keys()].filter((n): n is number => typeof n === 'number');
  const [first = 1, second = 2] = numbers;
  const steps: readonly (readonly [work: () => Promise<unknown>, effect: () => void])[] = [
    [() => t.update(first, { [victim.field]: 'changed' }), () => { expected.set(first, text('changed')); }],
    [() => t.delete(second), () => { expected.delete(second); }],
    [() => t.insert({ [victim.field]: 'inserted' }), () => { expected.set(t.recordCount, text('inserted')); }],
    [() => db.checkpoint(), () => undefined],
    [() => t.update(first, { [victim.field]: 'again' }), () => { expected.set(first, text('again')); }],
  ];
  for (const [work, effect] of steps) {
    const outcome = await attemptAsync(work);
    if (outcome === 'done') effect();
    else tally.add(`write: ${outcome}`);
  }
  const closed = await attemptAsync(() => db.close());
  if (closed !== 'done') tally.add(`close: ${closed}`);
  const after = filesOf(vfs);
  const growth = (after.get(victim.path)?.length ?? 0) - (files.get(victim.path)?.length ?? 0);
  if (growth > MOST_GROWTH_BYTES) throw new Error(`the index file grew by ${growth} bytes`);
  const again = await openStill(vfs, true);
  const rows = new Map(again.table(victim.table).scan().toArray().map((row) => [row.$recno, text(row[victim.field])]));
  if (text([...rows]) !== text([...expected].sort(([a], [b]) => Number(a) - Number(b)))) throw new Error('the rows are not those that were acknowledged');
  await again.close();
  if (closed !== 'done') await mended(victim, vfs, expected);
  else tally.add('written');
}

/** What stopped a checkpoint is mended by repair: the rows stay, and the index is theirs. */
async function mended(victim: Victim, vfs: MemoryVfs, expected: ReadonlyMap<unknown, string>): Promise<void> {
  const db = await openStill(vfs);
  const repaired = (await db.repair({ indexes: 'detach' })).tables;
  if (repaired.some(({ status }) => status === 'failed')) throw new Error(`repair: ${JSON.stringify(repaired)}`);
  const t = db.table(victim.table);
  const rows = t.scan().toArray();
  if (rows.length !== expected.size) throw new Error(`after repair there are ${rows.length} rows`);
  await t.insert({ [victim.field]: 'mended' });
  const { findings } = await db.check();
  if (findings.some((f) => f.severity === 'error')) throw new Error(`after repair: ${findings.map((f) => `${f.code} ${f.message}`).join('; ')}`);
  await db.close();
}

function* places(sizeBytes: number, pageBytes: number): Generator<number, void, void> {
  if (ONLY !== undefined) return yield* ONLY;
  for (let at = 0; at < sizeBytes; at++) if (at % STEP === 0 || at % pageBytes < HEAD_BYTES) yield at;
}

const KINDS: readonly (readonly [kind: string, make: () => Promise<Victim | undefined>])[] = [
  ['btree', () => madeHere('t.ix.fsi', { on: 'name' })],
  ['cdx', () => madeHere('t.cdx', { on: 'name', type: 'cdx' })],
  ['cdx of several leaves', () => madeHere('t.cdx', { on: 'name', type: 'cdx' }, wide)],
  ['idx', () => madeHere('ix.idx', { on: 'name', type: 'idx' })],
  ['ntx', () => madeHere('ix.ntx', { on: 'name', type: 'ntx' })],
  ['ndx', () => madeHere('ix.ndx', { on: 'name', type: 'ndx' })],
  ['mdx', madeElsewhere],
];

describe('a small index file with any byte changed: right answers or typed errors, nothing changed by reading', () => {
  test.each(KINDS)('%s', async (kind, make) => {
    const victim = await make();
    if (victim === undefined) return;
    const truth = await truthOf(victim);
    const bytes = victim.files.get(victim.path) ?? new Uint8Array(0);
    expect(bytes.length).toBeGreaterThan(500);
    const tally = new Tally();
    const failures: string[] = [];
    let n = 0;
    for (const at of places(bytes.length, pageBytesOf(victim.path))) {
      for (const mask of MASKS) {
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const files = new Map(victim.files).set(victim.path, changed);
        const started = performance.now();
        try {
          await read(victim, truth, files, tally);
          if (n++ % WRITE_EVERY === 0) await write(victim, truth, files, tally);
        } catch (e) {
          failures.push(`byte ${at} of ${victim.path} ^ ${mask}: ${e instanceof Error ? e.message : String(e)}`);
        }
        const elapsed = performance.now() - started;
        if (elapsed > LONGEST_MS) failures.push(`byte ${at} ^ ${mask}: ${elapsed} ms`);
        expect(failures.length, failures.join('\n')).toBeLessThan(MOST_FAILURES);
      }
    }
    console.log(`${kind}, ${bytes.length} bytes, ${n} changes: ${tally.toString()}${failures.map((failure) => `\n${failure}`).join('')}`);
    expect(failures.join('\n')).toBe('');
    expect(tally.counts.get('right')).toBeGreaterThan(0);
    expect(tally.counts.get('CORRUPT_INDEX') ?? tally.counts.get('CORRUPT_PAGE') ?? 0).toBeGreaterThan(0);
  }, LONG ? 7_200_000 : 300_000);
});
