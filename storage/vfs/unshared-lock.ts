import type { Random } from '../base/environment.js';
import type { DatabaseLock } from './database-lock.js';

/** What a writer needs of the lock that it holds. */
export type HeldLock = Pick<DatabaseLock, 'nonce' | 'stillHeld' | 'release'>;

const NONCE_BYTES = 16;

/** The lock of a folder that nobody else can reach, as that of a database in its own memory: there is nothing to take. */
export function unsharedLock(random: Random): HeldLock {
  const bytes = Buffer.alloc(NONCE_BYTES);
  random.fill(bytes);
  return { nonce: bytes.toString('hex'), stillHeld: () => true, release: () => undefined };
}
