import { ArgumentRangeError, ArgumentTypeError, PHASE, phases, type Environment, type FieldstoneError, type Probe, type Timer } from '#storage';
import { listBlockers, lockAborted, lockDeadlock, lockOwnerDone, lockTimeout, type LockBlocker } from './lock-errors.js';
import { modeName, userModeCode, type ModeCode, type UserLockMode } from './lock-mode.js';
import { LockParty, LockWaiter, type LockQueue } from './lock-queue.js';
import type { LockShardStats } from './lock-shard.js';
import { LockTable } from './lock-table.js';
import { LockTrace, type BrokenDeadlock, type HotResource, type LockEvent, type WaitFailure } from './lock-trace.js';
import type { HeldLock, LockHolder, LockOwner, LockResource, LockWaitOptions } from './lock-types.js';
import { describeWaits, lastBefore, type WaitForGraph } from './wait-for-graph.js';

export interface LockManagerOptions {
  /** Parts of the lock table, each with counters of its own: 1 to 4096. */
  readonly shards: number;
  /** How long a request waits when it does not say. */
  readonly timeoutMs: number;
  readonly env: Pick<Environment, 'clock' | 'scheduler'>;
  readonly probe: Probe;
  /** Told of every step; must not call the manager. What it throws is counted (`locks.listenerErrors`) and dropped. */
  readonly trace?: (event: LockEvent) => void;
}

const MAX_SHARDS = 4096;
/** What the timers of JavaScript can count; a longer timeout is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const NO_OPTIONS: LockWaitOptions = {};

/** A waiter with somebody who awaits it. */
class PendingLock extends LockWaiter {
  readonly promise: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (error: FieldstoneError) => void = () => undefined;
  timer: Timer | undefined = undefined;
  signal: AbortSignal | undefined = undefined;
  onAbort: (() => void) | undefined = undefined;

  constructor(party: LockParty, resource: LockResource, wanted: ModeCode) {
    super(party, resource, wanted);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  finish(error: FieldstoneError | undefined): void {
    this.timer?.cancel();
    if (this.onAbort !== undefined) this.signal?.removeEventListener('abort', this.onAbort);
    if (error === undefined) this.#resolve(); else this.#reject(error);
  }
}

/**
 * Locks for transactions of one process: shared and exclusive, on spaces (tables, stores) and on items in them.
 * An item's space gets an intention lock first, so a lock on the whole space and locks on items see each other.
 * Queues are fair; a circle of waits is found when it closes, and its youngest owner dies with DEADLOCK.
 * Locks are kept until releaseAll(): strict two-phase locking. See docs/locking.md.
 *
 * @example
 * const locks = new LockManager({ shards: 16, timeoutMs: 5000, env, probe });
 * const waiting = locks.acquire({ id: 7, name: 'transfer' }, { space: 't:accounts', item: 3 }, 'exclusive');
 * if (waiting !== undefined) await waiting;
 * locks.releaseAll({ id: 7 });
 */
export class LockManager {
  readonly #table: LockTable;
  readonly #trace: LockTrace;
  readonly #env: Pick<Environment, 'clock' | 'scheduler'>;
  readonly #timeoutMs: number;
  readonly #parties = new Map<number, LockParty>();

  constructor(options: LockManagerOptions) {
    const { shards, timeoutMs, env, probe, trace } = options;
    if (!Number.isSafeInteger(shards) || shards < 1 || shards > MAX_SHARDS) {
      throw new ArgumentRangeError('OPTION', `lockShards is an integer from 1 to ${MAX_SHARDS}, got ${shards}`);
    }
    this.#timeoutMs = checkTimeout(timeoutMs);
    this.#env = env;
    this.#trace = new LockTrace(env.clock, probe, trace);
    this.#table = new LockTable(shards, this.#trace, {
      granted: (waiter) => { if (waiter instanceof PendingLock) waiter.finish(undefined); },
      killed: (waiter, cycle) => {
        this.#trace.noteDeadlock(waiter.party.owner, cycle);
        if (waiter instanceof PendingLock) waiter.finish(lockDeadlock(waiter.party.owner, cycle));
      },
    });
    probe.gauge('locks', () => ({ held: this.#table.heldCount, waiting: this.#waitingCount(), owners: this.#parties.size }));
  }

  /** True when no lock is held at all. Costs nothing: every commit asks. */
  get isIdle(): boolean { return this.#table.heldCount === 0; }

  /**
   * Takes a lock, or makes a held one stronger. Returns undefined when it is granted at once, else a promise.
   * A request that fails may leave its owner the intention lock on the space, until releaseAll().
   *
   * Rejects with LOCK_TIMEOUT (naming the holders), DEADLOCK (naming the circle), ABORTED (the signal) or TXN_DONE
   * (releaseAll() came first). Throws TypeError or RangeError for wrong arguments.
   */
  acquire(owner: LockOwner, resource: LockResource, mode: UserLockMode, options = NO_OPTIONS): Promise<void> | undefined {
    const wanted = userModeCode(mode);
    checkResource(resource);
    const timeoutMs = options.timeoutMs === undefined ? this.#timeoutMs : checkTimeout(options.timeoutMs);
    if (options.signal?.aborted === true) return Promise.reject(lockAborted(owner, resource, options.signal));
    const party = this.#partyOf(owner);
    const queue = this.#table.advance(party, resource, wanted);
    let result: Promise<void> | undefined;
    if (queue !== undefined) {
      result = timeoutMs === 0 ? this.#refuse(party, queue, wanted, resource) : this.#wait(party, resource, wanted, queue, timeoutMs, options.signal);
    }
    // Also a grant at once may have to be settled: its owner may wait elsewhere, for example in a Promise.all.
    this.#table.settle();
    if (party.grants.length === 0) this.#forgetIfDone(party);
    return result;
  }

  /** Takes the lock if that is possible at once, without passing anybody in the queue. False: nothing was changed. */
  tryAcquire(owner: LockOwner, resource: LockResource, mode: UserLockMode): boolean {
    const wanted = userModeCode(mode);
    checkResource(resource);
    if (!this.#table.isFree(this.#parties.get(owner.id), resource, wanted)) return false;
    this.#table.advance(this.#partyOf(owner), resource, wanted);
    this.#table.settle();
    return true;
  }

  #wait(
    party: LockParty, resource: LockResource, wanted: ModeCode, queue: LockQueue, timeoutMs: number, signal: AbortSignal | undefined,
  ): Promise<void> {
    const waiter = new PendingLock(party, resource, wanted);
    if (timeoutMs <= MAX_TIMER_MS) {
      waiter.timer = this.#env.scheduler.timer(() => this.#fail(waiter, 'timeout', (at) => (
        lockTimeout(party.owner, at.resource, waiter.mode, timeoutMs, this.#blockers(at, waiter.mode, party, lastBefore(waiter)))
      )), timeoutMs);
    }
    if (signal !== undefined) {
      waiter.signal = signal;
      waiter.onAbort = () => this.#fail(waiter, 'abort', () => lockAborted(party.owner, resource, signal));
      signal.addEventListener('abort', waiter.onAbort, { once: true });
    }
    this.#table.wait(waiter, queue);
    return phases.active ? phases.waiting(PHASE.lockWait, waiter.promise) : waiter.promise;
  }

  /** The error is made while the waiter still stands in its queue. */
  #fail(waiter: PendingLock, end: WaitFailure, error: (queue: LockQueue) => FieldstoneError): void {
    const queue = waiter.queue;
    if (queue === undefined) return;
    const reason = error(queue);
    this.#table.cancel(waiter, end);
    waiter.finish(reason);
    this.#table.settle();
    this.#forgetIfDone(waiter.party);
  }

  #refuse(party: LockParty, queue: LockQueue, wanted: ModeCode, resource: LockResource): Promise<void> {
    const { mode, last } = this.#table.newcomer(party, queue, resource, wanted);
    this.#table.countTimeout(queue);
    return Promise.reject(lockTimeout(party.owner, queue.resource, mode, 0, this.#blockers(queue, mode, party, last)));
  }

  /** Gives back everything the owner holds; its waits end with TXN_DONE. Unknown owners are fine. */
  releaseAll(owner: LockOwner): void {
    const party = this.#parties.get(owner.id);
    if (party === undefined) return;
    for (const waiter of [...party.waits]) {
      this.#table.cancel(waiter, 'abort');
      if (waiter instanceof PendingLock) waiter.finish(lockOwnerDone(party.owner, waiter.resource));
    }
    this.#table.release(party);
    this.#parties.delete(owner.id);
    this.#table.settle();
  }

  /** Who holds a lock on exactly this resource (for an item: not those who hold its whole space). */
  holdersOf(resource: LockResource): readonly LockHolder[] {
    const nowNs = this.#env.clock.monotonicNs();
    const holders: LockHolder[] = [];
    this.#table.find(resource.space, resource.item)?.someHolder(({ party, mode }) => {
      holders.push({ owner: party.owner, mode: modeName(mode), ageMs: Math.max(0, (nowNs - party.sinceNs) / 1e6) });
      return false;
    });
    return holders;
  }

  /** What the owner holds, intention locks included, in the order it got them. */
  heldBy(owner: LockOwner): readonly HeldLock[] {
    const grants = this.#parties.get(owner.id)?.grants ?? [];
    return grants.map((grant) => ({ resource: grant.queue.resource, mode: modeName(grant.mode) }));
  }

  /** True when a lock of another owner, on the resource or on its space, forbids this one. Waiters do not count. */
  conflicts(owner: LockOwner, resource: LockResource, mode: UserLockMode): boolean {
    return !this.isIdle && this.#table.conflict(this.#parties.get(owner.id), resource, userModeCode(mode)) !== undefined;
  }

  /** The owners whose locks make conflicts() true, for an error message. */
  conflictsWith(owner: LockOwner, resource: LockResource, mode: UserLockMode): readonly LockBlocker[] {
    const party = this.#parties.get(owner.id);
    const wanted = userModeCode(mode);
    const queue = this.#table.conflict(party, resource, wanted);
    return queue === undefined ? [] : this.#blockers(queue, this.#table.newcomer(party, queue, resource, wanted).mode, party, undefined);
  }

  /** Counts of each shard; the probe's group `locks` has the totals. */
  shardStats(): readonly LockShardStats[] { return this.#table.shards.map((shard) => shard.stats()); }

  /** Waits of each shard since the start, and how long they took: cheaper than shardStats(). */
  shardCounts(): { readonly waits: Float64Array; readonly waitNs: Float64Array } {
    const { shards } = this.#table;
    const waits = new Float64Array(shards.length);
    const waitNs = new Float64Array(shards.length);
    shards.forEach((shard, i) => {
      waits[i] = shard.counters.waits;
      waitNs[i] = shard.waitedNs;
    });
    return { waits, waitNs };
  }

  /** The resources waited for most, in bounded memory. */
  hotResources(): readonly HotResource[] { return this.#trace.hot.list(); }

  /** The last deadlocks that were broken, the oldest first. */
  recentDeadlocks(): readonly BrokenDeadlock[] { return this.#trace.deadlocks; }

  /** Who waits for whom now, as data; toDot() draws it. */
  waitForGraph(): WaitForGraph { return describeWaits(this.#table.contended); }

  #partyOf(owner: LockOwner): LockParty {
    let party = this.#parties.get(owner.id);
    if (party === undefined) this.#parties.set(owner.id, party = new LockParty(owner, this.#env.clock.monotonicNs()));
    return party;
  }

  #forgetIfDone(party: LockParty): void {
    if (party.grants.length === 0 && party.waits.length === 0) this.#parties.delete(party.owner.id);
  }

  #blockers(queue: LockQueue, mode: ModeCode, party: LockParty | undefined, last: LockWaiter | undefined): LockBlocker[] {
    return listBlockers(queue, mode, party, last, this.#env.clock.monotonicNs());
  }

  #waitingCount(): number {
    let waiting = 0;
    for (const queue of this.#table.contended) waiting += queue.waitingCount;
    return waiting;
  }
}

function checkTimeout(timeoutMs: number): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new ArgumentRangeError('OPTION', `lockTimeoutMs is a number of milliseconds from 0 to Infinity, got ${String(timeoutMs)}`);
}

function checkResource({ space, item }: LockResource): void {
  if (typeof space !== 'string') throw new ArgumentTypeError('VALUE', `the space of a lock is a string, got ${typeof space}`);
  if (item === undefined || typeof item === 'string' || Number.isSafeInteger(item)) return;
  throw new ArgumentTypeError('VALUE', `the item of a lock is a string or a safe integer, got ${String(item)}`);
}
