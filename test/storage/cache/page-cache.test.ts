import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError, PageCache, Probe, type PageKind } from '#storage';
import { FILE_ID_LIMIT } from '../../../storage/cache/page-index.js';

const page = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);

function cache(limitBytes: number): { cache: PageCache; group: (kind: PageKind) => Readonly<Record<string, number>> } {
  const probe = new Probe();
  return { cache: new PageCache({ limitBytes, probe }), group: (kind) => probe.snapshot().counters[`cache.${kind}`] ?? {} };
}

const present = (c: PageCache, file: number, pages: readonly number[]): number[] => pages.filter((no) => c.peek(file, no) !== undefined);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('PageCache', () => {
  test('gives back the very page that was put, by file and number', () => {
    const { cache: c } = cache(10_000);
    const [a, b] = [page(10), page(10)];
    c.put(1, 2, a, 'table');
    c.put(2, 1, b, 'memo');
    expect(c.get(1, 2)).toBe(a);
    expect(c.get(2, 1)).toBe(b);
    expect(c.get(1, 1)).toBeUndefined();
    expect([c.usedBytes, c.entryCount]).toEqual([20, 2]);
  });

  test('evicts the page that was longest unused', () => {
    const { cache: c } = cache(300);
    for (const no of [0, 1, 2]) c.put(1, no, page(100), 'table');
    c.put(1, 3, page(100), 'table');
    expect(present(c, 1, range(0, 4))).toEqual([1, 2, 3]);
    c.get(1, 1);
    c.put(1, 4, page(100), 'table');
    expect(present(c, 1, range(0, 5))).toEqual([1, 3, 4]);
  });

  test('a scan of any length leaves pages that were found again alone', () => {
    const { cache: c } = cache(100 * 100);
    const hot = range(0, 60);
    for (const no of hot) c.put(1, no, page(100), 'table');
    for (const no of hot) c.get(1, no);
    for (const no of range(1000, 6000)) {
      if (c.get(2, no) === undefined) c.put(2, no, page(100), 'table', true);
      c.get(2, no);
    }
    expect(present(c, 1, hot)).toEqual(hot);
    // Nor do pages that are read once, without being called a scan.
    for (const no of range(10_000, 15_000)) c.put(3, no, page(100), 'table');
    expect(present(c, 1, hot)).toEqual(hot);
    expect(c.usedBytes).toBeLessThanOrEqual(c.limitBytes);
  });

  test('a scan displaces no more than its share of pages on probation', () => {
    const { cache: c } = cache(160 * 100);
    for (const no of range(0, 160)) c.put(1, no, page(100), 'table');
    for (const no of range(0, 1000)) c.put(2, no, page(100), 'table', true);
    expect(present(c, 1, range(0, 160)).length).toBe(149);
  });

  test('a page of a scan that is put for itself is on probation from then', () => {
    const { cache: c } = cache(32 * 100);
    c.put(1, 0, page(100), 'table', true);
    c.put(1, 0, page(100), 'table');
    for (const no of range(0, 100)) c.put(2, no, page(100), 'table', true);
    expect(c.peek(1, 0)).toBeDefined();
  });

  test('an empty page, or one larger than the cache, is not kept, and drops what was there', () => {
    const { cache: c } = cache(100);
    c.put(1, 1, page(50), 'table');
    c.put(1, 2, page(40), 'table');
    c.put(1, 1, page(101), 'table');
    c.put(1, 2, page(0), 'table');
    expect([c.usedBytes, c.entryCount]).toEqual([0, 0]);
    const { cache: off } = cache(0);
    off.put(1, 1, page(1), 'table');
    expect(off.entryCount).toBe(0);
  });

  test('a lower limit takes effect at once', () => {
    const { cache: c } = cache(1000);
    for (const no of range(0, 10)) c.put(1, no, page(100), 'table');
    c.get(1, 0);
    c.setLimit(250);
    // Page 0 was found again, so it is protected.
    expect(present(c, 1, range(0, 10))).toEqual([0, 9]);
    c.setLimit(0);
    expect([c.usedBytes, c.entryCount]).toEqual([0, 0]);
    for (const limit of [-1, 1.5, Number.NaN]) expect(() => c.setLimit(limit)).toThrow(RangeError);
  });

  test('drop, dropFile and clear forget pages without calling that eviction', () => {
    const { cache: c, group } = cache(10_000);
    for (const no of range(0, 10)) { c.put(1, no, page(100), 'table'); c.put(2, no, page(100), 'table'); }
    c.drop(1, 3);
    c.drop(1, 3);
    expect(present(c, 1, range(0, 10)).length).toBe(9);
    c.dropFile(1);
    expect(present(c, 1, range(0, 10))).toEqual([]);
    expect(present(c, 2, range(0, 10)).length).toBe(10);
    expect(group('table')).toMatchObject({ bytes: 1000, evictions: 0 });
    c.clear();
    expect([c.usedBytes, c.entryCount, group('table')['bytes']]).toEqual([0, 0, 0]);
    c.put(1, 1, page(100), 'table');
    expect(c.get(1, 1)).toBeDefined();
  });

  test('a process may open any number of files: their numbers come back, those in use do not', () => {
    const { cache: c } = cache(10_000);
    const kept = c.addFile('kept');
    c.put(kept, 0, page(100), 'table');
    const uses = new Uint8Array(FILE_ID_LIMIT); // a larger number would not be counted
    for (let i = 0; i < 2 * (FILE_ID_LIMIT - 1); i++) {
      const id = c.addFile('passing');
      uses[id] = (uses[id] ?? 0) + 1;
      c.dropFile(id);
    }
    expect([uses[kept], uses.filter((n, id) => n === 2 && id !== kept).length]).toEqual([0, FILE_ID_LIMIT - 1]);
    expect(c.peek(kept, 0)).toHaveLength(100);
    expect(c.entryCount).toBe(1);
  });

  test('counts by kind, misses by the kind of the file', () => {
    const { cache: c, group } = cache(250);
    c.get(1, 0);
    c.get(1, 1);
    c.put(1, 0, page(100), 'table');
    c.get(1, 0);
    c.get(1, 2);
    c.get(2, 0);
    c.put(2, 0, page(100), 'memo');
    c.put(2, 1, page(100), 'memo');
    expect(group('table')).toMatchObject({ hits: 1, misses: 3, evictions: 0, inserts: 1, bytes: 100 });
    expect(group('memo')).toMatchObject({ hits: 0, misses: 1, evictions: 1, inserts: 2, bytes: 100 });
    expect(group('index')).toMatchObject({ hits: 0, misses: 0, evictions: 0, inserts: 0, bytes: 0 });
  });

  test('tells why a page is missing: never seen, had to leave, replaced', () => {
    const { cache: c, group } = cache(200);
    c.put(1, 0, page(100), 'table');
    c.get(1, 9);
    c.put(1, 1, page(100), 'table');
    c.put(1, 2, page(100), 'table'); // somebody leaves
    for (const pageNo of [0, 1, 2]) c.get(1, pageNo);
    expect(group('table')).toMatchObject({ hits: 2, misses: 2, missesEvicted: 1, missesInvalidated: 0, evictions: 1 });
    c.drop(1, 2);
    c.get(1, 2);
    expect(group('table')).toMatchObject({ misses: 3, missesEvicted: 1, missesInvalidated: 1 });
    c.put(1, 2, page(100), 'table');
    c.drop(1, 7); // was not there
    c.get(1, 7);
    expect(group('table')).toMatchObject({ misses: 4, missesEvicted: 1, missesInvalidated: 1 });
  });

  test('peek leaves no trace', () => {
    const { cache: c, group } = cache(200);
    c.put(1, 0, page(100), 'table');
    c.put(1, 1, page(100), 'table');
    expect(c.peek(1, 0)).toBeDefined();
    expect(c.peek(1, 9)).toBeUndefined();
    expect(group('table')).toMatchObject({ hits: 0, misses: 0 });
    c.put(1, 2, page(100), 'table');
    expect(present(c, 1, [0, 1, 2])).toEqual([1, 2]);
  });

  test('keys out of range are assertions', () => {
    const { cache: c } = cache(1000);
    for (const [file, no] of [[-1, 0], [2 ** 20, 0], [0.5, 0], [0, -1], [0, 2 ** 32], [0, 1.5], [Number.NaN, 0], [0, Number.NaN]] as const) {
      expect(() => c.get(file, no)).toThrow(AssertionError);
      expect(() => c.peek(file, no)).toThrow(AssertionError);
      expect(() => c.put(file, no, page(1), 'table')).toThrow(AssertionError);
      expect(() => c.drop(file, no)).toThrow(AssertionError);
    }
    c.put(2 ** 20 - 1, 2 ** 32 - 1, page(1), 'table');
    expect(c.get(2 ** 20 - 1, 2 ** 32 - 1)).toBeDefined();
  });
});

interface Entry { readonly key: string; size: number }

/** The same cache with plain arrays, newest first. */
class NaiveCache {
  scan: Entry[] = [];
  probation: Entry[] = [];
  guarded: Entry[] = [];
  limit: number;

  constructor(limit: number) { this.limit = limit; }

  keys(): string[] { return [...this.scan, ...this.probation, ...this.guarded].map(({ key }) => key).sort(); }
  used(): number { return bytesOf(this.scan) + bytesOf(this.probation) + bytesOf(this.guarded); }

  get(key: string): void {
    const from = [this.probation, this.guarded].find((list) => list.some((entry) => entry.key === key));
    if (from === undefined) return;
    this.guarded.unshift(...take(from, key));
    this.#demote();
  }

  put(key: string, size: number, scan: boolean): void {
    const known = [this.scan, this.probation, this.guarded].find((list) => list.some((entry) => entry.key === key));
    if (size === 0 || size > this.limit) {
      if (known !== undefined) take(known, key);
      return;
    }
    if (known === undefined) {
      this.#room(size);
      (scan ? this.scan : this.probation).unshift({ key, size });
    } else if (known === this.scan && !scan) {
      take(known, key);
      this.probation.unshift({ key, size });
    } else {
      for (const entry of known) if (entry.key === key) entry.size = size;
      this.#demote();
    }
    this.#room(0);
  }

  drop(key: string): void {
    for (const list of [this.scan, this.probation, this.guarded]) take(list, key);
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.#demote();
    this.#room(0);
  }

  #demote(): void {
    while (bytesOf(this.guarded) > this.limit * 0.8) this.probation.unshift(...this.guarded.splice(-1));
  }

  #room(size: number): void {
    while (this.used() + size > this.limit) {
      if (this.scan.length > 0 && (this.probation.length === 0 || bytesOf(this.scan) > this.limit / 16)) this.scan.pop();
      else if (this.probation.length > 0) this.probation.pop();
      else this.guarded.pop();
    }
  }
}

const bytesOf = (list: readonly Entry[]): number => list.reduce((sum, { size }) => sum + size, 0);

function take(list: Entry[], key: string): Entry[] {
  const at = list.findIndex((entry) => entry.key === key);
  return at < 0 ? [] : list.splice(at, 1);
}

describe('PageCache against a naive model', () => {
  test('holds exactly the same pages after every step', () => {
    const key = fc.record({ file: fc.nat(2), no: fc.nat(12) });
    const size = fc.oneof(fc.constant(100), fc.nat(400));
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ op: fc.constant('get' as const), key }) },
      { weight: 5, arbitrary: fc.record({ op: fc.constant('put' as const), key, size, scan: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('drop' as const), key }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('dropFile' as const), file: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('setLimit' as const), limit: fc.nat(1500) }) },
    );
    fc.assert(fc.property(fc.nat(1500), fc.array(step, { maxLength: 120 }), (limit, steps) => {
      const { cache: c, group } = cache(limit);
      const model = new NaiveCache(limit);
      const sizes = new Map<string, number>();
      for (const one of steps) {
        if (one.op === 'get') {
          const found = c.get(one.key.file, one.key.no);
          const name = `${one.key.file}/${one.key.no}`;
          expect(found?.length).toBe(model.keys().includes(name) ? sizes.get(name) : undefined);
          model.get(name);
        } else if (one.op === 'put') {
          c.put(one.key.file, one.key.no, page(one.size), 'table', one.scan);
          model.put(`${one.key.file}/${one.key.no}`, one.size, one.scan);
          sizes.set(`${one.key.file}/${one.key.no}`, one.size);
        } else if (one.op === 'drop') {
          c.drop(one.key.file, one.key.no);
          model.drop(`${one.key.file}/${one.key.no}`);
        } else if (one.op === 'dropFile') {
          c.dropFile(one.file);
          for (let no = 0; no <= 12; no++) model.drop(`${one.file}/${no}`);
        } else {
          c.setLimit(one.limit);
          model.setLimit(one.limit);
        }
        const keys = range(0, 3).flatMap((file) => present(c, file, range(0, 13)).map((no) => `${file}/${no}`)).sort();
        expect(keys).toEqual(model.keys());
        expect([c.usedBytes, c.entryCount, group('table')['bytes']]).toEqual([model.used(), keys.length, model.used()]);
        expect(c.usedBytes).toBeLessThanOrEqual(c.limitBytes);
      }
    }), { numRuns: 300 });
  });
});
