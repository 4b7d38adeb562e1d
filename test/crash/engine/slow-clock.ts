import type { Clock } from '#storage';

const SLOW_NS = 4e6;

/** A clock by which every sync takes milliseconds: the engine then leaves syncs to the background. */
export function slowClock(clock: Clock): Clock {
  let looks = 0;
  return { nowMs: () => clock.nowMs(), monotonicNs: () => clock.monotonicNs() + SLOW_NS * ++looks };
}
