import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunHeads } from '../../../index/run/run-heads.js';
import { RunBuilder, type SortedRun } from '../../../index/run/sorted-run.js';

function runOf(keys: readonly Uint8Array[]): SortedRun {
  const builder = new RunBuilder();
  for (const key of keys) builder.add(key, key.length);
  return builder.finish();
}

const byte = fc.constantFrom(0, 1, 0x61, 0x62, 0xff);
const tail = fc.tuple(fc.uint8Array({ maxLength: 2 }), fc.array(byte, { maxLength: 9 })).map(([some, more]) => Uint8Array.from([...some, ...more]));
const prefix = fc.constantFrom([], [0x30], [0x30, 0x61, 0x62, 0, 0xff, 7, 7]);

test('a key belongs between the places that the heads tell, whatever all keys begin with', () => {
  fc.assert(fc.property(prefix, fc.array(tail, { minLength: 1, maxLength: 60 }), fc.array(tail, { maxLength: 10 }), (shared, tails, sought) => {
    const keys = tails.map((one) => Uint8Array.from([...shared, ...one]));
    const run = runOf(keys);
    const sorted = keys.map((key) => Buffer.from(key)).sort(Buffer.compare);
    const heads = new RunHeads(run);
    for (const key of [...keys, ...sought, ...sought.map((one) => Uint8Array.from([...shared, ...one])), Uint8Array.from(shared), Uint8Array.of()]) {
      const place = sorted.filter((one) => Buffer.compare(one, key) < 0).length;
      // The bytes behind the key are not part of it.
      const isRange = heads.narrow(Uint8Array.from([...key, 0xff, 0xff]), key.length);
      if (isRange) expect(heads.low <= place && place <= heads.high).toBe(true);
      else expect(heads.low).toBe(place);
    }
  }), { numRuns: 500 });
});

test('a run that is searched often finds the same places as before', () => {
  const keys = Array.from({ length: 2000 }, (_, i) => Buffer.from(`someone.${(i * 7919) % 2000}@example.org`, 'latin1'));
  const run = runOf(keys);
  const sorted = [...keys].sort(Buffer.compare);
  run.entryAt(0); // sorts
  const sizeBytes = run.sizeBytes;
  for (let round = 0; round < 2; round++) {
    for (const [i, key] of sorted.entries()) {
      expect(run.lowerBound(key, key.length)).toBe(i);
      expect(run.lowerBound(key, key.length - 4)).toBe(i);
    }
    expect([run.lowerBound(Buffer.from('a'), 1), run.lowerBound(Buffer.from('t'), 1)]).toEqual([0, 2000]);
  }
  expect(run.sizeBytes).toBe(sizeBytes + 2000 / 4 * 8);
});
