import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildNdx, buildNtx, checkNdx, checkNtx, encodeNtxNumber, NdxFile, NtxFile, putSortableDouble, sortableDoubleAt, type TagSpec } from '#index';
import { bufferSource } from '../support/buffer-source.js';
import { indexLister } from '../support/independent-readers.js';
import { runMixedBatches, SEED } from './order-batches.js';
import { OrderModel, type Draw, type OrderFormat } from './order-model.js';

const lister = indexLister();
const NTX: OrderFormat = {
  name: 'ntx', build: buildNtx, open: (bytes) => NtxFile.open(bufferSource(bytes), { name: 'X' }), check: (bytes) => checkNtx(NtxFile.open(bufferSource(bytes), { name: 'X' })),
};
const NDX: OrderFormat = {
  name: 'ndx', build: buildNdx, open: (bytes) => NdxFile.open(bufferSource(bytes), { name: 'X' }), check: (bytes) => checkNdx(NdxFile.open(bufferSource(bytes), { name: 'X' })),
};
const spec = (keyType: TagSpec['keyType'], keyLength: number, more: Partial<TagSpec> = {}): TagSpec => ({ name: 'X', expression: 'X', keyType, keyLength, ...more });
const words = (length: number) => (draw: Draw): Buffer => Buffer.from(Array.from({ length: 1 + draw(length) }, () => 'abcdefg '[draw(8)]).join('').padEnd(length));
const ntxNumber = (draw: Draw): Buffer => {
  const key = Buffer.alloc(10);
  encodeNtxNumber((draw(200_000) - 100_000) / 100, 10, 2, key);
  return key;
};
const double = (draw: Draw): Buffer => {
  const key = Buffer.alloc(8);
  putSortableDouble((draw(200_000) - 100_000) / 4, key, 0);
  return key;
};
const KINDS: readonly (readonly [string, OrderFormat, TagSpec, (draw: Draw) => Buffer])[] = [
  ['NTX, text', NTX, spec('C', 12), words(12)],
  ['NTX, long text', NTX, spec('C', 200), words(6)],
  ['NTX, descending', NTX, spec('C', 10, { descending: true }), words(3)],
  ['NTX, numbers', NTX, spec('N', 10, { decimals: 2 }), ntxNumber],
  ['NTX, logical', NTX, spec('L', 1), (draw) => Buffer.from('TF'[draw(2)] ?? 'T')],
  ['NTX, dates', NTX, spec('D', 8), (draw) => Buffer.from(`20${10 + draw(20)}0${1 + draw(9)}${10 + draw(18)}`)],
  ['NDX, text', NDX, spec('C', 30), words(10)],
  ['NDX, long text', NDX, spec('C', 99), words(5)],
  ['NDX, numbers', NDX, spec('N', 8), double],
  ['NDX, few numbers', NDX, spec('N', 8, { unique: 'first' }), double],
];

function expectListed(model: OrderModel, what: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-order-'));
  try {
    const path = join(folder, `written.${model.format.name}`);
    writeFileSync(path, model.bytes);
    const isDouble = model.format === NDX && model.spec.keyType !== 'C';
    const ours = model.entries.map(({ key, recno }) => `${isDouble ? sortableDoubleAt(key, 0) : key.toString('latin1').trimEnd()} ${recno}`);
    const theirs = (lister?.(path) ?? []).map(({ key, recno }) => {
      const bytes = Buffer.from(key, 'hex').toString('latin1');
      return `${isDouble ? Number(bytes) : bytes.trimEnd()} ${recno}`;
    });
    expect(theirs.length, `${what}, SEED=${SEED}`).toBe(ours.length);
    expect(theirs.findIndex((line, i) => line !== ours[i]), `${what}, SEED=${SEED}`).toBe(-1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('Perl\'s XBase lists the same keys in the same order', () => {
  if (lister === undefined) {
    test('and is not here', () => { console.log('NTX and NDX files written here are not read by another program.'); });
    return;
  }

  test.each(KINDS)('%s: changed in mixed batches', (what, format, tag, keyOf) => {
    const model = runMixedBatches(format, tag, keyOf, 40);
    expectListed(model, what);
  });

  test.each([NTX, NDX])('200,000 keys, built, then a seventh of them deleted', (format) => {
    const entries = Array.from({ length: 200_000 }, (_, i) => ({ key: Buffer.from(String(Math.floor(i / 3)).padStart(12, '0')), recno: i + 1 }));
    const model = new OrderModel(format, spec('C', 12), entries);
    expectListed(model, 'built');
    model.apply([], entries.filter((_, i) => i % 7 === 0));
    expectListed(model, 'without every seventh');
    expect(format.check(model.bytes)).toEqual([]);
  });

  test.each([NTX, NDX].flatMap((format) => [1, 2, 31, 60, 500].map((n) => [format.name, n, format] as const)))('%s of %i keys', (_, n, format) => {
    expectListed(new OrderModel(format, spec('C', 8), Array.from({ length: n }, (__, i) => ({ key: Buffer.from(String(i).padStart(8, '0')), recno: i + 1 }))), `${n} keys`);
  });
});
