import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { blocksFor, createMemoHeader, encodeMemo, MemoAllocator, MemoFile, type MemoKind, MemoryVfs, type VfsFile, writeFully } from '#storage';
import { applyPatches } from './memo-fixture.js';

type Step =
  | { readonly do: 'write'; readonly length: number; readonly fill: number; readonly atEnd: boolean }
  | { readonly do: 'free'; readonly which: number }
  | { readonly do: 'undo'; readonly length: number }
  | { readonly do: 'checkpoint' }
  | { readonly do: 'failedCheckpoint' }
  | { readonly do: 'reopen' };

const steps = fc.array(fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), length: fc.oneof(fc.nat(80), fc.nat(3000)), fill: fc.integer({ min: 0x1b, max: 255 }), atEnd: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('free' as const), which: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const), length: fc.nat(2000) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'checkpoint' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'failedCheckpoint' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
), { maxLength: 60 });

/** A table's memos: what is written, and what the file says of it. */
class Model {
  readonly #file: VfsFile;
  readonly #kind: MemoKind;
  memo: MemoFile;
  allocator: MemoAllocator;
  readonly live = new Map<number, Uint8Array>();

  constructor(kind: MemoKind, blockSizeBytes: number) {
    this.#kind = kind;
    this.#file = new MemoryVfs([['/m', createMemoHeader(kind, { blockSizeBytes, tableName: 'MODEL' })]]).open('/m', 'write');
    this.memo = MemoFile.open(this.#file, kind);
    this.allocator = new MemoAllocator(this.memo);
  }

  run(step: Step): void {
    switch (step.do) {
      case 'write': return this.#write(step);
      case 'free': return this.#free(step.which);
      case 'undo': {
        const before = this.allocator.nextBlock;
        const block = this.allocator.allocate(step.length);
        this.#expectUnused(block, step.length);
        this.allocator.undoAllocate(block, step.length);
        expect(this.allocator.nextBlock).toBe(before);
        return;
      }
      case 'checkpoint': applyPatches(this.#file, this.allocator.headerChanges()); return this.#check();
      case 'failedCheckpoint': this.allocator.headerChanges(); return this.allocator.forgetWritten();
      case 'reopen': {
        applyPatches(this.#file, this.allocator.headerChanges());
        this.#check();
        const freeBlocks = this.allocator.freeBlocks;
        this.memo = MemoFile.open(this.#file, this.#kind);
        this.allocator = new MemoAllocator(this.memo);
        expect(this.allocator.freeBlocks).toBe(freeBlocks);
      }
    }
  }

  #write(step: { readonly length: number; readonly fill: number; readonly atEnd: boolean }): void {
    const value = new Uint8Array(step.length).fill(step.fill);
    const image = encodeMemo(this.#kind, this.allocator.blockSizeBytes, 'text', value);
    const block = step.atEnd ? this.allocator.allocateAtEnd(step.length) : this.allocator.allocate(step.length);
    this.#expectUnused(block, step.length);
    writeFully(this.#file, image, block * this.allocator.blockSizeBytes);
    this.live.set(block, value);
  }

  #free(which: number): void {
    const block = [...this.live.keys()][which % Math.max(1, this.live.size)];
    if (block === undefined) return;
    // Memos are freed after the checkpoint that took them from the table.
    applyPatches(this.#file, this.allocator.headerChanges());
    this.allocator.free(block, this.live.get(block)?.length ?? 0);
    this.live.delete(block);
  }

  #expectUnused(block: number, length: number): void {
    const end = block + this.#blocks(length);
    expect(block * this.allocator.blockSizeBytes).toBeGreaterThanOrEqual(this.memo.header.dataStartBytes);
    for (const [other, value] of this.live) expect(other >= end || other + this.#blocks(value.length) <= block, `${block} over ${other}`).toBe(true);
  }

  #blocks(length: number): number { return blocksFor(this.#kind, this.allocator.blockSizeBytes, length); }

  /** What another program finds in the file. */
  #check(): void {
    const memo = MemoFile.open(this.#file, this.#kind);
    const { runs, endBlock } = memo.freeList;
    expect(memo.findings).toEqual([]);
    for (const [block, value] of this.live) expect(memo.read({ block, lengthBytes: value.length })).toEqual(value);
    expect(endBlock).toBe(this.allocator.nextBlock);
    if (this.#kind !== 'dbt4') return;
    expect(memo.sizeBytes % memo.header.blockSizeBytes).toBe(0);
    expect(endBlock * memo.header.blockSizeBytes).toBe(memo.sizeBytes);
    let used = 0;
    for (const value of this.live.values()) used += this.#blocks(value.length);
    const free = runs.reduce((sum, run) => sum + run.count, 0);
    // Nothing leaks: header, used and free blocks are the whole file.
    expect(1 + used + free).toBe(endBlock);
    runs.forEach((run, i) => {
      expect(run.block).toBeGreaterThan((runs[i - 1]?.block ?? 0) + (runs[i - 1]?.count ?? 0));
      for (const block of this.live.keys()) expect(block < run.block || block >= run.block + run.count).toBe(true);
    });
  }
}

const shapes: readonly (readonly [MemoKind, number])[] = [
  ['fpt', 1], ['fpt', 33], ['fpt', 64], ['fpt', 512], ['fpt', 1024], ['dbt3', 512], ['dbt4', 64], ['dbt4', 512], ['dbt4', 1024],
  ['smt', 1], ['smt', 33], ['smt', 64], ['smt', 1024],
];

describe('random writes, frees, undos, checkpoints and reopens agree with a model', () => {
  test.each(shapes)('%s, blocks of %i', (kind, blockSize) => {
    fc.assert(fc.property(steps, (given) => {
      const model = new Model(kind, blockSize);
      for (const step of given) model.run(step);
      model.run({ do: 'checkpoint' });
    }), { numRuns: kind === 'dbt4' ? 120 : 40 });
  });
});
