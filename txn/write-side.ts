import { codecByName, FieldstoneError, type HeldLock, type PageCache } from '#storage';
import type { CatalogState } from './catalog-state.js';
import { checkpointSteps, type CheckpointCause, type CheckpointContext } from './checkpoint/checkpoint.js';
import type { FolderChange } from './checkpoint/folder-change.js';
import { StepDriver } from './checkpoint/step-driver.js';
import { CommitPipeline, type Durability } from './commit/commit-pipeline.js';
import type { SnapshotRegistry } from './commit/snapshot-registry.js';
import type { StoreWrites, VersionedStore } from './commit/versioned-store.js';
import { WalChain } from './commit/wal-chain.js';
import type { EngineOptions } from './engine-options.js';
import { CatalogKeeper } from './recovery/catalog-keeper.js';
import { KeyStore } from './keys/key-store.js';
import type { KeyStoreSet } from './keys/key-store-set.js';
import type { Recovered } from './recovery/recover.js';
import { ExtentBegin } from './record/bulk-append.js';
import { RecordStore } from './record/record-store.js';
import type { TableSet } from './table-set.js';

const WARN_EVERY_NS = 60e9;

export interface WriteSideContext {
  readonly options: EngineOptions;
  readonly lock: HeldLock;
  readonly tables: TableSet;
  readonly keyStores: KeyStoreSet;
  readonly snapshots: SnapshotRegistry<CatalogState>;
  readonly cache: PageCache;
  /** A checkpoint that nobody asked for has ended well. */
  readonly afterBackground: () => void;
}

/** Everything that only a database open for writing has: log, commits, checkpoints, poison. */
export class WriteSide {
  readonly #c: WriteSideContext;
  readonly wal: WalChain;
  readonly pipeline: CommitPipeline;
  readonly catalog: CatalogKeeper;
  readonly #checkpointContext: CheckpointContext;
  readonly #counters;
  readonly #snapshotCounters;
  #running: { readonly driver: StepDriver<boolean>; readonly done: Promise<boolean> } | undefined;
  #poison: FieldstoneError | undefined;
  #ended = false;
  /** What the last background checkpoint failed with, until one succeeds. */
  lastCheckpointError: unknown;
  #quietUntilBytes = 0;
  /** Inside steps of a checkpoint that run blocking: they publish commits, which must not begin another one. */
  #inSteps = false;
  #warnedNs = -Infinity;

  constructor(context: WriteSideContext, recovered: Recovered) {
    this.#c = context;
    const { options: o, snapshots, tables, keyStores, lock } = context;
    const databaseId = Buffer.from(recovered.catalog.databaseId, 'hex');
    const fence = Buffer.from(lock.nonce, 'hex');
    const last = recovered.segments.at(-1)?.segment;
    this.wal = new WalChain(o.env, o.folder, databaseId, fence, last === undefined ? recovered.catalog.firstSegment : last + 1, recovered.segments);
    this.catalog = new CatalogKeeper(o.env.vfs, o.folder, recovered.catalog, recovered.catalogWritten, () => tables.state, () => keyStores.facts());
    this.#counters = o.probe.counters('wal', { stalls: 0, longestWaitNs: 0 });
    this.#snapshotCounters = o.probe.counters('snapshots', { ended: 0 });
    this.pipeline = new CommitPipeline({
      env: o.env, probe: o.probe, wal: this.wal, snapshots, codec: codecByName(o.compression), compressionThresholdBytes: o.compressionThresholdBytes,
      syncIntervalMs: o.syncIntervalMs, lastSequence: recovered.replayed.lastSequence,
      onPoison: (cause) => this.poison(cause), onPublished: () => this.#afterPublish(),
    });
    this.#checkpointContext = {
      env: o.env, probe: o.probe, folder: o.folder, databaseId, fence, wal: this.wal, pipeline: this.pipeline, snapshots, catalog: this.catalog,
      stores: () => [...tables.openStores(), ...keyStores.openStores()],
      runningLoads: () => [...tables.openStores()].flatMap((store) => (store.appendLease === undefined ? [] : [new ExtentBegin(store)])),
      assertUndisturbed: () => this.#assertUndisturbed(), assertLocked: () => this.#assertLocked(),
      poison: (cause) => this.poison(cause),
    };
  }

  get isPoisoned(): boolean { return this.#poison !== undefined; }
  get isCheckpointing(): boolean { return this.#running !== undefined; }

  assertWritable(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /** A disk failure or a foreign writer: no more writes with this handle (I5). */
  poison(cause: unknown): void {
    if (this.#poison !== undefined) return;
    this.#poison = cause instanceof FieldstoneError && (cause.code === 'EXTERNAL_CHANGE' || cause.code === 'LOCKED') ? cause
      : new FieldstoneError('POISONED', 'an earlier disk failure stopped writing; close and open the database again', { cause });
    this.pipeline.poison(cause);
  }

  #assertLocked(): void {
    if (this.#c.lock.stillHeld()) return;
    const lost = new FieldstoneError('LOCKED', 'the database lock was taken by another process; this handle writes no more', { file: this.#c.options.folder });
    this.poison(lost);
    throw lost;
  }

  #assertUndisturbed(): void {
    const { options: o, tables } = this.#c;
    for (const store of tables.openStores()) {
      if (store.appendLease !== undefined || !store.base.isDisturbed(o.env.vfs, o.folder)) continue;
      const error = new FieldstoneError('EXTERNAL_CHANGE', `another program changed the files of table "${store.name}" while the database was open; nothing more is written`, {
        file: `${o.folder}/${store.base.tableName}`, table: store.name,
      });
      this.poison(error);
      throw error;
    }
  }

  /** Facts that must be on disk before the log mentions the stores. */
  prepare(writes: readonly StoreWrites[]): void {
    this.assertWritable();
    this.catalog.ensureWritten();
    for (const { store } of writes) {
      if (store instanceof RecordStore) this.catalog.ensureRegistered(store);
      else if (store instanceof KeyStore) {
        this.#c.keyStores.ensureFile(store);
        this.catalog.ensureRegistered(store);
      }
    }
  }

  /** True when the log is so long that commits must wait for a checkpoint. */
  get isLogFull(): boolean { return this.wal.liveBytes > this.#c.options.logLimitBytes; }

  /** Waits until a checkpoint shortened the log; counts the stall. */
  async waitForLog(): Promise<void> {
    this.#noteStall();
    const start = this.#c.options.env.clock.monotonicNs();
    await this.checkpoint(undefined, 'log full');
    const { env, probe } = this.#c.options;
    const ns = env.clock.monotonicNs() - start;
    this.#counters.longestWaitNs = Math.max(this.#counters.longestWaitNs, ns);
    if (probe.level !== 'off') probe.histogram('wal.stallNs').record(ns);
  }

  #noteStall(): void {
    this.#counters.stalls++;
    const { options: o, snapshots } = this.#c;
    const now = o.env.clock.monotonicNs();
    if (now - this.#warnedNs < WARN_EVERY_NS) return;
    this.#warnedNs = now;
    const oldest = snapshots.oldest();
    const reader = oldest === undefined ? 'no reader is open' : `the oldest reader is "${oldest.name}", open for ${Math.round((now - oldest.openedNs) / 1e6)} ms`;
    o.warn(`commits wait for a checkpoint: the log of ${o.folder} has ${this.wal.liveBytes} bytes, its limit is ${o.logLimitBytes}; ${reader}. Raise logLimit or lower checkpointSize`);
  }

  commit(writes: readonly StoreWrites[], durability: Durability): Promise<number> {
    this.prepare(writes);
    return this.pipeline.commit(writes, durability);
  }

  commitSync(writes: readonly StoreWrites[], durability: Durability): number {
    if (this.isLogFull) {
      this.#noteStall();
      this.checkpointSync('log full');
    }
    this.prepare(writes);
    return this.pipeline.commitSync(writes, durability);
  }

  #afterPublish(): void {
    const bytes = this.wal.currentBytes;
    if (bytes < this.#c.options.checkpointSizeBytes || bytes < this.#quietUntilBytes) return;
    if (this.#running !== undefined || this.#inSteps || this.#poison !== undefined || this.#ended) return;
    this.#start('log size').then(() => this.#c.afterBackground(), (e: unknown) => {
      this.lastCheckpointError = e;
      this.#quietUntilBytes = this.wal.currentBytes + this.#c.options.checkpointSizeBytes;
    });
  }

  #insideSteps<Result>(run: () => Result): Result {
    const outer = this.#inSteps;
    this.#inSteps = true;
    try {
      return run();
    } finally {
      this.#inSteps = outer;
    }
  }

  #start(cause: CheckpointCause, change?: FolderChange): Promise<boolean> {
    const driver = new StepDriver(this.#c.options.env, this.#c.options.folder, checkpointSteps(this.#checkpointContext, cause, change), (e) => this.poison(e));
    const done = this.#insideSteps(() => driver.start());
    const running = { driver, done };
    this.#running = running;
    const ended = (): void => {
      if (this.#running === running) this.#running = undefined;
    };
    return done.then((ran) => {
      ended();
      this.lastCheckpointError = undefined;
      this.#quietUntilBytes = 0;
      this.#boundHistory();
      return ran;
    }, (e: unknown) => {
      ended();
      throw e;
    });
  }

  /** Folds everything committed until now; joins nothing: a running checkpoint is awaited first. */
  async checkpoint(change?: FolderChange, cause: CheckpointCause = change === undefined ? 'asked' : 'files'): Promise<boolean> {
    while (this.#running !== undefined) await this.#running.done.catch(() => false);
    this.assertWritable();
    return this.#start(cause, change);
  }

  checkpointSync(cause: CheckpointCause): boolean {
    this.finishRunning();
    this.assertWritable();
    const { options: o } = this.#c;
    const driver = new StepDriver(o.env, o.folder, checkpointSteps(this.#checkpointContext, cause), (e) => this.poison(e));
    const ran = this.#insideSteps(() => driver.finishBlocking());
    this.#boundHistory();
    return ran;
  }

  /** A checkpoint under way is brought to its end, blocking. */
  finishRunning(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    try {
      this.#insideSteps(() => running.driver.finishBlocking());
    } catch (e) {
      this.lastCheckpointError = e; // also reported by the promise of whoever started it
    }
  }

  /** Old images are bounded: past the knob the oldest snapshot is ended, never a commit blocked. */
  #boundHistory(): void {
    const { options: o, tables, keyStores, snapshots } = this.#c;
    const stores = [...tables.openStores(), ...keyStores.openStores()];
    let sum = historyBytes(stores);
    while (sum > o.snapshotMemoryBytes) {
      const oldest = snapshots.oldest();
      if (oldest === undefined) return;
      oldest.ended = true;
      this.#snapshotCounters.ended++;
      const next = snapshots.oldestSequence();
      for (const store of stores) store.pruneHistory(next);
      sum = historyBytes(stores);
    }
  }

  /** Index files that were made anew at opening are known to the catalog, so that the next opening need not make them again. */
  registerRebuilt(): void {
    const rebuilt = this.#c.tables.takeRebuilt();
    if (rebuilt.length === 0) return;
    this.catalog.ensureWritten();
    for (const store of rebuilt) this.catalog.ensureRegistered(store);
  }

  /** No background work any more; close() does the rest itself. */
  end(): void { this.#ended = true; }

  async settle(): Promise<void> {
    while (this.#running !== undefined) await this.#running.done.catch(() => false);
    await this.pipeline.idle();
  }

  close(): void { this.wal.close(); }
}

function historyBytes(stores: readonly VersionedStore[]): number {
  let sum = 0;
  for (const store of stores) sum += store.historyBytes;
  return sum;
}
