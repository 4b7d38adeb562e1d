import type { LockEvent, LockMode, LockResource, UserLockMode } from '#txn';

/**
 * The lock manager as a specification: one list of locks, one list of waiters in order of arrival, every rule
 * written out plainly and nothing made fast. It runs beside the real one and follows its events: where the rules
 * leave a choice (which queue is looked at first, who of several circles dies) the real one chooses and the
 * specification judges; everything else must come exactly as it says.
 */

type Modes = readonly LockMode[];

const AGREES: Record<LockMode, Modes> = { IS: ['IS', 'IX', 'S', 'SIX'], IX: ['IS', 'IX'], S: ['IS', 'S'], SIX: ['IS'], X: [] };
const BY_STRENGTH: Modes = ['IS', 'IX', 'S', 'SIX', 'X'];
const RIGHTS: Record<LockMode, Modes> = { IS: ['IS'], IX: ['IS', 'IX'], S: ['IS', 'S'], SIX: ['IS', 'IX', 'S', 'SIX'], X: BY_STRENGTH };

export const agree = (a: LockMode, b: LockMode): boolean => AGREES[a].includes(b);

function join(a: LockMode | undefined, b: LockMode): LockMode {
  const least = BY_STRENGTH.find((mode) => (a === undefined || RIGHTS[mode].includes(a)) && RIGHTS[mode].includes(b));
  if (least === undefined) throw new Error('every pair has a join');
  return least;
}

export type Fate = 'waiting' | 'granted' | 'LOCK_TIMEOUT' | 'DEADLOCK' | 'ABORTED' | 'TXN_DONE';

export interface SpecRequest {
  readonly id: number;
  readonly owner: number;
  readonly resource: LockResource;
  readonly mode: UserLockMode;
  readonly deadlineMs: number;
  fate: Fate;
}

interface Waiter { readonly request: SpecRequest; readonly key: string; readonly need: LockMode; isConversion: boolean }
interface Held { readonly owner: number; readonly key: string; mode: LockMode }
export interface Edge { readonly from: number; readonly to: number }

export const keyOf = (r: LockResource): string => (r.item === undefined ? r.space : `${r.space}|${typeof r.item}|${r.item}`);

export class Violation extends Error {}

export class LockSpec {
  readonly held: Held[] = [];
  waiters: Waiter[] = [];
  /** The graph at each kill, with the owner that died. */
  readonly kills: { readonly victim: number; readonly edges: readonly Edge[] }[] = [];
  #events: LockEvent[] = [];

  /** Gives the events of one call to the specification. */
  feed(events: readonly LockEvent[]): void { this.#events = [...events]; }

  finish(): void {
    const [left] = this.#events;
    if (left !== undefined) throw new Violation(`unexpected: ${left.kind} of ${left.owner.id} on ${keyOf(left.resource)} ${left.mode}`);
  }

  heldMode(owner: number, key: string): LockMode | undefined {
    return this.held.find((h) => h.owner === owner && h.key === key)?.mode;
  }

  target(w: Waiter): LockMode { return join(this.heldMode(w.request.owner, w.key), w.need); }

  /** Whom a request for `mode` on `key` has to wait for, the waiters in `ahead` before it. */
  blockers(owner: number, key: string, mode: LockMode, isConversion: boolean, ahead: readonly Waiter[]): number[] {
    const holders = this.held.filter((h) => h.key === key && h.owner !== owner && !agree(h.mode, mode)).map((h) => h.owner);
    if (isConversion) return holders;
    return [...holders, ...ahead.filter((w) => w.key === key && !agree(this.target(w), mode)).map((w) => w.request.owner)];
  }

  /** Those before a waiter: conversions come before all others, else the earlier comes first. */
  ahead(waiter: Waiter): Waiter[] {
    return this.waiters.filter((w, i) => w.key === waiter.key && w !== waiter
      && (w.isConversion === waiter.isConversion ? i < this.waiters.indexOf(waiter) : w.isConversion));
  }

  blockersOf(w: Waiter): number[] {
    return this.blockers(w.request.owner, w.key, this.target(w), w.isConversion, this.ahead(w));
  }

  /** Who waits for whom, without waits for oneself. */
  edges(): Edge[] {
    return this.waiters.flatMap((w) => this.blockersOf(w).filter((to) => to !== w.request.owner).map((to) => ({ from: w.request.owner, to })));
  }

  /** What another owner holds against a request, on its space or on itself. */
  isForbidden(owner: number, resource: LockResource, mode: UserLockMode, countWaiters: boolean): boolean {
    for (const step of this.steps(owner, resource, mode)) {
      const own = this.heldMode(owner, step.key);
      const target = join(own, step.need);
      if (own !== target && this.blockers(owner, step.key, target, own !== undefined, countWaiters ? this.waiters : []).length > 0) return true;
    }
    return false;
  }

  /** The locks that a request needs, given what its owner holds: the space before the item. */
  steps(owner: number, resource: LockResource, mode: UserLockMode): { key: string; need: LockMode }[] {
    const wanted: LockMode = mode === 'shared' ? 'S' : 'X';
    if (resource.item === undefined) return [{ key: resource.space, need: wanted }];
    const space = { key: resource.space, need: mode === 'shared' ? 'IS' as const : 'IX' as const };
    const spaceMode = join(this.heldMode(owner, resource.space), space.need);
    return RIGHTS[spaceMode].includes(wanted) ? [space] : [space, { key: keyOf(resource), need: wanted }];
  }

  /** Takes what can be taken; waits for the rest unless it may not. */
  acquire(request: SpecRequest, mayWait: boolean): void {
    for (const { key, need } of this.steps(request.owner, request.resource, request.mode)) {
      const own = this.heldMode(request.owner, key);
      const target = join(own, need);
      if (own === target) continue;
      if (this.blockers(request.owner, key, target, own !== undefined, this.waiters).length > 0) {
        if (!mayWait) { request.fate = 'LOCK_TIMEOUT'; return; }
        this.expect('wait', request.owner, key, target);
        this.waiters.push({ request, key, need, isConversion: own !== undefined });
        return;
      }
      this.grant(request.owner, key, target);
    }
    request.fate = 'granted';
  }

  grant(owner: number, key: string, mode: LockMode): void {
    const own = this.held.find((h) => h.owner === owner && h.key === key);
    if (own === undefined) {
      this.expect('grant', owner, key, mode);
      this.held.push({ owner, key, mode });
    } else if (own.mode !== mode) {
      this.expect('convert', owner, key, mode);
      own.mode = mode;
    }
    for (const w of this.waiters.filter((v) => v.request.owner === owner && v.key === key && !v.isConversion)) {
      w.isConversion = true;
      this.remove(w);
      this.waiters.push(w);
    }
  }

  remove(waiter: Waiter): void { this.waiters = this.waiters.filter((w) => w !== waiter); }

  expect(kind: LockEvent['kind'], owner: number, key: string, mode: LockMode): void {
    const e = this.#events.shift();
    if (e === undefined || e.kind !== kind || e.owner.id !== owner || keyOf(e.resource) !== key || e.mode !== mode) {
      const got = e === undefined ? 'nothing' : `${e.kind} of ${e.owner.id} on ${keyOf(e.resource)} ${e.mode}`;
      throw new Violation(`expected ${kind} of ${owner} on ${key} ${mode}, got ${got}`);
    }
  }

  /** In each queue the first that may go on. */
  admissible(): Waiter[] {
    const open = this.waiters.filter((w) => this.blockersOf(w).length === 0);
    return open.filter((w) => !this.ahead(w).some((v) => open.includes(v)));
  }

  /** Follows the real one until nobody can be granted anything and no circle is left. */
  settle(): void {
    for (;;) {
      const open = this.admissible();
      const e = this.#events[0];
      const silent = open.find((w) => this.heldMode(w.request.owner, w.key) === this.target(w));
      const next = silent ?? open.find((w) => e?.owner.id === w.request.owner && keyOf(e.resource) === w.key && e.mode === this.target(w));
      if (next !== undefined) {
        const target = this.target(next);
        this.remove(next);
        this.grant(next.request.owner, next.key, target);
        this.acquire(next.request, true);
      } else if (open.length > 0) {
        const [w] = open;
        throw new Violation(`lost wakeup: request ${w?.request.id} on ${w?.key} may be granted, got ${e === undefined ? 'nothing' : e.kind}`);
      } else if (!this.kill()) return;
    }
  }

  /** Somebody must die if there is a circle: the youngest of one. */
  kill(): boolean {
    const edges = this.edges();
    const isInCircle = (owner: number, oldest: number): boolean => reaches(edges.filter((g) => g.from <= oldest && g.to <= oldest), owner);
    if (!edges.some((g) => isInCircle(g.from, Infinity))) return false;
    const victim = this.#events[0]?.owner.id;
    if (this.#events[0]?.kind !== 'deadlock' || victim === undefined) throw new Violation('a circle of waits was not broken');
    if (!isInCircle(victim, victim)) throw new Violation(`${victim} died, but it is not the youngest of a circle`);
    this.kills.push({ victim, edges });
    this.failAll(victim, 'deadlock', 'DEADLOCK');
    return true;
  }

  fail(waiter: Waiter, kind: 'deadlock' | 'timeout' | 'abort', fate: Fate): void {
    this.expect(kind, waiter.request.owner, waiter.key, this.target(waiter));
    this.remove(waiter);
    waiter.request.fate = fate;
  }

  /** All waits of one owner, in the order of the real one. */
  failAll(owner: number, kind: 'deadlock' | 'abort', fate: Fate): void {
    for (;;) {
      const mine = this.waiters.filter((w) => w.request.owner === owner);
      const e = this.#events[0];
      const next = mine.find((w) => e !== undefined && keyOf(e.resource) === w.key && e.mode === this.target(w)) ?? mine[0];
      if (next === undefined) return;
      this.fail(next, kind, fate);
    }
  }

  abort(request: SpecRequest): void {
    const waiter = this.waiters.find((w) => w.request === request);
    if (waiter !== undefined) this.fail(waiter, 'abort', 'ABORTED');
    this.settle();
  }

  releaseAll(owner: number): void {
    this.failAll(owner, 'abort', 'TXN_DONE');
    for (const h of this.held.filter((g) => g.owner === owner)) {
      this.expect('release', owner, h.key, h.mode);
      this.held.splice(this.held.indexOf(h), 1);
    }
    this.settle();
  }

  /** All whose time is up, in order of their deadlines. */
  passTime(nowMs: number): void {
    for (;;) {
      const due = this.waiters.filter((w) => w.request.deadlineMs <= nowMs)
        .sort((a, b) => a.request.deadlineMs - b.request.deadlineMs || a.request.id - b.request.id);
      const [first] = due;
      if (first === undefined) return;
      this.fail(first, 'timeout', 'LOCK_TIMEOUT');
      this.settle();
    }
  }
}

/** Does a path along the edges lead from the node back to it? */
function reaches(edges: readonly Edge[], start: number): boolean {
  const seen = new Set<number>();
  const front = [start];
  for (let node = front.pop(); node !== undefined; node = front.pop()) {
    for (const { from, to } of edges) {
      if (from !== node) continue;
      if (to === start) return true;
      if (!seen.has(to)) { seen.add(to); front.push(to); }
    }
  }
  return false;
}
