const LEAST_BYTES = 256;

/** A file's content as programs see it. Begins by sharing the bytes of an image and copies them at the first change. */
export class SimInode {
  readonly id: number;
  /** Its name now; undefined after it was removed or replaced. */
  path: string | undefined;
  changed: number;
  /** Operations before this number are on disk. */
  syncedUpTo = 0;
  /** A sync failed: some of what reads back will never be on disk. */
  hasGhosts = false;
  /** A sync of this file has already lied; the next one reports it. */
  lateError = false;
  #bytes: Uint8Array;
  #sizeBytes: number;
  #shared = true;

  constructor(id: number, path: string, bytes: Uint8Array, changed: number) {
    this.id = id;
    this.path = path;
    this.changed = changed;
    this.#bytes = bytes;
    this.#sizeBytes = bytes.length;
  }

  get sizeBytes(): number { return this.#sizeBytes; }

  /** Nothing was changed since the last sync. */
  get isSynced(): boolean { return !this.hasGhosts && this.changed <= this.syncedUpTo; }

  read(target: Uint8Array, position: number): number {
    const count = Math.min(target.length, this.#sizeBytes - position);
    if (count <= 0) return 0;
    target.set(this.#bytes.subarray(position, position + count));
    return count;
  }

  write(source: Uint8Array, position: number): void {
    const endBytes = position + source.length;
    this.#makeRoom(endBytes);
    this.#bytes.set(source, position);
    this.#sizeBytes = Math.max(this.#sizeBytes, endBytes);
  }

  truncate(sizeBytes: number): void {
    this.#makeRoom(sizeBytes);
    if (sizeBytes < this.#sizeBytes) this.#bytes.fill(0, sizeBytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
    if (sizeBytes === 0) this.hasGhosts = false;
  }

  /** Puts other content in its place, shared again. */
  replace(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#sizeBytes = bytes.length;
    this.#shared = true;
  }

  /** A view of the content now, for looking only: the next write may change it. */
  view(): Uint8Array { return this.#bytes.subarray(0, this.#sizeBytes); }

  copy(): Uint8Array { return this.#bytes.slice(0, this.#sizeBytes); }

  #makeRoom(endBytes: number): void {
    if (!this.#shared && endBytes <= this.#bytes.length) return;
    const capacity = endBytes <= this.#sizeBytes ? this.#sizeBytes : Math.max(endBytes, this.#sizeBytes * 2, LEAST_BYTES);
    const own = new Uint8Array(capacity);
    own.set(this.#bytes.subarray(0, this.#sizeBytes));
    this.#bytes = own;
    this.#shared = false;
  }
}
