import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasRepeatedKey, RunBuilder } from '#index';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
const SUFFIX_BYTES = 4;

/** Keys with a number behind each, as entries of indexes are. */
function tableOf(keys: readonly Buffer[]): RunBuilder {
  const builder = new RunBuilder();
  keys.forEach((key, i) => {
    const entry = Buffer.concat([key, Buffer.of(i >> 24, i >> 16, i >> 8, i)]);
    builder.add(entry, entry.length);
  });
  return builder.finish().table;
}

function expectTold(keys: readonly Buffer[]): void {
  expect(hasRepeatedKey(tableOf(keys), SUFFIX_BYTES)).toBe(new Set(keys.map((key) => key.toString('hex'))).size < keys.length);
}

test('tells whether a key comes twice, the numbers behind them apart', () => {
  const key = fc.array(fc.constantFrom(0, 1, 2, 255), { maxLength: 9 }).map((bytes) => Buffer.from(bytes));
  fc.assert(fc.property(fc.array(key, { maxLength: 40 }), expectTold), { numRuns: 1000, ...SEED });
  const fixed = fc.array(fc.nat(255), { minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes));
  fc.assert(fc.property(fc.uniqueArray(fixed, { maxLength: 200, selector: (bytes) => bytes.toString('hex') }), fc.boolean(), fc.nat(), (keys, twice, at) => {
    expectTold(twice && keys.length > 0 ? [...keys, keys[at % keys.length] ?? Buffer.alloc(0)] : keys);
  }), { numRuns: 300, ...SEED });
});

test('the same for keys that count up, one of them repeated at any distance', () => {
  const counted = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`user-${i}`));
  expectTold(counted);
  expectTold([...counted].reverse());
  for (const [from, to] of [[0, 1], [9, 10], [99, 5000], [19_998, 19_999], [0, 19_999]]) {
    const keys = [...counted];
    keys[to ?? 0] = keys[from ?? 0] ?? Buffer.alloc(0);
    expectTold(keys);
    keys.splice(to ?? 0, 1);
    expectTold(keys);
  }
});
