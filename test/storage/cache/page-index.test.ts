import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PageIndex } from '../../../storage/cache/page-index.js';

describe('PageIndex', () => {
  test('agrees with a Map under any inserts and removals', () => {
    // Few keys, so that they meet; some at the edges of what a key can be.
    const pageNo = fc.oneof(fc.nat(40), fc.constantFrom(0xffffffff, 0x80000000, 0x7fffffff, 2 ** 31 - 2));
    const key = fc.tuple(fc.constantFrom(0, 1, 2, 2 ** 20 - 1), pageNo);
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 300 }), (steps) => {
      const index = new PageIndex();
      const model = new Map<string, number>();
      for (const [insert, [file, page]] of steps) {
        const name = `${file}/${page}`;
        const known = model.get(name);
        expect(index.find(file, page)).toBe(known ?? -1);
        if (insert && known === undefined) {
          const slot = index.insert(file, page);
          expect([...model.values()]).not.toContain(slot);
          expect(index.fileIdOf(slot)).toBe(file);
          model.set(name, slot);
        } else if (!insert && known !== undefined) {
          index.remove(known);
          model.delete(name);
        }
        expect(index.size).toBe(model.size);
      }
      for (const [name, slot] of model) {
        const [file, page] = name.split('/').map(Number);
        expect(index.find(file ?? 0, page ?? 0)).toBe(slot);
      }
    }), { numRuns: 200 });
  });

  test('grows, keeps slots, and is empty again after clear()', () => {
    const index = new PageIndex();
    const slots = Array.from({ length: 5000 }, (_, page) => index.insert(3, page * 7));
    expect(new Set(slots).size).toBe(5000);
    expect(index.capacity).toBeGreaterThanOrEqual(5000);
    slots.forEach((slot, page) => expect(index.find(3, page * 7)).toBe(slot));
    for (let page = 0; page < 5000; page += 2) index.remove(slots[page] ?? 0);
    slots.forEach((slot, page) => expect(index.find(3, page * 7)).toBe(page % 2 === 0 ? -1 : slot));
    index.clear();
    expect(index.size).toBe(0);
    expect(index.find(3, 7)).toBe(-1);
    expect(index.insert(3, 7)).toBe(0);
  });
});
