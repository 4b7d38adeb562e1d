import { hasCode, readFully, writeFully, type Vfs, type VfsFile } from '#storage';
import type { ToyBugId } from './toy-bugs.js';

/** Reading, writing and syncing for the toy, with the bugs that sit there. */
export class ToyFiles {
  readonly vfs: Vfs;
  readonly folder: string;
  readonly #bugs: ReadonlySet<ToyBugId>;

  constructor(vfs: Vfs, folder: string, bugs: ReadonlySet<ToyBugId>) {
    this.vfs = vfs;
    this.folder = folder;
    this.#bugs = bugs;
  }

  has(bug: ToyBugId): boolean { return this.#bugs.has(bug); }

  path(name: string): string { return `${this.folder}/${name}`; }

  open(name: string): VfsFile { return this.vfs.open(this.path(name), 'create'); }

  read(name: string): Uint8Array {
    const file = this.vfs.open(this.path(name), 'read');
    const bytes = new Uint8Array(file.stat().sizeBytes);
    if (this.has('short-read-ignored')) file.readAt(bytes, 0);
    else readFully(file, bytes, 0);
    file.close();
    return bytes;
  }

  /** A new file with this content, synced, in place of an old one. */
  replace(name: string, bytes: Uint8Array, synced = true): void {
    const file = this.open(`${name}.tmp`);
    file.truncate(0);
    this.write(file, bytes, 0);
    if (synced) this.sync(file);
    file.close();
    this.vfs.rename(this.path(`${name}.tmp`), this.path(name));
  }

  write(file: VfsFile, bytes: Uint8Array, position: number): void {
    if (this.has('short-write-ignored')) file.writeAt(bytes, position);
    else writeFully(file, bytes, position);
  }

  sync(file: VfsFile): void {
    try {
      file.datasync();
    } catch (error) {
      if (this.has('sync-retried')) file.datasync();
      else if (!this.has('sync-error-ignored')) throw error;
    }
  }

  async syncAsync(file: VfsFile): Promise<void> {
    try {
      await file.datasyncAsync();
    } catch (error) {
      if (this.has('sync-retried')) await file.datasyncAsync();
      else if (!this.has('sync-error-ignored')) throw error;
    }
  }

  syncFolder(): void { this.vfs.syncFolder(this.folder); }

  remove(name: string): void {
    try {
      this.vfs.unlink(this.path(name));
    } catch (error) {
      if (!hasCode(error, 'NOT_FOUND')) throw error;
    }
  }
}
