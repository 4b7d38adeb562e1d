const FIRST_CHUNK_BYTES = 4096;
const MAX_CHUNK_BYTES = 1 << 20;

/** Bytes that are only ever added, in large chunks; whoever adds keeps the place. */
export class ByteArena {
  #chunks: Buffer[] = [];
  #current = -1;
  #used = 0;
  #nextBytes = FIRST_CHUNK_BYTES;
  /** Chunk and offset of what add() placed last. */
  lastChunk = 0;
  lastOffset = 0;

  chunk(index: number): Buffer { return this.#chunks[index] ?? EMPTY; }

  /** Copies `bytes[0 .. length)`; the place is in lastChunk and lastOffset. */
  add(bytes: Uint8Array, start: number, length: number): void {
    this.#place(length);
    const chunk = this.#chunks[this.lastChunk] ?? EMPTY;
    if (length <= 48) for (let i = 0; i < length; i++) chunk[this.lastOffset + i] = bytes[start + i] ?? 0;
    else chunk.set(start === 0 && length === bytes.length ? bytes : bytes.subarray(start, start + length), this.lastOffset);
  }

  /** Takes over memory that nobody writes to any more; returns its chunk. */
  adopt(bytes: Buffer): number { return this.#chunks.push(bytes) - 1; }

  #place(length: number): void {
    const current = this.#chunks[this.#current];
    if (current !== undefined && this.#used + length <= current.length) {
      this.lastChunk = this.#current;
      this.lastOffset = this.#used;
      this.#used += length;
      return;
    }
    this.lastChunk = this.#chunks.length;
    this.lastOffset = 0;
    if (length > MAX_CHUNK_BYTES / 4) { // a large value has a chunk of its own, and the current one goes on
      this.#chunks.push(Buffer.allocUnsafeSlow(length));
      return;
    }
    this.#nextBytes = Math.min(MAX_CHUNK_BYTES, Math.max(this.#nextBytes, length));
    this.#chunks.push(Buffer.allocUnsafeSlow(this.#nextBytes));
    this.#nextBytes = Math.min(MAX_CHUNK_BYTES, this.#nextBytes * 4);
    this.#current = this.lastChunk;
    this.#used = length;
  }
}

const EMPTY = Buffer.alloc(0);
