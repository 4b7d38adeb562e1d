import { ByteWriter, codecCounters, FieldstoneError, packBytes, PHASE, phases, type Codec, type CodecCounters, type Environment, type Histogram, type Operation, type Probe } from '#storage';
import type { LiveSnapshots } from './live-snapshots.js';
import type { StoreWrites } from './versioned-store.js';
import type { WalChain } from './wal-chain.js';

/** When a commit is acknowledged: after it is on disk, after a timer's sync at the latest, or at once. */
export type Durability = 'commit' | 'interval' | 'none';

export interface PipelineOptions {
  readonly env: Environment;
  readonly probe: Probe;
  readonly wal: WalChain;
  readonly snapshots: LiveSnapshots;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly syncIntervalMs: number;
  readonly lastSequence: number;
  /** A disk failure after which nothing may be written with this handle. */
  readonly onPoison: (cause: unknown) => void;
  /** Called after each published group. */
  readonly onPublished: () => void;
}

interface Waiting {
  readonly writes: readonly StoreWrites[];
  /** Where its log record stands in the bytes of the group that is being gathered. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly durability: Durability;
  readonly done: (sequence: number) => void;
  readonly failed: (error: unknown) => void;
}

// Above this a sync is left to the thread pool; below it blocking is cheaper than the detour
// (measured: the detour costs 50 to 100 microseconds of latency).
const BLOCKING_SYNC_NS = 2e6;
const GATHER_TURNS = 4;
// A loop of awaited commits with blocking syncs runs in microtasks alone: after so long everything else gets a turn.
const LONGEST_RUN_NS = 5e6;
// Memory for gathered log records that is kept between groups.
const KEEP_BYTES = 1 << 20;

/**
 * Group commit. Commits queue up; one flush writes all that wait as one run of log records, syncs
 * once, then publishes and acknowledges them in sequence order (invariant I4). A sequence number
 * is given when the record is appended, so a group that could not be written leaves no gap.
 */
export class CommitPipeline {
  readonly #o: PipelineOptions;
  readonly #counters;
  readonly #codec: CodecCounters;
  readonly #operation: Operation;
  readonly #groupSize: Histogram;
  readonly #syncTimes: Histogram;
  /** The log records of all that wait, one behind the other. */
  readonly #writer = new ByteWriter();
  #waiting: Waiting[] = [];
  /** In the log file, sync under way. */
  #syncing: Waiting[] | undefined;
  #firstSyncing = 0;
  #scheduled = false;
  /** First flush since the event loop turned. */
  #runSinceNs: number | undefined;
  #turnsLeft = 0;
  #seen = 0;
  #lastSequence: number;
  #published: number;
  #syncNs = 0;
  #intervalArmed = false;
  #failure: FieldstoneError | undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(options: PipelineOptions) {
    this.#o = options;
    this.#lastSequence = options.lastSequence;
    this.#published = options.lastSequence;
    this.#codec = codecCounters(options.probe);
    this.#operation = options.probe.operation('commit', 'transaction');
    this.#groupSize = options.probe.histogram('wal.groupSize');
    this.#syncTimes = options.probe.histogram('wal.syncNs');
    this.#counters = options.probe.counters('wal', { records: 0, bytes: 0, groups: 0, syncs: 0, blockingSyncs: 0, stalls: 0 });
  }

  /** Sequence of the newest commit that readers see. */
  get publishedSequence(): number { return this.#published; }
  get isIdle(): boolean { return this.#waiting.length === 0 && this.#syncing === undefined; }

  /** Queues the writes; conflicts must have been checked in the same turn. Resolves when acknowledged. */
  commit(writes: readonly StoreWrites[], durability: Durability): Promise<number> {
    const op = this.#operation;
    const done = --op.left < 0 || op.start.hasSubscribers ? this.#watchedCommit(writes, durability) : this.#commit(writes, durability);
    return phases.active ? phases.waiting(PHASE.log, done) : done;
  }

  // Apart, because a function that holds a closure pays for its variables at each call.
  #watchedCommit(writes: readonly StoreWrites[], durability: Durability): Promise<number> {
    return this.#operation.runAsync('', () => this.#commit(writes, durability));
  }

  #commit(writes: readonly StoreWrites[], durability: Durability): Promise<number> {
    return new Promise((done, failed) => { this.#submit(writes, durability, done, failed); });
  }

  /** The same for callers that have a promise of their own: one of the two is called, `failed` perhaps before this returns. */
  submit(writes: readonly StoreWrites[], durability: Durability, done: (sequence: number) => void, failed: (error: unknown) => void): void {
    const op = this.#operation;
    if (phases.active || op.left <= 0 || op.start.hasSubscribers) {
      void this.commit(writes, durability).then(done, failed);
      return;
    }
    op.left--;
    this.#submit(writes, durability, done, failed);
  }

  #submit(writes: readonly StoreWrites[], durability: Durability, done: (sequence: number) => void, failed: (error: unknown) => void): void {
    try {
      this.#enqueue(writes, durability, done, failed);
    } catch (e) {
      failed(e);
      return;
    }
    this.#schedule();
  }

  /** Commits everything that waits and these writes before it returns. */
  commitSync(writes: readonly StoreWrites[], durability: Durability): number {
    const op = this.#operation;
    if (--op.left < 0 || op.start.hasSubscribers) return this.#watchedCommitSync(writes, durability);
    return this.#commitSync(writes, durability);
  }

  #watchedCommitSync(writes: readonly StoreWrites[], durability: Durability): number {
    return this.#operation.run('', () => this.#commitSync(writes, durability));
  }

  #commitSync(writes: readonly StoreWrites[], durability: Durability): number {
    let sequence = 0;
    let error: unknown;
    this.#enqueue(writes, durability, (s) => { sequence = s; }, (e) => { error = e; });
    this.drainSync();
    if (error !== undefined) throw error;
    return sequence;
  }

  #enqueue(writes: readonly StoreWrites[], durability: Durability, done: (sequence: number) => void, failed: (e: unknown) => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    const w = this.#writer;
    if (this.#waiting.length === 0) w.reset(KEEP_BYTES);
    const bodyStart = w.length;
    try {
      for (const write of writes) write.encode(w);
    } catch (e) {
      w.rewind(bodyStart);
      for (const write of writes) write.withdraw();
      throw e;
    }
    for (const write of writes) write.markInFlight();
    this.#waiting.push({ writes, bodyStart, bodyEnd: w.length, durability, done, failed });
  }

  #schedule(): void {
    if (this.#scheduled || this.#syncing !== undefined) return;
    this.#scheduled = true;
    this.#turnsLeft = GATHER_TURNS;
    this.#seen = this.#waiting.length;
    this.#o.env.scheduler.microtask(this.#gather);
  }

  /** Lets commits of the same turn join: waits until no new one came for a few microtasks. */
  readonly #gather = (): void => {
    const n = this.#waiting.length;
    this.#turnsLeft = n > this.#seen ? GATHER_TURNS : this.#turnsLeft - 1;
    this.#seen = n;
    if (this.#turnsLeft > 0) {
      this.#o.env.scheduler.microtask(this.#gather);
      return;
    }
    if (this.#hogsTheLoop()) this.#o.env.scheduler.later(this.#flushScheduled);
    else this.#flushScheduled();
  };

  readonly #flushScheduled = (): void => {
    this.#scheduled = false;
    this.#flush(false);
  };

  /** True when commits have kept the event loop from turning for long. */
  #hogsTheLoop(): boolean {
    const now = this.#o.env.clock.monotonicNs();
    if (this.#runSinceNs !== undefined) return now - this.#runSinceNs > LONGEST_RUN_NS;
    this.#runSinceNs = now;
    this.#o.env.scheduler.later(() => { this.#runSinceNs = undefined; });
    return false;
  }

  /** Writes and acknowledges everything that waits, blocking. */
  drainSync(): void {
    this.#finishSyncing();
    while (this.#waiting.length > 0) this.#flush(true);
  }

  /** Resolves when nothing waits and no sync is under way. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => { this.#idleWaiters.push(resolve); });
  }

  /** An asynchronous sync is under way: sync once more, blocking, and acknowledge its group now. */
  #finishSyncing(): void {
    const group = this.#syncing;
    if (group === undefined) return;
    try {
      this.#o.wal.current?.datasync();
    } catch (e) {
      this.#syncFailed(group, e);
      return;
    }
    this.#syncing = undefined;
    this.#publish(group, this.#firstSyncing);
  }

  #flush(blocking: boolean): void {
    if (this.#syncing !== undefined || this.#waiting.length === 0) {
      this.#wakeIdle();
      return;
    }
    const group = this.#waiting;
    this.#waiting = [];
    const first = this.#lastSequence + 1;
    if (!this.#append(group, first)) return;
    this.#lastSequence += group.length;
    this.#counters.groups++;
    if (!group.some((w) => w.durability === 'commit')) {
      if (group.some((w) => w.durability === 'interval')) this.#armInterval();
      this.#publish(group, first);
      return;
    }
    if (blocking || this.#syncNs < BLOCKING_SYNC_NS) this.#syncBlocking(group, first);
    else this.#syncInBackground(group, first);
  }

  #append(group: readonly Waiting[], first: number): boolean {
    return phases.active ? this.#timedAppend(group, first) : this.#appendGroup(group, first);
  }

  #timedAppend(group: readonly Waiting[], first: number): boolean { return phases.measure(PHASE.log, () => this.#appendGroup(group, first)); }

  #appendGroup(group: readonly Waiting[], first: number): boolean {
    const { wal } = this.#o;
    try {
      const writer = wal.writerFor(first);
      const bodies = this.#writer.bytes();
      let sequence = first;
      for (const waiting of group) {
        const body = bodies.subarray(waiting.bodyStart, waiting.bodyEnd);
        const packed = packBytes(body, this.#o.codec, this.#o.compressionThresholdBytes, this.#codec);
        writer.append(sequence++, packed.bytes, packed.codecId, body.length);
        this.#counters.records++;
        this.#counters.bytes += packed.bytes.length;
      }
      writer.flush();
      this.#o.probe.traces.wal?.({ event: 'append', sequence: first, records: group.length, bytes: bodies.length, file: writer.path });
      return true;
    } catch (e) {
      wal.current?.discardPending();
      if (wal.isBroken) this.#fail(e);
      // A log that could not be cut back may hold some of them: only the next opening tells.
      const error = wal.current?.broken === true ? unknownOutcome(e) : e;
      for (const waiting of group) this.#reject(waiting, error);
      this.#wakeIdle();
      return false;
    }
  }

  #syncBlocking(group: Waiting[], first: number): void {
    const { clock } = this.#o.env;
    const start = clock.monotonicNs();
    try {
      this.#o.wal.current?.datasync();
    } catch (e) {
      this.#syncFailed(group, e);
      return;
    }
    this.#noteSync(clock.monotonicNs() - start);
    this.#counters.blockingSyncs++;
    this.#publish(group, first);
  }

  #syncInBackground(group: Waiting[], first: number): void {
    const { clock } = this.#o.env;
    const start = clock.monotonicNs();
    this.#syncing = group;
    this.#firstSyncing = first;
    const writer = this.#o.wal.current;
    writer?.datasyncAsync().then(() => {
      if (this.#syncing !== group) return; // a blocking drain was faster
      this.#noteSync(clock.monotonicNs() - start);
      this.#syncing = undefined;
      this.#publish(group, first);
      if (this.#waiting.length > 0) this.#schedule();
    }, (e: unknown) => {
      if (this.#syncing === group) this.#syncFailed(group, e);
      else this.#fail(e);
    });
  }

  #noteSync(ns: number): void {
    this.#counters.syncs++;
    // Down at once, up slowly: one slow sync (new file, busy disk) must not change the mode for long.
    this.#syncNs = this.#syncNs === 0 || ns < this.#syncNs ? (this.#syncNs + ns) / 2 : this.#syncNs * 0.9 + ns * 0.1;
    if (this.#o.probe.level !== 'off') this.#syncTimes.record(ns);
    this.#o.probe.traces.wal?.({ event: 'sync', ns });
  }

  #publish(group: readonly Waiting[], first: number): void {
    if (this.#o.probe.level !== 'off') this.#groupSize.record(group.length);
    this.#o.probe.traces.wal?.({ event: 'publish', sequence: first, records: group.length });
    let sequence = first;
    try {
      for (const waiting of group) {
        for (const write of waiting.writes) write.publish(sequence, this.#o.snapshots);
        this.#published = sequence++;
      }
    } catch (e) { // publishing touches memory only; should it fail all the same, nobody is left waiting
      this.#fail(e);
      for (const waiting of group) waiting.failed(unknownOutcome(e));
      this.#wakeIdle();
      return;
    }
    sequence = first;
    for (const waiting of group) waiting.done(sequence++);
    this.#o.onPublished();
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    if (!this.isIdle) return;
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  #reject(waiting: Waiting, error: unknown): void {
    for (const write of waiting.writes) write.withdraw();
    waiting.failed(error);
  }

  /** After a failed sync nobody knows what is on disk: all that wait learn so, nothing more is written (I5). */
  #syncFailed(group: readonly Waiting[], cause: unknown): void {
    this.#syncing = undefined;
    this.#fail(cause);
    const unknown = unknownOutcome(cause);
    for (const waiting of group) this.#reject(waiting, unknown);
    this.#wakeIdle();
  }

  #fail(cause: unknown): void {
    this.poison(cause);
    this.#o.onPoison(cause);
  }

  /** No more commits with this handle; those that wait and are not in the log are refused. */
  poison(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new FieldstoneError('POISONED', 'an earlier disk failure stopped writing; close and open the database again', { cause });
    for (const waiting of this.#waiting.splice(0)) this.#reject(waiting, this.#failure);
  }

  /** Makes everything in the log durable, whatever the durability; used before a checkpoint and at close. */
  syncAll(): void {
    this.drainSync();
    const writer = this.#o.wal.current;
    if (writer === undefined || writer.syncedBytes >= writer.flushedBytes) return;
    try {
      writer.datasync();
      this.#counters.syncs++;
    } catch (e) {
      this.#fail(e);
      throw e;
    }
  }

  #armInterval(): void {
    if (this.#intervalArmed) return;
    this.#intervalArmed = true;
    this.#o.env.scheduler.timer(() => {
      this.#intervalArmed = false;
      const writer = this.#o.wal.current;
      if (this.#failure !== undefined || writer === undefined || writer.syncedBytes >= writer.flushedBytes) return;
      writer.datasyncAsync().then(() => { this.#counters.syncs++; }, (e: unknown) => this.#fail(e));
    }, this.#o.syncIntervalMs);
  }
}

function unknownOutcome(cause: unknown): FieldstoneError {
  return new FieldstoneError('COMMIT_UNKNOWN', 'the disk failed while the commit was being made durable', { cause });
}
