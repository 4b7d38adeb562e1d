import { describe, expect, test } from 'vitest';
import { createMemoHeader, MemoAllocator, MemoFile, type MemoKind } from '#storage';
import { applyPatches, ascii, codes, fileOf, hex, memoOf, openBytes } from './memo-fixture.js';

const fresh = (kind: MemoKind, blockSizeBytes?: number): MemoAllocator =>
  new MemoAllocator(memoOf(kind, createMemoHeader(kind, { tableName: 'T', ...(blockSizeBytes === undefined ? {} : { blockSizeBytes }) })));

/** 16 blocks of 1024 bytes; free: 2 and 3, 6. As another program left it. Memos of 2000 bytes at 4, of 100 at 8 and 10. */
const withFreeList = (): Uint8Array => fileOf(16 * 1024, {
  0: hex('02 00 00 00'), 20: hex('00 04'), 2048: hex('06 00 00 00 02 00 00 00'), 6144: hex('10 00 00 00 01 00 00 00'),
  4096: hex('FF FF 08 00 D8 07 00 00'), 8192: hex('FF FF 08 00 6C 00 00 00'), 10240: hex('FF FF 08 00 6C 00 00 00'), 12288: ascii('as dBASE III\x1A'),
});

describe('growing', () => {
  test.each([['fpt', 8, '00 00 00 0B'], ['dbt3', 1, '02 00 00 00'], ['dbt4', 1, '02 00 00 00'], ['smt', 8, '0A 00 00 00']] as const)(
    '%s begins at block %i and moves the end in the header', (kind, first, header) => {
      const allocator = fresh(kind);
      expect(allocator.headerChanges()).toEqual([]);
      expect(allocator.allocate(128)).toBe(first);
      expect(allocator.headerChanges()).toEqual([{ offset: 0, bytes: hex(header) }]);
      expect(allocator.headerChanges()).toEqual([]);
      expect(allocator.endBytes).toBe(allocator.nextBlock * allocator.blockSizeBytes);
    },
  );

  test('at the end the header names, not at the end of the file', () => {
    const allocator = new MemoAllocator(memoOf('fpt', fileOf(600, { 0: hex('00 00 00 20 00 00 00 40') })));
    expect(allocator.allocate(1)).toBe(32);
  });

  test('undo of the newest takes the end back, but never below what a header said', () => {
    const allocator = fresh('fpt');
    const first = allocator.allocate(100);
    const second = allocator.allocate(100);
    allocator.undoAllocate(second, 100);
    allocator.undoAllocate(first, 100);
    expect(allocator.nextBlock).toBe(8);
    expect(allocator.headerChanges()).toEqual([]);
    const third = allocator.allocate(100);
    allocator.headerChanges();
    allocator.undoAllocate(third, 100);
    expect(allocator.nextBlock).toBe(10);
  });

  test('undo out of order leaks, nothing more', () => {
    const allocator = fresh('fpt');
    const first = allocator.allocate(10);
    const second = allocator.allocate(10);
    allocator.undoAllocate(first, 10);
    expect(allocator.allocate(10)).toBe(second + 1);
  });

  test('recovery moves the end', () => {
    const allocator = fresh('fpt');
    allocator.reserveTo(100);
    allocator.reserveTo(50);
    expect(allocator.allocate(1)).toBe(100);
  });

  test('FlexFile: the change counter moves, lists and signature stay', () => {
    const flex = fileOf(1024, { 0: hex('00 00 00 10 00 00 00 40'), 512: ascii('FlexFile3\x03'), 532: hex('FF FF FF FF') });
    const allocator = new MemoAllocator(memoOf('fpt', flex));
    expect(allocator.allocate(1)).toBe(16);
    expect(allocator.headerChanges()).toEqual([{ offset: 0, bytes: hex('00 00 00 11') }, { offset: 532, bytes: hex('00 00 00 00') }]);
  });

  test('a header that claims far too much, and a full file, are LIMIT', () => {
    const far = new MemoAllocator(memoOf('fpt', fileOf(512, { 0: hex('7F FF FF FF 00 00 00 40') })));
    expect(() => far.allocate(1)).toThrow(expect.objectContaining({ code: 'LIMIT', message: expect.stringContaining('pack') }));
    const full = fresh('fpt');
    full.reserveTo(0xffff_fffe);
    expect(full.allocate(1)).toBe(0xffff_fffe);
    expect(() => full.allocate(1)).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  test('an odd header is left alone until something is allocated', () => {
    const low = new MemoAllocator(memoOf('fpt', fileOf(1000, { 0: hex('00 00 00 02 00 00 00 40') })));
    expect(low.headerChanges()).toEqual([]);
    expect(low.allocate(1)).toBe(16);
    expect(low.headerChanges()).toEqual([{ offset: 0, bytes: hex('00 00 00 11') }]);
  });

  test('a missing header is written whole', () => {
    const file = openBytes(new Uint8Array(0));
    const allocator = new MemoAllocator(MemoFile.open(file, 'fpt'));
    expect(allocator.allocate(1)).toBe(8);
    const patches = allocator.headerChanges();
    applyPatches(file, patches);
    expect(MemoFile.open(file, 'fpt').header).toMatchObject({ claimedNext: 9, blockSizeBytes: 64, isMissing: false });
  });
});

describe('only DBT IV uses blocks again', () => {
  test.each(['fpt', 'dbt3', 'smt'] as const)('%s does not', (kind) => {
    const allocator = fresh(kind);
    const block = allocator.allocate(10);
    allocator.allocate(10);
    allocator.headerChanges();
    allocator.free(block, 10);
    expect(allocator.freeBlocks).toBe(0);
    expect(allocator.headerChanges()).toEqual([]);
    expect(allocator.allocate(10)).toBe(block + 2);
  });

  test('from the tail of the first run that is large enough', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    expect(allocator.freeBlocks).toBe(3);
    expect(allocator.allocate(1000)).toBe(3);
    expect(allocator.headerChanges()).toEqual([{ offset: 2048, bytes: hex('06 00 00 00 01 00 00 00') }]);
    expect(allocator.allocate(2000)).toBe(16);
    // The last run leads to the end, which moved.
    expect(allocator.headerChanges()).toEqual([{ offset: 6144, bytes: hex('12 00 00 00 01 00 00 00') }]);
    expect(allocator.allocate(10)).toBe(2);
    expect(allocator.headerChanges()).toEqual([{ offset: 0, bytes: hex('06 00 00 00') }]);
    expect(allocator.allocate(10)).toBe(6);
    expect(allocator.headerChanges()).toEqual([{ offset: 0, bytes: hex('12 00 00 00') }]);
    expect(allocator.freeBlocks).toBe(0);
  });

  test('freed runs are sorted and merged with both neighbours', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    allocator.free(4, 2000);
    expect(allocator.headerChanges()).toEqual([{ offset: 2048, bytes: hex('10 00 00 00 05 00 00 00') }]);
    allocator.free(10, 100);
    allocator.free(8, 100);
    expect(allocator.headerChanges()).toEqual([
      { offset: 2048, bytes: hex('08 00 00 00 05 00 00 00') }, { offset: 8192, bytes: hex('0A 00 00 00 01 00 00 00') },
      { offset: 10240, bytes: hex('10 00 00 00 01 00 00 00') },
    ]);
  });

  test('what is not a memo of that length stays as it is: free blocks, the header, the end, dBASE III text', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    allocator.free(2, 2000);
    allocator.free(0, 100);
    allocator.free(16, 100);
    allocator.free(8, 5000);
    allocator.free(12, 12);
    expect(allocator.headerChanges()).toEqual([]);
    expect(allocator.freeBlocks).toBe(3);
  });

  test('loads go behind everything', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    expect(allocator.allocateAtEnd(10)).toBe(16);
    expect(allocator.freeBlocks).toBe(3);
  });

  test('undo of a reused place frees it again, and its run header is written again', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    const block = allocator.allocate(10);
    allocator.undoAllocate(block, 10);
    expect(allocator.freeBlocks).toBe(3);
    expect(allocator.headerChanges()).toEqual([]);
    const both = allocator.allocate(2000);
    allocator.undoAllocate(both, 2000);
    expect(allocator.headerChanges()).toEqual([{ offset: 2048, bytes: hex('06 00 00 00 02 00 00 00') }]);
  });

  test('recovery takes claimed blocks out of the list', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    allocator.claim(3, 1024);
    allocator.claim(20, 2048);
    expect(allocator.freeBlocks).toBe(2);
    expect(allocator.nextBlock).toBe(22);
    expect(allocator.allocate(2000)).toBe(22);
  });

  test('after a failed checkpoint everything is given again', () => {
    const allocator = new MemoAllocator(memoOf('dbt4', withFreeList()));
    allocator.forgetWritten();
    expect(allocator.headerChanges()).toEqual([]);
    allocator.allocate(2000);
    const before = allocator.headerChanges();
    allocator.forgetWritten();
    expect(allocator.headerChanges()).toEqual([{ offset: 6144, bytes: hex('10 00 00 00 01 00 00 00') }, ...before]);
  });

  test('a damaged list is given up: nothing is taken from it', () => {
    const bytes = withFreeList();
    bytes.set(hex('02 00 00 00'), 6144);
    const memo = memoOf('dbt4', bytes);
    const allocator = new MemoAllocator(memo);
    expect(codes(memo.findings)).toEqual(['MEMO_FREE_LIST']);
    expect(allocator.headerChanges()).toEqual([]);
    expect(allocator.allocate(10)).toBe(16);
    expect(allocator.headerChanges()).toEqual([{ offset: 0, bytes: hex('11 00 00 00') }]);
  });
});
