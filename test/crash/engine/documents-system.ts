import { char, FieldstoneError, type Database, type Durability, type Tx } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import type { CommitLog } from '../../support/sim/commit-log.js';
import type { Stage, System } from '../../support/sim/system.js';
import { kvJournalRule } from './kv-system.js';

/** Documents by id and pairs by key, as lines. */
export type DocumentState = ReadonlyMap<string, string>;

const FOLDER = '/db';
const DURABILITIES: readonly Durability[] = ['commit', 'interval', 'commit', 'none'];
let lives = 0;

interface Change { readonly id: string; readonly tag: string | undefined; readonly length: number; readonly pair: boolean }

function openDatabase(stage: Stage, durability: Durability): Promise<Database> {
  lives++;
  return openIn({ ...stage.env, random: seededRandom(lives) }, FOLDER, { durability, cacheSize: '64kb', profiling: 'off' }, fakeIdentity(6_000_000 + lives));
}

async function makeCollection(db: Database): Promise<void> {
  if (!db.collections().includes('docs')) await db.createCollection('docs', { columns: { word: char(6) }, indexes: [{ name: 'words', on: ['word'] }] });
  const c = db.collection('docs');
  if (!c.indexes().some(({ name }) => name === 'tags')) await c.createIndex('tags', { on: ['tags'] });
}

function changesOf(seed: number, number: number): Change[] {
  const random = seededRandom(seed * 3001 + number);
  return Array.from({ length: 1 + random.int(4) }, () => ({
    id: `d${random.int(12)}`, tag: random.chance(0.25) ? undefined : `t${random.int(4)}`, length: [5, 60, 900, 5000][random.int(4)] ?? 5, pair: random.chance(0.4),
  }));
}

/** What a change makes of a document: the same in the database and in the model. */
function changed(before: string | undefined, { id, tag, length }: Change): string | undefined {
  if (tag === undefined) return undefined;
  const old = before === undefined ? { n: 0, tags: [] } : JSON.parse(before) as { n: number; tags: string[] };
  return JSON.stringify({ _id: id, word: tag, n: old.n + 1, tags: [...old.tags, tag].slice(-3), text: 'x'.repeat(length) });
}

function applied(state: DocumentState, changes: readonly Change[]): DocumentState {
  const after = new Map(state);
  for (const change of changes) {
    const line = changed(after.get(`d/${change.id}`), change);
    if (line === undefined) after.delete(`d/${change.id}`);
    else after.set(`d/${change.id}`, line);
    if (change.pair) after.set(`k/${change.id}`, `${change.tag ?? 'gone'}`);
  }
  return after;
}

function write(tx: Tx, changes: readonly Change[]): void {
  const c = tx.collection('docs');
  for (const { id, tag, length, pair } of changes) {
    if (tag === undefined) c.delete(id);
    else c.update(id, { $inc: { n: 1 }, $push: { tags: { $each: [tag], $slice: -3 } }, $set: { word: tag, text: 'x'.repeat(length) } }, { upsert: true });
    if (pair) tx.kv('pairs').put(id, tag ?? 'gone');
  }
}

/** Every document by scan, by id and by index: they must be one and the same. */
function read(db: Database): DocumentState {
  const state = new Map<string, string>();
  for (const [key, value] of db.kv<string, string>('pairs', { values: 'utf8' }).entries()) state.set(`k/${key}`, value);
  if (!db.collections().includes('docs')) return state;
  const c = db.collection('docs');
  if (!c.indexes().some(({ name }) => name === 'words')) state.set('i', 'a collection without the index that was made with it');
  const byTag = new Map<string, number>();
  for (const { _id, word, n, tags, text } of c.find()) {
    state.set(`d/${String(_id)}`, JSON.stringify({ _id, word, n, tags, text }));
    if (c.get(String(_id))?.['n'] !== n) state.set(`d/${String(_id)}`, 'find and get differ');
    for (const tag of new Set(tags as string[])) byTag.set(tag, (byTag.get(tag) ?? 0) + 1);
  }
  if (c.indexes().some(({ name }) => name === 'tags')) for (const [tag, count] of byTag) if (c.count({ tags: tag }) !== count) state.set(`i/${tag}`, 'index and scan differ');
  return state;
}

/** Documents of a large load: straight to the files. */
function loadOf(seed: number, number: number): Record<string, unknown>[] {
  const random = seededRandom(seed * 5003 + number);
  return Array.from({ length: 1 + random.int(5) }, (_, i) => (
    { _id: `l${number}-${i}`, word: 'load', n: i, tags: [`t${random.int(4)}`], text: 'y'.repeat([0, 40, 700, 20_000][random.int(4)] ?? 0) }
  ));
}

class Play {
  readonly #db: Database;
  readonly #log: CommitLog<DocumentState>;
  readonly #seed: number;
  readonly #durable: boolean;
  readonly #random;
  #state: DocumentState = new Map();
  #failed = false;

  constructor(db: Database, stage: Stage, log: CommitLog<DocumentState>, durability: Durability) {
    this.#db = db;
    this.#log = log;
    this.#seed = stage.seed;
    this.#durable = durability === 'commit';
    this.#random = seededRandom(stage.seed + 99);
  }

  async run(steps: number): Promise<void> {
    await this.#attempt(() => makeCollection(this.#db));
    for (let i = 0; i < steps && !this.#failed; i++) {
      const die = this.#random.int(16);
      if (die < 4) await this.#attempt(() => this.#db.checkpoint());
      else if (die < 7) await this.#load();
      else await this.#commit();
    }
    if (!this.#failed && this.#random.chance(0.3)) await this.#attempt(() => this.#db.close());
  }

  async #commit(): Promise<void> {
    const changes = changesOf(this.#seed, this.#log.length);
    const after = applied(this.#state, changes);
    const number = this.#log.begin(after);
    this.#state = after;
    await this.#attempt(() => this.#db.transaction((tx) => write(tx, changes)));
    if (!this.#failed) this.#log.ack(number, this.#durable);
  }

  async #load(): Promise<void> {
    const documents = loadOf(this.#seed, this.#log.length);
    const after = new Map(this.#state);
    for (const document of documents) after.set(`d/${String(document['_id'])}`, JSON.stringify(document));
    const number = this.#log.begin(after);
    this.#state = after;
    await this.#attempt(() => this.#db.collection('docs').insertMany(documents, { direct: true }));
    if (!this.#failed) this.#log.ack(number, this.#durable);
  }

  async #attempt(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#failed = true;
      if (!(error instanceof FieldstoneError)) throw error;
    }
  }
}

/** A collection with indexes, and a store in the same transactions, as a system under test. */
export function documentsSystem(steps = 7): System<DocumentState> {
  return {
    name: 'documents',
    initial: new Map(),
    key: (state) => [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join('|'),
    journalRule: kvJournalRule,
    play: async (stage, log) => {
      const durability = DURABILITIES[stage.seed % DURABILITIES.length] ?? 'commit';
      try {
        const db = await openDatabase(stage, durability);
        db.kv('pairs', { values: 'utf8' });
        await new Play(db, stage, log, durability).run(steps);
      } catch (error) {
        if (!(error instanceof FieldstoneError)) throw error;
      }
    },
    observe: async (stage) => read(await openDatabase(stage, 'commit')),
    extend: async (stage, seen, lost, log) => {
      const db = await openDatabase(stage, 'commit');
      db.kv('pairs', { values: 'utf8' });
      await makeCollection(db);
      const changes = changesOf(stage.seed, lost + 1000);
      log.begin(applied(seen, changes));
      db.transactionSync((tx) => write(tx, changes));
      log.ack();
    },
  };
}
