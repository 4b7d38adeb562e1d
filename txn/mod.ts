// The door of the transaction floor: everything that `src` may use.
// Locks.
export { LockManager, type LockManagerOptions } from './lock/lock-manager.js';
export type { LockMode, UserLockMode } from './lock/lock-mode.js';
export type { HeldLock, LockHolder, LockItem, LockOwner, LockResource, LockWaitOptions } from './lock/lock-types.js';
export type { LockBlocker } from './lock/lock-errors.js';
export type { LockShardStats } from './lock/lock-shard.js';
export type { HotResource, LockEvent, LockEventKind } from './lock/lock-trace.js';
export { toDot, type DeadlockStep, type WaitForEdge, type WaitForGraph, type WaitForNode } from './lock/wait-for-graph.js';
