import { describe, expect, test } from 'vitest';
import { checkMemo, type MemoUse } from '#storage';
import { ascii, codes, fileOf, hex, memoOf } from './memo-fixture.js';

const use = (block: number, recno: number, deleted = false): MemoUse => ({ pointer: { block }, recno, field: 'NOTE', deleted });

/** Blocks of 64: a memo of 100 bytes at 8 and 9, one of 10 at 10, one of 10 at 11. */
const fpt = (sizeBytes = 768): Uint8Array => fileOf(sizeBytes, {
  0: hex('00 00 00 0C 00 00 00 40'), 512: hex('00 00 00 01 00 00 00 64'), 640: hex('00 00 00 01 00 00 00 0A'), 704: hex('00 00 00 01 00 00 00 0A'),
});

describe('checkMemo', () => {
  test('finds nothing in a sound file', () => {
    expect(checkMemo(memoOf('fpt', fpt()), [use(8, 1), use(10, 2), use(11, 3)])).toEqual([]);
  });

  test('dangling pointers: an error in a live record, a note in a deleted one', () => {
    const findings = checkMemo(memoOf('fpt', fpt()), [use(8, 1), use(99, 2), use(3, 4, true)]);
    expect(findings).toEqual([
      expect.objectContaining({ code: 'MEMO_DANGLING', severity: 'error', recno: 2, field: 'NOTE', offset: 99 * 64, message: expect.stringContaining('behind the end') }),
      expect.objectContaining({ code: 'MEMO_DANGLING', severity: 'note', recno: 4, message: expect.stringContaining('before the data') }),
    ]);
  });

  test('shared and overlapping memos', () => {
    const bytes = fpt();
    bytes.set(hex('00 00 00 01 00 00 00 05'), 9 * 64);
    const findings = checkMemo(memoOf('fpt', bytes), [use(10, 5), use(8, 1), use(9, 2), use(10, 3)]);
    expect(findings).toEqual([
      expect.objectContaining({ code: 'MEMO_OVERLAP', severity: 'error', recno: 2, message: expect.stringContaining('record 1') }),
      expect.objectContaining({ code: 'MEMO_SHARED', severity: 'warning', recno: 5, message: expect.stringContaining('record 3') }),
    ]);
  });

  test('a long memo over several others is found for each', () => {
    const bytes = fpt();
    bytes.set(hex('00 00 00 01 00 00 00 F0'), 512);
    expect(codes(checkMemo(memoOf('fpt', bytes), [use(8, 1), use(10, 2), use(11, 3)]))).toEqual(['MEMO_OVERLAP', 'MEMO_OVERLAP']);
  });

  test('a file that was cut off', () => {
    const findings = checkMemo(memoOf('fpt', fileOf(2000, { 0: hex('00 00 01 00 00 00 00 40') })), []);
    expect(codes(findings)).toEqual(['MEMO_NEXT_HIGH']);
    expect(codes(checkMemo(memoOf('fpt', fpt(730)), []))).toEqual([]);
  });

  test('a header that ends too early, and a damaged free list', () => {
    expect(codes(checkMemo(memoOf('fpt', fileOf(1000, { 0: hex('00 00 00 08 00 00 00 40') })), []))).toEqual(['MEMO_NEXT_LOW']);
    expect(codes(checkMemo(memoOf('dbt4', fileOf(1024, { 0: hex('01 00 00 00') })), []))).toEqual(['MEMO_FREE_LIST']);
  });

  test('blocks that are in use and on the free list', () => {
    const bytes = fileOf(5 * 64, {
      0: hex('02 00 00 00'), 20: hex('40 00'), 64: hex('FF FF 08 00 50 00 00 00'), 128: hex('05 00 00 00 01 00 00 00'), 192: hex('FF FF 08 00 10 00 00 00'),
    });
    const findings = checkMemo(memoOf('dbt4', bytes), [use(1, 1), use(3, 2)]);
    expect(findings).toEqual([expect.objectContaining({ code: 'MEMO_FREE_IN_USE', severity: 'error', recno: 1 })]);
  });

  test('SMT: lengths come with the pointers', () => {
    const smt = fileOf(600, { 0: hex('0A 00 00 00 40 00 00 00'), 512: ascii('Hello') });
    const at = (lengthBytes: number, recno: number): MemoUse => ({ pointer: { block: 8, lengthBytes, valueType: 1 }, recno, field: 'NOTE' });
    expect(checkMemo(memoOf('smt', smt), [at(5, 1)])).toEqual([]);
    expect(codes(checkMemo(memoOf('smt', smt), [at(5, 1), at(500, 2)]))).toEqual(['MEMO_DANGLING']);
  });

  test('at most so many findings, and a count of the rest', () => {
    const uses = Array.from({ length: 50 }, (_, i) => use(1000 + i, i + 1));
    const findings = checkMemo(memoOf('fpt', fpt()), uses, 10);
    expect(findings).toHaveLength(11);
    expect(findings[10]).toMatchObject({ code: 'MEMO_MORE', message: '40 more findings are not listed' });
  });
});
