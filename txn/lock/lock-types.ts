import type { LockMode } from './lock-mode.js';

/** Whoever holds locks: one transaction. */
export interface LockOwner {
  /** Unique among live owners; the larger is the younger. */
  readonly id: number;
  /** For messages and reports. */
  readonly name?: string;
  /** It asked for a lock itself: then it keeps all until it ends. */
  hasAsked?: boolean;
}

/**
 * What is locked: a whole space (a table, a store), or one item in it. The number 1 and the string '1' are two
 * items; a space should use one kind.
 *
 * @example
 * const table: LockResource = { space: 't:people' };
 * const row: LockResource = { space: 't:people', item: 3 };
 */
export interface LockResource {
  readonly space: string;
  readonly item?: LockItem;
}

export type LockItem = string | number;

/** A lock that is held: who, in which mode, and for how long its owner has held locks at all. */
export interface LockHolder {
  readonly owner: LockOwner;
  readonly mode: LockMode;
  /** Milliseconds since the owner's first lock. */
  readonly ageMs: number;
}

export interface HeldLock {
  readonly resource: LockResource;
  readonly mode: LockMode;
}

export interface LockWaitOptions {
  /** Milliseconds; default: the manager's. 0 fails at once; Infinity (and anything over 24 days) waits without limit. */
  readonly timeoutMs?: number;
  /** Ends the wait with ABORTED. */
  readonly signal?: AbortSignal;
}

/** The longest key that is written out in a message or a report. */
const NAME_CHARS = 60;

/** `t:people`, `t:people/3`, `kv/"key"`: for messages, not for identity. */
export function resourceName(resource: LockResource): string {
  const { space, item } = resource;
  if (item === undefined) return space;
  if (typeof item === 'number') return `${space}/${item}`;
  return `${space}/${JSON.stringify(item.length > NAME_CHARS ? `${item.slice(0, NAME_CHARS)}...` : item)}`;
}

/** For reports, which show no keys: a key stands as a number made from it, the same one each time. `t:people/3`, `k:settings/#5be1`. */
export function resourceLabel(resource: LockResource): string {
  const { space, item } = resource;
  if (typeof item !== 'string') return item === undefined ? space : `${space}/${item}`;
  let h = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < item.length; i++) h = Math.imul(h ^ item.charCodeAt(i), 0x01000193);
  return `${space}/#${(h >>> 0).toString(16)}`;
}

/** `transaction 7 'transfer'`. */
export function ownerName(owner: LockOwner): string {
  return owner.name === undefined ? `transaction ${owner.id}` : `transaction ${owner.id} '${owner.name}'`;
}
