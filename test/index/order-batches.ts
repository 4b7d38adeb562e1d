import type { TagSpec } from '#index';
import { drawFrom, OrderModel, type Draw, type Entry, type OrderFormat } from './order-model.js';

export const SEED = Number(process.env['SEED'] ?? 4711);

/**
 * A table of changing rows and its order: batches of inserts, updates and deletes, small and large, growing and shrinking. After each the
 * order must be what a sorted list says, which is what a rebuild gives. A failure names its seed: `SEED=n npx vitest run <file>`.
 */
export function runMixedBatches(format: OrderFormat, tag: TagSpec, keyOf: (draw: Draw) => Buffer, batches = 60): OrderModel {
  const draw = drawFrom(SEED);
  const padded = (): Buffer => {
    const key = keyOf(draw);
    return key.length === tag.keyLength ? key : Buffer.concat([key, Buffer.alloc(tag.keyLength - key.length, 0x20)]);
  };
  const rows = new Map<number, Buffer>();
  for (let recno = 1; recno <= 400; recno++) rows.set(recno, padded());
  const model = new OrderModel(format, tag, [...rows].map(([recno, key]) => ({ recno, key })));
  model.assertHolds();
  let next = rows.size + 1;
  for (let batch = 0; batch < batches; batch++) {
    const added: Entry[] = [];
    const removed: Entry[] = [];
    const touched = new Set<number>();
    const size = batch % 7 === 0 ? 300 : 1 + draw(40);
    for (let i = 0; i < size; i++) {
      const what = draw(batch % 20 < 12 ? 3 : 5);
      if (what === 0 || rows.size < 3) {
        const key = padded();
        rows.set(next, key);
        added.push({ recno: next, key });
        touched.add(next++);
        continue;
      }
      const recno = [...rows.keys()][draw(rows.size)] ?? 0;
      const old = rows.get(recno);
      if (touched.has(recno) || old === undefined) continue;
      touched.add(recno);
      if (what > 1) {
        removed.push({ recno, key: old });
        rows.delete(recno);
        continue;
      }
      const key = padded();
      if (key.equals(old)) continue;
      removed.push({ recno, key: old });
      added.push({ recno, key });
      rows.set(recno, key);
    }
    if (tag.unique === 'first') offerOthers(rows, added, removed);
    try {
      model.apply(added, removed);
      model.assertHolds();
      if (batch % 10 === 0) model.assertSeeks(draw, Array.from({ length: 20 }, padded));
    } catch (e) {
      throw new Error(`batch ${batch}, SEED=${SEED}`, { cause: e });
    }
  }
  return model;
}

/** Who takes the holder of a unique key away offers the other rows that have it. */
function offerOthers(rows: ReadonlyMap<number, Buffer>, added: Entry[], removed: readonly Entry[]): void {
  for (const { key } of removed) {
    for (const [recno, other] of rows) if (other.equals(key) && !added.some((entry) => entry.recno === recno)) added.push({ recno, key });
  }
}
