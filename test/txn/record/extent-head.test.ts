import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extentOf, joinExtents } from '../../../txn/record/extent-head.js';
import type { Extent } from '../../../txn/record/foldable-records.js';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };
const NO_HEAD = new Uint8Array(0);

function extent(firstRecno: number, lastRecno: number, memoEndBytes = 0, head = NO_HEAD): Extent {
  return { firstRecno, lastRecno, memoEndBytes, head, headOffset: firstRecno * 10 };
}

test('the extent of a record is found among many, with gaps between them', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 4 })), { maxLength: 30 }), (steps) => {
    const extents: Extent[] = [];
    let next = 1;
    for (const [gap, count] of steps) {
      extents.push(extent(next + gap, next + gap + count - 1));
      next += gap + count;
    }
    for (let recno = 0; recno <= next; recno++) {
      expect(extentOf(extents, recno)).toBe(extents.find((each) => recno >= each.firstRecno && recno <= each.lastRecno));
    }
  }), { numRuns: 200, ...SEED });
});

test('loads that follow each other become one extent, with the first head and the farther end of memos', () => {
  const head = Uint8Array.of(1, 2);
  expect(joinExtents(extent(3, 5, 70, head), extent(6, 9, 0))).toEqual(extent(3, 9, 70, head));
  expect(joinExtents(extent(3, 5, 0), extent(6, 6, 90))).toEqual(extent(3, 6, 90));
  expect(joinExtents(extent(3, 5), extent(7, 9))).toBeUndefined();
  expect(joinExtents(extent(3, 5), extent(6, 9, 0, head))).toBeUndefined();
  expect(joinExtents(undefined, extent(1, 2))).toBeUndefined();
});
