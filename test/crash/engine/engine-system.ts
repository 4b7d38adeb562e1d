import { MemoryVfs, readJournal, type JournalEntry } from '#storage';
import { JOURNAL_NAME } from '#txn';
import { parseNote } from '../../../txn/checkpoint/journal-note.js';
import { char, FieldstoneError, hasCode, type Database, type Durability, type WritableDialect } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import type { CommitLog } from '../../support/sim/commit-log.js';
import { foxproOpenProblem, publishedEndByName } from '../../support/sim/published-end.js';
import type { JournalRuleOptions, NameChange } from '../../support/sim/journal-rule.js';
import type { Stage, System } from '../../support/sim/system.js';
import { applied, change, changesOf, columnsOf, SCHEMA, type TableName } from './engine-changes.js';
import { columnsText, readState, stateKey, type EngineState } from './engine-state.js';

const FOLDER = '/db';
const DIALECTS: readonly WritableDialect[] = ['foxpro2', 'vfp', 'dbase4', 'dbase3'];
const DURABILITIES: readonly Durability[] = ['commit', 'commit', 'commit', 'interval', 'none'];
let lives = 0;

/** A new process each time: the one before is dead, and its random numbers are not drawn again. */
function openDatabase(stage: Stage, durability: Durability): Promise<Database> {
  lives++;
  return openIn({ ...stage.env, random: seededRandom(lives) }, FOLDER, { durability, cacheSize: '64kb', profiling: 'off' }, fakeIdentity(lives));
}

/** Steps of a workload, told apart by their names in a trace. */
class Play {
  readonly #db: Database;
  readonly #log: CommitLog<EngineState>;
  readonly #seed: number;
  readonly #random;
  readonly #durable: boolean;
  readonly #dialect: WritableDialect;
  #state: EngineState = new Map();
  #lastAcked = 0;
  #failed: unknown;

  constructor(db: Database, stage: Stage, log: CommitLog<EngineState>, durability: Durability) {
    this.#db = db;
    this.#log = log;
    this.#seed = stage.seed;
    this.#random = seededRandom(stage.seed);
    this.#durable = durability === 'commit';
    this.#dialect = DIALECTS[stage.seed % DIALECTS.length] ?? 'vfp';
  }

  async run(steps: number): Promise<void> {
    await this.#create('a');
    if (this.#random.chance(0.6)) await this.#create('b');
    for (let i = 0; i < steps && this.#failed === undefined; i++) await this.#step();
    if (this.#failed === undefined && this.#random.chance(0.3)) {
      await this.#attempt(() => this.#db.close());
      this.#markDurable();
    }
  }

  #step(): Promise<void> {
    const dice = this.#random.int(20);
    const table = this.#random.pick([...this.#state.keys()]);
    if (dice < 10) return this.#burst(this.#random.chance(0.35));
    if (dice < 12) return this.#checkpoint();
    if (dice < 14) return this.#pack(table);
    if (dice < 15) return this.#change(with_(this.#state, table, [columnsText(columnsOf(this.#state.get(table) ?? []))]), () => this.#db.table(table).zap());
    if (dice < 16 && this.#state.size < 2) return this.#create('b');
    if (dice < 17 && this.#state.size > 1) return this.#change(without(this.#state, 'b'), () => this.#db.dropTable('b'));
    if (dice < 18) return this.#alter(table);
    if (dice < 19) return this.#load(table);
    return this.#burst(true);
  }

  /** Commits that share syncs, perhaps with a checkpoint among them. */
  async #burst(withCheckpoint: boolean): Promise<void> {
    const under: Promise<void>[] = [];
    for (let i = 0, count = 1 + this.#random.int(3); i < count; i++) {
      under.push(this.#commit(i > 0));
      if (this.#random.chance(0.4)) for (let turn = 0; turn < 12; turn++) await Promise.resolve();
      if (withCheckpoint && i === 0) under.push(this.#attempt(() => this.#db.checkpoint()));
    }
    await Promise.all(under);
  }

  async #commit(insertsOnly: boolean): Promise<void> {
    const changes = changesOf(this.#seed, this.#log.length, [...this.#state.keys()], 's', insertsOnly);
    const before = this.#state;
    const after = applied(before, changes);
    const committed = this.#db.transaction((tx) => change(tx, changes));
    await this.#logged(after, before, committed, this.#durable);
  }

  /** A change of files: alone, so that its place in the order is known. */
  async #change(after: EngineState, run: () => Promise<unknown>): Promise<void> {
    await this.#logged(after, this.#state, run(), true);
  }

  async #logged(after: EngineState, before: EngineState, work: Promise<unknown>, durable: boolean): Promise<void> {
    const number = this.#log.begin(after);
    this.#state = after;
    try {
      await work;
    } catch (error) {
      this.#failed ??= error;
      if (!(error instanceof FieldstoneError)) throw error;
      if (hasCode(error, 'FULL') && this.#state === after) {
        this.#log.reject(number);
        this.#state = before;
      }
      return;
    }
    this.#log.ack(number, durable);
    this.#lastAcked = Math.max(this.#lastAcked, number);
    if (durable && !this.#durable) this.#markDurable();
  }

  #markDurable(): void { if (this.#failed === undefined && this.#lastAcked > 0) this.#log.durable(this.#lastAcked); }

  async #checkpoint(): Promise<void> {
    const acked = this.#lastAcked;
    await this.#attempt(() => this.#db.checkpoint());
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

  async #pack(table: string): Promise<void> {
    await this.#attempt(() => this.#db.table(table).pack());
    this.#markDurable();
  }

  #create(name: TableName): Promise<void> {
    return this.#change(with_(this.#state, name, [columnsText(3)]), () => this.#db.createTable(name, SCHEMA, { dialect: this.#dialect }));
  }

  #alter(table: string): Promise<void> {
    const rows = this.#state.get(table) ?? [];
    const added = `x${this.#log.length}`;
    const [, ...live] = rows;
    const after = [columnsText(columnsOf(rows) + 1), ...live.map((row) => `${row},`)];
    return this.#change(with_(this.#state, table, after), () => this.#db.alterTable(table, { add: { [added]: char(3) } }));
  }

  /** A load written straight to the files; its commit is one small record. */
  #load(table: string): Promise<void> {
    const rows = Array.from({ length: 60 }, (_, i) => ({ name: `l${i}`, n: i, ...(i % 7 === 0 ? { notes: `m${i}` } : {}) }));
    const columns = columnsOf(this.#state.get(table) ?? []);
    const texts = rows.map((row) => [row.name, row.n, row.notes ?? '', ...new Array<string>(Math.max(0, columns - 3)).fill('')].join(','));
    const after = with_(this.#state, table, [...(this.#state.get(table) ?? []), ...texts]);
    return this.#change(after, () => this.#db.table(table).insertMany(rows, { direct: true }));
  }
}

function with_(state: EngineState, name: string, rows: readonly string[]): EngineState { return new Map([...state, [name, rows]]); }

function without(state: EngineState, name: string): EngineState {
  const after = new Map(state);
  after.delete(name);
  return after;
}

/** Where the database id stands in a journal (docs/formats/journal.md). */
const DATABASE_ID_AT = 16;
interface Parsed { readonly entries: readonly JournalEntry[]; readonly sizes: Readonly<Record<string, number>> }
const NOTHING: Parsed = { entries: [], sizes: {} };
const parsed = new WeakMap<Uint8Array, Parsed>();

/** What a journal's bytes say; nothing when it is not complete. */
function parsedOf(bytes: Uint8Array): Parsed {
  const known = parsed.get(bytes) ?? parse(bytes);
  parsed.set(bytes, known);
  return known;
}

function parse(bytes: Uint8Array): Parsed {
  const vfs = new MemoryVfs([[`/j/${JOURNAL_NAME}`, bytes]]);
  try {
    const journal = readJournal(vfs, `/j/${JOURNAL_NAME}`, bytes.subarray(DATABASE_ID_AT, DATABASE_ID_AT + 16));
    if (journal === undefined) return NOTHING;
    const entries = [...journal.entries()].map((e) => (e.kind === 'write' ? { ...e, bytes: new Uint8Array(e.bytes) } : e));
    return { entries, sizes: parseNote(journal.meta.note).sizes };
  } catch (error) {
    if (!(error instanceof FieldstoneError)) throw error;
    return NOTHING;
  }
}

function entriesOf(bytes: Uint8Array): readonly JournalEntry[] { return parsedOf(bytes).entries; }

function nameIn(path: string): string { return path.slice(path.lastIndexOf('/') + 1); }

/** A dBASE IV list of free runs that leads nowhere is the end of the file, as our own reader takes it. */
function publishedEnd(path: string, bytes: Uint8Array): number {
  const end = publishedEndByName(path, bytes);
  // A tree file of ours: its first page says how many there are (docs/formats/btree.md).
  if (path.endsWith('.fsi') && bytes.length >= 52) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return view.getUint32(44, true) * view.getUint32(48, true);
  }
  if (!path.endsWith('.dbt') || end !== bytes.length || bytes.length < 24) return end;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Math.min(end, view.getUint32(0, true) * (view.getUint16(20, true) || 512));
}

export const journalRule: JournalRuleOptions = {
  publishedEnd,
  baseFile: (path) => /\.(dbf|fpt|dbt|smt|fsi|cdx|idx|ntx|ndx)$/.test(path),
  journalFile: (path) => path.endsWith(`/${JOURNAL_NAME}`),
  sizedByJournal: (path) => /\.(cdx|idx|ntx|ndx)$/.test(path),
  journalSizes: (journal) => parsedOf(journal).sizes,
  journalWritesTo: (journal) => entriesOf(journal).flatMap((e) => (e.kind === 'write' ? [e.file] : [])),
  journalCovers: (journal, path, offset, bytes) => {
    const covered = new Uint8Array(bytes.length);
    for (const e of entriesOf(journal)) {
      if (e.kind !== 'write' || e.file !== nameIn(path)) continue;
      for (let i = Math.max(0, e.offset - offset); i < bytes.length && offset + i < e.offset + e.bytes.length; i++) {
        if (e.bytes[offset + i - e.offset] === bytes[i]) covered[i] = 1; // a later entry may write over it once more
      }
    }
    return covered.every((b) => b === 1);
  },
  // An index that is made anew at opening.
  madeAnew: (path) => /\.(fsi|cdx|idx|ntx|ndx)\.fs-new$/.test(path),
  journalCoversName: (journal, c: NameChange) => entriesOf(journal).some((e) => (c.op === 'rename'
    ? e.kind === 'rename' && e.from === nameIn(c.from) && e.to === nameIn(c.path)
    : e.kind === 'unlink' && e.file === nameIn(c.path))),
};

/** The whole engine as a system under test. */
export function engineSystem(steps = 5): System<EngineState> {
  return {
    name: 'engine',
    initial: new Map(),
    key: stateKey,
    journalRule,
    play: async (stage, log) => {
      const durability = DURABILITIES[stage.seed % DURABILITIES.length] ?? 'commit';
      let db: Database;
      try {
        db = await openDatabase(stage, durability);
      } catch (error) {
        if (!(error instanceof FieldstoneError)) throw error;
        return;
      }
      try {
        await new Play(db, stage, log, durability).run(steps);
      } catch (error) {
        if (!(error instanceof FieldstoneError)) throw error;
      }
    },
    observe: async (stage) => readState(await openDatabase(stage, 'commit')),
    extend: async (stage, seen, lost, log) => {
      const db = await openDatabase(stage, 'commit');
      const tables = [...seen.keys()];
      if (tables.length === 0) {
        log.begin(with_(seen, 'a', [columnsText(3)]));
        await db.createTable('a', SCHEMA);
      } else {
        const changes = changesOf(stage.seed, lost, tables, 'x');
        log.begin(applied(seen, changes));
        db.transactionSync((tx) => change(tx, changes));
      }
      log.ack();
    },
    rawProblem: (image, tornPaths) => {
      for (const [path, file] of image.files) {
        if (!path.endsWith('.dbf') || tornPaths.has(path)) continue;
        const problem = foxproOpenProblem(file.bytes);
        if (problem !== undefined) return `${path}: ${problem}`;
      }
      return undefined;
    },
  };
}
