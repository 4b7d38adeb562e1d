import type { BlockSink, BlockSource } from '#index';
import { FieldstoneError } from '#storage';

/** The bytes of an index file in memory. */
export function bufferSource(bytes: Buffer, path = 'test.idx'): BlockSource {
  return {
    path, sizeBytes: bytes.length,
    block(offset, lengthBytes) {
      if (offset + lengthBytes > bytes.length) throw new FieldstoneError('CORRUPT_INDEX', `${path}: ${lengthBytes} bytes at ${offset} are not in the file`, { file: path, offset });
      return bytes.subarray(offset, offset + lengthBytes);
    },
  };
}

/** What an update writes, over a copy of the file. Watches that no block comes twice, new ones come before old ones, and the header last. */
export class BufferSink implements BlockSink {
  readonly blocks = new Map<number, Buffer>();
  /** Calls of sliceDone() that say true: every `sliceEvery`th. */
  readonly #sliceEvery: number;
  readonly #oldSizeBytes: number;
  #asked = 0;
  #sawOld = false;

  constructor(oldSizeBytes = 0, sliceEvery = 3) {
    this.#oldSizeBytes = oldSizeBytes;
    this.#sliceEvery = sliceEvery;
  }

  write(offset: number, bytes: Buffer): void {
    if (this.blocks.has(offset)) throw new Error(`the block at ${offset} comes twice`);
    if (this.blocks.has(0)) throw new Error('a block comes behind the header');
    if (offset < this.#oldSizeBytes) this.#sawOld = true;
    else if (this.#sawOld) throw new Error('a new block comes behind an old one');
    this.blocks.set(offset, Buffer.from(bytes));
  }

  sliceDone(): boolean { return ++this.#asked % this.#sliceEvery === 0; }

  /** The file afterwards. */
  over(old: Buffer, sizeBytes: number): Buffer {
    const bytes = Buffer.alloc(sizeBytes);
    old.copy(bytes, 0, 0, Math.min(old.length, sizeBytes));
    for (const [offset, block] of this.blocks) block.copy(bytes, offset);
    return bytes;
  }
}

/** Runs a generator to its end. */
export function runToEnd<Result>(steps: Generator<void, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
