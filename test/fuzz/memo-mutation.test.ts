import { describe, expect, test } from 'vitest';
import { checkMemo, createMemoHeader, encodeMemo, FieldstoneError, MemoAllocator, MemoFile, MemoryVfs, type MemoKind, type MemoPointer } from '#storage';

interface Sample { readonly bytes: Uint8Array; readonly pointers: readonly MemoPointer[] }

const VALUES = [0x00, 0x01, 0x08, 0x1a, 0x40, 0x7f, 0x80, 0xfe, 0xff] as const;

/** A small file with three memos; in DBT IV with a free run between them. */
function sample(kind: MemoKind, blockSizeBytes: number, flex = false): Sample {
  const head = flex ? flexHeader() : createMemoHeader(kind, { blockSizeBytes, tableName: 'FUZZ' });
  const pointers: MemoPointer[] = [];
  let block = Math.ceil(head.length / blockSizeBytes);
  const parts: { readonly at: number; readonly image: Uint8Array }[] = [{ at: 0, image: head }];
  for (const length of [5, blockSizeBytes + 3, 20]) {
    const image = encodeMemo(kind, blockSizeBytes, 'text', new Uint8Array(length).fill(0x61));
    parts.push({ at: block * blockSizeBytes, image });
    pointers.push({ block, lengthBytes: length, valueType: 1 });
    block += image.length / blockSizeBytes;
  }
  const bytes = new Uint8Array(block * blockSizeBytes);
  for (const { at, image } of parts) bytes.set(image, at);
  new DataView(bytes.buffer).setUint32(0, block, kind !== 'fpt');
  if (kind !== 'dbt4') return { bytes, pointers };
  const freed = pointers[1];
  const view = new DataView(bytes.buffer);
  view.setUint32(0, freed?.block ?? 0, true);
  view.setUint32((freed?.block ?? 0) * blockSizeBytes, block, true);
  view.setUint32((freed?.block ?? 0) * blockSizeBytes + 4, 2, true);
  return { bytes, pointers };
}

function flexHeader(): Uint8Array {
  const bytes = new Uint8Array(1024);
  bytes.set(createMemoHeader('fpt', { tableName: 'FUZZ' }));
  bytes.set(Buffer.from('FlexFile3\x03', 'latin1'), 512);
  return bytes;
}

/** Everything that can be asked of a memo file, with the promises that hold for any bytes whatever. */
function exercise(kind: MemoKind, bytes: Uint8Array, pointers: readonly MemoPointer[]): void {
  const vfs = new MemoryVfs([['/m', bytes]]);
  const file = vfs.open('/m', 'read');
  let reads = 0;
  const memo = new MemoFile(file, kind, (target, position) => {
    reads++;
    return file.readAt(target, position);
  });
  for (const pointer of pointers) {
    const value = memo.read(pointer);
    const place = memo.describe(pointer);
    if ((value === undefined) !== (place === undefined)) expect.fail('read() and describe() disagree');
    if (value !== undefined && value.length > bytes.length) expect.fail(`${value.length} bytes out of a file of ${bytes.length}`);
    if (place !== undefined && place.dataOffset + place.lengthBytes > bytes.length) expect.fail('a place outside the file');
  }
  const findings = checkMemo(memo, pointers.map((pointer, i) => ({ pointer, recno: i + 1, field: 'M' })));
  if (findings.some((finding) => finding.code === '')) expect.fail('a finding without a code');
  allocate(memo, bytes.length);
  if (reads > 400 + bytes.length / 8) expect.fail(`${reads} reads of a file of ${bytes.length} bytes`);
  if (!Buffer.from(bytes).equals(Buffer.from(vfs.files().get('/m') ?? []))) expect.fail('the file was changed');
}

function allocate(memo: MemoFile, sizeBytes: number): void {
  const allocator = new MemoAllocator(memo);
  expect(allocator.headerChanges()).toEqual([]);
  try {
    const block = allocator.allocate(10);
    if (block * allocator.blockSizeBytes < memo.header.dataStartBytes) expect.fail('a memo over the header');
    if (memo.kind !== 'dbt4' && block * allocator.blockSizeBytes < sizeBytes) expect.fail('a memo over others');
    for (const patch of allocator.headerChanges()) if (patch.offset + patch.bytes.length > allocator.endBytes + 512) expect.fail('a patch behind the end');
  } catch (e) {
    if (!(e instanceof FieldstoneError) || e.code !== 'LIMIT') throw e;
  }
}

const SHAPES: readonly (readonly [string, MemoKind, number, boolean])[] = [
  ['FPT, blocks of 64', 'fpt', 64, false], ['FPT, blocks of 1', 'fpt', 1, false], ['FlexFile', 'fpt', 64, true],
  ['DBT III', 'dbt3', 512, false], ['DBT IV, blocks of 64', 'dbt4', 64, false], ['DBT IV, blocks of 512', 'dbt4', 512, false], ['SMT', 'smt', 64, false],
];

describe('every single-byte change of a small memo file', () => {
  test.each(SHAPES)('%s', (_name, kind, blockSize, flex) => {
    const { bytes, pointers } = sample(kind, blockSize, flex);
    exercise(kind, bytes, pointers);
    const mutated = bytes.slice();
    for (let at = 0; at < bytes.length; at++) {
      const before = bytes[at] ?? 0;
      // Zeros far behind any structure all mean the same.
      const isFiller = before === 0 && at > 64 && at % blockSize > 16;
      for (const value of isFiller ? [0x1a, 0xff] : [...VALUES, before ^ 0x01, before ^ 0x80]) {
        if (value === before) continue;
        mutated[at] = value;
        try {
          exercise(kind, mutated, pointers);
        } catch (cause) {
          throw new Error(`byte ${at} of ${kind} changed from ${before} to ${value}`, { cause });
        }
      }
      mutated[at] = before;
    }
  });

  test.each(SHAPES)('%s: cut off at every length', (_name, kind, blockSize, flex) => {
    const { bytes, pointers } = sample(kind, blockSize, flex);
    for (let length = 0; length < bytes.length; length++) exercise(kind, bytes.subarray(0, length), pointers);
  });

  test.each(SHAPES)('%s: pointers to everywhere', (_name, kind, blockSize, flex) => {
    const { bytes } = sample(kind, blockSize, flex);
    const blocks = [...Array(200).keys(), bytes.length, 2 ** 26, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 9_999_999_999];
    const lengths = [undefined, 0, 1, 100, bytes.length, 2 ** 31, 2 ** 32 - 1];
    for (const lengthBytes of lengths) {
      exercise(kind, bytes, blocks.map((block) => ({ block, ...(lengthBytes === undefined ? {} : { lengthBytes }) })));
    }
  });
});
