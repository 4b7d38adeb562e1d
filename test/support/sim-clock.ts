import { AssertionError, type Environment, type Timer, type Vfs } from '#storage';

/** Numbers from a seed: the same seed gives the same numbers, everywhere. */
export interface SeededRandom {
  /** Fills `target` with bytes. */
  fill(target: Uint8Array): void;
  /** An unsigned 32-bit integer. */
  uint32(): number;
  /** An integer from 0 to `below` - 1. */
  int(below: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** In place; returns `items`. */
  shuffle<Item>(items: Item[]): Item[];
}

/** An environment whose time stands still until the test moves it. */
export interface SimEnvironment extends Environment {
  readonly random: SeededRandom;
  /** Milliseconds of simulated time since the start. */
  readonly elapsedMs: number;
  readonly pendingTimers: number;
  /** Moves time and fires what is due, in order of time, then of creation. Promise callbacks do not run in between. */
  advance(byMs: number): void;
  /** As advance, but promise callbacks and `later` work run after every timer. */
  advanceAsync(byMs: number): Promise<void>;
  /** Moves the wall clock only: `nowMs` jumps, order and timers must not care. */
  jumpWallClock(byMs: number): void;
  /** Runs the work handed to `later` so far; returns how many. */
  runLater(): number;
  /** Runs promise callbacks and `later` work until both are quiet. */
  settle(): Promise<void>;
}

interface PendingTimer { readonly atMs: number; readonly order: number; readonly run: () => void }

/** 2024-01-01T00:00:00Z. */
const START_MS = 1_704_067_200_000;
const MAX_SETTLE_TURNS = 100_000;

/** sfc32 (C. Doty-Humphrey): small, fast, passes PractRand; 15 rounds mix the seed in. */
export function seededRandom(seed: number): SeededRandom {
  let a = 0x9e3779b9, b = seed | 0, c = Math.floor(seed / 0x100000000) | 0, counter = 1;
  const uint32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) uint32();
  const int = (below: number): number => Math.floor((uint32() / 0x100000000) * below);
  return {
    uint32, int,
    fill: (target) => { for (let i = 0; i < target.length; i++) target[i] = uint32() & 0xff; },
    chance: (p) => uint32() < p * 0x100000000,
    pick: <Item>(items: readonly Item[]): Item => {
      if (items.length === 0) throw new RangeError('pick() needs at least one item');
      return items[int(items.length)] as Item; // in range, and undefined may be one of the items
    },
    shuffle: <Item>(items: Item[]): Item[] => {
      for (let i = items.length - 1; i > 0; i--) items.splice(i, 1, ...items.splice(int(i + 1), 1, ...items.slice(i, i + 1)));
      return items;
    },
  };
}

/** For parts that must not touch files: every call fails the test. */
function noVfs(): Vfs {
  const refuse = (): never => { throw new AssertionError('this simulated environment has no file system'); };
  return {
    open: refuse, stat: refuse, rename: refuse, unlink: refuse, makeFolder: refuse, removeFolder: refuse,
    list: refuse, syncFolder: refuse, realPath: refuse,
  };
}

/** Lets every promise callback that is ready run, and those that they make ready. */
function drainPromises(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}

/** Timers by time, then by creation; nothing here reads a real clock. */
class SimTime {
  elapsedMs = 0;
  readonly #timers = new Set<PendingTimer>();
  #made = 0;

  get pending(): number { return this.#timers.size; }

  add(run: () => void, delayMs: number): Timer {
    const timer = { atMs: this.elapsedMs + Math.max(0, delayMs), order: this.#made++, run };
    this.#timers.add(timer);
    return { cancel: () => { this.#timers.delete(timer); } };
  }

  /** Moves to the next timer due by `untilMs` and fires it; false when there is none. */
  fireNext(untilMs: number): boolean {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order)) next = timer;
    }
    if (next === undefined || next.atMs > untilMs) return false;
    this.#timers.delete(next);
    this.elapsedMs = next.atMs;
    next.run();
    return true;
  }
}

/**
 * Clock, scheduler and random source under the control of a test. Microtasks are the real ones (their order
 * is deterministic); timers and `later` work run only when the test says so. Without `vfs` any file access fails.
 *
 * @example
 * const env = simEnvironment(42);
 * env.scheduler.timer(() => console.log('late'), 1000);
 * env.advance(1000);
 */
export function simEnvironment(seed: number, vfs: Vfs = noVfs()): SimEnvironment {
  const time = new SimTime();
  let laterWork: (() => void)[] = [];
  let wallOffsetMs = 0;
  const runLater = (): number => {
    const batch = laterWork;
    laterWork = [];
    for (const run of batch) run();
    return batch.length;
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < MAX_SETTLE_TURNS; turn++) {
      await drainPromises();
      if (runLater() === 0) return;
    }
    throw new AssertionError(`work handed to later() is still coming after ${MAX_SETTLE_TURNS} turns`);
  };
  return {
    vfs, random: seededRandom(seed), runLater, settle,
    clock: { nowMs: () => START_MS + wallOffsetMs + time.elapsedMs, monotonicNs: () => time.elapsedMs * 1e6 },
    scheduler: {
      microtask: (run) => queueMicrotask(run),
      later: (run) => { laterWork.push(run); },
      timer: (run, delayMs) => time.add(run, delayMs),
    },
    get elapsedMs() { return time.elapsedMs; },
    get pendingTimers() { return time.pending; },
    jumpWallClock: (byMs) => { wallOffsetMs += byMs; },
    advance: (byMs) => {
      const untilMs = time.elapsedMs + byMs;
      while (time.fireNext(untilMs));
      time.elapsedMs = untilMs;
    },
    advanceAsync: async (byMs) => {
      const untilMs = time.elapsedMs + byMs;
      await settle();
      while (time.fireNext(untilMs)) await settle();
      time.elapsedMs = untilMs;
    },
  };
}
