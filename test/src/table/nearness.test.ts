import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderOfNearness } from '../../../src/table/nearness.js';

test('every place once, by ascending record number, equal ones as they came', () => {
  const recno = fc.oneof(fc.nat(20), fc.nat(2 ** 31 - 1), fc.constantFrom(2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER));
  fc.assert(fc.property(fc.array(recno), (recnos) => {
    const expected = recnos.map((_, i) => i).sort((a, b) => (recnos[a] ?? 0) - (recnos[b] ?? 0) || a - b);
    expect([...orderOfNearness(recnos)]).toEqual(expected);
  }));
});
