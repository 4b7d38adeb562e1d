import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunBuilder, RunCursor } from '#index';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
// Few different bytes, and zeros at the end: heads are equal and lengths must decide.
const key = fc.array(fc.constantFrom(0, 0, 1, 255), { maxLength: 20 }).map((bytes) => Buffer.from(bytes));

function runOf(keys: readonly Buffer[]): RunCursor {
  const builder = new RunBuilder();
  for (const each of keys) builder.add(each, each.length);
  return new RunCursor(builder.finish());
}

function here(cursor: RunCursor): string { return cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength).toString('hex'); }

function expectSorted(keys: readonly Buffer[]): void {
  const want = [...keys].sort((a, b) => a.compare(b)).map((each) => each.toString('hex'));
  const cursor = runOf(keys);
  const found: string[] = [];
  for (let ok = cursor.seek(); ok; ok = cursor.next()) found.push(here(cursor));
  expect(found).toEqual(want);
  const back: string[] = [];
  for (let ok = cursor.seekBefore(); ok; ok = cursor.previous()) back.push(here(cursor));
  expect(back.reverse()).toEqual(want);
}

test('a run is its keys in order, walked both ways, for few keys and for many', () => {
  fc.assert(fc.property(fc.array(key, { maxLength: 120 }), expectSorted), { numRuns: 200, ...SEED });
  const many = fc.sample(key, { numRuns: 6000, seed: SEED.seed ?? 11 });
  expectSorted(many);
  expectSorted(many.map((each, i) => Buffer.concat([Buffer.alloc(18), each, Buffer.of(i >> 8, i)])));
});

test('seeks find the first key that is not below, and the last that is', () => {
  fc.assert(fc.property(fc.array(key, { maxLength: 60 }), key, (keys, sought) => {
    const sorted = [...keys].sort((a, b) => a.compare(b));
    const cursor = runOf(keys);
    const from = sorted.find((each) => each.compare(sought) >= 0);
    const before = sorted.filter((each) => each.compare(sought) < 0).at(-1);
    expect(cursor.seek(sought) ? here(cursor) : undefined).toBe(from?.toString('hex'));
    expect(cursor.seekBefore(sought) ? here(cursor) : undefined).toBe(before?.toString('hex'));
  }), { numRuns: 500, ...SEED });
});

test('runs of every shape: in order, backwards, many equal, long prefixes, digits that all have in common', () => {
  const next = (seed: number) => () => (seed = Math.imul(seed, 1_103_515_245) + 12_345 >>> 0);
  const random = next(SEED.seed ?? 7);
  const keyed = (count: number, make: (i: number) => Buffer): Buffer[] => (
    Array.from({ length: count }, (_, i) => Buffer.concat([make(i), Buffer.of(i >> 16, i >> 8, i)]))
  );
  const number = (n: number): Buffer => {
    const bytes = Buffer.alloc(9, 0x20);
    bytes.writeDoubleBE(n, 1);
    return bytes;
  };
  for (const count of [25, 300, 5000, 70_000]) {
    expectSorted(keyed(count, (i) => number(i)));
    expectSorted(keyed(count, (i) => number(count - i)));
    expectSorted(keyed(count, () => number(random() % 50)));
    expectSorted(keyed(count, () => number(random() / 100)));
    expectSorted(keyed(count, (i) => Buffer.from(`a long prefix that all have ${i % 3 === 0 ? 'x'.repeat(i % 40) : 'y'}`)));
  }
});

test('a run is sorted when its order is asked for, not before', () => {
  const keysFrom = (numbers: readonly number[]): RunBuilder => {
    const builder = new RunBuilder();
    for (const n of numbers) builder.add(Buffer.of(n), 1);
    return builder;
  };
  const run = keysFrom([3, 1, 2]).finish();
  expect(run.isSorted).toBe(false);
  expect([run.count, run.table.count]).toEqual([3, 3]);
  expect(run.isSorted).toBe(false);
  expect(run.lowerBound(Buffer.of(2), 1)).toBe(1);
  expect(run.isSorted).toBe(true);
  expect([0, 1, 2].map((i) => run.entryAt(i))).toEqual([1, 2, 0]);
  expect(keysFrom([1, 2, 2, 3]).finish().isSorted).toBe(true);
});

test('a run that is sorted in turns answers between them, and is the same', () => {
  const builder = new RunBuilder();
  for (let i = 0; i < 300_000; i++) builder.add(Buffer.from(`key ${(i * 7919) % 300_000}`), Buffer.byteLength(`key ${(i * 7919) % 300_000}`));
  const run = builder.finish();
  const steps = run.sortSteps();
  expect(steps.next().done).toBe(false);
  expect([run.isSorted, run.lowerBound(Buffer.from('key 1'), 5), run.isSorted]).toEqual([false, 1, true]);
  for (const _ of steps) { /* to the end */ }
  const sorted = Array.from({ length: 300_000 }, (_, i) => `key ${i}`).sort();
  for (const i of [0, 1, 2, 77_777, 299_999]) expect(run.bytesAt(i).toString('latin1', run.startAt(i), run.startAt(i) + run.lengthAt(i))).toBe(sorted[i]);
  expect(run.sortSteps().next().done).toBe(true);
});

test('a run keeps no room for more entries', () => {
  const builder = new RunBuilder();
  for (let i = 0; i < 1025; i++) builder.add(Buffer.from(`key ${i}`), Buffer.byteLength(`key ${i}`));
  expect(builder.finish().sizeBytes).toBeLessThan(1025 * 30);
});

test('keys of one length stand in one piece, until another length or more than expected come', () => {
  const built = (keys: readonly Buffer[], expected: number): string[] => {
    const builder = new RunBuilder(expected);
    for (const each of keys) {
      builder.room();
      each.copy(builder.memory.bytes, builder.position);
      builder.push(builder.position + each.length);
    }
    const run = builder.finish();
    return Array.from({ length: run.count }, (_, i) => run.bytesAt(i).toString('hex', run.startAt(i), run.startAt(i) + run.lengthAt(i)));
  };
  const bytesOf = (length: number) => fc.array(fc.constantFrom(0, 1, 255), { minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
  const ofLength = (length: number) => fc.array(bytesOf(length), { maxLength: 40 });
  const lists = fc.nat(7).chain((length) => fc.tuple(ofLength(length), fc.oneof(fc.constant([]), ofLength(length + 1), ofLength(0), ofLength(length))));
  fc.assert(fc.property(lists, fc.boolean(), fc.constantFrom(0, 2000), ([first, then], inOrder, expected) => {
    const sorted = [...first, ...then].sort((a, b) => a.compare(b));
    expect(built(inOrder ? sorted : [...first, ...then], expected)).toEqual(sorted.map((each) => each.toString('hex')));
  }), { numRuns: 400, ...SEED });
  const many = Array.from({ length: 6000 }, (_, i) => Buffer.concat([Buffer.alloc(996, 7), Buffer.of(i >> 16, i >> 8, i, 1)]));
  for (const expected of [0, 5000, 6000]) expect(built(many, expected)).toEqual(many.map((each) => each.toString('hex')));
  const turned = [...many].reverse();
  expect(built(turned, 6000)).toEqual(many.map((each) => each.toString('hex')));
});
