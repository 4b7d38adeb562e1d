import { expect, test } from 'vitest';
import { explainCdx, isCdxFile } from '#index';
import { MemoryVfs, type ExplainedBytes } from '#storage';
import { MemoryIndex, type Entry } from '../cdx/memory-index.js';

const entries: Entry[] = Array.from({ length: 300 }, (_, i) => ({ key: Buffer.from(`key${i}`.padEnd(10)), recno: i + 1 })).sort((a, b) => Buffer.compare(a.key, b.key));

function explainedOf(bytes: Buffer): ExplainedBytes[] {
  const vfs = new MemoryVfs();
  const file = vfs.open('people.cdx', 'create');
  file.writeAt(bytes, 0);
  expect(isCdxFile(file)).toBe(true);
  const pieces = [...explainCdx(file)];
  file.close();
  return pieces;
}

function written(): Buffer {
  const index = new MemoryIndex();
  index.add({ name: 'GONE', expression: 'G', keyType: 'C', keyLength: 10 }, entries);
  index.add({ name: 'WORD', expression: 'UPPER(WORD)', forExpression: 'OK', keyType: 'C', keyLength: 10 }, entries);
  index.change((update) => { update.dropTag('GONE'); });
  return index.bytes;
}

test('explains every byte once, in order, and every entry', () => {
  const bytes = written();
  const pieces = explainedOf(bytes);
  let at = 0;
  for (const { offset, length, problem } of pieces) {
    if (length > 0) expect(offset).toBe(at);
    at += length;
    expect(problem).toBeUndefined();
  }
  expect(at).toBe(bytes.length);
  expect(pieces.filter(({ name, value }) => name.includes('"key') && value.includes('shared'))).toHaveLength(300);
  expect(pieces.some(({ value }) => value === 'UPPER(WORD) FOR OK')).toBe(true);
  expect(pieces.some(({ name }) => name === 'free page')).toBe(true);
});

test('goes on in a damaged file and says what is wrong', () => {
  const bytes = written();
  const root = bytes.readUInt32LE(0);
  bytes[root + 23] = 9;
  const pieces = explainedOf(bytes.subarray(0, bytes.length - 100));
  expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length - 100);
  expect(pieces.filter(({ problem }) => problem !== undefined).length).toBeGreaterThan(0);
});
