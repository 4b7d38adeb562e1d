import { FieldstoneError } from '../base/errors.js';
import { blockNo } from '../base/units.js';
import type { BlockNo } from '../base/units.js';
import { createMemoHeader } from './create-memo-header.js';
import { FreeRuns } from './free-runs.js';
import { blocksFor, MAX_BLOCK } from './memo-blocks.js';
import { FLEX_COUNTER_OFFSET } from './memo-header.js';
import type { MemoFile } from './memo-file.js';

/** Bytes that belong at an offset of the memo file. */
export interface MemoPatch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface RunHeader { readonly next: number; readonly count: number }

/** A header that claims more unused space than this behind the end of its file is not believed to the point of growing the file. */
const MAX_GAP_BYTES = 64 * 1024 * 1024;

/**
 * Which blocks of a memo file are in use: bookkeeping in memory, nothing is written. Blocks that become free are used
 * again in DBT IV, whose format has a free list; in the other kinds they are lost until the table is packed, and the
 * lists that SIX and FlexFile keep stay true because blocks are only ever taken at the end.
 */
export class MemoAllocator {
  readonly blockSizeBytes: number;
  readonly #memo: MemoFile;
  readonly #free: FreeRuns;
  readonly #gapBytes: number;
  #nextBlock: number;
  /** Blocks below may be in the file already: the end never goes back behind them. */
  #settledBlock: number;
  #flexCounter: number | undefined;
  /** What the file holds, as of the last headerChanges(): the header's first word, and the run headers by block. */
  #writtenNext: number | undefined;
  #writtenRuns: Map<number, RunHeader>;
  /** Nothing is written to a file, however odd, from which nothing was allocated. */
  #isTouched = false;
  #hasPatched = false;

  constructor(memo: MemoFile) {
    const { header, freeList } = memo;
    this.#memo = memo;
    this.blockSizeBytes = header.blockSizeBytes;
    this.#free = new FreeRuns(freeList.runs);
    this.#nextBlock = memo.kind === 'dbt4' ? freeList.endBlock : header.nextBlock;
    this.#gapBytes = this.#nextBlock * header.blockSizeBytes - memo.sizeBytes;
    this.#settledBlock = this.#nextBlock;
    this.#flexCounter = header.flexCounter;
    this.#writtenNext = header.claimedNext;
    this.#writtenRuns = this.#chain();
  }

  /** First block behind all that are in use. */
  get nextBlock(): BlockNo { return blockNo(this.#nextBlock); }

  /** Byte address of nextBlock: the size of the file when all blocks are whole. */
  get endBytes(): number { return this.#nextBlock * this.blockSizeBytes; }

  /** Blocks on the free list. */
  get freeBlocks(): number { return this.#free.list.reduce((sum, run) => sum + run.count, 0); }

  /** A place for a memo of `lengthBytes` (data alone). LIMIT when the file can hold no more. */
  allocate(lengthBytes: number): BlockNo {
    const count = this.#count(lengthBytes);
    const reused = this.#free.take(count);
    if (reused === undefined) return this.#extend(count);
    this.#use(reused, count);
    return blockNo(reused);
  }

  /** As allocate(), but always behind all others: memos that are written at once must not overwrite anything. */
  allocateAtEnd(lengthBytes: number): BlockNo { return this.#extend(this.#count(lengthBytes)); }

  /**
   * Nobody can reach this memo any more, and the file holds it. `lengthBytes` is its data alone. When the file has something
   * else there (blocks in the manner of dBASE III, damage) nothing is freed: space is lost rather than a memo of another record.
   */
  free(block: number, lengthBytes: number): void {
    if (this.#memo.kind !== 'dbt4') return;
    const place = this.#memo.describe({ block });
    const isUsedRun = place !== undefined && place.dataOffset > place.offset;
    if (isUsedRun && place.lengthBytes === lengthBytes) this.#release(block, lengthBytes);
  }

  /** Takes back an allocation that was never published. */
  undoAllocate(block: number, lengthBytes: number): void {
    const isNewest = block + this.#count(lengthBytes) === this.#nextBlock;
    if (isNewest && block >= this.#settledBlock) this.#nextBlock = block;
    else if (this.#memo.kind === 'dbt4') this.#release(block, lengthBytes);
  }

  /** Takes back all from `block` on, which were allocated at the end and never published; those that the file may hold already stay. */
  undoFrom(block: number): void { this.#nextBlock = Math.min(this.#nextBlock, Math.max(block, this.#settledBlock)); }

  /** Recovery: all blocks below `block` may be in use. */
  reserveTo(block: number): void {
    if (block > this.#nextBlock) {
      this.#isTouched = true;
      this.#nextBlock = Math.min(block, MAX_BLOCK);
    }
    this.#settledBlock = Math.max(this.#settledBlock, this.#nextBlock);
  }

  /** Recovery: the log says that a memo image of `imageBytes` stands at `block`, be it behind the end or in a free run. */
  claim(block: number, imageBytes: number): void {
    const count = Math.ceil(imageBytes / this.blockSizeBytes);
    this.#free.remove(block, count);
    this.#use(block, count);
    this.reserveTo(block + count);
  }

  /** What must be written to the file's header and to free runs so that it agrees with this; what changed since the last call. */
  headerChanges(): MemoPatch[] {
    if (!this.#isTouched) return [];
    const patches: MemoPatch[] = [];
    const chain = this.#chain();
    for (const [block, { next, count }] of chain) {
      const written = this.#writtenRuns.get(block);
      if (written?.next === next && written.count === count) continue;
      patches.push({ offset: block * this.blockSizeBytes, bytes: words(true, next, count) });
    }
    const first = this.#free.list[0]?.block ?? this.#nextBlock;
    if (first !== this.#writtenNext) patches.push(...this.#headerPatches(first));
    this.#writtenRuns = chain;
    this.#writtenNext = first;
    this.#settledBlock = this.#nextBlock;
    this.#isTouched = false;
    this.#hasPatched ||= patches.length > 0;
    return patches;
  }

  /** What headerChanges() gave did not reach the file: the next call gives everything again. */
  forgetWritten(): void {
    if (!this.#hasPatched) return;
    this.#isTouched = true;
    this.#writtenRuns.clear();
    this.#writtenNext = undefined;
  }

  #headerPatches(next: number): MemoPatch[] {
    if (this.#memo.header.isMissing) {
      const whole = createMemoHeader(this.#memo.kind, { blockSizeBytes: this.blockSizeBytes, tableName: '' });
      whole.set(words(this.#memo.kind !== 'fpt', next));
      return [{ offset: 0, bytes: whole }];
    }
    const patches = [{ offset: 0, bytes: words(this.#memo.kind !== 'fpt', next) }];
    if (this.#flexCounter !== undefined) {
      this.#flexCounter = (this.#flexCounter + 1) >>> 0;
      patches.push({ offset: FLEX_COUNTER_OFFSET, bytes: words(true, this.#flexCounter) });
    }
    return patches;
  }

  /** Run headers as the file is to hold them, by block. The last one leads to the end of the file. */
  #chain(): Map<number, RunHeader> {
    const runs = this.#free.list;
    return new Map(runs.map((run, i) => [run.block, { next: runs[i + 1]?.block ?? this.#nextBlock, count: run.count }]));
  }

  /** A memo will be written over whatever run headers stand in these blocks. */
  #use(block: number, count: number): void {
    this.#isTouched = true;
    if (count < this.#writtenRuns.size) for (let i = 0; i < count; i++) this.#writtenRuns.delete(block + i);
    else for (const run of this.#writtenRuns.keys()) if (run >= block && run < block + count) this.#writtenRuns.delete(run);
  }

  /** Blocks that are free already stay free. */
  #release(block: number, lengthBytes: number): void {
    const count = Math.min(this.#count(lengthBytes), this.#nextBlock - block);
    if (count <= 0) return;
    this.#isTouched = true;
    this.#free.add(block, count);
  }

  #count(lengthBytes: number): number { return blocksFor(this.#memo.kind, this.blockSizeBytes, lengthBytes); }

  /** So many blocks behind all others. LIMIT when the file can hold no more. */
  #extend(count: number): BlockNo {
    if (this.#gapBytes > MAX_GAP_BYTES) {
      throw new FieldstoneError(
        'LIMIT', `the header of the memo file claims ${this.#gapBytes} bytes behind its end; pack the table before writing memos`, { file: this.#memo.path },
      );
    }
    const block = this.#nextBlock;
    if (block + count > MAX_BLOCK) {
      throw new FieldstoneError('LIMIT', `the memo file holds ${block} blocks and cannot take ${count} more; pack the table`, { file: this.#memo.path });
    }
    this.#isTouched = true;
    this.#nextBlock = block + count;
    return blockNo(block);
  }
}

function words(littleEndian: boolean, ...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value, littleEndian));
  return bytes;
}
