import type { Environment, Scheduler, Timer, Vfs } from '#storage';
import { seededRandom, type SeededRandom } from '../sim-clock.js';

interface PendingTimer { readonly atMs: number; readonly order: number; readonly run: () => void }

/** The work under test waits for something that will never come. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** Microtask turns that are tried before a turn of the event loop, which costs microseconds. */
const QUICK_TURNS = 12;

/**
 * Runs one thing at a time, when settle() asks: microtasks first, then `later` work, then the next timer (time jumps to it).
 * With a seed, any of the waiting `later` work may come next, so that different seeds try different interleavings;
 * without one, first come first served. Asynchronous syncs of a SimDisk end through `later`.
 */
export class SimScheduler implements Scheduler {
  readonly #random: SeededRandom | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #timers: PendingTimer[] = [];
  #made = 0;
  elapsedMs = 0;

  constructor(seed?: number) {
    this.#random = seed === undefined ? undefined : seededRandom(seed);
  }

  microtask(run: () => void): void { queueMicrotask(run); }

  later(run: () => void): void { this.#waiting.push(run); }

  timer(run: () => void, delayMs: number): Timer {
    const timer = { atMs: this.elapsedMs + Math.max(0, delayMs), order: this.#made++, run };
    this.#timers.push(timer);
    return { cancel: () => { const at = this.#timers.indexOf(timer); if (at >= 0) this.#timers.splice(at, 1); } };
  }

  /** Runs one piece of waiting work, or the next timer; false when there is neither. */
  step(): boolean {
    const next = this.#waiting.splice(this.#random?.int(this.#waiting.length) ?? 0, 1)[0];
    if (next !== undefined) {
      next();
      return true;
    }
    this.#timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    const timer = this.#timers.shift();
    if (timer === undefined) return false;
    this.elapsedMs = Math.max(this.elapsedMs, timer.atMs);
    timer.run();
    return true;
  }

  /** The result of the work, running whatever it waits for. Stalled when nothing is left to run. */
  async settle<Result>(work: Result | Promise<Result>): Promise<Result> {
    if (!(work instanceof Promise)) return work;
    let done = false;
    const settled = (): void => { done = true; };
    work.then(settled, settled);
    for (;;) {
      for (let turn = 0; turn < QUICK_TURNS && !done; turn++) await Promise.resolve();
      if (!done) await new Promise((resolve) => { setImmediate(resolve); });
      if (done) return work;
      if (!this.step()) throw new Stalled('nothing is left to run, and the work is not done');
    }
  }
}

/** 2024-01-01T00:00:00Z. */
const START_MS = 1_704_067_200_000;
const HALF_YEAR_MS = 182 * 86_400_000;

/** All sources of chance from one seed. The wall clock jumps about by up to half a year at every look: nothing may depend on it. */
export function simEnvironmentOf(vfs: Vfs, scheduler: SimScheduler, seed: number): Environment {
  const random = seededRandom(seed ^ 0x5eed);
  let looks = 0;
  return {
    vfs, scheduler, random: { fill: (target) => { random.fill(target); } },
    clock: {
      nowMs: () => START_MS + scheduler.elapsedMs + random.int(2 * HALF_YEAR_MS) - HALF_YEAR_MS,
      monotonicNs: () => scheduler.elapsedMs * 1e6 + 1000 * ++looks,
    },
  };
}
