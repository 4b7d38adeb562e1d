import { expect, test } from 'vitest';
import { lruMap } from '#storage';

test('the entry that was not used for longest goes', () => {
  const map = lruMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
  map.clear();
  expect(map.size).toBe(0);
});
