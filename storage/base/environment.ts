import type { Vfs } from '../vfs/vfs.js';

/** Time for people and for measuring; never for order, identity or expiry of locks. */
export interface Clock {
  /** Milliseconds since 1970, may jump. */
  nowMs(): number;
  /** Nanoseconds since an arbitrary start, never goes back. A float: enough for 100 days at 1 ns. */
  monotonicNs(): number;
}

export interface Random {
  /** Fills `target` with random bytes. */
  fill(target: Uint8Array): void;
}

/** A timer that can be stopped. */
export interface Timer { cancel(): void }

/** Everything that decides *when* something runs. */
export interface Scheduler {
  /** After the current microtasks. */
  microtask(run: () => void): void;
  /** In a later turn of the event loop, after I/O had its chance. */
  later(run: () => void): void;
  /** After `delayMs`; does not keep the process alive. */
  timer(run: () => void, delayMs: number): Timer;
}

/** All sources of non-determinism, injected: the same seed gives the same run. */
export interface Environment {
  readonly vfs: Vfs;
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Most bytes that the heap of the process may take; undefined = not known. */
  readonly heapLimitBytes?: number | undefined;
}
