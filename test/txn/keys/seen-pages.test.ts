import { describe, expect, test } from 'vitest';
import { SeenPages } from '../../../txn/keys/seen-pages.js';

describe('pages that were seen', () => {
  test('are known by number and checksum, and forgotten when another takes their place', () => {
    const seen = new SeenPages(1000, 100);
    for (let pageNo = 0; pageNo < 1000; pageNo++) seen.add(pageNo, pageNo * 7);
    for (let pageNo = 0; pageNo < 1000; pageNo++) expect([seen.has(pageNo, pageNo * 7), seen.has(pageNo, pageNo * 7 + 1)]).toEqual([true, false]);
    expect(new SeenPages(10, 1).has(0, 0)).toBe(false);
    seen.add(1024 + 5, 1);
    expect(seen.has(5, 35)).toBe(false);
  });

  test('are asked for again only within as many others as the cache holds', () => {
    const seen = new SeenPages(1000, 100);
    expect(seen.askedAgain(7)).toBe(false);
    expect(seen.askedAgain(7)).toBe(true);
    for (let pageNo = 100; pageNo < 201; pageNo++) seen.askedAgain(pageNo);
    expect(seen.askedAgain(7)).toBe(false);
  });

  test('take little memory, however large the file is', () => {
    const seen = new SeenPages(1e9, 1e6);
    for (let pageNo = 0; pageNo < 70_000; pageNo++) seen.add(pageNo, 1);
    expect([seen.has(69_999, 1), seen.has(1, 1)]).toEqual([true, false]);
  });
});
