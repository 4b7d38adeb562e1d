import type { Clock, Histogram, Probe, Traces } from '#storage';
import { modeName, type LockMode, type ModeCode } from './lock-mode.js';
import type { LockParty, LockQueue, LockWaiter } from './lock-queue.js';
import { zeroLockCounters, type LockCounters, type LockShard } from './lock-shard.js';
import { resourceLabel, resourceName, type LockOwner, type LockResource } from './lock-types.js';
import type { DeadlockStep } from './wait-for-graph.js';

export type LockEventKind = 'grant' | 'convert' | 'wait' | 'timeout' | 'abort' | 'deadlock' | 'release';

/** One step of the life of a lock, as the tracer sees it. */
export interface LockEvent {
  readonly kind: LockEventKind;
  readonly owner: LockOwner;
  /** The resource itself; for an item the lock on its space has an event of its own. */
  readonly resource: LockResource;
  readonly mode: LockMode;
  readonly shard: number;
  /** For whatever ends a wait: how long it took, in nanoseconds. */
  readonly waitNs?: number;
}

/** A resource that was waited for often. */
export interface HotResource {
  readonly resource: LockResource;
  readonly name: string;
  readonly shard: number;
  /** Waits counted; too high by at most `overcount`. */
  readonly waits: number;
  readonly overcount: number;
  /** How long the waits that ended took, together and the longest, in nanoseconds; since the resource is in the list. */
  readonly waitNs: number;
  readonly maxWaitNs: number;
}

/** A deadlock that was broken by ending one of its transactions. */
export interface BrokenDeadlock {
  /** Monotonic clock, in nanoseconds. */
  readonly atNs: number;
  readonly victim: LockOwner;
  readonly cycle: readonly DeadlockStep[];
}

const KEPT_DEADLOCKS = 32;

/** How a wait ends without its lock. */
export type WaitFailure = 'timeout' | 'abort' | 'deadlock';

/**
 * Counts what the lock tables do: into the group `locks` of the probe (all shards together), into each shard,
 * into the histogram `locks.waitNs` and into a bounded list of hot resources. With a `listener` every step is
 * also told to it; a listener must not call the lock manager, and what it throws is counted and dropped.
 */
export class LockTrace {
  readonly hot = new HotResources(32);
  readonly deadlocks: BrokenDeadlock[] = [];
  readonly #totals: LockCounters & { listenerErrors: number };
  readonly #waitNs: Histogram;
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #traces: Traces;
  readonly #listener: ((event: LockEvent) => void) | undefined;

  constructor(clock: Clock, probe: Probe, listener: ((event: LockEvent) => void) | undefined) {
    this.#clock = clock;
    this.#probe = probe;
    this.#traces = probe.traces;
    this.#totals = probe.counters('locks', { ...zeroLockCounters(), listenerErrors: 0 });
    this.#waitNs = probe.histogram('locks.waitNs');
    this.#listener = listener;
  }

  granted(shard: LockShard, queue: LockQueue, party: LockParty, mode: ModeCode, waitNs?: number): void {
    shard.held++;
    shard.counters.acquisitions++;
    this.#totals.acquisitions++;
    if (this.#isHeard) this.#tell('grant', queue, party.owner, mode, waitNs);
  }

  converted(shard: LockShard, queue: LockQueue, party: LockParty, mode: ModeCode, waitNs?: number): void {
    shard.counters.conversions++;
    this.#totals.conversions++;
    if (this.#isHeard) this.#tell('convert', queue, party.owner, mode, waitNs);
  }

  released(shard: LockShard, queue: LockQueue, party: LockParty, mode: ModeCode): void {
    shard.held--;
    if (this.#isHeard) this.#tell('release', queue, party.owner, mode);
  }

  waitBegan(shard: LockShard, queue: LockQueue, waiter: LockWaiter): void {
    waiter.sinceNs = this.#clock.monotonicNs();
    shard.waiting++;
    shard.counters.waits++;
    this.#totals.waits++;
    if (queue.waitingCount > shard.counters.maxQueue) shard.counters.maxQueue = queue.waitingCount;
    if (queue.waitingCount > this.#totals.maxQueue) this.#totals.maxQueue = queue.waitingCount;
    if (this.#probe.level !== 'off') this.hot.add(queue.resource, queue.shard);
    if (this.#isHeard) this.#tell('wait', queue, waiter.party.owner, waiter.mode);
  }

  /** Returns how long the wait was, in nanoseconds. */
  waitEnded(shard: LockShard, queue: LockQueue, waiter: LockWaiter, end: WaitFailure | 'granted'): number {
    const waitNs = this.#clock.monotonicNs() - waiter.sinceNs;
    shard.waiting--;
    if (this.#probe.level !== 'off') {
      this.#waitNs.record(waitNs);
      shard.recordWait(waitNs);
      this.hot.ended(queue.resource, waitNs);
    }
    if (end !== 'granted') {
      this.countFailure(shard, end);
      if (this.#isHeard) this.#tell(end, queue, waiter.party.owner, waiter.mode, waitNs);
    }
    return waitNs;
  }

  countFailure(shard: LockShard, end: WaitFailure): void {
    const counter = end === 'timeout' ? 'timeouts' : end === 'abort' ? 'aborts' : 'deadlocks';
    shard.counters[counter]++;
    this.#totals[counter]++;
  }

  noteDeadlock(victim: LockOwner, cycle: readonly DeadlockStep[]): void {
    if (this.deadlocks.length === KEPT_DEADLOCKS) this.deadlocks.shift();
    this.deadlocks.push({ atNs: this.#clock.monotonicNs(), victim, cycle });
  }

  get #isHeard(): boolean { return this.#listener !== undefined || this.#traces.lock !== undefined; }

  #tell(kind: LockEventKind, queue: LockQueue, owner: LockOwner, mode: ModeCode, waitNs?: number): void {
    this.#traces.lock?.({
      event: kind, owner: owner.id, name: owner.name, resource: resourceLabel(queue.resource), mode: modeName(mode), shard: queue.shard, waitNs,
    });
    const event = { kind, owner, resource: queue.resource, mode: modeName(mode), shard: queue.shard };
    try {
      this.#listener?.(waitNs === undefined ? event : { ...event, waitNs });
    } catch {
      this.#totals.listenerErrors++;
    }
  }
}

/**
 * The resources that were waited for most, in bounded memory: the Space-Saving algorithm (A. Metwally et al.,
 * 2005). A newcomer takes the place of the least counted and inherits its count as possible overcount.
 */
export class HotResources {
  readonly #entries = new Map<string, { -readonly [Key in Exclude<keyof HotResource, 'name'>]: HotResource[Key] }>();
  readonly #capacity: number;

  constructor(capacity: number) { this.#capacity = capacity; }

  add(resource: LockResource, shard: number): void {
    const key = keyOf(resource);
    const known = this.#entries.get(key);
    if (known !== undefined) { known.waits++; return; }
    const overcount = this.#entries.size < this.#capacity ? 0 : this.#evictLeast();
    this.#entries.set(key, { resource, shard, waits: overcount + 1, overcount, waitNs: 0, maxWaitNs: 0 });
  }

  ended(resource: LockResource, waitNs: number): void {
    const known = this.#entries.get(keyOf(resource));
    if (known === undefined) return;
    known.waitNs += waitNs;
    if (waitNs > known.maxWaitNs) known.maxWaitNs = waitNs;
  }

  #evictLeast(): number {
    let leastKey = '';
    let least = Infinity;
    for (const [key, entry] of this.#entries) if (entry.waits < least) { least = entry.waits; leastKey = key; }
    this.#entries.delete(leastKey);
    return least;
  }

  /** The most waited for first. */
  list(): readonly HotResource[] {
    const all = [...this.#entries.values()].sort((a, b) => b.waits - a.waits);
    return all.map((entry) => ({ ...entry, name: resourceName(entry.resource) }));
  }
}

function keyOf({ space, item }: LockResource): string { return `${typeof item} ${space.length} ${space}${item ?? ''}`; }
