import type { LockHolder, ProcessIdentity } from '#storage';

/**
 * A made-up process on a made-up host. `isAlive` says who of the others lives; by default nobody does, as after
 * a crash of the whole machine. Give each simulated life its own pid.
 */
export function fakeIdentity(pid: number, isAlive: (holder: LockHolder) => boolean = (holder) => holder.pid === pid): ProcessIdentity {
  return { pid, host: 'simulated', threadId: 0, startTime: String(pid), bootId: 'simulated', isAlive };
}
