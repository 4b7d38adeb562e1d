import { describe, expect, test } from 'vitest';
import { hashKey } from '#index';
import { HotBudget } from '../../../txn/keys/hot-budget.js';
import { HotValues } from '../../../txn/keys/hot-values.js';

const hashOf = (key: string): number => hashKey(Buffer.from(key));
const names = (count: number, prefix = 'key'): string[] => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

function readAll(hot: HotValues, keys: readonly string[]): number {
  let found = 0;
  for (const key of keys) {
    const value = hot.get(hashOf(key), key);
    if (value === undefined) hot.put(hashOf(key), key, `value of ${key}`, 20);
    else {
      if (value !== `value of ${key}`) throw new Error(`${key} reads as ${String(value)}`);
      found++;
    }
  }
  return found;
}

describe('the table of hot values', () => {
  test('takes a key at its second read, and keeps nearly all of what fits', () => {
    const hot = new HotValues(new HotBudget(64 << 20));
    const keys = names(50_000);
    expect(readAll(hot, keys)).toBe(0);
    expect(hot.count).toBeLessThan(5000); // the doorkeeper errs now and then
    readAll(hot, keys);
    expect(readAll(hot, keys)).toBeGreaterThan(45_000);
  });

  test('finds exactly the key that was asked for, also beside another of the same hash', () => {
    const hot = new HotValues(new HotBudget(1 << 20));
    for (let i = 0; i < 2; i++) hot.put(7, 'a', 1, 8);
    expect([hot.get(7, 'a'), hot.get(7, 'b'), hot.get(8, 'a')]).toEqual([1, undefined, undefined]);
  });

  test('an invalidated key is gone, whatever was read before', () => {
    const hot = new HotValues(new HotBudget(16 << 20));
    const keys = names(20_000);
    for (let i = 0; i < 3; i++) readAll(hot, keys);
    for (const key of keys.filter((_, i) => i % 3 === 0)) hot.invalidate(hashOf(key));
    expect(keys.filter((key, i) => i % 3 === 0 && hot.get(hashOf(key), key) !== undefined)).toEqual([]);
  });

  test('stays within its budget, and old keys make room for new ones', () => {
    let told = 0;
    const budget = new HotBudget(4 << 20, (bytes) => { told = bytes; });
    const hot = new HotValues(budget);
    for (const prefix of ['a', 'b', 'c']) {
      const keys = names(20_000, prefix);
      for (let i = 0; i < 4; i++) readAll(hot, keys);
      expect(budget.usedBytes).toBeLessThanOrEqual(4 << 20);
      expect(budget.usedBytes).toBe(hot.sizeBytes);
      expect(Math.abs(told - budget.usedBytes)).toBeLessThanOrEqual(1 << 20);
      expect(readAll(hot, keys)).toBeGreaterThan(18_000);
    }
    hot.close();
    expect([budget.usedBytes, hot.count, told]).toEqual([0, 0, 0]);
  });

  test('a table that holds everything gives a later one its share', () => {
    const budget = new HotBudget(2 << 20);
    const [first, second] = [new HotValues(budget), new HotValues(budget)];
    for (let i = 0; i < 3; i++) readAll(first, names(20_000, 'first'));
    for (let i = 0; i < 30; i++) {
      readAll(second, names(3000, 'second'));
      readAll(first, names(20_000, 'first'));
    }
    expect(second.count).toBeGreaterThan(2000);
    expect(budget.usedBytes).toBeLessThanOrEqual(2 << 20);
  });

  test('with a budget of nothing takes nothing', () => {
    const hot = new HotValues(new HotBudget(0));
    for (let i = 0; i < 3; i++) expect(readAll(hot, names(100))).toBe(0);
    expect(hot.sizeBytes).toBe(0);
  });
});
