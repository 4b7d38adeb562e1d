import { describe, expect, test } from 'vitest';
import { buildNtx, checkNtx, encodeNtxNumber, NtxFile, type TagSpec } from '#index';
import { hasCode } from '#storage';
import { BufferSink, bufferSource, runToEnd } from '../../support/buffer-source.js';
import { runMixedBatches } from '../order-batches.js';
import { changesOf, OrderModel, type Draw, type Entry, type OrderFormat } from '../order-model.js';

const NTX: OrderFormat = {
  name: 'NTX', build: buildNtx,
  open: (bytes) => NtxFile.open(bufferSource(bytes), { name: 'X' }),
  check: (bytes) => checkNtx(NtxFile.open(bufferSource(bytes), { name: 'X' })),
};

const text = (length: number, letters: string) => (draw: Draw): Buffer => {
  const word = Array.from({ length: draw(length + 1) }, () => letters[draw(letters.length)]).join('');
  return Buffer.from(word.padEnd(length), 'latin1');
};
const number = (length: number, decimals: number, range: number) => (draw: Draw): Buffer => {
  const key = Buffer.alloc(length);
  encodeNtxNumber((draw(2 * range) - range) / 10 ** decimals, length, decimals, key);
  return key;
};
const date = (draw: Draw): Buffer => (draw(9) === 0 ? Buffer.from('        ') : Buffer.from(`20${10 + draw(20)}${10 + draw(3)}${10 + draw(18)}`));
const spec = (keyType: TagSpec['keyType'], keyLength: number, more: Partial<TagSpec> = {}): TagSpec => ({ name: 'X', expression: 'X', keyType, keyLength, ...more });
const KINDS: readonly (readonly [string, TagSpec, (draw: Draw) => Buffer])[] = [
  ['C(12)', spec('C', 12), text(12, 'abcdé ')],
  ['C(1), many equal keys', spec('C', 1), text(1, 'xyz')],
  ['C(250), two keys to a page', spec('C', 250), text(250, 'ab')],
  ['C(30) descending', spec('C', 30, { descending: true }), text(5, 'abcdefgh')],
  ['N(10,2)', spec('N', 10, { decimals: 2 }), number(10, 2, 500_000)],
  ['N(5) unique', spec('N', 5, { unique: 'first' }), number(5, 0, 300)],
  ['D descending, unique', spec('D', 8, { descending: true, unique: 'first' }), date],
  ['L', spec('L', 1), (draw) => Buffer.from(draw(2) === 0 ? 'T' : 'F')],
];

describe.each(KINDS)('an NTX of %s', (_, tag, keyOf) => {
  test('stays what a sorted list says, through mixed batches, and ends empty', () => {
    const model = runMixedBatches(NTX, tag, keyOf);
    model.apply([], [...model.entries]);
    model.assertHolds();
    expect(model.entries.length).toBe(0);
  });
});

describe('an NTX', () => {
  const entry = (n: number): Entry => ({ key: Buffer.from(String(n).padStart(8, '0')), recno: n + 1 });

  test.each([0, 1, 2, 54, 55, 56, 57, 109, 110, 111, 3000, 200_000])('of %i keys is built, full and sound', (n) => {
    const model = new OrderModel(NTX, spec('C', 8), Array.from({ length: n }, (_, i) => entry(i)));
    model.assertHolds();
    expect(model.bytes.length).toBeLessThanOrEqual(1024 * (3 + n / 50));
  });

  test('that grows by appended keys keeps its pages full', () => {
    const model = new OrderModel(NTX, spec('C', 8), []);
    for (let from = 0; from < 20_000; from += 500) model.apply(Array.from({ length: 500 }, (_, i) => entry(from + i)), []);
    model.assertHolds();
    expect(model.bytes.length).toBeLessThan(1024 * (3 + 20_000 / 48));
  });

  test('uses freed pages again, and writes the same bytes each time', () => {
    const sizes: number[] = [];
    const images = [0, 1].map(() => {
      const model = new OrderModel(NTX, spec('C', 8), Array.from({ length: 5000 }, (_, i) => entry(i)));
      model.apply([], Array.from({ length: 4000 }, (_, i) => entry(i)));
      model.assertHolds();
      model.apply(Array.from({ length: 4000 }, (_, i) => entry(i)), []);
      model.assertHolds();
      sizes.push(model.bytes.length);
      return model.bytes;
    });
    expect(sizes[0]).toBeLessThanOrEqual(1024 * 120);
    expect(images[0]?.equals(images[1] ?? Buffer.alloc(0))).toBe(true);
    expect(images[0]?.readUInt16LE(2)).toBe(3);
  });

  test('that nothing changes is not written', () => {
    const model = new OrderModel(NTX, spec('C', 8), [entry(1)]);
    const file = NTX.open(model.bytes);
    const sink = new BufferSink(model.bytes.length);
    const update = file.update(sink);
    expect(runToEnd(update.apply('x', changesOf([{ ...entry(7), isRemoval: true }, { ...entry(1), isRemoval: false }].sort((a, b) => a.recno - b.recno)))))
      .toEqual({ added: 0, removed: 0, alreadyThere: 1, notThere: 1 });
    expect(runToEnd(update.finish())).toEqual({ sizeBytes: model.bytes.length, blocksWritten: 0 });
    expect(sink.blocks.size).toBe(0);
  });

  test('finds a record among equal keys that Clipper left in another order', () => {
    const keys = Array.from({ length: 300 }, (_, i) => ({ key: Buffer.from(i < 200 ? 'a' : 'b'), recno: i + 1 }));
    const model = new OrderModel(NTX, spec('C', 1), keys);
    // Swaps record numbers within the pages of the key "a".
    for (let page = 1024; page < model.bytes.length; page += 1024) {
      const count = model.bytes.readUInt16LE(page);
      for (let i = 0; i + 1 < count; i += 2) {
        const [one, two] = [i, i + 1].map((slot) => page + model.bytes.readUInt16LE(page + 2 + 2 * slot) + 4) as [number, number];
        if (model.bytes[one + 4] !== model.bytes[two + 4]) continue;
        const kept = model.bytes.readUInt32LE(one);
        model.bytes.writeUInt32LE(model.bytes.readUInt32LE(two), one);
        model.bytes.writeUInt32LE(kept, two);
      }
    }
    const file = NTX.open(model.bytes);
    const sink = new BufferSink(model.bytes.length);
    const update = file.update(sink);
    const applied = runToEnd(update.apply('X', changesOf(keys.filter(({ recno }) => recno % 3 === 0).map((e) => ({ ...e, isRemoval: true })))));
    expect(applied).toEqual({ added: 0, removed: 100, alreadyThere: 0, notThere: 0 });
    const bytes = sink.over(model.bytes, runToEnd(update.finish()).sizeBytes);
    expect(NTX.check(bytes)).toEqual([]);
  });

  test('refuses what it does not have', () => {
    const refusal = (more: Partial<TagSpec>): unknown => {
      try {
        return runToEnd(buildNtx({ ...spec('C', 8), ...more }, { next: () => false, keyBytes: Buffer.alloc(0), keyStart: 0, recno: 0 }, new BufferSink()));
      } catch (e) {
        return hasCode(e, 'UNSUPPORTED') ? 'UNSUPPORTED' : hasCode(e, 'LIMIT') ? 'LIMIT' : e;
      }
    };
    expect(refusal({ keyType: 'T' })).toBe('UNSUPPORTED');
    expect(refusal({ unique: 'candidate' })).toBe('UNSUPPORTED');
    expect(refusal({ nullPrefix: true })).toBe('UNSUPPORTED');
    expect(refusal({ keyLength: 257 })).toBe('LIMIT');
    expect(refusal({ expression: 'x'.repeat(256) })).toBe('LIMIT');
    const file = NTX.open(new OrderModel(NTX, spec('C', 8), []).bytes);
    expect(() => runToEnd(file.update(new BufferSink()).addTag(spec('C', 8), { next: () => false, keyBytes: Buffer.alloc(0), keyStart: 0, recno: 0 }))).toThrow('one order');
    expect(() => runToEnd(file.update(new BufferSink()).apply('other', changesOf([])))).toThrow('not other');
  });
});
