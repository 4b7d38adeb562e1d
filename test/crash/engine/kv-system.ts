import { char, FieldstoneError, type Database, type Durability, type Tx } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import { folderProblem } from '../../support/sim/folder-check.js';
import type { CommitLog } from '../../support/sim/commit-log.js';
import type { JournalRuleOptions } from '../../support/sim/journal-rule.js';
import type { Stage, System } from '../../support/sim/system.js';
import { journalRule } from './engine-system.js';

/** Of each store its pairs, and the rows of the one table, as sorted lines. */
export type KvState = ReadonlyMap<string, string>;

const FOLDER = '/db';
const STORES = ['s', 'u'] as const;
const DURABILITIES: readonly Durability[] = ['commit', 'commit', 'interval', 'commit', 'none'];
const LENGTHS = [3, 40, 40, 200, 3000, 9000];
let lives = 0;

/** `gone`: the value is put, but its time is over. */
interface Change { readonly store: string; readonly key: string; readonly value: string | undefined; readonly gone: boolean; readonly row: boolean }
const LONG_AGO = 1;

function openDatabase(stage: Stage, durability: Durability): Promise<Database> {
  lives++;
  return openIn({ ...stage.env, random: seededRandom(lives) }, FOLDER, { durability, cacheSize: '64kb', profiling: 'off', compression: stage.seed % 2 === 0 ? 'lz4' : 'none' }, fakeIdentity(5_000_000 + lives));
}

/** Changes of a commit; with another tag other values of the same lengths. `own`: keys that no other commit writes. */
function changesOf(seed: number, number: number, tag: string, own: boolean): Change[] {
  const random = seededRandom(seed * 2003 + number);
  return Array.from({ length: 1 + random.int(5) }, (_, i) => {
    const key = own ? `own${String(number).padStart(3, '0')}.${i}` : `k${String(random.int(14)).padStart(2, '0')}`;
    const deleted = random.chance(0.25) && !own;
    const length = LENGTHS[random.int(LENGTHS.length)] ?? 3;
    const gone = random.chance(0.15) && !own;
    return { store: STORES[random.int(10) < 7 ? 0 : 1] ?? 's', key, value: deleted ? undefined : `${tag}${number}:`.padEnd(length, `${tag}${key} `), gone, row: random.chance(0.2) };
  });
}

function applied(state: KvState, changes: readonly Change[]): KvState {
  const after = new Map(state);
  for (const { store, key, value, gone, row } of changes) {
    if (value === undefined || gone) after.delete(`${store}/${key}`);
    else after.set(`${store}/${key}`, value);
    if (row) after.set(`t/${key}`, String(Number(after.get(`t/${key}`) ?? 0) + 1));
  }
  return after;
}

function write(tx: Tx, changes: readonly Change[]): void {
  for (const { store, key, value, gone, row } of changes) {
    const kv = tx.kv(store);
    if (value === undefined) kv.delete(key);
    else kv.put(key, value, gone ? { expiresAt: LONG_AGO } : {});
    if (row) tx.table('t').insert({ name: key });
  }
}

export function readKv(db: Database): KvState {
  const state = new Map<string, string>();
  for (const store of db.stores()) {
    const kv = db.kv<string, string>(store);
    const lines = kv.entries().toArray();
    if (kv.count() !== lines.length) state.set(`${store}/count`, `${kv.count()} instead of ${lines.length}`);
    for (const [key, value] of lines) state.set(`${store}/${key}`, kv.get(key) === value ? value : 'get and walk differ');
  }
  if (db.tables().includes('t')) for (const row of db.table('t').scan()) state.set(`t/${String(row['name'])}`, String(Number(state.get(`t/${String(row['name'])}`) ?? 0) + 1));
  return state;
}

/** With what check() says: damage is no state that the history had. */
async function checkedKv(db: Database): Promise<KvState> {
  const state = readKv(db);
  const { findings } = await db.check();
  const damage = findings.filter((f) => f.severity !== 'note');
  return damage.length === 0 ? state : new Map([...state, ['check', damage.map((f) => `${f.code} ${f.file ?? ''}: ${f.message}`).join('; ')]]);
}

const isStore = (path: string): boolean => path.endsWith('.kv');

// A new store comes by rename, without a journal: names are left to the campaign of the tables.
const { journalCoversName: _names, ...bytesRule } = journalRule;

/** Pages that the header counts may only change through the journal. */
export const kvJournalRule: JournalRuleOptions = {
  ...bytesRule,
  baseFile: (path) => isStore(path) || journalRule.baseFile(path),
  publishedEnd: (path, bytes) => {
    if (!isStore(path)) return journalRule.publishedEnd?.(path, bytes) ?? bytes.length;
    return bytes.length < 64 ? 0 : Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(44) * Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(48);
  },
};

class Play {
  readonly #db: Database;
  readonly #log: CommitLog<KvState>;
  readonly #seed: number;
  readonly #random;
  readonly #durable: boolean;
  readonly #alone: boolean;
  #state: KvState = new Map();
  #lastAcked = 0;
  #failed: unknown;

  constructor(db: Database, stage: Stage, log: CommitLog<KvState>, durability: Durability, alone: boolean) {
    this.#alone = alone;
    this.#db = db;
    this.#log = log;
    this.#seed = stage.seed;
    this.#random = seededRandom(stage.seed + 77);
    this.#durable = durability === 'commit';
  }

  async run(steps: number): Promise<void> {
    await this.#attempt(() => this.#db.createTable('t', { name: char(10) }));
    for (let i = 0; i < steps && this.#failed === undefined; i++) {
      const dice = this.#random.int(10);
      if (dice < 5) await this.#burst(false);
      else if (dice < 7) await this.#burst(true);
      else if (dice < 8) await this.#folded(() => this.#db.checkpoint());
      else if (dice < 9) await this.#folded(() => this.#db.kv(this.#random.chance(0.7) ? 's' : 'u').compact());
      else await this.#putLarge();
    }
    if (this.#failed === undefined && this.#random.chance(0.3)) {
      await this.#attempt(() => this.#db.close());
      this.#markDurable();
    }
  }

  async #burst(withCheckpoint: boolean): Promise<void> {
    const under: Promise<void>[] = [];
    for (let i = 0, count = this.#alone ? 1 : 1 + this.#random.int(3); i < count; i++) {
      under.push(this.#commit(i > 0));
      if (this.#random.chance(0.4)) for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      if (withCheckpoint && i === 0) under.push(this.#attempt(() => (this.#random.chance(0.6) ? this.#db.checkpoint() : this.#db.kv('s').compact())));
    }
    await Promise.all(under);
  }

  async #commit(own: boolean): Promise<void> {
    const changes = changesOf(this.#seed, this.#log.length, 's', own);
    const after = applied(this.#state, changes);
    const number = this.#log.begin(after);
    this.#state = after;
    try {
      await this.#db.transaction((tx) => write(tx, changes));
    } catch (error) {
      this.#reject(number, error);
      return;
    }
    this.#log.ack(number, this.#durable);
    this.#lastAcked = Math.max(this.#lastAcked, number);
  }

  /** Every other code says that it did not happen; amid others that is not used, because what they wrote stands on it. */
  #reject(number: number, error: unknown): void {
    this.#failed ??= error;
    if (!(error instanceof FieldstoneError)) throw error;
    if (this.#alone && error.code !== 'COMMIT_UNKNOWN' && error.code !== 'POISONED') this.#log.reject(number);
  }

  #markDurable(): void { if (this.#failed === undefined && this.#lastAcked > 0) this.#log.durable(this.#lastAcked); }

  /** A value in parts, each in a commit of its own: there when the last of them is. */
  async #putLarge(): Promise<void> {
    const key = `large${this.#random.int(3)}`;
    const value = `${this.#log.length}:`.padEnd(9000 + this.#random.int(5000), `${key} `);
    const after = applied(this.#state, [{ store: 's', key, value, gone: false, row: false }]);
    const number = this.#log.begin(after);
    this.#state = after;
    try {
      await this.#db.kv<string, string>('s').put(key, value);
    } catch (error) {
      this.#reject(number, error);
      return;
    }
    this.#log.ack(number, this.#durable);
    this.#lastAcked = Math.max(this.#lastAcked, number);
  }

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

/** Stores and a table in the same transactions, as a system under test. `alone`: one commit at a time, so that each may fail. */
export function kvSystem(steps = 6, alone = false): System<KvState> {
  return {
    name: 'key-value stores',
    initial: new Map(),
    key: (state) => [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`).join('|'),
    journalRule: kvJournalRule,
    play: async (stage, log) => {
      // A fault in a recovery is looked at like a kill, which would have to leave what a power loss before it may take.
      const durability = alone ? 'commit' : DURABILITIES[stage.seed % DURABILITIES.length] ?? 'commit';
      try {
        const db = await openDatabase(stage, durability);
        for (const store of STORES) db.kv(store, { values: 'utf8' });
        await new Play(db, stage, log, durability, alone).run(steps);
      } catch (error) {
        if (!(error instanceof FieldstoneError)) throw error;
      }
    },
    observe: async (stage) => checkedKv(await openDatabase(stage, 'commit')),
    close: async (stage) => { await (await openDatabase(stage, 'commit')).close(); },
    closedProblem: (image) => folderProblem(image, FOLDER),
    extend: async (stage, seen, lost, log) => {
      const db = await openDatabase(stage, 'commit');
      for (const store of STORES) db.kv(store, { values: 'utf8' });
      if (!db.tables().includes('t')) await db.createTable('t', { name: char(10) });
      const changes = changesOf(stage.seed, lost, 'x', false);
      log.begin(applied(seen, changes));
      db.transactionSync((tx) => write(tx, changes));
      log.ack();
    },
  };
}
