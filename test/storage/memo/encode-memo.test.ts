import { describe, expect, test } from 'vitest';
import { blocksFor, createMemoHeader, decodeMemo, encodeMemo, FieldstoneError, MemoFile, type MemoKind } from '#storage';
import { ascii, hex, memoOf, openBytes } from './memo-fixture.js';

describe('images', () => {
  test('FPT: type and length are big-endian, the length is the data alone', () => {
    const image = encodeMemo('fpt', 64, 'text', ascii('Educ'));
    expect(image).toHaveLength(64);
    expect(image.subarray(0, 14)).toEqual(hex('00 00 00 01 00 00 00 04 45 64 75 63 00 00'));
    expect(encodeMemo('fpt', 64, 'binary', ascii('x')).subarray(0, 8)).toEqual(hex('00 00 00 00 00 00 00 01'));
    expect(encodeMemo('fpt', 64, 'object', ascii('x')).subarray(0, 8)).toEqual(hex('00 00 00 02 00 00 00 01'));
  });

  test('DBT IV: the length counts the 8 bytes before the data', () => {
    const image = encodeMemo('dbt4', 512, 'text', ascii('First memo\r\n'));
    expect(image).toHaveLength(512);
    expect(image.subarray(0, 20)).toEqual(hex('FF FF 08 00 14 00 00 00 46 69 72 73 74 20 6D 65 6D 6F 0D 0A'));
    expect(image.subarray(20).every((byte) => byte === 0)).toBe(true);
  });

  test('DBT III: two end marks', () => {
    const image = encodeMemo('dbt3', 512, 'text', ascii('abc'));
    expect(image).toHaveLength(512);
    expect(image.subarray(0, 6)).toEqual(hex('61 62 63 1A 1A 00'));
    expect(encodeMemo('dbt3', 512, 'text', ascii('a'.repeat(511)))).toHaveLength(1024);
  });

  test('SMT: the data alone', () => {
    expect(encodeMemo('smt', 64, 'text', ascii('Hello, world')).subarray(0, 13)).toEqual(ascii('Hello, world\0'));
  });

  test('DBT III refuses the end mark in the data and changes nothing', () => {
    expect(() => encodeMemo('dbt3', 512, 'text', hex('41 1A 42'))).toThrow(FieldstoneError);
    expect(() => encodeMemo('dbt3', 512, 'text', hex('41 1A 42'))).toThrow(expect.objectContaining({ code: 'VALUE', message: expect.stringContaining('byte 1') }));
    expect(encodeMemo('fpt', 64, 'text', hex('41 1A 42'))).toHaveLength(64);
  });

  test.each([
    ['dbt3', 512, 0, 1], ['dbt3', 512, 510, 1], ['dbt3', 512, 511, 2], ['dbt3', 512, 1022, 2], ['dbt3', 512, 1023, 3],
    ['dbt4', 512, 504, 1], ['dbt4', 512, 505, 2], ['dbt4', 64, 56, 1], ['fpt', 64, 0, 1], ['fpt', 64, 56, 1], ['fpt', 64, 57, 2], ['fpt', 1, 10, 18],
    ['fpt', 33, 25, 1], ['fpt', 33, 26, 2], ['smt', 64, 0, 1], ['smt', 64, 64, 1], ['smt', 64, 65, 2],
  ] as const)('%s with blocks of %i: %i bytes take %i', (kind, blockSize, length, blocks) => {
    expect(blocksFor(kind, blockSize, length)).toBe(blocks);
  });

  test('a length that no program could read is LIMIT', () => {
    expect(() => blocksFor('fpt', 64, 2 ** 31)).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  const kinds: readonly (readonly [MemoKind, number])[] = [['dbt3', 512], ['dbt4', 64], ['dbt4', 512], ['dbt4', 1024], ['fpt', 1], ['fpt', 33], ['fpt', 64], ['fpt', 1024], ['smt', 64]];

  test.each(kinds)('%s with blocks of %i: the image is read back, in a file and alone', (kind, blockSize) => {
    for (const length of [0, 1, 7, 8, 56, 57, 500, 504, 505, 510, 511, 512, 1016, 5000]) {
      const value = Uint8Array.from({ length }, (_, i) => 0x20 + (i * 7) % 90);
      const image = encodeMemo(kind, blockSize, 'text', value);
      const head = createMemoHeader(kind, { blockSizeBytes: blockSize, tableName: 'T' });
      const block = Math.ceil(head.length / blockSize);
      const bytes = new Uint8Array(block * blockSize + image.length);
      bytes.set(head);
      bytes.set(image, block * blockSize);
      const pointer = { block, lengthBytes: length };
      expect(memoOf(kind, bytes).read(pointer)).toEqual(value);
      expect(decodeMemo(kind, image, pointer)).toEqual(value);
    }
  });
});

describe('headers of new files', () => {
  test('FPT', () => {
    const bytes = createMemoHeader('fpt', { tableName: 'CITIES' });
    expect(bytes).toHaveLength(512);
    expect(bytes.subarray(0, 12)).toEqual(hex('00 00 00 08 00 00 00 40 00 00 00 00'));
    expect(createMemoHeader('fpt', { blockSizeBytes: 1, tableName: '' }).subarray(0, 8)).toEqual(hex('00 00 02 00 00 00 00 01'));
    expect(createMemoHeader('fpt', { blockSizeBytes: 1024, tableName: '' }).subarray(0, 8)).toEqual(hex('00 00 00 01 00 00 04 00'));
  });

  test('DBT IV: one block, with name and block size', () => {
    const bytes = createMemoHeader('dbt4', { tableName: 'cities-of-the-world' });
    expect(bytes).toHaveLength(512);
    expect(bytes.subarray(0, 24)).toEqual(hex('01 00 00 00 00 00 00 00 43 49 54 49 45 53 2D 4F 00 00 02 01 00 02 00 00'));
    expect(createMemoHeader('dbt4', { blockSizeBytes: 64, tableName: 'Å' })).toHaveLength(64);
    expect(createMemoHeader('dbt4', { blockSizeBytes: 1024, tableName: 'x' })).toHaveLength(1024);
  });

  test('DBT III and SMT', () => {
    const dbt3 = createMemoHeader('dbt3', { tableName: 'x' });
    expect([dbt3.length, dbt3[0], dbt3[16]]).toEqual([512, 1, 3]);
    expect(createMemoHeader('smt', { tableName: 'x' }).subarray(0, 16)).toEqual(hex('08 00 00 00 40 00 00 00 53 49 78 4D 65 6D 6F 00'));
  });

  test.each(['dbt3', 'dbt4', 'fpt', 'smt'] as const)('%s: reads as an empty file without findings', (kind) => {
    const bytes = createMemoHeader(kind, { tableName: 'x' });
    const memo = MemoFile.open(openBytes(bytes), kind);
    expect(memo.freeList.runs).toEqual([]);
    expect(memo.findings).toEqual([]);
    expect(memo.header.nextBlock * memo.header.blockSizeBytes).toBe(512);
  });

  test.each([['dbt3', 64], ['dbt4', 63], ['dbt4', 0x10000], ['fpt', 0], ['fpt', 0x10000], ['smt', 0], ['fpt', 1.5], ['fpt', NaN]] as const)(
    '%s cannot have blocks of %d', (kind, blockSizeBytes) => {
      expect(() => createMemoHeader(kind, { blockSizeBytes, tableName: 'x' })).toThrow(expect.objectContaining({ code: 'OPTION' }));
    },
  );
});
