import { FieldstoneError } from '#storage';
import { modeName, type LockMode, type ModeCode } from './lock-mode.js';
import type { LockParty, LockQueue, LockWaiter } from './lock-queue.js';
import { ownerName, resourceName, type LockOwner, type LockResource } from './lock-types.js';
import { eachBlocker, type DeadlockStep } from './wait-for-graph.js';

/** Who keeps a lock from being granted, for errors and reports. */
export interface LockBlocker {
  readonly id: number;
  readonly name?: string;
  /** What it holds, or what it waits for before the other. */
  readonly mode: LockMode;
  readonly why: 'held' | 'queued';
  /** Milliseconds since its first lock or wait. */
  readonly ageMs: number;
}

/** So many are named in a message; details list more. */
const NAMED_IN_MESSAGE = 3;
const LISTED_IN_DETAILS = 32;

export function listBlockers(
  queue: LockQueue, mode: ModeCode, party: LockParty | undefined, last: LockWaiter | undefined, nowNs: number,
): LockBlocker[] {
  const list: LockBlocker[] = [];
  eachBlocker(queue, mode, party, last, ({ owner, sinceNs }, blockerMode, why) => {
    const name = owner.name === undefined ? {} : { name: owner.name };
    list.push({ id: owner.id, ...name, mode: modeName(blockerMode), why, ageMs: Math.max(0, (nowNs - sinceNs) / 1e6) });
  });
  return list;
}

function describeBlockers(blockers: readonly LockBlocker[]): string {
  const named = blockers.slice(0, NAMED_IN_MESSAGE).map((b) => {
    const what = b.why === 'held' ? `holds ${b.mode}` : `waits before it for ${b.mode}`;
    return `${ownerName(b)} (${what}, ${Math.round(b.ageMs)} ms old)`;
  });
  const rest = blockers.length - named.length;
  return named.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** LOCK_TIMEOUT: names who has the lock, or who stands before it in the queue. */
export function lockTimeout(
  owner: LockOwner, resource: LockResource, mode: ModeCode, timeoutMs: number, blockers: readonly LockBlocker[],
): FieldstoneError {
  const what = `${ownerName(owner)} did not get lock ${modeName(mode)} on ${resourceName(resource)} within ${timeoutMs} ms`;
  return new FieldstoneError('LOCK_TIMEOUT', `${what}: ${describeBlockers(blockers)}. Shorten that transaction or raise lockTimeoutMs.`, {
    details: {
      owner: owner.id, resource, mode: modeName(mode), timeoutMs,
      holders: blockers.slice(0, LISTED_IN_DETAILS), holderCount: blockers.length,
    },
  });
}

/** DEADLOCK: `cycle` lists who waits for what; the next in the list (the first after the last) keeps it. */
export function lockDeadlock(victim: LockOwner, cycle: readonly DeadlockStep[]): FieldstoneError {
  const named = cycle.slice(0, LISTED_IN_DETAILS);
  const steps = named.map((step, i) => {
    const holder = cycle[(i + 1) % cycle.length] ?? step;
    return `${ownerName(step)} waits for ${step.mode} on ${resourceName(step.resource)} behind ${ownerName(holder)}`;
  });
  const rest = cycle.length > named.length ? ` (and ${cycle.length - named.length} more)` : '';
  const text = `deadlock: ${steps.join('; ')}${rest}. ${ownerName(victim)} is the youngest and must be run again.`;
  return new FieldstoneError('DEADLOCK', text, { details: { victim: victim.id, cycle } });
}

/** ABORTED: the AbortSignal of the wait; its reason is the cause. */
export function lockAborted(owner: LockOwner, resource: LockResource, signal: AbortSignal): FieldstoneError {
  const text = `${ownerName(owner)} no longer waits for a lock on ${resourceName(resource)}: its AbortSignal was raised`;
  return new FieldstoneError('ABORTED', text, { cause: signal.reason, details: { owner: owner.id, resource } });
}

/** TXN_DONE: the owner released everything while it was still waiting. */
export function lockOwnerDone(owner: LockOwner, resource: LockResource): FieldstoneError {
  const text = `${ownerName(owner)} ended while it waited for a lock on ${resourceName(resource)}; await every lock in the body`;
  return new FieldstoneError('TXN_DONE', text, { details: { owner: owner.id, resource } });
}
