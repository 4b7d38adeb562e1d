import { describe, expect, test } from 'vitest';
import { MemoFile, memoCounters } from '#storage';
import { ascii, codes, fileOf, hex, memoOf, openBytes } from './memo-fixture.js';

const text = (bytes: Uint8Array | undefined): string | undefined => bytes === undefined ? undefined : Buffer.from(bytes).toString('latin1');

describe('FPT', () => {
  const contacts = fileOf(960, { 0: hex('00 00 00 0F 00 00 00 40'), 0x200: hex('00 00 00 01 00 00 00 A3'), 0x208: ascii('Educ'.padEnd(163, '.')) });

  test('the header and a block as Visual FoxPro writes them', () => {
    const memo = memoOf('fpt', contacts);
    expect(memo.header).toMatchObject({ blockSizeBytes: 64, nextBlock: 15, claimedNext: 15, dataStartBytes: 512, isMissing: false });
    expect(memo.findings).toEqual([]);
    expect(text(memo.read({ block: 8 }))).toBe('Educ'.padEnd(163, '.'));
    expect(memo.describe({ block: 8 })).toEqual({ offset: 512, dataOffset: 520, lengthBytes: 163, blocks: 3, type: 1 });
  });

  test('the last block may be short, its data may not', () => {
    expect(memoOf('fpt', contacts.subarray(0, 520 + 163)).read({ block: 8 })).toHaveLength(163);
    const cut = memoOf('fpt', contacts.subarray(0, 520 + 162));
    expect(cut.read({ block: 8 })).toBeUndefined();
    expect(cut.findings).toEqual([expect.objectContaining({ code: 'MEMO_DANGLING', offset: 512, file: '/memo', message: expect.stringContaining('longer than the file') })]);
  });

  test.each([
    [1, 520, '00 00 02 6C 00 00 00 01'], [33, 16, '00 00 00 14 00 00 00 21'], [512, 1, '00 00 00 02 00 00 02 00'], [1024, 1, '00 00 00 02 00 00 04 00'],
  ])('blocks of %i bytes', (blockSize, block, header) => {
    const at = block * blockSize;
    const memo = memoOf('fpt', fileOf(at + 108, { 0: hex(header), [at]: hex('00 00 00 00 00 00 00 64'), [at + 8]: ascii('x'.repeat(100)) }));
    expect(memo.header.blockSizeBytes).toBe(blockSize);
    expect(text(memo.read({ block }))).toBe('x'.repeat(100));
  });

  test('block size 0 means byte offsets, unless the numbers fit blocks of 512', () => {
    const offsets = memoOf('fpt', fileOf(620, { 0: hex('00 00 02 6C 00 00 00 00'), 512: hex('00 00 00 01 00 00 00 02 41 42') }));
    expect(offsets.header.blockSizeBytes).toBe(1);
    expect(text(offsets.read({ block: 512 }))).toBe('AB');
    const blocks = memoOf('fpt', fileOf(522, { 0: hex('00 00 00 02 00 00 00 00'), 512: hex('00 00 00 01 00 00 00 02 41 42') }));
    expect(blocks.header.blockSizeBytes).toBe(512);
    expect(text(blocks.read({ block: 1 }))).toBe('AB');
  });

  test('a product of block and size above 2^32 is computed in full', () => {
    const memo = memoOf('fpt', contacts);
    expect(memo.read({ block: 0xffff_ffff })).toBeUndefined();
    // 2^26 blocks of 64 are 2^32 bytes: truncated to 32 bits this would be block 8.
    expect(memo.read({ block: 2 ** 26 + 8 })).toBeUndefined();
    expect(memo.read({ block: 9_999_999_999 })).toBeUndefined();
  });

  test('FlexFile: longer header, counter, free runs are no memos', () => {
    const flex = fileOf(1200, {
      0: hex('00 00 00 13 00 00 00 40'), 8: ascii('Harbour'), 512: ascii('FlexFile3\x03'), 532: hex('07 00 00 00'),
      1024: hex('00 00 00 01 00 00 00 03 61 62 63'), 1088: hex('00 00 03 E9 00 00 00 38'),
    });
    const memo = memoOf('fpt', flex);
    expect(memo.header).toMatchObject({ dataStartBytes: 1024, flexCounter: 7, blockSizeBytes: 64 });
    expect(text(memo.read({ block: 16 }))).toBe('abc');
    expect(memo.read({ block: 8 })).toBeUndefined();
    expect(memo.explain({ block: 8 })).toBe('before the data');
    expect(memo.explain({ block: 17 })).toBe('not a memo block');
  });

  test('FlexFile: the other block size counts when the first is 0', () => {
    const memo = memoOf('fpt', fileOf(1040, {
      0: hex('00 00 00 41 00 00 00 00'), 512: ascii('FlexFile3\x03'), 540: hex('10 00'), 1024: hex('00 00 00 01 00 00 00 01 7A'),
    }));
    expect(memo.header.blockSizeBytes).toBe(16);
    expect(text(memo.read({ block: 64 }))).toBe('z');
  });
});

describe('DBT IV', () => {
  const file = fileOf(5120, {
    0: hex('0A 00 00 00'), 8: ascii('T5'), 18: hex('02 01 00 02'), 0x200: hex('FF FF 08 00 14 00 00 00 46 69 72 73 74 20 6D 65 6D 6F 0D 0A'),
    0x400: ascii('as dBASE III\x1A\x1A'), 0x600: hex('FF FF 08 00 07 00 00 00'),
  });

  test('the header and a used run as dBASE IV writes them', () => {
    const memo = memoOf('dbt4', file);
    expect(memo.header).toMatchObject({ blockSizeBytes: 512, claimedNext: 10, nextBlock: 10, tableName: 'T5' });
    expect(text(memo.read({ block: 1 }))).toBe('First memo\r\n');
    expect(memo.describe({ block: 1 })).toEqual({ offset: 512, dataOffset: 520, lengthBytes: 12, blocks: 1 });
  });

  test('blocks without a used mark are read by the dBASE III rule, when they have its end mark', () => {
    const memo = memoOf('dbt4', file);
    expect(text(memo.read({ block: 2 }))).toBe('as dBASE III');
    expect(memo.read({ block: 4 })).toBeUndefined();
    expect(memo.explain({ block: 4 })).toBe('not a memo block');
  });

  test('a length that does not even count its own header is no memo', () => {
    expect(memoOf('dbt4', file).explain({ block: 3 })).toBe('not a memo block');
  });

  test('only block 0 is reserved: with blocks of 64 bytes data begins at 64', () => {
    const memo = memoOf('dbt4', fileOf(128, { 0: hex('02 00 00 00'), 20: hex('40 00'), 64: hex('FF FF 08 00 0B 00 00 00 61 62 63') }));
    expect(text(memo.read({ block: 1 }))).toBe('abc');
    expect(memo.read({ block: 0 })).toBeUndefined();
  });

  test('block size 0 is 512; a tiny one cannot be', () => {
    expect(memoOf('dbt4', fileOf(512, { 0: hex('01 00 00 00') })).header.blockSizeBytes).toBe(512);
    const tiny = memoOf('dbt4', fileOf(512, { 0: hex('01 00 00 00'), 20: hex('03 00') }));
    expect(tiny.header.blockSizeBytes).toBe(512);
    expect(codes(tiny.findings)).toEqual(['MEMO_BLOCK_SIZE']);
  });

  test('a free list as another program left it', () => {
    const memo = memoOf('dbt4', fileOf(16 * 1024, {
      0: hex('02 00 00 00'), 20: hex('00 04'), 2048: hex('06 00 00 00 02 00 00 00'), 6144: hex('10 00 00 00 01 00 00 00'),
    }));
    expect(memo.freeList).toEqual({ runs: [{ block: 2, count: 2 }, { block: 6, count: 1 }], endBlock: 16 });
    expect(memo.findings).toEqual([]);
  });

  test.each([
    ['a circle', '02 00 00 00', '02 00 00 00 01 00 00 00'],
    ['backwards', '03 00 00 00', '00 00 00 00 00 00 00 00 02 00 00 00 01 00 00 00'],
    ['past the end', '02 00 00 00', '10 00 00 00 FF FF FF 7F'],
    ['an empty run', '02 00 00 00', '10 00 00 00 00 00 00 00'],
    ['a used block', '02 00 00 00', 'FF FF 08 00 09 00 00 00'],
    ['the header', '00 00 00 00', ''],
  ])('a damaged free list is taken as empty: %s', (_what, first, runs) => {
    const memo = memoOf('dbt4', fileOf(16 * 64, { 0: hex(first), 20: hex('40 00'), 128: hex(runs.slice(0, 24)), 192: hex(runs.slice(24)) }));
    expect(memo.freeList).toEqual({ runs: [], endBlock: 16 });
    expect(codes(memo.findings)).toEqual(['MEMO_FREE_LIST']);
  });
});

describe('DBT III', () => {
  test('the header as Harbour writes it', () => {
    const header = memoOf('dbt3', fileOf(363_793, { 0: hex('C7 02 00 00 00 02 00 00 48 61 72 62 6F 75 72 00') })).header;
    expect(header).toMatchObject({ blockSizeBytes: 512, nextBlock: 711, dataStartBytes: 512 });
  });

  test('blocks are 512 bytes whatever bytes 20 and 21 say', () => {
    expect(memoOf('dbt3', fileOf(512, { 0: hex('01 00 00 00'), 20: hex('40 00') })).header.blockSizeBytes).toBe(512);
  });

  test('a memo ends at the first 0x1A, or with the file', () => {
    const memo = memoOf('dbt3', fileOf(1540, {
      0: hex('04 00 00 00'), 512: ascii('two marks\x1A\x1Arest'), 1024: ascii('one\x1A'), 1536: ascii('tail'),
    }));
    expect(text(memo.read({ block: 1 }))).toBe('two marks');
    expect(text(memo.read({ block: 2 }))).toBe('one');
    expect(text(memo.read({ block: 3 }))).toBe('tail');
    expect(memo.describe({ block: 1 })).toEqual({ offset: 512, dataOffset: 512, lengthBytes: 9, blocks: 1 });
  });

  test.each([510, 511, 512, 513, 4096, 4607, 4608, 4609, 20_000])('a memo of %i bytes is found over several reads', (length) => {
    const memo = memoOf('dbt3', fileOf(512 + length + 700, { 0: hex('FF 00 00 00'), 512: ascii(`${'m'.repeat(length)}\x1A\x1A`) }));
    expect(text(memo.read({ block: 1 }))).toBe('m'.repeat(length));
  });
});

describe('SMT', () => {
  const file = fileOf(4140, { 0: hex('41 00 00 00 40 00 00 00 53 49 78 4D 65 6D 6F 00'), 512: ascii('Hello, world') });

  test('the header and a value as SIX writes them', () => {
    const memo = memoOf('smt', file);
    expect(memo.header).toMatchObject({ blockSizeBytes: 64, nextBlock: 65, dataStartBytes: 512 });
    expect(text(memo.read({ block: 8, lengthBytes: 12, valueType: 1 }))).toBe('Hello, world');
    expect(memo.read({ block: 8, lengthBytes: 0 })).toHaveLength(0);
  });

  test('the length stands in the record: too long or unknown is dangling', () => {
    const memo = memoOf('smt', file);
    expect(memo.explain({ block: 8, lengthBytes: 5000 })).toBe('longer than the file');
    expect(memo.explain({ block: 8 })).toBe('without a length');
    expect(memo.explain({ block: 8, lengthBytes: 0xffff_ffff })).toBe('longer than the file');
  });

  test('an impossible block size is not used', () => {
    for (const size of ['00 00 00 00', 'FF FF FF FF']) {
      const memo = memoOf('smt', fileOf(600, { 0: hex('0A 00 00 00'), 4: hex(size) }));
      expect(memo.header.blockSizeBytes).toBe(64);
      expect(codes(memo.findings)).toEqual(['MEMO_BLOCK_SIZE']);
    }
  });
});

describe('any kind', () => {
  const kinds = ['dbt3', 'dbt4', 'fpt', 'smt'] as const;

  test.each(kinds)('%s: files without a header', (kind) => {
    for (const size of [0, 1, 7]) {
      const memo = memoOf(kind, new Uint8Array(size));
      expect(memo.header.isMissing).toBe(true);
      expect(codes(memo.findings)).toEqual(['MEMO_HEADER_MISSING']);
      expect(memo.read({ block: 8, lengthBytes: 1 })).toBeUndefined();
    }
  });

  test.each(kinds)('%s: dangling pointers are all counted, some described', (kind) => {
    const memo = new MemoFile(openBytes(fileOf(600, { 0: hex('0A 00 00 0A 00 00 00 40') })), kind, undefined, memoCounters());
    for (let i = 0; i < 100; i++) expect(memo.read({ block: 1000 + i, lengthBytes: 5 })).toBeUndefined();
    expect(memo.counters.dangling).toBe(100);
    expect(codes(memo.findings).filter((code) => code === 'MEMO_DANGLING')).toHaveLength(20);
  });

  test('a header that ends inside the file is a finding, and the end is behind the file', () => {
    const memo = memoOf('fpt', fileOf(1000, { 0: hex('00 00 00 02 00 00 00 40') }));
    expect(codes(memo.findings)).toEqual(['MEMO_NEXT_LOW']);
    expect(memo.header.nextBlock).toBe(16);
  });

  test('the size is looked at again before a pointer is called dangling', () => {
    const file = openBytes(fileOf(512, { 0: hex('00 00 00 09 00 00 00 40') }));
    const memo = MemoFile.open(file, 'fpt');
    expect(memo.read({ block: 8 })).toBeUndefined();
    file.writeAt(hex('00 00 00 01 00 00 00 02 68 69'), 512);
    expect(text(memo.read({ block: 8 }))).toBe('hi');
    file.truncate(519);
    expect(memo.read({ block: 8 })).toBeUndefined();
    expect(memo.describe({ block: 8 })).toBeUndefined();
  });

  test('reads through the given reader, over short reads, and hands out bytes of its own', () => {
    const bytes = fileOf(3000, { 0: hex('00 00 00 30 00 00 00 40'), 512: hex('00 00 00 01 00 00 08 00'), 520: new Uint8Array(2048).fill(0x61) });
    let calls = 0;
    const memo = new MemoFile(openBytes(bytes), 'fpt', (target, position) => {
      calls++;
      const part = bytes.subarray(position, Math.min(position + 100, position + target.length));
      target.set(part);
      return part.length;
    });
    const first = memo.read({ block: 8 });
    expect(text(first)).toBe('a'.repeat(2048));
    first?.fill(0x62);
    expect(text(memo.read({ block: 8 }))).toBe('a'.repeat(2048));
    expect(calls).toBeGreaterThan(20);
    expect(memo.counters).toMatchObject({ reads: 2, bytesRead: 4096 });
  });
});
