import { checkRange, checkSize } from './check-range.js';
import { simulatedError } from './system-error.js';

const LEAST_CAPACITY = 512;
const NOTHING = new Uint8Array(0);

/**
 * The content of one memory file, apart from its names: it lives as long as a name or an open
 * handle refers to it. Invariant: the bytes between the size and the capacity are zero.
 */
export class MemoryInode {
  readonly kind = 'file';
  readonly inode: number;
  /** Number of names. */
  linkCount = 1;
  /** Moment of the last change, as a count of changes. */
  changed: number;
  #bytes: Uint8Array;
  #sizeBytes: number;

  constructor(inode: number, changed: number, content: Uint8Array = NOTHING) {
    this.inode = inode;
    this.changed = changed;
    this.#bytes = content.slice();
    this.#sizeBytes = content.length;
  }

  get sizeBytes(): number { return this.#sizeBytes; }

  copy(): Uint8Array { return this.#bytes.slice(0, this.#sizeBytes); }

  read(target: Uint8Array, position: number): number {
    checkRange(position, target.length);
    const count = Math.min(target.length, this.#sizeBytes - position);
    if (count <= 0) return 0;
    target.set(this.#bytes.subarray(position, position + count));
    return count;
  }

  write(source: Uint8Array, position: number, path: string): number {
    checkRange(position, source.length);
    const end = position + source.length;
    if (source.length === 0) return 0;
    if (end > this.#bytes.length) this.#grow(end, path);
    this.#bytes.set(source, position);
    if (end > this.#sizeBytes) this.#sizeBytes = end;
    return source.length;
  }

  truncate(sizeBytes: number, path: string): void {
    checkSize(sizeBytes);
    if (sizeBytes > this.#bytes.length) this.#grow(sizeBytes, path);
    else if (sizeBytes < this.#sizeBytes) this.#bytes.fill(0, sizeBytes, this.#sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  /** Doubles, so that n bytes appended in small pieces cost O(n). */
  #grow(needBytes: number, path: string): void {
    const roomy = Math.max(needBytes, this.#bytes.length * 2, LEAST_CAPACITY);
    const grown = allocate(roomy) ?? allocate(needBytes);
    if (grown === undefined) throw simulatedError('ENOSPC', 'grow', path, needBytes);
    grown.set(this.#bytes.subarray(0, this.#sizeBytes));
    this.#bytes = grown;
  }
}

function allocate(sizeBytes: number): Uint8Array | undefined {
  try {
    return new Uint8Array(sizeBytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
