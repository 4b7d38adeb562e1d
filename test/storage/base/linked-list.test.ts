import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkedList, type Linked } from '#storage';

interface Item extends Linked<Item> { readonly id: number }
const item = (id: number): Item => ({ id, linked: false, previous: undefined, next: undefined });

test('agrees with a Set under any calls', () => {
  fc.assert(fc.property(fc.array(fc.record({ add: fc.boolean(), id: fc.nat(7) })), (calls) => {
    const items = Array.from({ length: 8 }, (_, id) => item(id));
    const list = new LinkedList<Item>();
    const set = new Set<Item>();
    for (const { add, id } of calls) {
      const one = items[id] ?? item(id);
      if (add) {
        list.add(one);
        set.add(one);
      } else {
        list.remove(one);
        set.delete(one);
      }
      expect([...list]).toEqual([...set]);
      expect([list.count, list.first]).toEqual([set.size, [...set][0]]);
    }
  }));
});

test('elements may be removed while the list is walked', () => {
  const list = new LinkedList<Item>();
  for (let id = 0; id < 4; id++) list.add(item(id));
  const seen: number[] = [];
  for (const one of list) {
    seen.push(one.id);
    list.remove(one);
  }
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(list.count).toBe(0);
});
