import { describe, expect, test } from 'vitest';
import { hashKey } from '#index';
import { HotBudget } from '../../../txn/keys/hot-budget.js';
import { HotValues } from '../../../txn/keys/hot-values.js';

const hashOf = (key: string): number => hashKey(Buffer.from(key));
const lookUp = (hot: HotValues, key: string, hash = hashOf(key)): unknown => hot.getFirst(key) ?? hot.get(hash, key);
const names = (count: number, prefix = 'key'): string[] => Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

function readAll(hot: HotValues, keys: readonly string[]): number {
  let found = 0;
  for (const key of keys) {
    const value = lookUp(hot, key);
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
    expect([lookUp(hot, 'a', 7), lookUp(hot, 'b', 7)]).toEqual([1, undefined]);
  });

  test('an invalidated key is gone, whatever was read before', () => {
    const hot = new HotValues(new HotBudget(16 << 20));
    const keys = names(20_000);
    for (let i = 0; i < 3; i++) readAll(hot, keys);
    for (const key of keys.filter((_, i) => i % 3 === 0)) hot.invalidate(hashOf(key));
    expect(keys.filter((key, i) => i % 3 === 0 && lookUp(hot, key) !== undefined)).toEqual([]);
  });

  test('keys that are read all the time are let go by a commit like others', () => {
    const hot = new HotValues(new HotBudget(16 << 20));
    const keys = names(50);
    for (let i = 0; i < 400; i++) readAll(hot, keys);
    expect(readAll(hot, keys)).toBe(50);
    for (const key of keys) {
      hot.invalidate(hashOf(key));
      expect(lookUp(hot, key)).toBeUndefined();
      hot.put(hashOf(key), key, 'new', 20);
      for (let i = 0; i < 100; i++) expect(lookUp(hot, key)).toBe('new');
    }
  });

  test('finds by the hash when most reads find nothing, and by the key again when they find something', () => {
    const hot = new HotValues(new HotBudget(16 << 20));
    const [keys, absent] = [names(3000), names(3000, 'absent')];
    for (let i = 0; i < 3; i++) readAll(hot, keys);
    for (let round = 0; round < 6; round++) for (const key of absent) if (lookUp(hot, key) !== undefined) throw new Error(key);
    expect(hot.getFirst(keys[0])).toBeUndefined();
    const hits = hot.hits;
    expect(readAll(hot, keys)).toBeGreaterThan(2800);
    expect(hot.hits - hits).toBeGreaterThan(2800);
    for (let round = 0; round < 3; round++) readAll(hot, keys);
    expect(hot.getFirst(keys[0])).toBe(`value of ${keys[0] ?? ''}`);
  });

  test('texts of any letters, numbers and halves of pairs come back as they were, read however often', () => {
    const hot = new HotValues(new HotBudget(16 << 20));
    const texts = ['plain', 'caf\u00e9', '\u4e2d\u6587', '\ud83d\ude00', '\udc00', '\u0100', ''];
    const values: unknown[] = [...texts, 0, -1.5, true, false];
    for (let i = 0; i < 2; i++) values.forEach((value, k) => { hot.put(k * 8, k, value, 8); });
    for (let i = 0; i < 1000; i++) expect(values.map((_, k) => hot.getFirst(k) ?? hot.get(k * 8, k))).toEqual(values);
    texts.forEach((text, k) => { for (let i = 0; i < 2; i++) hot.put(k * 8 + 1, text, k, 8); });
    for (let i = 0; i < 1000; i++) expect(texts.map((text, k) => hot.getFirst(text) ?? hot.get(k * 8 + 1, text))).toEqual(texts.map((_, k) => k));
  });

  test('stays within its budget, and old keys make room for new ones', () => {
    let told = 0;
    const budget = new HotBudget(5 << 20, (bytes) => { told = bytes; });
    const hot = new HotValues(budget);
    for (const prefix of ['a', 'b', 'c']) {
      const keys = names(20_000, prefix);
      for (let i = 0; i < 4; i++) readAll(hot, keys);
      expect(budget.usedBytes).toBeLessThanOrEqual(5 << 20);
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
