import { Probe } from '#storage';
import type { LockEvent, LockManager, LockManagerOptions, LockMode, LockResource, UserLockMode } from '#txn';
import { seededRandom, simEnvironment, type SeededRandom, type SimEnvironment } from '../../support/sim-clock.js';
import { agree, keyOf, LockSpec, Violation, type Fate, type SpecRequest } from './lock-spec.js';

export type LockManagerClass = new (options: LockManagerOptions) => LockManager;

/** What a run of schedules met: a checker that never sees a deadlock proves nothing about deadlocks. */
export type Coverage = Record<Fate | 'ops' | 'conversions' | 'tried', number>;

export function noCoverage(): Coverage {
  return { waiting: 0, granted: 0, LOCK_TIMEOUT: 0, DEADLOCK: 0, ABORTED: 0, TXN_DONE: 0, ops: 0, conversions: 0, tried: 0 };
}

interface Outcome { readonly request: SpecRequest; readonly fate: Fate; readonly error: unknown }

const MODES: readonly UserLockMode[] = ['shared', 'exclusive'];

/** Random work of a few owners on a few resources, each step held against the specification. */
export class LockSchedule {
  readonly #random: SeededRandom;
  readonly #env: SimEnvironment;
  readonly #locks: LockManager;
  readonly #probe = new Probe();
  readonly #spec = new LockSpec();
  readonly #coverage: Coverage;
  readonly #resources: LockResource[];
  readonly #aborts = new Map<SpecRequest, AbortController>();
  #owners: number[] = [];
  #events: LockEvent[] = [];
  #outcomes: Outcome[] = [];
  #requests: SpecRequest[] = [];
  #made = 0;
  #asked = 0;
  #doomed = new Set<number>();

  constructor(Manager: LockManagerClass, seed: number, coverage: Coverage) {
    this.#random = seededRandom(seed);
    this.#env = simEnvironment(seed);
    this.#coverage = coverage;
    const spaces = this.#random.chance(0.5) ? ['s'] : ['s', 't'];
    const items = this.#random.pick([1, 2, 3]);
    this.#resources = spaces.flatMap((space) => [{ space }, ...Array.from({ length: items }, (_, i) => ({ space, item: i % 2 === 0 ? i : `${i}` }))]);
    for (let i = this.#random.int(4) + 2; i > 0; i--) this.#owners.push(++this.#made);
    this.#locks = new Manager({
      shards: this.#random.pick([1, 3, 8]), timeoutMs: 40, env: this.#env, probe: this.#probe, trace: (event) => this.#events.push(event),
    });
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      this.#step();
      await this.#check();
    }
    await this.#drain();
    await this.#expectNothingLeft();
  }

  #step(): void {
    this.#coverage.ops++;
    const owner = this.#random.pick(this.#owners);
    const dice = this.#random.int(100);
    if (this.#doomed.has(owner) && dice < 70) this.#release(owner);
    else if (dice < 62) this.#acquire(owner);
    else if (dice < 72) this.#tryAcquire(owner);
    else if (dice < 84) this.#release(owner);
    else if (dice < 92) this.#passTime(this.#random.int(25));
    else this.#abort();
  }

  #acquire(owner: number): void {
    // Mostly one wait at a time, sometimes several, as with Promise.all.
    if (this.#requests.some((r) => r.owner === owner) && this.#random.chance(0.85)) return;
    const resource = this.#random.pick(this.#resources);
    const mode = this.#random.pick(MODES);
    const timeoutMs = this.#random.pick([undefined, undefined, 0, 10, Infinity, Infinity]);
    const deadlineMs = this.#env.elapsedMs + (timeoutMs ?? 40);
    const request: SpecRequest = { id: ++this.#asked, owner, resource, mode, deadlineMs, fate: 'waiting' };
    const controller = new AbortController();
    const options = { signal: controller.signal, ...timeoutMs === undefined ? {} : { timeoutMs } };
    const waiting = this.#locks.acquire({ id: owner }, resource, mode, options);
    waiting?.then(() => this.#outcomes.push({ request, fate: 'granted', error: undefined }), (error: unknown) => {
      this.#outcomes.push({ request, fate: fateOf(error), error });
    });
    this.#follow(() => {
      this.#spec.acquire(request, timeoutMs !== 0);
      if ((waiting === undefined) !== (request.fate === 'granted')) {
        throw new Violation(`${mode} on ${keyOf(resource)} by ${owner}: must be ${request.fate}, was ${waiting === undefined ? 'granted' : 'made to wait'}`);
      }
      this.#spec.settle();
    });
    if (waiting === undefined) { this.#coverage.granted++; return; }
    this.#requests.push(request);
    this.#aborts.set(request, controller);
  }

  #tryAcquire(owner: number): void {
    const resource = this.#random.pick(this.#resources);
    const mode = this.#random.pick(MODES);
    const request: SpecRequest = { id: -1, owner, resource, mode, deadlineMs: Infinity, fate: 'waiting' };
    const isFree = !this.#spec.isForbidden(owner, resource, mode, true);
    const got = this.#locks.tryAcquire({ id: owner }, resource, mode);
    this.#coverage.tried++;
    if (got !== isFree) throw new Violation(`tryAcquire ${mode} on ${keyOf(resource)} by ${owner} gave ${got}`);
    this.#follow(() => {
      if (!isFree) return;
      this.#spec.acquire(request, false);
      this.#spec.settle();
    });
  }

  #release(owner: number): void {
    this.#locks.releaseAll({ id: owner });
    this.#follow(() => this.#spec.releaseAll(owner));
    this.#owners = [...this.#owners.filter((id) => id !== owner), ++this.#made];
    this.#doomed.delete(owner);
  }

  #passTime(ms: number): void {
    this.#env.advance(ms);
    this.#follow(() => this.#spec.passTime(this.#env.elapsedMs));
  }

  #abort(): void {
    const waiting = this.#requests.filter((r) => r.fate === 'waiting');
    if (waiting.length === 0) return;
    const request = this.#random.pick(waiting);
    this.#aborts.get(request)?.abort();
    this.#follow(() => this.#spec.abort(request));
  }

  /** The events of the last call, judged. */
  #follow(judge: () => void): void {
    this.#spec.feed(this.#events);
    this.#events = [];
    judge();
    this.#spec.finish();
  }

  async #check(): Promise<void> {
    await Promise.resolve();
    await Promise.resolve();
    for (const { request, fate, error } of this.#outcomes) this.#checkOutcome(request, fate, error);
    this.#outcomes = [];
    const open = this.#requests.filter((r) => r.fate !== 'waiting');
    if (open.length > 0) throw new Violation(`request ${open[0]?.id} is ${open[0]?.fate}, but nobody was told`);
    this.#checkSafety();
    this.#checkViews();
  }

  #checkOutcome(request: SpecRequest, fate: Fate, error: unknown): void {
    if (request.fate !== fate) throw new Violation(`request ${request.id} must be ${request.fate}, was ${fate}`);
    this.#coverage[fate]++;
    this.#requests = this.#requests.filter((r) => r !== request);
    if (fate !== 'DEADLOCK') return;
    this.#doomed.add(request.owner);
    const cycle = cycleOf(error);
    const kill = this.#spec.kills.find((k) => k.victim === request.owner
      && cycle.every((from, i) => k.edges.some((e) => e.from === from && e.to === cycle[(i + 1) % cycle.length])));
    if (cycle.length < 2 || kill === undefined) throw new Violation(`the circle ${cycle.join(' -> ')} in the error of ${request.owner} was not there`);
    if (Math.max(...cycle) !== request.owner) throw new Violation(`${request.owner} died, but ${Math.max(...cycle)} is the youngest of the circle`);
  }

  /** No two owners ever hold locks that conflict: asked of the real one alone. */
  #checkSafety(): void {
    for (const resource of this.#resources) {
      const holders = this.#locks.holdersOf(resource);
      for (const one of holders) for (const other of holders) {
        if (one !== other && !agree(one.mode, other.mode)) {
          throw new Violation(`${one.owner.id} holds ${one.mode} and ${other.owner.id} holds ${other.mode} on ${keyOf(resource)}`);
        }
      }
    }
    for (const row of this.#resources.filter((r) => r.item !== undefined)) {
      for (const { owner, mode } of this.#locks.holdersOf(row)) {
        for (const whole of this.#locks.holdersOf({ space: row.space })) {
          const announced: LockMode = mode === 'S' ? 'IS' : 'IX';
          if (whole.owner.id !== owner.id && !agree(whole.mode, announced)) {
            throw new Violation(`${owner.id} holds ${mode} on ${keyOf(row)} although ${whole.owner.id} holds ${whole.mode} on all`);
          }
        }
      }
    }
  }

  #checkViews(): void {
    const list = (entries: string[]): string => entries.sort().join(', ');
    const same = (what: string, got: string[], want: string[]): void => {
      if (list(got) !== list(want)) throw new Violation(`${what}: ${list(got)}; must be ${list(want)}`);
    };
    for (const id of this.#owners) {
      same(`held by ${id}`, this.#locks.heldBy({ id }).map((h) => `${keyOf(h.resource)} ${h.mode}`),
        this.#spec.held.filter((h) => h.owner === id).map((h) => `${h.key} ${h.mode}`));
    }
    const graph = this.#locks.waitForGraph();
    same('edges', graph.edges.map((e) => `${e.from}-${e.to}`), this.#spec.edges().map((e) => `${e.from}-${e.to}`));
    if (this.#locks.isIdle !== (this.#spec.held.length === 0)) throw new Violation(`isIdle is ${this.#locks.isIdle}`);
    if (this.#random.chance(0.1)) {
      const stats = this.#locks.shardStats();
      const sum = (key: 'held' | 'waiting'): number => stats.reduce((n, shard) => n + shard[key], 0);
      same('counts', [`${sum('held')} ${sum('waiting')}`], [`${this.#spec.held.length} ${this.#spec.waiters.length}`]);
    }
    const [owner, resource, mode] = [this.#random.pick(this.#owners), this.#random.pick(this.#resources), this.#random.pick(MODES)];
    same(`conflicts of ${owner} on ${keyOf(resource)} ${mode}`, [String(this.#locks.conflicts({ id: owner }, resource, mode))],
      [String(this.#spec.isForbidden(owner, resource, mode, false))]);
  }

  /** From here nobody asks; owners that do not wait end. Everybody must get on. */
  async #drain(): Promise<void> {
    while (this.#spec.waiters.length > 0) {
      const busy = new Set(this.#spec.waiters.map((w) => w.request.owner));
      const ready = [...new Set(this.#spec.held.map((h) => h.owner))].filter((id) => !busy.has(id) || this.#doomed.has(id));
      const [owner] = ready;
      if (owner === undefined) throw new Violation('all wait and nobody can end');
      this.#release(owner);
      await this.#check();
    }
    for (const owner of [...this.#owners]) this.#release(owner);
    await this.#check();
  }

  async #expectNothingLeft(): Promise<void> {
    await Promise.resolve();
    const stats = this.#locks.shardStats();
    const left = stats.reduce((n, s) => n + s.held + s.waiting + s.resources, 0) + this.#env.pendingTimers + this.#requests.length;
    const { owners = 0, conversions = 0, ...totals } = this.#probe.snapshot().counters.locks ?? {};
    if (left + owners > 0 || !this.#locks.isIdle) throw new Violation('something is left after all is released');
    this.#coverage.conversions += conversions;
    for (const key of ['acquisitions', 'waits', 'timeouts', 'deadlocks', 'aborts'] as const) {
      const sum = stats.reduce((n, s) => n + s[key], 0);
      if (totals[key] !== sum) throw new Violation(`${key}: the shards counted ${sum}, the total is ${totals[key]}`);
    }
  }
}

function fateOf(error: unknown): Fate {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  for (const fate of ['LOCK_TIMEOUT', 'DEADLOCK', 'ABORTED', 'TXN_DONE'] as const) if (code === fate) return fate;
  throw error;
}

function cycleOf(error: unknown): number[] {
  if (!(error instanceof Error) || !('details' in error)) return [];
  const { cycle } = error.details as { cycle: readonly { id: number }[] };
  return cycle.map((step) => step.id);
}

/** Runs schedules from `firstSeed`; throws with the seed of the first that goes wrong. */
export async function runSchedules(
  Manager: LockManagerClass, firstSeed: number, count: number, steps: number, coverage = noCoverage(),
): Promise<Coverage> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    try {
      await new LockSchedule(Manager, seed, coverage).run(steps);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new Violation(`${text} (seed ${seed}; SEED=${seed} npx vitest run test/txn/lock/lock-random.test.ts)`, { cause: error });
    }
  }
  return coverage;
}
