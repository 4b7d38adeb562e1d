import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PendingRows } from '../../../txn/record/pending-rows.js';

const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), recno: fc.integer({ min: 1, max: 4 }), row: fc.string({ maxLength: 2 }) }),
  fc.record({ kind: fc.constant('delete' as const), recno: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('clear' as const) }),
);

function visited(rows: PendingRows<string>): [number, string][] {
  const all: [number, string][] = [];
  rows.forEach((row, recno) => { all.push([recno, row]); });
  return all;
}

test('pending rows are a map in every way they are asked', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
    const rows = new PendingRows<string>();
    const model = new Map<number, string>();
    for (const each of steps) {
      if (each.kind === 'set') {
        rows.set(each.recno, each.row);
        model.set(each.recno, each.row);
      } else if (each.kind === 'delete') {
        rows.delete(each.recno);
        model.delete(each.recno);
      } else {
        rows.clear();
        model.clear();
      }
      expect(rows.size).toBe(model.size);
      expect([...rows]).toEqual([...model]);
      expect([...rows.keys()]).toEqual([...model.keys()]);
      expect(visited(rows)).toEqual([...model]);
      for (let recno = 0; recno <= 5; recno++) expect([rows.get(recno), rows.has(recno)]).toEqual([model.get(recno), model.has(recno)]);
    }
  }));
});
