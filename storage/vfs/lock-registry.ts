import type { LockHolder } from './lock-holder.js';
import type { ProcessIdentity } from './process-identity.js';
import type { FileStat } from './vfs.js';

const REGISTRY = Symbol.for('fieldstone.locks');

/**
 * Folders that this thread holds, whichever copy of the library took them: a second handle is
 * refused even when somebody removed the lock folder by hand.
 */
export function lockRegistry(): Map<string, LockHolder> {
  const known: unknown = Reflect.get(globalThis, REGISTRY);
  if (known instanceof Map) return known as Map<string, LockHolder>;
  const made = new Map<string, LockHolder>();
  Reflect.set(globalThis, REGISTRY, made);
  return made;
}

/**
 * One key for one folder, however it was spelled: by device and inode. Memory file systems are devices
 * of their own. The process is part of it so that a simulated second life can open what the first left.
 */
export function registryKey(identity: ProcessIdentity, folder: FileStat): string {
  return [identity.host, identity.pid, identity.startTime ?? '', identity.threadId, folder.device, folder.inode].join(' ');
}
