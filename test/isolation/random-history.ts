import { hasCode, memo, numeric, varchar, type Database, type Isolation, type OpenOptions, type Tx } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import type { Operation, Transaction } from '../model/elle.js';
import { fakeIdentity } from '../support/fake-identity.js';
import { seededRandom, type SeededRandom } from '../support/sim-clock.js';
import { crashStates } from '../support/sim/crash-states.js';
import { SimDisk } from '../support/sim/sim-disk.js';
import { simEnvironmentOf, SimScheduler } from '../support/sim/sim-scheduler.js';

/**
 * Where the list of a key lives: in a field of a row of its own, in its memo, or one row for each element (then the reader
 * finds them by a scan, so the history also shows phantoms; only serializable promises to stop those).
 */
export type ListKind = 'field' | 'memo' | 'rows';

export interface HistoryOptions {
  readonly seed: number;
  readonly isolation: Isolation;
  readonly lists: ListKind;
  /** Lives of the process: each but the last ends by a crash, by power or of the process alone. */
  readonly lives: number;
  readonly transactionsOfEach: number;
}

const KEYS = ['a', 'b', 'c', 'd'];
const SCHEMA = { key: varchar(4), at: numeric(6), list: varchar(250), text: memo() };
const MOST_ELEMENTS = 40;
let lives = 0;

/** The state of a client's transaction: what it did, as the checker wants it. */
interface Attempt { readonly id: string; readonly ops: Operation[]; readonly start: number }

class HistoryRun {
  readonly transactions: Transaction[] = [];
  readonly #o: HistoryOptions;
  readonly #random: SeededRandom;
  #time = 0;
  #made = 0;
  #scheduler = new SimScheduler();
  /** The database of this life; undefined between a crash and the next opening. */
  #db: Database | undefined;
  /** Transactions begun in this life and not ended. */
  readonly #open = new Set<Attempt>();

  constructor(options: HistoryOptions) {
    this.#o = options;
    this.#random = seededRandom(options.seed);
  }

  async run(): Promise<readonly Transaction[]> {
    let disk = new SimDisk();
    for (let life = 1; life <= this.#o.lives; life++) {
      const last = life === this.#o.lives;
      await this.#live(disk, life === 1, last);
      if (!last) disk = this.#crash(disk);
    }
    return this.transactions;
  }

  async #live(disk: SimDisk, first: boolean, last: boolean): Promise<void> {
    this.#scheduler = new SimScheduler(this.#random.uint32());
    disk.useScheduler(this.#scheduler);
    const db = await this.#scheduler.settle(this.#openDatabase(disk));
    this.#db = db;
    if (first) await this.#scheduler.settle(this.#prepare(db));
    const clients = Array.from({ length: 2 + this.#random.int(7) }, (_, i) => this.#client(db, i));
    const work = Promise.all([...clients, this.#disturb(db)]);
    if (last) {
      await this.#scheduler.settle(work);
      await this.#scheduler.settle(this.#readAll(db));
      await this.#scheduler.settle(db.close());
      return;
    }
    work.catch(() => undefined); // nobody is there any more
    for (let steps = 5 + this.#random.int(200); steps > 0; steps--) {
      for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      if (!this.#scheduler.step()) break;
    }
  }

  #openDatabase(disk: SimDisk): Promise<Database> {
    const env = simEnvironmentOf(disk, this.#scheduler, this.#random.uint32());
    // Slow syncs go to the background, quick ones block: both ways of committing are to be seen.
    const stepNs = this.#random.chance(0.7) ? 5e6 : 1e3;
    let ns = 0;
    const clock = { ...env.clock, monotonicNs: () => ns += stepNs };
    const options: OpenOptions = {
      cacheSize: '64kb', pageSize: '512b', checkpointSize: this.#random.pick(['4kb', '16mb']), retries: this.#random.pick([0, 3]), lockTimeoutMs: 1e6,
    };
    lives++;
    return openIn({ ...env, clock }, '/db', options, fakeIdentity(lives));
  }

  async #prepare(db: Database): Promise<void> {
    await db.createTable('lists', SCHEMA);
    if (this.#o.lists === 'rows') return;
    await db.transaction((tx) => {
      for (const key of this.#random.shuffle([...KEYS])) {
        if (this.#random.chance(0.5)) tx.table('lists').insert({ key: '' });
        tx.table('lists').insert({ key, at: 0, list: '', text: '' });
      }
    });
  }

  #crash(disk: SimDisk): SimDisk {
    const state = [...crashStates(disk.start, disk.trace, { seed: this.#random.uint32(), budget: 3, from: disk.trace.length })];
    for (const attempt of this.#open) this.#ended(attempt, 'unknown');
    this.#db = undefined;
    return new SimDisk({ start: this.#random.pick(state).disk() });
  }

  #ended(attempt: Attempt, status: Transaction['status']): void {
    if (!this.#open.delete(attempt)) return; // its life is over
    this.transactions.push({ id: attempt.id, ops: [...attempt.ops], start: attempt.start, end: ++this.#time, status });
  }

  /** Clients of a life that is over may have one step left: it is no part of the history. */
  #begun(db: Database, name: string): Attempt {
    if (db !== this.#db) throw GIVEN_UP;
    const attempt = { id: `${name}.${++this.#made}`, ops: [], start: ++this.#time };
    this.#open.add(attempt);
    return attempt;
  }

  /** One client, one transaction after the other. */
  async #client(db: Database, number: number): Promise<void> {
    for (let i = 0; i < this.#o.transactionsOfEach && db === this.#db; i++) {
      await this.#pause();
      if (this.#random.chance(0.1)) await this.#readAll(db);
      else await this.#transact(db, `c${number}`);
    }
  }

  async #transact(db: Database, name: string): Promise<void> {
    let attempt: Attempt | undefined;
    const again = (): Attempt => {
      if (attempt !== undefined) this.#ended(attempt, 'fail'); // it is run again after a conflict
      return attempt = this.#begun(db, name);
    };
    const lock = this.#random.chance(0.15) ? this.#random.int(2) + 1 : undefined;
    try {
      if (this.#random.chance(0.15)) db.transactionSync((tx) => this.#operate(tx, again(), []), { isolation: this.#o.isolation });
      else await db.transaction(async (tx) => {
        const now = again();
        if (lock !== undefined) await tx.lock('lists', lock, this.#random.pick(['shared', 'exclusive']));
        await this.#body(tx, now);
      }, { isolation: this.#o.isolation });
      if (attempt !== undefined) this.#ended(attempt, 'ok');
    } catch (error) {
      if (attempt !== undefined) this.#ended(attempt, hasCode(error, 'COMMIT_UNKNOWN') ? 'unknown' : 'fail');
      if (!['CONFLICT', 'DEADLOCK', 'LOCK_TIMEOUT', 'OPTION'].some((code) => hasCode(error, code as 'CONFLICT')) && error !== GIVEN_UP) throw error;
    }
  }

  async #body(tx: Tx, attempt: Attempt): Promise<void> {
    const hints: number[] = [];
    for (let left = 1 + this.#random.int(4); left > 0; left--) {
      this.#operate(tx, attempt, hints);
      if (this.#random.chance(0.7)) await this.#pause();
    }
    if (this.#random.chance(0.06)) throw GIVEN_UP;
    if (this.#random.chance(0.06)) {
      tx.savepoint('here');
      this.#append(tx, { ...attempt, ops: [] }, this.#random.pick(KEYS), hints);
      await this.#pause();
      tx.rollbackTo('here');
    }
  }

  #operate(tx: Tx, attempt: Attempt, hints: number[]): void {
    const key = this.#random.pick(KEYS);
    if (this.#random.chance(0.5)) attempt.ops.push({ kind: 'read', key, value: this.#read(tx, key, hints).list });
    else this.#append(tx, attempt, key, hints);
  }

  #append(tx: Tx, attempt: Attempt, key: string, hints: number[]): void {
    const { recno, list } = this.#read(tx, key, hints);
    if (list.length >= MOST_ELEMENTS) return;
    const value = ++this.#made;
    if (this.#o.lists === 'rows') tx.table('lists').insert({ key, at: value, list: String(list.length), text: `${value}` });
    else {
      const text = [...list, value].join(',');
      tx.table('lists').update(recno, this.#o.lists === 'memo' ? { text } : { list: text });
    }
    attempt.ops.push({ kind: 'append', key, value });
  }

  /** By a scan, from either end, or by the record number that an earlier scan of this transaction found. */
  #read(tx: Tx, key: string, hints: number[]): { recno: number; list: number[] } {
    const table = tx.table('lists');
    if (this.#o.lists === 'rows') {
      const rows = [...table.scan({ reverse: this.#random.chance(0.3) })].filter((row) => row['key'] === key);
      return { recno: 0, list: rows.sort((a, b) => Number(a['list']) - Number(b['list'])).map((row) => Number(row['at'])) };
    }
    const hint = hints[KEYS.indexOf(key)];
    const row = hint === undefined ? [...table.scan({ reverse: this.#random.chance(0.3) })].find((r) => r['key'] === key) : table.get(hint);
    if (row === undefined) throw new Error(`the row of ${key} is gone`);
    const recno = Number(row['$recno']);
    hints[KEYS.indexOf(key)] = recno;
    const text = String(row[this.#o.lists === 'memo' ? 'text' : 'list'] ?? '');
    return { recno, list: text === '' ? [] : text.split(',').map(Number) };
  }

  /** Checkpoints, packs, loads, and rows that come and go. */
  async #disturb(db: Database): Promise<void> {
    for (let i = 0; i < this.#o.transactionsOfEach && db === this.#db; i++) {
      for (let pauses = this.#random.int(12); pauses > 0; pauses--) await this.#pause();
      const dice = this.#random.int(10);
      const table = db.table('lists');
      if (dice < 4) await db.checkpoint();
      else if (dice < 6) await table.pack();
      else if (dice < 7) await table.insertMany([{ key: '' }, { key: '' }], { direct: true });
      else await this.#churn(db);
    }
  }

  /** A row that belongs to no list is inserted or deleted, so that a pack moves the others. */
  async #churn(db: Database): Promise<void> {
    try {
      await db.transaction(async (tx) => {
        const free = [...tx.table('lists').scan()].find((row) => row['key'] === '');
        await this.#pause();
        if (free === undefined) tx.table('lists').insert({ key: '' });
        else tx.table('lists').delete(Number(free['$recno']));
      });
    } catch (error) {
      if (!hasCode(error, 'CONFLICT')) throw error;
    }
  }

  /** A snapshot that reads every list, slowly. */
  async #readAll(db: Database): Promise<void> {
    const attempt = this.#begun(db, 'all');
    const snapshot = db.snapshot();
    try {
      for (const key of KEYS) {
        await this.#pause();
        const found: { at: number; list: string; text: string }[] = [];
        for await (const row of snapshot.table('lists').scan()) {
          if (row['key'] === key) found.push({ at: Number(row['at']), list: String(row['list'] ?? ''), text: String(row['text'] ?? '') });
        }
        const text = this.#o.lists === 'memo' ? found[0]?.text : found[0]?.list;
        const value = this.#o.lists === 'rows' ? found.sort((a, b) => Number(a.list) - Number(b.list)).map((row) => row.at)
          : text === undefined || text === '' ? [] : text.split(',').map(Number);
        attempt.ops.push({ kind: 'read', key, value });
      }
      this.#ended(attempt, 'ok');
    } finally {
      snapshot.close();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => { this.#scheduler.later(resolve); });
  }
}

const GIVEN_UP = new Error('the client changed its mind');

/** Runs random concurrent transactions on the real engine; the same options give the same history. */
export function randomHistory(options: HistoryOptions): Promise<readonly Transaction[]> {
  return new HistoryRun(options).run();
}
