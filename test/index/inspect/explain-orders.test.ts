import { expect, test } from 'vitest';
import { buildNdx, buildNtx, explainOrders, isOrderFile, type TagSpec } from '#index';
import { MemoryVfs, type ExplainedBytes } from '#storage';
import { BufferSink, runToEnd } from '../../support/buffer-source.js';
import { corpus } from '../../support/corpus.js';
import { indexFilesOf } from '../../support/index-truth.js';
import { keysOf } from '../order-model.js';

function explainedOf(name: string, bytes: Buffer): ExplainedBytes[] {
  const vfs = new MemoryVfs();
  const file = vfs.open(name, 'create');
  file.writeAt(bytes, 0);
  expect(isOrderFile(file)).toBe(true);
  const pieces = [...explainOrders(file)];
  file.close();
  return pieces;
}

function expectWhole(pieces: readonly ExplainedBytes[], bytes: Buffer): void {
  let at = 0;
  for (const { offset, length } of pieces) {
    if (length > 0) expect(offset).toBe(at);
    at += length;
  }
  expect(at).toBe(bytes.length);
}

function written(build: typeof buildNtx): Buffer {
  const spec: TagSpec = { name: 'WORD', expression: 'UPPER(WORD)', keyType: 'C', keyLength: 10 };
  const sink = new BufferSink();
  const keys = Array.from({ length: 300 }, (_, i) => ({ key: Buffer.from(`key${String(i).padStart(3, '0')}`.padEnd(10)), recno: i + 1 }));
  return sink.over(Buffer.alloc(0), runToEnd(build(spec, keysOf(keys), sink)).sizeBytes);
}

test.each([['people.ntx', buildNtx], ['people.ndx', buildNdx]] as const)('explains every byte of %s once, in order, and every entry', (name, build) => {
  const bytes = written(build);
  const pieces = explainedOf(name, bytes);
  expectWhole(pieces, bytes);
  expect(pieces.filter(({ problem }) => problem !== undefined)).toEqual([]);
  expect(pieces.filter((piece) => piece.name.includes('"key') && piece.value.includes('record'))).toHaveLength(300);
  expect(pieces.some(({ value }) => value === 'UPPER(WORD)')).toBe(true);
});

test.each([['people.ntx', buildNtx], ['people.ndx', buildNdx]] as const)('says what is wrong in a damaged %s', (name, build) => {
  const bytes = written(build);
  bytes[1024] = 0xee;
  const pieces = explainedOf(name, bytes);
  expectWhole(pieces, bytes);
  expect(pieces.some(({ problem }) => problem !== undefined)).toBe(true);
});

test('names the tags of an MDX', () => {
  const found = corpus();
  if (found === undefined) return;
  const file = indexFilesOf(found, 'mdx').find(({ label }) => label.endsWith('f1_l4.mdx'));
  if (file === undefined) throw new Error('f1_l4.mdx is not in the corpus');
  const pieces = explainedOf('f1_l4.mdx', file.bytes());
  expectWhole(pieces, file.bytes());
  expect(pieces.some(({ value }) => value.startsWith('UPPER(NAME), type C'))).toBe(true);
});
