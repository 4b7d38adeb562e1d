import type { Environment, Random } from '../base/environment.js';
import { assert } from '../base/assert.js';
import { FieldstoneError, hasCode } from '../base/errors.js';
import { takeThroughLibrary } from './library-lock.js';
import { LockFolder } from './lock-folder.js';
import { describeHolder, type LockHolder } from './lock-holder.js';
import { lockRegistry, registryKey } from './lock-registry.js';
import type { ProcessIdentity } from './process-identity.js';

/** The right to write one database folder. */
export interface DatabaseLock {
  /** Ourselves, as others see us. */
  readonly holder: LockHolder;
  /** Names this opening for ever; the fencing epoch of logs. */
  readonly nonce: string;
  /** The dead holder that this lock was taken over from. */
  readonly tookOverFrom: LockHolder | undefined;
  /** Looks at the disk: false once the lock was given up, removed by hand, or taken by another. One stat. */
  stillHeld(): boolean;
  /** Gives the lock up; a second call does nothing. */
  release(): void;
}

// Each lost attempt means that another opener came or went in that moment.
const ATTEMPTS = 50;
const NONCE_BYTES = 16;

/**
 * Takes the lock of a database folder, at once or not at all. Who holds it, how death is proved, and why no crash
 * can leave a lock that stays shut: docs/storage.md.
 *
 * @throws FieldstoneError LOCKED with the holder in the message and in `details`; NOT_FOUND when the folder is missing
 * @example
 * const lock = acquireDatabaseLock(environment, './data', nodeProcessIdentity());
 * try { work(); } finally { lock.release(); }
 */
export function acquireDatabaseLock(env: Environment, folder: string, identity: ProcessIdentity): DatabaseLock {
  const path = env.vfs.realPath(folder);
  const stat = env.vfs.stat(path);
  if (stat?.kind !== 'folder') throw new FieldstoneError('NOT_FOUND', `${folder} is not a folder`, { file: path });
  const registry = lockRegistry();
  const key = registryKey(identity, stat);
  const rival = registry.get(key);
  if (rival !== undefined) throw lockedError(path, rival, 'in another handle of this process', '');

  const lock = new Acquisition(env, path, identity).run();
  registry.set(key, lock.holder);
  return {
    holder: lock.holder,
    nonce: lock.holder.nonce,
    tookOverFrom: lock.tookOverFrom,
    stillHeld: () => lock.stillHeld(),
    release: () => {
      if (registry.get(key) === lock.holder) registry.delete(key);
      lock.release();
    },
  };
}

/** The library keeps this for ever when a handle is dropped without a close: so it holds the lock, and its file system, weakly. */
function lostNotice(lock: WeakRef<Acquisition>): () => void {
  return () => lock.deref()?.markLost();
}

class Acquisition {
  readonly #folder: LockFolder;
  readonly #path: string;
  readonly #identity: ProcessIdentity;
  readonly holder: LockHolder;
  tookOverFrom: LockHolder | undefined;
  #releaseLibrary: (() => void) | undefined;
  #lost = false;

  constructor(env: Environment, path: string, identity: ProcessIdentity) {
    this.#folder = new LockFolder(env.vfs, path);
    this.#path = path;
    this.#identity = identity;
    const { isAlive: _, ...claimant } = identity;
    this.holder = { ...claimant, nonce: freshNonce(env.random, this.#folder), openedAtMs: env.clock.nowMs() };
  }

  run(): this {
    const { nonce } = this.holder;
    let failure: unknown;
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        failure = this.#attempt();
        if (failure === undefined) {
          this.#folder.dropDeadCandidates((holder) => this.#identity.isAlive(holder));
          return this;
        }
        this.#judgeHolder();
      }
    } catch (error) {
      this.#folder.dropCandidate(nonce);
      this.release();
      throw error;
    }
    this.#folder.dropCandidate(nonce);
    throw failure instanceof FieldstoneError ? failure : this.#lockedBySomeone('is being opened by several processes at once; try again');
  }

  stillHeld(): boolean {
    return this.#releaseLibrary !== undefined && !this.#lost && this.#folder.isHeldBy(this.holder.nonce);
  }

  markLost(): void { this.#lost = true; }

  release(): void {
    const release = this.#releaseLibrary;
    this.#releaseLibrary = undefined;
    if (release === undefined) return;
    if (this.#lost) this.#folder.clear(this.holder.nonce);
    else release();
  }

  /** undefined when the lock is ours now, else the reason why not. */
  #attempt(): unknown {
    const { nonce } = this.holder;
    try {
      if (!this.#folder.isPrepared(nonce)) {
        this.#folder.dropCandidate(nonce);
        this.#folder.prepare(this.holder);
      }
    } catch (error) {
      // The candidate was cleared away under us by the winner of another race; anything else is a fault of the disk.
      if (hasCode(error, 'NOT_FOUND')) return error;
      throw error;
    }
    try {
      this.#releaseLibrary = takeThroughLibrary(this.#folder, nonce, lostNotice(new WeakRef(this)));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Returns when another attempt makes sense: the lock is free again, or its holder was dead and is cleared away. */
  #judgeHolder(): void {
    const seen = this.#folder.read();
    if (seen.state === 'free') return;
    if (seen.state === 'unknown') {
      throw this.#lockedBySomeone('is locked by a holder that cannot be named. '
        + `If no other process has the database open, remove ${this.#folder.path} and open again`);
    }
    if (this.#identity.isAlive(seen.holder)) {
      const remedy = isElsewhere(this.#identity, seen.holder)
        ? ` It cannot be asked from here whether it still runs: if it is gone for good, remove ${this.#folder.path}.` : '';
      throw lockedError(this.#path, seen.holder, `in ${describeHolder(seen.holder)}`, remedy);
    }
    this.#folder.clear(seen.holder.nonce);
    this.tookOverFrom = seen.holder;
  }

  #lockedBySomeone(what: string): FieldstoneError {
    return new FieldstoneError('LOCKED', `the database ${this.#path} ${what}`, { file: this.#folder.path });
  }
}

/** Its pid says nothing here. */
function isElsewhere(identity: ProcessIdentity, holder: LockHolder): boolean {
  return holder.host !== identity.host || holder.bootId !== identity.bootId || holder.pidNamespace !== identity.pidNamespace;
}

function lockedError(path: string, holder: LockHolder, where: string, remedy: string): FieldstoneError {
  const message = `the database ${path} is open for writing ${where}. Close it there, or open with readOnly: true.${remedy}`;
  return new FieldstoneError('LOCKED', message, { file: path, details: { ...holder } });
}

/** Random bits, drawn again while files of that name lie about (a random source that was seeded alike twice). */
function freshNonce(random: Random, folder: LockFolder): string {
  const bytes = new Uint8Array(NONCE_BYTES);
  for (let draw = 0; draw < ATTEMPTS; draw++) {
    random.fill(bytes);
    const nonce = Buffer.from(bytes).toString('hex');
    if (!folder.isHeldBy(nonce) && !folder.hasCandidate(nonce)) return nonce;
  }
  assert(false, 'the random source never gives a new nonce');
}
