import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkTree, TreeCursor, type Tree } from '#index';
import { changesOf, listOf, MemoryTree } from './memory-tree.js';

const key = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.nat(2000).map((n) => Buffer.from(`key${String(n).padStart(13, '0')}`)),
  fc.tuple(fc.constantFrom('a', 'b'), fc.nat(300), fc.nat(3)).map(([c, n, m]) => Buffer.from(`${c.repeat(n)}${m}`)),
);
const text = fc.array(fc.constantFrom('lorem ', 'ipsum ', 'dolor ', 'sit ', '42'), { maxLength: 20 }).map((words) => Buffer.from(words.join('')));
const large = fc.uint8Array({ minLength: 100, maxLength: 3000 });
const even = fc.nat(5000).map((n) => Buffer.alloc(n, 7));
const value = fc.oneof({ weight: 5, arbitrary: text }, { weight: 1, arbitrary: large }, { weight: 1, arbitrary: even });
const put = fc.tuple(key, fc.option(value, { nil: undefined, freq: 3 }));
const removals = fc.array(fc.tuple(key, fc.constant(undefined)), { minLength: 20, maxLength: 200 });
const round = fc.oneof(fc.array(put, { maxLength: 20 }), fc.array(put, { minLength: 50, maxLength: 250 }), removals);
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function contentOf(tree: Tree, reverse = false): [string, string][] {
  const cursor = new TreeCursor(tree);
  const list: [string, string][] = [];
  for (let ok = reverse ? cursor.seekBefore() : cursor.seek(); ok; ok = reverse ? cursor.previous() : cursor.next()) {
    cursor.readValue();
    list.push([latin1(cursor.key.subarray(0, cursor.keyLength)), latin1(cursor.valueBytes.subarray(cursor.valueStart, cursor.valueEnd))]);
  }
  return list;
}

function assertHolds(memory: MemoryTree, model: ReadonlyMap<string, string>, probe: Uint8Array): void {
  const { tree } = memory;
  expect(checkTree(tree)).toEqual([]);
  const wanted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(contentOf(tree)).toEqual(wanted);
  expect(contentOf(tree, true)).toEqual(wanted.reverse());
  wanted.reverse();
  const name = latin1(probe);
  const at = wanted.filter(([k]) => k < name).length;
  const cursor = new TreeCursor(tree);
  expect(cursor.seek(probe) ? latin1(cursor.key.subarray(0, cursor.keyLength)) : undefined).toBe(wanted[at]?.[0]);
  expect(cursor.seekBefore(probe) ? latin1(cursor.key.subarray(0, cursor.keyLength)) : undefined).toBe(wanted[at - 1]?.[0]);
  expect(tree.rank(probe, probe.length)).toBe(at);
  expect(tree.has(probe, probe.length)).toBe(model.has(name));
  expect(tree.find(probe, probe.length) ? latin1(tree.foundBytes.subarray(tree.foundStart, tree.foundEnd)) : undefined).toBe(model.get(name));
  expect(tree.keyCount).toBe(model.size);
}

describe('a B+tree', () => {
  test.each([[512, 'none'], [512, 'lz4'], [4096, 'none'], [4096, 'lz4'], [2048, 'deflate']] as const)('of %i-byte pages (%s) holds what a sorted map holds', (pageSize, codec) => {
    fc.assert(fc.property(fc.array(round, { minLength: 1, maxLength: 5 }), fc.array(key, { minLength: 3, maxLength: 3 }), (rounds, probes) => {
      const memory = new MemoryTree(pageSize, codec);
      const model = new Map<string, string>();
      for (const changes of rounds) {
        const olds: (string | undefined)[] = [];
        const list = listOf(changes);
        memory.apply(changesOf(list), (old) => olds.push(old === undefined ? undefined : latin1(old())));
        const sorted = [...new Map(changes.map(([k, v]) => [latin1(k), v === undefined ? undefined : latin1(v)]))].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(olds).toEqual(sorted.map(([k]) => model.get(k)));
        for (const [k, v] of sorted) if (v === undefined) model.delete(k); else model.set(k, v);
        for (const probe of probes) assertHolds(memory, model, probe);
      }
    }), { numRuns: 40 });
  });

  const nameOf = (i: number): Buffer => Buffer.from(`key${String(i).padStart(13, '0')}`);
  const filled = (n: number, pageSize: number, step = 1): MemoryTree => {
    const memory = new MemoryTree(pageSize);
    memory.apply(changesOf(listOf((function* () {
      for (let i = 0; i < n; i += step) yield [nameOf(i), Buffer.alloc(100, i)] as const;
    })())));
    return memory;
  };

  test('loaded in order is full, shrinks when most of it goes, and ends empty', () => {
    const memory = filled(20_000, 4096);
    const { pageCount } = memory.pages.header;
    expect(pageCount * 4096).toBeLessThan(20_000 * 120);
    memory.apply(changesOf(listOf((function* () { for (let i = 0; i < 20_000; i++) if (i % 50 !== 0) yield [nameOf(i), undefined] as const; })())));
    expect(checkTree(memory.tree)).toEqual([]);
    const { pageCount: after, freeCount } = memory.pages.header;
    expect(after - freeCount).toBeLessThan(pageCount / 30);
    memory.apply(changesOf(listOf((function* () { for (let i = 0; i < 20_000; i += 50) yield [nameOf(i), undefined] as const; })())));
    expect(memory.pages.header).toMatchObject({ root: 0, height: 0, keyCount: 0, freeCount: 0, pageCount: 1 });
  });

  test('stays well filled under random inserts in batches', () => {
    const memory = new MemoryTree(4096);
    for (let batch = 0; batch < 10; batch++) {
      memory.apply(changesOf(listOf((function* () {
        for (let i = 0; i < 2000; i++) yield [nameOf(((batch * 2000 + i) * 7919) % 20_011), Buffer.alloc(100, i)] as const;
      })())));
    }
    expect(checkTree(memory.tree)).toEqual([]);
    expect((memory.pages.header.pageCount * 4096) / (20_000 * 116)).toBeLessThan(1.4);
  });

  test('changes only the pages on the way to a key', () => {
    const memory = filled(20_000, 4096);
    memory.apply(changesOf(listOf([[nameOf(10_000), Buffer.from('x')]])));
    expect(memory.lastWritten).toBeLessThanOrEqual(memory.pages.header.height + 1);
    const before = memory.pages.header;
    memory.apply(changesOf(listOf([])));
    expect(memory.pages.header).toEqual(before);
  });

  test('compresses leaves of text to well below their size', () => {
    const memory = new MemoryTree(8192, 'lz4');
    const words = ['the ', 'quick ', 'brown ', 'fox ', 'jumps ', 'over ', 'lazy ', 'dogs ', 'while ', 'nobody ', 'looks '];
    const valueOf = (i: number): string => Array.from({ length: 18 }, (_, k) => words[(i * 31 + k * k * 7 + (i >> k)) % words.length]).join('').slice(0, 100);
    memory.apply(changesOf(listOf((function* () { for (let i = 0; i < 20_000; i++) yield [nameOf(i), Buffer.from(valueOf(i))] as const; })())));
    expect(checkTree(memory.tree)).toEqual([]);
    console.log(`text compressed to ${((memory.pages.header.pageCount * 8192) / (20_000 * 116)).toFixed(2)} of its size`);
    expect(memory.pages.header.pageCount * 8192).toBeLessThan(20_000 * 116 * 0.6);
  });

  test('takes the longest keys, one after the other in a page of its own', () => {
    const memory = new MemoryTree(8192);
    const long = (c: string, n: number): Buffer => Buffer.from(c.repeat(4095) + String(n));
    const entries = ['a', 'b', 'c', 'd', 'e'].flatMap((c) => [0, 1, 2].map((n) => [long(c, n), Buffer.alloc(5000, n)] as const));
    for (const entry of [...entries, ...entries]) memory.apply(changesOf(listOf([entry])));
    expect(checkTree(memory.tree)).toEqual([]);
    expect(contentOf(memory.tree).length).toBe(15);
  });
});
