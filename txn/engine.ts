import { acquireDatabaseLock, BufferPool, codecByName, codecCounters, FieldstoneError, hasCode, internCounters, memoCounters, PageCache, PHASE, phases, TextInterner, unsharedLock, type HeldLock } from '#storage';
import type { CatalogState, TableEntry } from './catalog-state.js';
import { assertAlive, SnapshotRegistry, type SnapshotHold } from './commit/snapshot-registry.js';
import type { EngineOptions } from './engine-options.js';
import { HotBudget } from './keys/hot-budget.js';
import { KeyStoreSet } from './keys/key-store-set.js';
import { LockManager } from './lock/lock-manager.js';
import { openReadSide, type ReadSide } from './recovery/read-side.js';
import { recover } from './recovery/recover.js';
import type { RecordStore } from './record/record-store.js';
import { TableSet } from './table-set.js';
import { OpenTransactions } from './transaction/open-transactions.js';
import { RunningLoads } from './transaction/running-loads.js';
import { WriteSide } from './write-side.js';

const RECOVERY_COUNTERS = { journalsApplied: 0, recordsReplayed: 0, tablesAdopted: 0 };

/** Most of the cache, and of the heap, that decoded values of stores take. */
const HOT_SHARE = 1 / 4;
/** Two of the longest keys fit into a page of an index, whatever its table's blocks are. */
const MIN_INDEX_PAGE_BYTES = 8192;
const HOT_HEAP_SHARE = 1 / 16;

/**
 * One open database folder: the tables as stores, snapshots, commits, checkpoints. It knows records
 * as bytes; typed rows, documents and queries stand on top of it.
 */
export class Engine {
  readonly options: EngineOptions;
  readonly tables: TableSet;
  readonly keyStores: KeyStoreSet;
  readonly snapshots = new SnapshotRegistry<CatalogState>();
  readonly locks: LockManager;
  readonly buffers: BufferPool;
  readonly cache: PageCache;
  readonly transactions: OpenTransactions;
  readonly loads = new RunningLoads();
  /** What was asked of the tables; bumped by the floor above. */
  /** Gives texts that repeat again; undefined: every text is made anew. */
  readonly interner: TextInterner | undefined;
  readonly reads: { gets: number; scans: number; rowsScanned: number; rowsInserted: number; rowsChanged: number };
  /** Work of the floor above that belongs to a checkpoint: done before one that is asked for and before that of close(), behind one that comes by itself. */
  upkeep: (() => Promise<void>) | undefined;
  #write: WriteSide | undefined;
  #read: ReadSide | undefined;
  #lock: HeldLock | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;
  /** At most one replacement of table files at a time. */
  #folderChanges: Promise<unknown> = Promise.resolve();

  private constructor(options: EngineOptions) {
    this.options = options;
    const { probe, env } = options;
    this.buffers = new BufferPool({ limitBytes: options.bufferPoolBytes, probe });
    this.cache = new PageCache({ limitBytes: options.cacheSizeBytes, probe });
    this.locks = new LockManager({ shards: options.lockShards, timeoutMs: options.lockTimeoutMs, env, probe });
    this.transactions = new OpenTransactions(env.clock, options.transactionWarnMs, probe);
    this.tables = new TableSet({
      vfs: env.vfs, folder: options.folder, cache: this.cache, pageSizeBytes: options.pageSizeBytes, encoding: options.encoding, writable: !options.readOnly,
      onAdopted: () => { probe.counters('recovery', RECOVERY_COUNTERS).tablesAdopted++; },
      memoCounters: probe.counters('memo', memoCounters()),
      indexes: {
        pageSizeBytes: Math.max(MIN_INDEX_PAGE_BYTES, options.pageSizeBytes),
        codec: codecByName(options.compression), compressionThresholdBytes: options.compressionThresholdBytes,
        codecCounters: codecCounters(probe), bloomBitsPerKey: options.bloomBitsPerKey, keysFor: options.indexKeys, randomId: () => randomNumber(options),
        buffers: this.buffers, readAheadBytes: options.readAheadBytes,
      },
    });
    const interned = probe.counters('interning', internCounters());
    this.interner = options.internMemoryBytes === 0 ? undefined : new TextInterner(options.internMemoryBytes, interned);
    this.reads = probe.counters('tables', { gets: 0, scans: 0, rowsScanned: 0, rowsInserted: 0, rowsChanged: 0 });
    this.keyStores = new KeyStoreSet({
      env, folder: options.folder, cache: this.cache, pageSizeBytes: options.pageSizeBytes, codec: codecByName(options.compression),
      compressionThresholdBytes: options.compressionThresholdBytes, codecCounters: codecCounters(probe), bloomBitsPerKey: options.bloomBitsPerKey,
      hotBudget: this.#hotBudget(), writable: !options.readOnly,
    });
    probe.gauge('engine', () => this.#gauges());
  }

  /** Decoded values take from the cache, and live in the heap of the process, which may be much smaller. */
  #hotBudget(): HotBudget {
    const { cacheSizeBytes, env } = this.options;
    const limitBytes = Math.floor(Math.min(cacheSizeBytes * HOT_SHARE, (env.heapLimitBytes ?? Infinity) * HOT_HEAP_SHARE));
    return new HotBudget(limitBytes, (usedBytes) => this.cache.setLimit(cacheSizeBytes - usedBytes));
  }

  static open(options: EngineOptions): Engine {
    const engine = new Engine(options);
    prepareFolder(options);
    if (options.readOnly) engine.#read = openReadSide(engine.#readContext());
    else engine.#openForWriting();
    return engine;
  }

  #openForWriting(): void {
    const { options } = this;
    const { env, folder } = options;
    const lock = options.ephemeral === true ? unsharedLock(env.random) : acquireDatabaseLock(env, folder, options.identity);
    this.#lock = lock;
    try {
      const recovered = recover({
        env, folder, keyStores: this.keyStores, newDatabaseId: () => randomId(options),
        openStore: (entry, published) => this.tables.openStore(entry, published),
      });
      this.tables.install(recovered.tables);
      this.#write = new WriteSide({
        options, lock, tables: this.tables, keyStores: this.keyStores, snapshots: this.snapshots, cache: this.cache,
        afterBackground: () => { this.upkeep?.().catch(() => undefined); },
      }, recovered);
      const counters = options.probe.counters('recovery', RECOVERY_COUNTERS);
      counters.journalsApplied += recovered.journalApplied ? 1 : 0;
      counters.recordsReplayed += recovered.replayed.records;
      if (recovered.segments.length > 0) this.#firstCheckpoint(this.#write);
    } catch (e) {
      this.#write?.close();
      this.tables.closeAll();
      this.keyStores.closeAll();
      lock.release();
      throw e;
    }
  }

  /** A damaged index can not take what the log holds: the log keeps it, the handle is there to repair the index. */
  #firstCheckpoint(write: WriteSide): void {
    try {
      write.checkpointSync('opening');
    } catch (e) {
      if (write.isPoisoned || !isIndexDamage(e)) throw e;
      this.options.warn(`the log of ${this.options.folder} is kept until an index is repaired: ${e.message}`);
    }
  }

  #readContext(): Parameters<typeof openReadSide>[0] {
    return { env: this.options.env, folder: this.options.folder, tables: this.tables, keyStores: this.keyStores };
  }

  get isClosed(): boolean { return this.#closed; }

  assertOpen(): void {
    if (this.#closed) throw new FieldstoneError('CLOSED', 'the database is closed');
  }

  /** Before new work begins: what runs when close() is called may end, nothing more is begun. */
  assertAccepting(): void {
    if (this.#closing !== undefined) throw new FieldstoneError('CLOSED', 'the database is closed');
  }

  /** The side that writes; READ_ONLY when there is none. */
  get writeSide(): WriteSide {
    this.assertOpen();
    if (this.#write === undefined) throw new FieldstoneError('READ_ONLY', 'the database is open read-only');
    return this.#write;
  }

  /** Sequence that a read now sees. */
  get sequence(): number { return this.#write?.pipeline.publishedSequence ?? this.#read?.sequence ?? 0; }

  /** Before each read: open, and for read-only handles not overtaken by a checkpoint of the writer. */
  assertReadable(): void {
    this.assertOpen();
    this.#read?.assertFresh();
  }

  /** A stable view of everything; must be released. */
  takeSnapshot(name: string): SnapshotHold<CatalogState> {
    this.assertReadable();
    return this.snapshots.hold(this.sequence, this.tables.state, this.options.env.clock.monotonicNs(), name);
  }

  /** Throws ABORTED when the snapshot was ended to bound memory, CLOSED when the database is closed. */
  assertAlive(hold: SnapshotHold<CatalogState>): void {
    this.assertOpen();
    assertAlive(hold);
  }

  releaseSnapshot(hold: SnapshotHold<CatalogState>): void {
    this.snapshots.release(hold);
    this.afterSnapshots();
  }

  /** Old versions and old generations that nobody can see any more are let go. */
  afterSnapshots(): void {
    if (this.#closed) return;
    if (this.snapshots.count === 0) {
      this.tables.pruneAll();
      for (const store of this.keyStores.openStores()) if (store.history.length > 0) store.pruneHistory(Infinity);
    }
    if (this.tables.hasRetired) this.tables.closeUnused((store) => this.snapshots.some((hold) => holds(hold.state, store)));
  }

  entry(name: string, state: CatalogState = this.tables.state): TableEntry {
    this.assertOpen();
    return this.tables.entry(state, name);
  }

  store(entry: TableEntry): RecordStore { return this.tables.store(entry); }

  /** Runs one change of table files after the other. */
  exclusively<Result>(change: () => Promise<Result>): Promise<Result> {
    this.assertAccepting();
    const run = this.#folderChanges.then(change, change);
    this.#folderChanges = run.catch(() => undefined);
    return run;
  }

  async checkpoint(): Promise<void> {
    void this.writeSide; // CLOSED, READ_ONLY
    await this.upkeep?.();
    const done = this.writeSide.checkpoint();
    await (phases.active ? phases.waiting(PHASE.checkpoint, done) : done);
  }

  /** Read-only handles: go on from the state that the folder has now. */
  refresh(): void {
    this.assertOpen();
    if (this.#read === undefined) return;
    if (this.snapshots.count > 0) throw new FieldstoneError('ABORTED', 'close all snapshots, scans and transactions before refresh()');
    this.tables.closeAll();
    this.keyStores.closeAll();
    this.#read = openReadSide(this.#readContext());
  }

  /** A second call waits for the first. */
  close(): Promise<void> { return this.#closing ??= this.#close(); }

  async #close(): Promise<void> {
    const write = this.#write;
    try {
      if (write !== undefined) {
        write.end();
        this.transactions.abortAll(new FieldstoneError('CLOSED', 'the database was closed while the transaction was open'));
        await this.loads.close();
        await this.#folderChanges;
        await write.settle();
        if (!write.isPoisoned && this.options.ephemeral !== true) {
          await this.upkeep?.();
          await write.checkpoint(undefined, 'close');
          write.registerRebuilt();
        }
      }
    } finally {
      this.#closed = true;
      this.snapshots.endAll();
      write?.close();
      this.tables.closeAll();
      this.keyStores.closeAll();
      this.cache.clear();
      this.#lock?.release();
      if (this.options.ephemeral === true) this.#dropFiles();
    }
  }

  /** Nobody can open them again: whoever still holds the database does not hold its content. */
  #dropFiles(): void {
    const { env: { vfs }, folder } = this.options;
    for (const name of vfs.list(folder)) vfs.unlink(`${folder}/${name}`);
  }

  #gauges(): Record<string, number> {
    let deltaBytes = 0;
    let historyBytes = 0;
    for (const store of [...this.tables.openStores(), ...this.keyStores.openStores()]) {
      deltaBytes += store.deltaBytes;
      historyBytes += store.historyBytes;
    }
    return {
      sequence: this.sequence, snapshots: this.snapshots.count, openTransactions: this.transactions.count, openTables: this.tables.openStores().length,
      deltaBytes, historyBytes, logBytes: this.#write?.wal.liveBytes ?? 0,
    };
  }
}

function holds(state: CatalogState, store: RecordStore): boolean {
  for (const entry of state.values()) if (entry.store === store) return true;
  return false;
}

function randomNumber(options: EngineOptions): number {
  const bytes = Buffer.alloc(4);
  options.env.random.fill(bytes);
  return bytes.readUInt32LE(0);
}

function randomId(options: EngineOptions): string {
  const bytes = Buffer.alloc(16);
  options.env.random.fill(bytes);
  return bytes.toString('hex');
}

function prepareFolder(options: EngineOptions): void {
  const { env: { vfs }, folder } = options;
  const stat = vfs.stat(folder);
  if (stat?.kind === 'folder') return;
  if (stat !== undefined) throw new FieldstoneError('NOT_FOUND', `"${folder}" is not a folder; to read a single file use openDbf from fieldstone/dbf`, { file: folder });
  if (options.readOnly || !options.create) throw new FieldstoneError('NOT_FOUND', `there is no folder "${folder}"`, { file: folder });
  const missing: string[] = [];
  let path = folder;
  while (vfs.stat(path) === undefined) {
    missing.push(path);
    const slash = path.lastIndexOf('/');
    if (slash <= 0) break;
    path = path.slice(0, slash);
  }
  for (const each of missing.reverse()) {
    vfs.makeFolder(each);
    const slash = each.lastIndexOf('/');
    vfs.syncFolder(slash <= 0 ? '/' : each.slice(0, slash));
  }
}

/** A page of an index file that is not what was written; those of stores are told by their own codes. */
function isIndexDamage(e: unknown): e is FieldstoneError {
  return hasCode(e, 'CORRUPT_INDEX') || (hasCode(e, 'CORRUPT_PAGE') && e.file?.endsWith('.fsi') === true);
}
