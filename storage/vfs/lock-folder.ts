import { FieldstoneError, hasCode } from '../base/errors.js';
import { decodeHolder, encodeHolder, HOLDER_MAX_BYTES, isNonce, type LockHolder } from './lock-holder.js';
import { readUpTo, writeFully } from './full-io.js';
import type { Vfs } from './vfs.js';

/** Name of the lock inside a database folder. */
export const LOCK_NAME = 'fieldstone.lock';
const CANDIDATE_PREFIX = `${LOCK_NAME}.`;
const OWNER_SUFFIX = '.json';

/** What stands in a lock folder. */
export type LockState =
  | { readonly state: 'free' }
  | { readonly state: 'held'; readonly holder: LockHolder }
  /** Something is there, but nobody that can be named. */
  | { readonly state: 'unknown' };

/**
 * The lock of one database folder: a folder that holds one file, named by the nonce of its holder.
 *
 * Invariant: a lock folder that is absent or empty is free, any other is held by the owner named inside. All
 * steps are single system calls, so that this stays true whoever is killed when:
 * - take: a folder of our own, complete with the owner file and synced, is renamed to the lock's name; that
 *   succeeds only onto an absent or empty folder. There is no moment with a lock but no owner.
 * - give up, or take over from the dead: the owner file is removed *by its nonce*, which empties the folder. However
 *   late that happens, it can never remove a newer holder.
 */
export class LockFolder {
  readonly #vfs: Vfs;
  readonly #folder: string;
  readonly path: string;

  constructor(vfs: Vfs, folder: string) {
    this.#vfs = vfs;
    this.#folder = folder;
    this.path = `${folder}/${LOCK_NAME}`;
  }

  /**
   * Writes the owner file into a folder of our own, ready to be renamed. Its content is synced, as a lock without a readable owner
   * blocks everybody. Its name need not be: a power loss that takes it leaves an empty folder, which is free, and nobody alive.
   */
  prepare(holder: LockHolder): void {
    const candidate = this.#candidate(holder.nonce);
    this.#vfs.makeFolder(candidate);
    const file = this.#vfs.open(ownerPath(candidate, holder.nonce), 'exclusive');
    try {
      writeFully(file, encodeHolder(holder), 0);
      file.sync();
    } finally {
      file.close();
    }
  }

  isPrepared(nonce: string): boolean {
    return this.#vfs.stat(ownerPath(this.#candidate(nonce), nonce)) !== undefined;
  }

  hasCandidate(nonce: string): boolean { return this.#vfs.stat(this.#candidate(nonce)) !== undefined; }

  /**
   * One atomic attempt; throws when the lock is held, or when the candidate is gone. Check isHeldBy() after it: a
   * candidate that another opener just emptied (see dropDeadCandidates) takes nothing.
   */
  take(nonce: string): void {
    // Windows cannot rename onto a folder, not even an empty one. Only an empty one can be removed.
    ignoreErrors(() => this.#vfs.removeFolder(this.path));
    this.#vfs.rename(this.#candidate(nonce), this.path);
  }

  isHeldBy(nonce: string): boolean {
    return this.#vfs.stat(ownerPath(this.path, nonce)) !== undefined;
  }

  isFree(): boolean {
    const stat = this.#vfs.stat(this.path);
    return stat === undefined || (stat.kind === 'folder' && this.#names(this.path).length === 0);
  }

  read(): LockState {
    if (this.isFree()) return { state: 'free' };
    const isFolder = this.#vfs.stat(this.path)?.kind === 'folder';
    const holder = isFolder ? this.#holderIn(this.path) : undefined;
    if (holder !== undefined) return { state: 'held', holder };
    return this.isFree() ? { state: 'free' } : { state: 'unknown' };
  }

  /** Ends the hold of that nonce, if it has it; harmless otherwise. */
  clear(nonce: string): void {
    this.#removeFile(ownerPath(this.path, nonce));
    // Fails when another has taken the lock meanwhile; an empty folder left behind is a free lock.
    ignoreErrors(() => this.#vfs.removeFolder(this.path));
  }

  /** As well as it goes: what stays behind is cleared by a later holder. */
  dropCandidate(nonce: string): void { ignoreErrors(() => this.#dropCandidateFolder(this.#candidate(nonce))); }

  /** Removes candidates of openers that died on the way. A live one caught before its owner file was written makes another. */
  dropDeadCandidates(isAlive: (holder: LockHolder) => boolean): void {
    for (const name of this.#names(this.#folder)) {
      if (!name.startsWith(CANDIDATE_PREFIX) || !isNonce(name.slice(CANDIDATE_PREFIX.length))) continue;
      const candidate = `${this.#folder}/${name}`;
      const holder = this.#holderIn(candidate);
      if (holder === undefined || !isAlive(holder)) ignoreErrors(() => this.#dropCandidateFolder(candidate));
    }
  }

  #candidate(nonce: string): string { return `${this.#folder}/${CANDIDATE_PREFIX}${nonce}`; }

  #dropCandidateFolder(candidate: string): void {
    for (const name of this.#names(candidate)) this.#removeFile(`${candidate}/${name}`);
    ignoreErrors(() => this.#vfs.removeFolder(candidate));
  }

  #holderIn(folder: string): LockHolder | undefined {
    for (const name of this.#names(folder)) {
      const nonce = name.slice(0, -OWNER_SUFFIX.length);
      if (!name.endsWith(OWNER_SUFFIX) || !isNonce(nonce)) continue;
      const holder = this.#readHolder(ownerPath(folder, nonce));
      if (holder?.nonce === nonce) return holder;
    }
    return undefined;
  }

  #readHolder(path: string): LockHolder | undefined {
    try {
      const file = this.#vfs.open(path, 'read');
      try {
        const bytes = new Uint8Array(HOLDER_MAX_BYTES + 1);
        const count = readUpTo(file, bytes, 0);
        return count > HOLDER_MAX_BYTES ? undefined : decodeHolder(bytes.subarray(0, count));
      } finally {
        file.close();
      }
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  #removeFile(path: string): void {
    try {
      this.#vfs.unlink(path);
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    }
  }

  #names(folder: string): string[] {
    try {
      return this.#vfs.list(folder);
    } catch (error) {
      if (hasCode(error, 'NOT_FOUND')) return [];
      throw error;
    }
  }
}

function ownerPath(folder: string, nonce: string): string { return `${folder}/${nonce}${OWNER_SUFFIX}`; }

function ignoreErrors(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FieldstoneError)) throw error;
  }
}
