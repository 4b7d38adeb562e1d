import { assert } from '#storage';
import { conflictsOf, coversItems, intentionFor, joinModes, type ModeCode } from './lock-mode.js';
import { Grant, type LockParty, type LockQueue, type LockWaiter } from './lock-queue.js';
import { LockShard, lockHash } from './lock-shard.js';
import type { LockTrace, WaitFailure } from './lock-trace.js';
import type { LockItem, LockResource } from './lock-types.js';
import { CycleSearch, describeCycle, youngestOf, type DeadlockStep } from './wait-for-graph.js';

/** Who is told when a wait ends. Told inside settle(), with the tables in order. */
export interface LockTableListener {
  /** The waiter has all it asked for. */
  granted(waiter: LockWaiter): void;
  /** The waiter was taken out because its owner dies. */
  killed(waiter: LockWaiter, cycle: readonly DeadlockStep[]): void;
}

interface Newcomer {
  readonly mode: ModeCode;
  readonly last: LockWaiter | undefined;
}

/**
 * The lock tables without promises, timers or signals: requests, queues, releases, deadlocks.
 *
 * A change marks queues in which somebody may now be granted and owners through which a new circle may have
 * closed; settle() works both lists off. Circles are looked for only when all that can be granted is granted.
 * An edge of the graph appears only when its owner starts to wait, or when an owner that waits elsewhere gets a
 * stronger lock at once; both mark the owner.
 */
export class LockTable {
  readonly shards: readonly LockShard[];
  /** The queues in which somebody waits. */
  readonly contended = new Set<LockQueue>();
  heldCount = 0;
  readonly #trace: LockTrace;
  readonly #listener: LockTableListener;
  readonly #search = new CycleSearch();
  readonly #changed: LockQueue[] = [];
  readonly #suspects: LockParty[] = [];

  constructor(shardCount: number, trace: LockTrace, listener: LockTableListener) {
    this.shards = Array.from({ length: shardCount }, (_, number) => new LockShard(number));
    this.#trace = trace;
    this.#listener = listener;
  }

  /** Takes every lock of the request that can be had now. Returns the queue where it must wait, undefined when done. */
  advance(party: LockParty, resource: LockResource, wanted: ModeCode): LockQueue | undefined {
    const { space, item } = resource;
    if (item === undefined) return this.#take(party, space, undefined, wanted);
    const intention = intentionFor(wanted);
    let spaceMode = party.lastSpace?.queue.space === space ? party.lastSpace.mode : 0;
    if (joinModes(spaceMode, intention) !== spaceMode) {
      const blocked = this.#take(party, space, undefined, intention);
      if (blocked !== undefined) return blocked;
      spaceMode = party.lastSpace?.mode ?? 0;
    }
    return coversItems(spaceMode, wanted) ? undefined : this.#take(party, space, item, wanted);
  }

  #take(party: LockParty, space: string, item: LockItem | undefined, need: ModeCode): LockQueue | undefined {
    const hash = lockHash(space, item);
    const shard = this.#shardOf(hash);
    const queue = shard.find(space, item, hash);
    if (queue === undefined) {
      this.#grant(party, shard.create(space, item, hash), need);
      return undefined;
    }
    const own = queue.grantOf(party);
    const target = own === undefined ? need : joinModes(own.mode, need);
    if (own === undefined || own.mode !== target) {
      if (!queue.admitsNewcomer(target, own)) return queue;
      this.#grant(party, queue, target);
    } else if (item === undefined) party.lastSpace = own;
    return undefined;
  }

  /** Gives or strengthens a lock that the rule of admission allows. */
  #grant(party: LockParty, queue: LockQueue, mode: ModeCode, waitNs?: number): void {
    const shard = this.#shard(queue);
    let own = queue.grantOf(party);
    assert((conflictsOf(mode) & queue.heldModes(own)) === 0, 'no two owners hold locks that conflict');
    if (own === undefined) {
      own = new Grant(party, queue, mode);
      queue.addGrant(own);
      party.grants.push(own);
      this.heldCount++;
      this.#trace.granted(shard, queue, party, mode, waitNs);
    } else if (own.mode !== mode) {
      queue.strengthen(own, mode);
      this.#trace.converted(shard, queue, party, mode, waitNs);
    }
    if (queue.item === undefined) party.lastSpace = own;
    if (party.waits.length > 0) this.#reviseOwnWaits(party, queue);
  }

  /** An owner with waits of its own in this queue: they are conversions from now on, of what it holds now. */
  #reviseOwnWaits(party: LockParty, queue: LockQueue): void {
    for (const waiter of party.waits) if (waiter.queue === queue) queue.revise(waiter);
    if (queue.waitingCount > 0) {
      this.#changed.push(queue);
      this.#suspects.push(party);
    }
  }

  /** True when advance() would get everything at once. Changes nothing. */
  isFree(party: LockParty | undefined, resource: LockResource, wanted: ModeCode): boolean {
    return !this.#someStep(party, resource, wanted, (queue, mode, own) => !queue.admitsNewcomer(mode, own));
  }

  /** The queue in which a lock of another owner conflicts with the request; waiters do not count. */
  conflict(party: LockParty | undefined, resource: LockResource, wanted: ModeCode): LockQueue | undefined {
    let found: LockQueue | undefined;
    this.#someStep(party, resource, wanted, (queue, mode, own) => {
      if ((conflictsOf(mode) & queue.heldModes(own)) !== 0) found = queue;
      return found !== undefined;
    });
    return found;
  }

  /** Walks the steps of a request whose queues exist, until `visit` returns true. */
  #someStep(
    party: LockParty | undefined, resource: LockResource, wanted: ModeCode,
    visit: (queue: LockQueue, mode: ModeCode, own: Grant | undefined) => boolean,
  ): boolean {
    const { space, item } = resource;
    const spaceQueue = this.find(space, undefined);
    // Whoever holds an item holds its space: without the queue of the space there are no others.
    if (spaceQueue === undefined) return false;
    const own = party && spaceQueue.grantOf(party);
    const mode = joinModes(own?.mode ?? 0, item === undefined ? wanted : intentionFor(wanted));
    if (own?.mode !== mode && visit(spaceQueue, mode, own)) return true;
    if (item === undefined || coversItems(mode, wanted)) return false;
    const itemQueue = this.find(space, item);
    const ownItem = party && itemQueue?.grantOf(party);
    const itemMode = joinModes(ownItem?.mode ?? 0, wanted);
    return itemQueue !== undefined && ownItem?.mode !== itemMode && visit(itemQueue, itemMode, ownItem);
  }

  /** What a request that comes now would wait for in `queue`, and behind whom. */
  newcomer(party: LockParty | undefined, queue: LockQueue, resource: LockResource, wanted: ModeCode): Newcomer {
    const own = party && queue.grantOf(party);
    return { mode: joinModes(own?.mode ?? 0, needAt(queue, resource, wanted)), last: own === undefined ? queue.tail : undefined };
  }

  /** A request was refused without a wait. */
  countTimeout(queue: LockQueue): void { this.#trace.countFailure(this.#shard(queue), 'timeout'); }

  /** Puts a request into the queue that advance() returned. settle() must follow. */
  wait(waiter: LockWaiter, queue: LockQueue): void {
    const { party } = waiter;
    queue.enqueue(waiter, needAt(queue, waiter.resource, waiter.wanted));
    party.waits.push(waiter);
    this.contended.add(queue);
    this.#trace.waitBegan(this.#shard(queue), queue, waiter);
    this.#suspects.push(party);
  }

  /** Ends a wait without its lock. What the request got on the way stays with its owner. settle() must follow. */
  cancel(waiter: LockWaiter, end: WaitFailure): void {
    const queue = waiter.queue;
    if (queue === undefined) return;
    this.#leave(waiter, queue, end);
    this.#changed.push(queue);
  }

  #leave(waiter: LockWaiter, queue: LockQueue, end: WaitFailure | 'granted'): number {
    const { waits } = waiter.party;
    queue.dequeue(waiter);
    waits.splice(waits.indexOf(waiter), 1);
    if (queue.waitingCount === 0) this.contended.delete(queue);
    return this.#trace.waitEnded(this.#shard(queue), queue, waiter, end);
  }

  /** Gives back all locks of an owner that waits for nothing. settle() must follow. */
  release(party: LockParty): void {
    assert(party.waits.length === 0, 'an owner that ends waits for nothing');
    for (const grant of party.grants) {
      const { queue } = grant;
      const shard = this.#shard(queue);
      queue.removeGrant(grant);
      this.#trace.released(shard, queue, party, grant.mode);
      if (queue.waitingCount > 0) this.#changed.push(queue);
      else if (queue.isUnused) shard.drop(queue);
    }
    this.heldCount -= party.grants.length;
    party.grants.length = 0;
    party.lastSpace = undefined;
  }

  /** Grants what can be granted and breaks every circle. */
  settle(): void {
    for (;;) {
      const queue = this.#changed.pop();
      if (queue !== undefined) { this.#admit(queue); continue; }
      const suspect = this.#suspects.pop();
      if (suspect === undefined) return;
      if (suspect.waits.length > 0) this.#breakCircle(suspect);
    }
  }

  #admit(queue: LockQueue): void {
    for (let w = queue.firstAdmissible(); w !== undefined; w = queue.firstAdmissible()) {
      const { party, mode } = w;
      this.#grant(party, queue, mode, this.#leave(w, queue, 'granted'));
      const next = this.advance(party, w.resource, w.wanted);
      if (next === undefined) this.#listener.granted(w);
      else this.wait(w, next);
    }
    // The same resource may have got a new queue since this one was marked.
    if (queue.isUnused && this.find(queue.space, queue.item) === queue) this.#shard(queue).drop(queue);
  }

  #breakCircle(suspect: LockParty): void {
    if (!this.#isAwaited(suspect)) return;
    const cycle = this.#search.find(suspect);
    const victim = cycle && youngestOf(cycle);
    if (cycle === undefined || victim === undefined) return;
    const steps = describeCycle(cycle);
    // There may be more circles through the same owner.
    this.#suspects.push(suspect);
    for (const waiter of [...victim.waits]) {
      this.cancel(waiter, 'deadlock');
      this.#listener.killed(waiter, steps);
    }
  }

  /** False when surely nobody waits for the owner: then no circle passes through it. */
  #isAwaited(party: LockParty): boolean {
    if (party.waits.some((w) => w.next !== undefined)) return true;
    if (party.grants.length < this.contended.size) return party.grants.some((grant) => grant.queue.waitingCount > 0);
    for (const queue of this.contended) if (queue.grantOf(party) !== undefined) return true;
    return false;
  }

  find(space: string, item: LockItem | undefined): LockQueue | undefined {
    const hash = lockHash(space, item);
    return this.#shardOf(hash).find(space, item, hash);
  }

  #shard(queue: LockQueue): LockShard { return this.shards[queue.shard] ?? this.#shardOf(queue.hash); }

  #shardOf(hash: number): LockShard {
    const shard = this.shards[hash % this.shards.length];
    assert(shard !== undefined, 'the hash of a resource leads to a shard');
    return shard;
  }
}

/** What a request asks for in the queue of its space or of its item. */
function needAt(queue: LockQueue, resource: LockResource, wanted: ModeCode): ModeCode {
  return resource.item !== undefined && queue.item === undefined ? intentionFor(wanted) : wanted;
}
