import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunBuilder, RunCursor, RunList, type SortedRun } from '#index';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
const LONGEST = 9;
// Of one length, of several, and with heads that are equal.
const keys = fc.oneof(
  fc.array(fc.uint8Array({ minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.array(fc.constantFrom(0, 1, 255), { maxLength: LONGEST }).map((bytes) => Uint8Array.from(bytes)), { minLength: 1, maxLength: 40 }),
);

function runOf(entries: readonly Uint8Array[]): SortedRun {
  const builder = new RunBuilder(entries.length);
  for (const each of entries) builder.add(each, each.length);
  return builder.finish();
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function keysOf(run: SortedRun): string[] {
  const cursor = new RunCursor(run);
  const found: string[] = [];
  for (let ok = cursor.seek(); ok; ok = cursor.next()) found.push(hex(cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength)));
  return found;
}

test('joined runs hold the keys of all, each in order, and each is larger than those behind it together', () => {
  fc.assert(fc.property(fc.array(fc.tuple(keys, fc.boolean()), { minLength: 1, maxLength: 90 }), (loads) => {
    const list = new RunList();
    const all: string[] = [];
    for (const [entries, isAsked] of loads) {
      list.add(runOf(entries));
      for (const each of entries) all.push(hex(each));
      if (isAsked) expect(list.joined().flatMap(keysOf).sort()).toEqual([...all].sort());
    }
    const runs = list.joined();
    expect(list.count).toBe(all.length);
    expect(runs.flatMap(keysOf).sort()).toEqual([...all].sort());
    for (const run of runs) expect(keysOf(run)).toEqual(keysOf(run).sort());
    for (let i = 0; i < runs.length; i++) expect(runs[i]?.count).toBeGreaterThan(runs.slice(i + 1).reduce((sum, { count }) => sum + count, 0));
    expect(list.joined()).toBe(runs);
  }), { numRuns: 100, ...SEED });
});

test('a run that others are walking stays what it is when it is joined with those that came later', () => {
  const list = new RunList();
  list.add(runOf([Buffer.from('b'), Buffer.from('a')]));
  const [first] = list.joined();
  expect(first).toBeDefined();
  if (first === undefined) return;
  const cursor = new RunCursor(first);
  cursor.seek();
  list.add(runOf([Buffer.from('aa'), Buffer.from('c')]));
  expect(list.joined().map(keysOf)).toEqual([['61', '6161', '62', '63']]);
  cursor.next();
  expect(hex(cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength))).toBe('62');
  expect(cursor.next()).toBe(false);
});

test('many small runs do not wait: their memory is joined before anybody asks', () => {
  const list = new RunList();
  for (let i = 0; i < 5000; i++) list.add(runOf([Buffer.of(i >> 8, i)]));
  const each = runOf([Buffer.of(0, 0)]).sizeBytes;
  expect(list.count).toBe(5000);
  expect(list.sizeBytes).toBeLessThan(5000 * (each + 16));
  expect(list.joined().length).toBeLessThanOrEqual(13);
});
