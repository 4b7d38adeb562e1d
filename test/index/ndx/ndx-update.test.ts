import { describe, expect, test } from 'vitest';
import { buildNdx, checkNdx, NdxFile, putSortableDouble, type TagSpec } from '#index';
import { hasCode } from '#storage';
import { BufferSink, bufferSource, runToEnd } from '../../support/buffer-source.js';
import { runMixedBatches } from '../order-batches.js';
import { changesOf, OrderModel, type Draw, type Entry, type OrderFormat } from '../order-model.js';

const NDX: OrderFormat = {
  name: 'NDX', build: buildNdx,
  open: (bytes) => NdxFile.open(bufferSource(bytes), { name: 'X' }),
  check: (bytes) => checkNdx(NdxFile.open(bufferSource(bytes), { name: 'X' })),
};

const text = (length: number, letters: string) => (draw: Draw): Buffer => {
  const word = Array.from({ length: draw(length + 1) }, () => letters[draw(letters.length)]).join('');
  return Buffer.from(word.padEnd(length), 'latin1');
};
const number = (range: number, scale: number) => (draw: Draw): Buffer => {
  const key = Buffer.alloc(8);
  putSortableDouble((draw(2 * range) - range) / scale, key, 0);
  return key;
};
const spec = (keyType: TagSpec['keyType'], keyLength: number, more: Partial<TagSpec> = {}): TagSpec => ({ name: 'X', expression: 'X', keyType, keyLength, ...more });
const KINDS: readonly (readonly [string, TagSpec, (draw: Draw) => Buffer])[] = [
  ['C(12)', spec('C', 12), text(12, 'abcdé ')],
  ['C(1), many equal keys', spec('C', 1), text(1, 'xyz')],
  ['C(100), four keys to a page', spec('C', 100), text(100, 'ab')],
  ['C(37), keys that are not of whole words', spec('C', 37), text(5, 'abcdefgh')],
  ['N', spec('N', 8), number(500_000, 100)],
  ['N unique', spec('N', 8, { unique: 'first' }), number(300, 1)],
  ['D', spec('D', 8), (draw) => number(1, 1)(draw).fill(0).map((_, i) => Buffer.from([0xc1, 0x42, 0xb4, draw(256), 0x80, 0, 0, 0])[i] ?? 0) as Buffer],
];

describe.each(KINDS)('an NDX of %s', (_, tag, keyOf) => {
  test('stays what a sorted list says, through mixed batches, and ends empty', () => {
    const model = runMixedBatches(NDX, tag, keyOf);
    model.apply([], [...model.entries]);
    model.assertHolds();
    expect(model.entries.length).toBe(0);
  });
});

describe('an NDX', () => {
  const entry = (n: number): Entry => ({ key: Buffer.from(String(n).padStart(8, '0')), recno: n + 1 });

  test.each([0, 1, 2, 31, 32, 33, 61, 62, 63, 992, 993, 3000, 200_000])('of %i keys is built, full and sound', (n) => {
    const model = new OrderModel(NDX, spec('C', 8), Array.from({ length: n }, (_, i) => entry(i)));
    model.assertHolds();
    expect(model.bytes.length).toBeLessThanOrEqual(512 * (4 + n / 29));
  });

  test('that grows by appended keys keeps its pages full', () => {
    const model = new OrderModel(NDX, spec('C', 8), []);
    for (let from = 0; from < 20_000; from += 500) model.apply(Array.from({ length: 500 }, (_, i) => entry(from + i)), []);
    model.assertHolds();
    expect(model.bytes.length).toBeLessThan(512 * (4 + 20_000 / 26));
  });

  test('finds pages that nobody uses, since it has no list of them, and writes the same bytes each time', () => {
    const images = [0, 1].map(() => {
      const model = new OrderModel(NDX, spec('C', 8), Array.from({ length: 5000 }, (_, i) => entry(i)));
      const { length } = model.bytes;
      for (let round = 0; round < 4; round++) {
        model.apply([], Array.from({ length: 4000 }, (_, i) => entry(i)));
        model.assertHolds();
        model.apply(Array.from({ length: 4000 }, (_, i) => entry(i)), []);
        model.assertHolds();
      }
      expect(model.bytes.length).toBeLessThanOrEqual(length * 1.2);
      return model.bytes;
    });
    expect(images[0]?.equals(images[1] ?? Buffer.alloc(0))).toBe(true);
  });

  test('of one key many times finds each record', () => {
    const same = Array.from({ length: 5000 }, (_, i) => ({ key: Buffer.from('same    '), recno: i + 1 }));
    const model = new OrderModel(NDX, spec('C', 8), same);
    model.apply([], same.filter(({ recno }) => recno % 3 === 0));
    model.assertHolds();
    const cursor = NDX.open(model.bytes).tags[0]!.cursor();
    for (const { key, recno } of model.entries) if (!cursor.seek(key, recno) || cursor.recno !== recno) throw new Error(`record ${recno} is not found`);
  });

  test('that nothing changes is not written', () => {
    const model = new OrderModel(NDX, spec('C', 8), [entry(1)]);
    const sink = new BufferSink(model.bytes.length);
    const update = NDX.open(model.bytes).update(sink);
    expect(runToEnd(update.apply('x', changesOf([{ ...entry(1), isRemoval: false }, { ...entry(7), isRemoval: true }]))))
      .toEqual({ added: 0, removed: 0, alreadyThere: 1, notThere: 1 });
    expect(runToEnd(update.finish())).toEqual({ sizeBytes: model.bytes.length, blocksWritten: 0 });
    expect(sink.blocks.size).toBe(0);
  });

  test('refuses what it does not have', () => {
    const refusal = (more: Partial<TagSpec>): unknown => {
      try {
        return runToEnd(buildNdx({ ...spec('C', 8), ...more }, { next: () => false, keyBytes: Buffer.alloc(0), keyStart: 0, recno: 0 }, new BufferSink()));
      } catch (e) {
        return hasCode(e, 'UNSUPPORTED') ? 'UNSUPPORTED' : hasCode(e, 'LIMIT') ? 'LIMIT' : e;
      }
    };
    expect(refusal({ keyType: 'L' })).toBe('UNSUPPORTED');
    expect(refusal({ forExpression: '.T.' })).toBe('UNSUPPORTED');
    expect(refusal({ descending: true })).toBe('UNSUPPORTED');
    expect(refusal({ keyLength: 101 })).toBe('LIMIT');
    expect(refusal({ keyType: 'N', keyLength: 9 })).toBe('LIMIT');
  });
});
