import { expect } from 'vitest';
import { hasCode, type Database, type OpenOptions, type Snapshot } from '../../src/main.js';
import { MemoryVfs, nodeEnvironment, writeFully } from '#storage';
import { openIn } from '../../src/open.js';
import { seededRandom } from '../support/sim-clock.js';
import { createIndexed, expectIndexesRight, truthOf, type IndexedView } from './index-truth.js';

export interface IndexHistoryOptions {
  readonly options: OpenOptions;
  readonly seed: number;
  readonly steps: number;
  /** How many single changes of rows there were; a load counts once. */
  readonly ended?: (changes: number) => void;
}

const FOLDER = '/db';
const MOST_ROWS = 260;
const MOST_SNAPSHOTS = 3;
const MOST_TURNS = 40;
const LARGE_LOAD = 150;
const FULL_CHECK_EVERY = 5;

interface Held { readonly snapshot: Snapshot; readonly truth: ReturnType<typeof truthOf>; readonly table: string }
/** What a transaction does to a table. */
interface Changing {
  readonly recordCount: number;
  insert(row: Readonly<Record<string, unknown>>): number;
  update(recno: number, row: Readonly<Record<string, unknown>>): unknown;
  delete(recno: number): unknown;
  recall(recno: number): unknown;
  scan: ReturnType<IndexedView['table']>['scan'];
  index(name: string): ReturnType<ReturnType<IndexedView['table']>['index']> & {
    scan(options: { readonly limit: number; readonly reverse: boolean }): { toArray(): (Readonly<Record<string, unknown>> & { readonly $recno: number })[] };
  };
}
type Values = { name: string; n: number | null; k: number | null };

/** A database under a random history of everything that changes rows, whose indexes must always be those that its rows make. */
class IndexHistory {
  readonly #options: OpenOptions;
  readonly #random;
  #vfs = new MemoryVfs();
  #db!: Database;
  #table = 't';
  #held: Held[] = [];
  /** Index files as they were some time before. */
  #older: ReadonlyMap<string, Uint8Array> = new Map();
  changes = 0;

  constructor({ options, seed }: IndexHistoryOptions) {
    this.#options = options;
    this.#random = seededRandom(seed);
    this.#vfs.makeFolder(FOLDER);
  }

  async run(steps: number): Promise<void> {
    this.#db = await this.#open();
    await createIndexed(this.#db, this.#table);
    for (let step = 0; step < steps; step++) {
      const what = await this.#step();
      const when = `after step ${step}: ${what}`;
      if (step % FULL_CHECK_EVERY === 0 || !/^(insert|update|delete|recall)$/.test(what)) expectIndexesRight(this.#db, this.#table, when);
      for (const { snapshot, truth, table } of this.#held) if (this.#random.chance(0.2)) expectIndexesRight(snapshot, table, `of a snapshot ${when}`, truth);
    }
    for (const { snapshot, truth, table } of this.#held) expectIndexesRight(snapshot, table, 'of a snapshot at the end', truth);
    await this.#reopen();
    expectIndexesRight(this.#db, this.#table, 'after close and open');
    const { findings } = await this.#db.check();
    expect(findings.filter(({ code }) => code.includes('INDEX')), 'the check').toEqual([]);
    await this.#db.table(this.#table).reindex();
    expectIndexesRight(this.#db, this.#table, 'made anew');
    await this.#db.close();
  }

  #open(): Promise<Database> { return openIn(nodeEnvironment(this.#vfs), FOLDER, this.#options); }

  async #step(): Promise<string> {
    const t = this.#db.table(this.#table);
    const random = this.#random;
    const dice = random.int(100);
    const recno = 1 + random.int(Math.max(1, t.recordCount));
    if (t.recordCount > MOST_ROWS) {
      await this.#thin();
      return 'thin';
    }
    if (dice < 22) return this.#unlessTaken('insert', () => t.insert(this.#values()));
    if (dice < 42) return this.#unlessTaken('update', () => t.update(recno, this.#part()));
    if (dice < 50) return this.#unlessTaken('delete', () => t.delete(recno));
    if (dice < 56) return this.#unlessTaken('recall', () => t.recall(recno));
    if (dice < 60) return this.#unlessTaken('load', () => t.insertMany(Array.from({ length: random.chance(0.2) ? LARGE_LOAD : 1 + random.int(30) }, () => this.#values(true)), { direct: true }));
    if (dice < 69) return this.#transaction();
    if (dice < 76) return this.#together();
    if (dice < 84) {
      await this.#checkpoint();
      return 'checkpoint';
    }
    if (dice < 90) return this.#snapshot();
    if (dice < 93) {
      await this.#reopen();
      return 'reopen';
    }
    if (dice < 96) {
      await this.#crash();
      return 'crash';
    }
    if (dice < 98) return this.#stranger();
    return this.#rare();
  }

  /** Readers go on while files are written. */
  async #checkpoint(): Promise<void> {
    const progress = { ended: false };
    const done = this.#db.checkpoint().finally(() => { progress.ended = true; });
    done.catch(() => undefined); // thrown below, if nothing is thrown before
    for (let turn = 0; turn < MOST_TURNS && !progress.ended; turn++) {
      expectIndexesRight(this.#db, this.#table, `amid a checkpoint, turn ${turn}`);
      if (turn % 2 === 0) await Promise.resolve();
      else await new Promise((resolve) => { setImmediate(resolve); });
    }
    await done;
  }

  async #rare(): Promise<string> {
    const t = this.#db.table(this.#table);
    const dice = this.#random.int(10);
    if (dice < 3) {
      await t.pack();
      return 'pack';
    }
    if (dice < 4) {
      await t.zap();
      return 'zap';
    }
    if (dice < 6) {
      this.#release();
      const to = this.#table === 't' ? 'renamed' : 't';
      await this.#db.renameTable(this.#table, to);
      this.#table = to;
      return 'rename';
    }
    // Snapshots older than an index do not use it.
    this.#release();
    await t.dropIndex('by_name');
    await t.createIndex('by_name', { on: ['name', 'n'] });
    await t.dropIndex('high');
    await t.createIndex('high', { on: 'n', type: 'cdx', for: 'N>50' });
    return 'drop and create';
  }

  #values(free = false): Values {
    const random = this.#random;
    const k = free || random.chance(0.4) ? null : random.int(120);
    return { name: `${random.pick(['a', 'B', 'bc', 'Bd', 'é', 'z'])}${random.chance(0.5) ? random.int(20) : ''}`, n: random.chance(0.1) ? null : random.int(100), k };
  }

  #part(): Partial<Values> {
    const { name, n, k } = this.#values();
    const dice = this.#random.int(4);
    return dice === 0 ? { name } : dice === 1 ? { n } : dice === 2 ? { k } : { name, n, k };
  }

  /** A unique key that another row has is refused, and nothing else is. */
  async #unlessTaken(what: string, run: () => Promise<unknown>): Promise<string> {
    this.changes++;
    try {
      await run();
      return what;
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return what;
      if (!hasCode(error, 'DUPLICATE') && !hasCode(error, 'CONFLICT')) throw error;
      return `${what} refused`;
    }
  }

  async #transaction(): Promise<string> {
    return this.#unlessTaken('transaction', () => this.#db.transaction((tx) => {
      const mine = tx.table(this.#db.table(this.#table));
      const view = { table: () => mine };
      this.#changes(mine, 1 + this.#random.int(5));
      expectIndexesRight(view, this.#table, 'of a transaction');
      if (this.#random.chance(0.6)) {
        tx.savepoint('s');
        this.#changes(mine, 1 + this.#random.int(5));
        expectIndexesRight(view, this.#table, 'behind a savepoint');
        if (this.#random.chance(0.6)) tx.rollbackTo('s');
        this.#changes(mine, this.#random.int(3));
        expectIndexesRight(view, this.#table, 'after going back');
      }
      if (this.#random.chance(0.2)) tx.rollback();
    }));
  }

  #changes(mine: Changing, count: number): void {
    for (let i = 0; i < count; i++) {
      this.changes++;
      const recno = 1 + this.#random.int(Math.max(1, mine.recordCount));
      try {
        const dice = this.#random.int(12);
        if (dice < 4) mine.insert(this.#values());
        else if (dice < 8) mine.update(recno, this.#part());
        else if (dice < 10) mine.delete(recno);
        else if (dice < 11) mine.recall(recno);
        else this.#swap(mine);
      } catch (error) {
        if (!hasCode(error, 'DUPLICATE') && !hasCode(error, 'NOT_FOUND')) throw error;
      }
    }
  }

  /** Two rows change their unique keys with each other. */
  #swap(mine: Changing): void {
    const [a, b] = mine.index('u').scan({ limit: 2, reverse: this.#random.chance(0.5) }).toArray();
    if (a === undefined || b === undefined) return;
    mine.update(a.$recno, { k: 900_000 + a.$recno });
    mine.update(b.$recno, { k: a['k'] });
    mine.update(a.$recno, { k: b['k'] });
  }

  /** Commits at the same time, with a checkpoint among them. */
  async #together(): Promise<string> {
    const k = this.#random.int(120);
    const under: Promise<unknown>[] = [];
    for (let i = 0, count = 2 + this.#random.int(4); i < count; i++) {
      const values = this.#random.chance(0.5) ? { ...this.#values(), k } : this.#values();
      const recno = 1 + this.#random.int(20);
      under.push(this.#unlessTaken('', () => (this.#random.chance(0.6) ? this.#db.table(this.#table).insert(values) : this.#db.table(this.#table).update(recno, values))));
      if (i === 1 && this.#random.chance(0.5)) under.push(this.#db.checkpoint());
    }
    await Promise.all(under);
    return 'together';
  }

  #snapshot(): string {
    const held = this.#held;
    if (held.length >= MOST_SNAPSHOTS || (held.length > 0 && this.#random.chance(0.4))) {
      held.splice(this.#random.int(held.length), 1)[0]?.snapshot.close();
      return 'snapshot closed';
    }
    const snapshot = this.#db.snapshot();
    held.push({ snapshot, truth: truthOf(snapshot, this.#table), table: this.#table });
    return 'snapshot';
  }

  #release(): void { for (const { snapshot } of this.#held.splice(0)) snapshot.close(); }

  async #thin(): Promise<void> {
    const t = this.#db.table(this.#table);
    for (const row of t.scan().toArray()) {
      if (!this.#random.chance(0.7)) continue;
      this.changes++;
      await t.delete(row.$recno);
    }
    await t.pack();
  }

  async #reopen(): Promise<void> {
    this.#release();
    await this.#db.close();
    this.#db = await this.#open();
  }

  /** While the database is closed another program changes the table, puts an older copy of index files back, or removes those of ours. */
  async #stranger(): Promise<string> {
    this.#release();
    await this.#db.close();
    const files = new Map([...this.#vfs.files()].map(([path, bytes]) => [path, Uint8Array.from(bytes)] as const));
    const isIndex = (path: string): boolean => path.startsWith(`${FOLDER}/${this.#table}.`) && /\.(fsi|cdx)$/.test(path);
    const older = [...this.#older].filter(([path, bytes]) => isIndex(path) && files.has(path) && !Buffer.from(bytes).equals(files.get(path) ?? bytes));
    this.#older = new Map([...files].filter(([path]) => isIndex(path)));
    const dice = this.#random.int(3);
    if (dice === 0 && older.length > 0) for (const [path, bytes] of older) this.#put(path, bytes);
    else if (dice === 1) for (const path of files.keys()) if (path.endsWith('.fsi') && this.#random.chance(0.5)) this.#vfs.unlink(path);
    if (dice === 2) this.#rewriteNames(files);
    this.#db = await this.#open();
    return ['older index files', 'index files removed', 'table changed by another program'][dice] ?? '';
  }

  #put(path: string, bytes: Uint8Array): void {
    const file = this.#vfs.open(path, 'write');
    file.truncate(bytes.length);
    writeFully(file, bytes, 0);
    file.close();
  }

  /** The name is the first field of a record, behind its mark. */
  #rewriteNames(files: ReadonlyMap<string, Uint8Array>): void {
    const path = `${FOLDER}/${this.#table}.dbf`;
    const dbf = Buffer.from(files.get(path) ?? Buffer.alloc(0));
    const [count, headerLength, recordLength] = [dbf.readUInt32LE(4), dbf.readUInt16LE(8), dbf.readUInt16LE(10)];
    for (let i = 0; i < count; i++) if (this.#random.chance(0.3)) dbf.write(`Q${i % 7}`.padEnd(8), headerLength + i * recordLength + 1, 'latin1');
    if (count > 0) this.#put(path, dbf);
  }

  /** The next process finds what the files held before this one closed them. */
  async #crash(): Promise<void> {
    this.#release();
    const files = [...this.#vfs.files()].filter(([path]) => !path.includes('.lock'));
    await this.#db.close();
    this.#vfs = new MemoryVfs(files.map(([path, bytes]) => [path, Uint8Array.from(bytes)] as const));
    this.#db = await this.#open();
  }
}

/** One random history; the failure as text with the command that runs it again, or undefined. */
export async function runIndexHistory(history: IndexHistoryOptions): Promise<string | undefined> {
  try {
    const run = new IndexHistory(history);
    await run.run(history.steps);
    history.ended?.(run.changes);
    return undefined;
  } catch (error) {
    return `${error instanceof Error ? error.stack ?? error.message : String(error)}\nagain: SEED=${history.seed} npx vitest run test/model/index-model.test.ts`;
  }
}
