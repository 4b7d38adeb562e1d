import { assert } from '#storage';
import { conflictsOf, joinModes, MODE_COUNT, X, type ModeCode, type ModeSet } from './lock-mode.js';
import type { LockItem, LockOwner, LockResource } from './lock-types.js';

/** An owner with locks or waits. It exists exactly as long as it has some. */
export class LockParty {
  readonly grants: Grant[] = [];
  readonly waits: LockWaiter[] = [];
  /** Its lock on the space it used last: most owners lock many items of one space. */
  lastSpace: Grant | undefined = undefined;
  /** Marks of one search of the wait-for graph. */
  seenIn = 0;
  reachedBy: LockWaiter | undefined = undefined;

  constructor(readonly owner: LockOwner, /** Monotonic time of its first lock or wait. */ readonly sinceNs: number) {}
}

/** One owner's lock on one resource. */
export class Grant {
  constructor(readonly party: LockParty, readonly queue: LockQueue, public mode: ModeCode) {}
}

/** A request on its way: it stands in the queue of the space first, then in that of the item. */
export class LockWaiter {
  /** Where it stands now. */
  queue: LockQueue | undefined = undefined;
  /** What it asks for there: an intention mode at a space on the way to an item. */
  need: ModeCode = 0;
  /** What it waits for there: `need` joined with what its owner holds. */
  mode: ModeCode = 0;
  isConversion = false;
  sinceNs = 0;
  previous: LockWaiter | undefined = undefined;
  next: LockWaiter | undefined = undefined;
  /** Marks of one search: the waiters ahead of this one in conflict with these modes are known. */
  coveredIn = 0;
  coveredModes: ModeSet = 0;

  constructor(readonly party: LockParty, readonly resource: LockResource, readonly wanted: ModeCode) {}
}

/**
 * Holders of one resource and those who wait for it.
 *
 * The rule of admission, which the wait-for graph follows edge by edge:
 * - a conversion (its owner holds the resource already) is admitted when it agrees with all other holders;
 * - anything else is admitted when it agrees with all holders and with all that wait before it.
 * So nobody overtakes a waiter whom it would delay. Conversions stand before all others: their owners keep what
 * they hold until they get on, and so does everybody who waits for it.
 */
export class LockQueue {
  waitingCount = 0;
  head: LockWaiter | undefined = undefined;
  tail: LockWaiter | undefined = undefined;
  /** Of the hash table of its shard. */
  nextInBucket: LockQueue | undefined = undefined;
  /** Marks of one search: the holders in conflict with these modes are known. */
  seenIn = 0;
  seenModes: ModeSet = 0;
  // Nearly every item has one holder: the map and the counts by mode are for the others.
  #first: Grant | undefined = undefined;
  #more: Map<LockParty, Grant> | undefined = undefined;
  #counts: number[] | undefined = undefined;

  constructor(
    readonly space: string, readonly item: LockItem | undefined,
    /** lockHash(space, item). */ readonly hash: number, readonly shard: number,
  ) {}

  get resource(): LockResource { return this.item === undefined ? { space: this.space } : { space: this.space, item: this.item }; }
  get isUnused(): boolean { return this.#first === undefined && this.head === undefined; }

  grantOf(party: LockParty): Grant | undefined {
    return this.#first?.party === party ? this.#first : this.#more?.get(party);
  }

  /** The modes held, not counting the grant `except`. */
  heldModes(except: Grant | undefined): ModeSet {
    const counts = this.#counts;
    if (counts === undefined) return this.#first === undefined || this.#first === except ? 0 : 1 << this.#first.mode;
    let set = 0;
    for (let mode = 1; mode < MODE_COUNT; mode++) {
      if ((counts[mode] ?? 0) > (except?.mode === mode ? 1 : 0)) set |= 1 << mode;
    }
    return set;
  }

  /** May a request for `mode` be granted that comes now, with `own` held already? */
  admitsNewcomer(mode: ModeCode, own: Grant | undefined): boolean {
    const conflicts = conflictsOf(mode);
    if ((conflicts & this.heldModes(own)) !== 0) return false;
    if (own !== undefined) return true;
    for (let w = this.head; w !== undefined; w = w.next) if ((conflicts & (1 << w.mode)) !== 0) return false;
    return true;
  }

  addGrant(grant: Grant): void {
    if (this.#first === undefined) this.#first = grant;
    else {
      if (this.#more === undefined) {
        this.#more = new Map();
        this.#counts = new Array<number>(MODE_COUNT).fill(0);
        this.#count(this.#first.mode, 1);
      }
      this.#more.set(grant.party, grant);
    }
    this.#count(grant.mode, 1);
  }

  strengthen(grant: Grant, mode: ModeCode): void {
    this.#count(grant.mode, -1);
    grant.mode = mode;
    this.#count(mode, 1);
  }

  removeGrant(grant: Grant): void {
    this.#count(grant.mode, -1);
    if (this.#first !== grant) {
      const removed = this.#more?.delete(grant.party) === true;
      assert(removed, 'a released lock is in its queue');
      return;
    }
    this.#first = undefined;
    if (this.#more === undefined) return;
    for (const [party, other] of this.#more) {
      this.#more.delete(party);
      this.#first = other;
      break;
    }
  }

  #count(mode: ModeCode, by: number): void {
    const counts = this.#counts;
    if (counts !== undefined) counts[mode] = (counts[mode] ?? 0) + by;
  }

  /** Calls `visit` for each holder until it returns true. */
  someHolder(visit: (grant: Grant) => boolean): boolean {
    if (this.#first !== undefined && visit(this.#first)) return true;
    if (this.#more !== undefined) for (const grant of this.#more.values()) if (visit(grant)) return true;
    return false;
  }

  /** Puts the waiter at the end, or behind the last conversion if it is one. */
  enqueue(waiter: LockWaiter, need: ModeCode): void {
    assert(waiter.queue === undefined, 'a waiter stands in one queue at a time');
    const own = this.grantOf(waiter.party);
    waiter.queue = this;
    waiter.need = need;
    waiter.mode = joinModes(own?.mode ?? 0, need);
    waiter.isConversion = own !== undefined;
    let before = this.tail;
    if (waiter.isConversion) while (before !== undefined && !before.isConversion) before = before.previous;
    this.#linkAfter(before, waiter);
    this.waitingCount++;
  }

  #linkAfter(before: LockWaiter | undefined, waiter: LockWaiter): void {
    const after = before === undefined ? this.head : before.next;
    waiter.previous = before;
    waiter.next = after;
    if (before === undefined) this.head = waiter; else before.next = waiter;
    if (after === undefined) this.tail = waiter; else after.previous = waiter;
  }

  dequeue(waiter: LockWaiter): void {
    assert(waiter.queue === this, 'a waiter leaves the queue it stands in');
    if (waiter.previous === undefined) this.head = waiter.next; else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.tail = waiter.previous; else waiter.next.previous = waiter.previous;
    waiter.queue = waiter.previous = waiter.next = undefined;
    this.waitingCount--;
  }

  /** After the owner of a waiter here got a lock here: the waiter is a conversion now, of the new mode. */
  revise(waiter: LockWaiter): void {
    if (!waiter.isConversion) {
      this.dequeue(waiter);
      this.enqueue(waiter, waiter.need);
    } else waiter.mode = joinModes(this.grantOf(waiter.party)?.mode ?? 0, waiter.need);
  }

  /**
   * The first waiter that may be granted now, undefined if there is none. All that stand before it stay blocked
   * while it is granted, so a caller may ask again until nothing comes.
   */
  firstAdmissible(): LockWaiter | undefined {
    let ahead: ModeSet = 0;
    for (let w = this.head; w !== undefined; w = w.next) {
      const blockers = this.heldModes(w.isConversion ? this.grantOf(w.party) : undefined) | (w.isConversion ? 0 : ahead);
      if ((conflictsOf(w.mode) & blockers) === 0) return w;
      ahead |= 1 << w.mode;
      if (w.mode === X && !w.isConversion) return undefined;
    }
    return undefined;
  }
}
