import { readUpTo, writeFully, type VfsFile } from '#storage';
import { FieldstoneError, type Database, type Durability, type Tx } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { createIndexed, createIndexOf, indexProblem } from '../../model/index-truth.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import type { CommitLog } from '../../support/sim/commit-log.js';
import { folderProblem } from '../../support/sim/folder-check.js';
import type { Stage, System } from '../../support/sim/system.js';
import { journalRule } from './engine-system.js';

/** Rows by their unique key (`t/7`), documents by their id (`d/x3`), pairs of a store (`s/7`); and what is wrong with an index, which no history has. */
export type IndexState = ReadonlyMap<string, string>;

const FOLDER = '/db';
const DURABILITIES: readonly Durability[] = ['commit', 'commit', 'interval', 'commit', 'none'];
/** Every index costs a checkpoint before anything else happens: a workload has some of them. */
const CHOICES: readonly (readonly string[])[] = [
  ['u', 'by_name', 'upname'], ['u', 'high', 'some'], ['u', 'ntx_n', 'ndx_n'], ['u', 'by_n', 'upname', 'high'], ['u', 'idx_k', 'ntx_name', 'down'],
];
const NAMES = ['a', 'B', 'bc', 'Bd', 'zz'];
const TAGS = ['x', 'y', 'z'];
/** Mark of a record that is not deleted. */
const LIVE = 0x20;
let lives = 0;

interface Change { readonly k: number; readonly name: string | undefined; readonly n: number; readonly document: boolean; readonly pair: boolean }

async function openDatabase(stage: Stage, durability: Durability): Promise<Database> {
  lives++;
  const db = await openIn({ ...stage.env, random: seededRandom(lives) }, FOLDER, { durability, cacheSize: '64kb', profiling: 'off' }, fakeIdentity(8_000_000 + lives));
  db.kv('s', { values: 'utf8' });
  return db;
}

/** Changes of a commit; with another tag other values of the same lengths. `own`: keys that no other commit writes. */
function changesOf(seed: number, number: number, tag: number, own: boolean): Change[] {
  const random = seededRandom(seed * 3001 + number);
  return Array.from({ length: 1 + random.int(4) }, (_, i) => ({
    k: own ? 1000 + number * 10 + i : random.int(12),
    name: random.chance(0.25) && !own ? undefined : `${random.pick(NAMES)}${(number + tag) % 10}`,
    n: (random.int(80) + tag) % 100,
    document: random.chance(0.4),
    pair: random.chance(0.3),
  }));
}

function applied(state: IndexState, changes: readonly Change[]): IndexState {
  const after = new Map(state);
  for (const { k, name, n, document, pair } of changes) {
    for (const key of [document ? `d/x${k}` : `t/${k}`, ...(pair ? [`s/${k}`] : [])]) {
      if (name === undefined) after.delete(key);
      else after.set(key, `${name},${n}`);
    }
  }
  return after;
}

/** Rows are found by the unique index, documents by theirs. */
function write(tx: Tx, changes: readonly Change[]): void {
  for (const { k, name, n, document, pair } of changes) {
    if (document) writeDocument(tx, `x${k}`, name, n);
    else writeRow(tx, k, name, n);
    if (!pair) continue;
    if (name === undefined) tx.kv('s').delete(String(k));
    else tx.kv('s').put(String(k), `${name},${n}`);
  }
}

function writeRow(tx: Tx, k: number, name: string | undefined, n: number): void {
  const t = tx.table('t');
  const recno = t.index('u').seek(k)?.['$recno'];
  if (typeof recno !== 'number') {
    if (name !== undefined) t.insert({ k, name, n });
  } else if (name === undefined) t.delete(recno);
  else t.update(recno, { name, n });
}

function writeDocument(tx: Tx, id: string, name: string | undefined, n: number): void {
  const docs = tx.collection('d');
  if (name === undefined) docs.delete(id);
  else if (docs.get(id) === undefined) docs.insert({ _id: id, name, n, tags: tagsOf(n) });
  else docs.update(id, { $set: { name, n, tags: tagsOf(n) } });
}

function tagsOf(n: number): string[] { return TAGS.filter((_, i) => (n >> i) % 2 === 1); }

function readState(db: Database): IndexState {
  const state = new Map<string, string>();
  for (const [key, value] of db.kv<string, string>('s').entries()) state.set(`s/${key}`, value);
  if (db.tables().includes('t')) {
    for (const row of db.table('t').scan()) state.set(`t/${String(row['k'])}`, `${String(row['name'])},${String(row['n'])}`);
    const problem = indexProblem(db, 't');
    if (problem !== undefined) state.set('index', problem);
  }
  if (db.collections().includes('d')) {
    if (!db.table('d').indexes().some((index) => index.name === '_id')) state.set('index', 'the collection has no index of its ids');
    readDocuments(db, state);
  }
  return state;
}

interface Place { readonly k: number; readonly name: string; readonly n: number; readonly offset: number }

/** The last row that is not deleted, and where its name begins. */
function liveRow(file: VfsFile): Place | undefined {
  const bytes = Buffer.alloc(file.stat().sizeBytes);
  readUpTo(file, bytes, 0);
  const [count, headerLength, recordLength] = [bytes.readUInt32LE(4), bytes.readUInt16LE(8), bytes.readUInt16LE(10)];
  for (let i = count - 1; i >= 0; i--) {
    const at = headerLength + i * recordLength;
    if (bytes[at] !== LIVE) continue;
    const text = bytes.toString('latin1', at + 1, at + recordLength);
    return { name: text.slice(0, 8).trimEnd(), n: Number(text.slice(8, 14)), k: Number(text.slice(14, 20)), offset: at + 1 };
  }
  return undefined;
}

/** Documents from a scan, each looked for again by its id and by its tags. */
function readDocuments(db: Database, state: Map<string, string>): void {
  const docs = db.collection('d');
  const all = docs.find({}, {}).toArray();
  for (const doc of all) {
    state.set(`d/${String(doc['_id'])}`, `${String(doc['name'])},${String(doc['n'])}`);
    if (docs.get(String(doc['_id']))?.['n'] !== doc['n']) state.set('index', `document ${String(doc['_id'])} is not found by its id`);
  }
  for (const tag of TAGS) {
    const found = docs.find({ tags: tag }).toArray().map((doc) => String(doc['_id'])).sort().join();
    const want = all.filter((doc) => tagsOf(Number(doc['n'])).includes(tag)).map((doc) => String(doc['_id'])).sort().join();
    if (found !== want) state.set('index', `documents with tag ${tag}: ${found} instead of ${want}`);
  }
}

class Play {
  #db: Database;
  readonly #stage: Stage;
  readonly #durability: Durability;
  readonly #strangers: boolean;
  readonly #log: CommitLog<IndexState>;
  readonly #seed: number;
  readonly #random;
  readonly #durable: boolean;
  readonly #alone: boolean;
  #state: IndexState = new Map();
  #lastAcked = 0;
  #failed: unknown;

  constructor(db: Database, stage: Stage, log: CommitLog<IndexState>, durability: Durability, { alone, strangers }: IndexSystemOptions) {
    this.#db = db;
    this.#stage = stage;
    this.#durability = durability;
    this.#strangers = strangers === true;
    this.#log = log;
    this.#seed = stage.seed;
    this.#random = seededRandom(stage.seed + 99);
    this.#durable = durability === 'commit';
    this.#alone = alone === true;
  }

  async run(steps: number): Promise<void> {
    const indexes = CHOICES[this.#seed % CHOICES.length] ?? [];
    await this.#attempt(async () => {
      await createIndexed(this.#db, 't', indexes);
      const docs = await this.#db.createCollection('d');
      if (this.#seed % 2 === 0) await docs.createIndex('tags', { on: 'tags' });
    });
    for (let i = 0; i < steps && this.#failed === undefined; i++) await this.#step(indexes);
    if (this.#failed === undefined && this.#random.chance(0.3)) {
      await this.#attempt(() => this.#db.close());
      this.#markDurable();
    }
  }

  async #step(indexes: readonly string[]): Promise<void> {
    if (this.#strangers && this.#random.chance(0.3)) return this.#stranger();
    const dice = this.#random.int(20);
    if (dice < 9) await this.#burst(false);
    else if (dice < 13) await this.#burst(true);
    else if (dice < 15) await this.#folded(() => this.#db.checkpoint());
    else if (dice < 17) await this.#folded(() => this.#db.table('t').pack());
    else if (dice < 19) await this.#load();
    else {
      const name = indexes.at(-1) ?? 'u';
      await this.#folded(async () => {
        await this.#db.table('t').dropIndex(name);
        await createIndexOf(this.#db, 't', name);
      });
    }
  }

  async #burst(withCheckpoint: boolean): Promise<void> {
    const under: Promise<void>[] = [];
    for (let i = 0, count = this.#alone ? 1 : 1 + this.#random.int(3); i < count; i++) {
      const changes = changesOf(this.#seed, this.#log.length, 0, i > 0);
      under.push(this.#logged(changes, this.#durable, () => this.#db.transaction((tx) => write(tx, changes))));
      if (this.#random.chance(0.4)) for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      if (withCheckpoint && i === 0) under.push(this.#attempt(() => this.#db.checkpoint()));
    }
    await Promise.all(under);
  }

  /** While the database is closed another program changes one byte of the table, which no index file follows; then it is opened again. */
  async #stranger(): Promise<void> {
    await this.#folded(() => this.#db.close());
    if (this.#failed !== undefined) return;
    const file = this.#stage.vfs.open(`${FOLDER}/t.dbf`, 'write');
    const place = liveRow(file);
    if (place !== undefined) {
      const { k, offset, name, n } = place;
      this.#state = new Map([...this.#state, [`t/${k}`, `Q${name.slice(1)},${n}`]]);
      const number = this.#log.begin(this.#state);
      writeFully(file, Buffer.from('Q'), offset);
      file.sync();
      this.#log.ack(number, true);
      this.#lastAcked = Math.max(this.#lastAcked, number);
    }
    file.close();
    await this.#attempt(async () => { this.#db = await openDatabase(this.#stage, this.#durability); });
  }

  /** A load written straight to the files. */
  #load(): Promise<void> {
    const number = this.#log.length;
    const changes = Array.from({ length: 3 + this.#random.int(6) }, (_, i) => ({ k: 2000 + number * 10 + i, name: `l${i}`, n: i * 17, document: false, pair: false }));
    return this.#logged(changes, true, () => this.#db.table('t').insertMany(changes.map(({ k, name, n }) => ({ k, name, n })), { direct: true }));
  }

  async #logged(changes: readonly Change[], durable: boolean, work: () => Promise<unknown>): Promise<void> {
    this.#state = applied(this.#state, changes);
    const number = this.#log.begin(this.#state);
    try {
      await work();
    } catch (error) {
      this.#failed ??= error;
      if (!(error instanceof FieldstoneError)) throw error;
      // Every other code says that it did not happen; amid others that is not used, because what they wrote stands on it.
      if (this.#alone && error.code !== 'COMMIT_UNKNOWN' && error.code !== 'POISONED') this.#log.reject(number);
      return;
    }
    this.#log.ack(number, durable);
    this.#lastAcked = Math.max(this.#lastAcked, number);
    if (durable && !this.#durable) this.#markDurable();
  }

  #markDurable(): void { if (this.#failed === undefined && this.#lastAcked > 0) this.#log.durable(this.#lastAcked); }

  /** Afterwards everything that was acknowledged before is in the files. */
  async #folded(run: () => Promise<unknown>): Promise<void> {
    const acked = this.#lastAcked;
    await this.#attempt(run);
    if (this.#failed === undefined && acked > 0) this.#log.durable(acked);
  }

  async #attempt(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failed ??= error;
      if (!(error instanceof FieldstoneError)) throw error;
    }
  }
}

export interface IndexSystemOptions {
  readonly steps?: number;
  /** One commit at a time. */
  readonly alone?: boolean;
  /** Between openings another program changes the table. It keeps no rule of ours. */
  readonly strangers?: boolean;
}

/** A table with indexes of all kinds, a collection and a store in the same transactions, as a system under test. */
export function indexSystem(options: IndexSystemOptions = {}): System<IndexState> {
  const { steps = 5, alone = false } = options;
  return {
    ...(options.strangers === true ? {} : { journalRule }),
    name: 'indexes and collections',
    initial: new Map(),
    key: (state) => [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join('|'),
    play: async (stage, log) => {
      const durability = alone ? 'commit' : DURABILITIES[stage.seed % DURABILITIES.length] ?? 'commit';
      try {
        await new Play(await openDatabase(stage, durability), stage, log, durability, options).run(steps);
      } catch (error) {
        if (!(error instanceof FieldstoneError)) throw error;
      }
    },
    observe: async (stage) => readState(await openDatabase(stage, 'commit')),
    close: async (stage) => { await (await openDatabase(stage, 'commit')).close(); },
    closedProblem: (image) => folderProblem(image, FOLDER),
    extend: async (stage, seen, lost, log) => {
      const db = await openDatabase(stage, 'commit');
      if (!db.tables().includes('t')) await createIndexed(db, 't', ['u']);
      if (!db.table('t').indexes().some((index) => index.name === 'u')) await createIndexOf(db, 't', 'u');
      if (!db.collections().includes('d')) await db.createCollection('d');
      const changes = changesOf(stage.seed, lost, 1, false);
      log.begin(applied(seen, changes));
      await db.transaction((tx) => write(tx, changes));
      log.ack();
    },
  };
}
