import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bulkLoad, checkTree, emptyHeader, encodeHeader, PageAllocator, RunBuilder, TreeCursor, type PageSink } from '#index';
import { codecByName, type CodecName } from '#storage';
import { changesOf, listOf, MemoryPages, MemoryTree, TREE_ID } from './memory-tree.js';

const SEED = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };

function loaded(keys: readonly Buffer[], pageSizeBytes: number, codec: CodecName): MemoryTree {
  const builder = new RunBuilder();
  for (const key of keys) builder.add(key, key.length);
  const tree = new MemoryTree(pageSizeBytes, codec);
  const pages: Buffer[] = [];
  const sink: PageSink = { emit: (pageNo, page) => { pages[pageNo] = Buffer.from(page); }, sliceDone: () => true };
  const allocator = new PageAllocator(1, []);
  const steps = bulkLoad(builder.finish(), { treeId: TREE_ID, pageSizeBytes, allocator, sink, codec: codecByName(codec), codecCounters: tree.pages.counters });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const { root, height, keyCount } = step.value;
  pages[0] = encodeHeader({ ...emptyHeader(TREE_ID, pageSizeBytes), pageCount: allocator.pageCount, root, height, keyCount });
  tree.pages = new MemoryPages(pages, pageSizeBytes);
  return tree;
}

function keysIn({ tree }: MemoryTree): string[] {
  const cursor = new TreeCursor(tree);
  const found: string[] = [];
  for (let ok = cursor.seek(); ok; ok = cursor.next()) found.push(cursor.key.subarray(0, cursor.keyLength).toString('hex'));
  return found;
}

const unique = (keys: readonly Buffer[]): Buffer[] => [...new Map(keys.map((key) => [key.toString('hex'), key])).values()];
const sorted = (keys: readonly Buffer[]): string[] => [...keys].sort((a, b) => a.compare(b)).map((key) => key.toString('hex'));
const someKey = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.uint8Array({ minLength: 1, maxLength: 60 }),
  fc.tuple(fc.constantFrom('alpha ', 'alphabet '), fc.nat(5000)).map(([text, n]) => Buffer.from(`${text}${n}`)),
).map((bytes) => Buffer.from(bytes));

test.each([[512, 'none'], [8192, 'none'], [512, 'lz4'], [65536, 'none']] as const)('pages of %i bytes, %s: a sound tree of exactly the keys, which takes changes', (pageSizeBytes, codec) => {
  fc.assert(fc.property(fc.array(someKey, { maxLength: 400 }), fc.array(someKey, { maxLength: 30 }), (list, more) => {
    const keys = unique(list);
    const tree = loaded(keys, pageSizeBytes, codec);
    expect(checkTree(tree.tree)).toEqual([]);
    expect(keysIn(tree)).toEqual(sorted(keys));
    const gone = keys.slice(0, 20);
    tree.apply(changesOf(listOf([...more.map((key) => [key, Buffer.alloc(0)] as const), ...gone.map((key) => [key, undefined] as const)])));
    expect(checkTree(tree.tree)).toEqual([]);
    const removed = new Set(gone.map((key) => key.toString('hex')));
    expect(keysIn(tree)).toEqual(sorted(unique([...keys, ...more]).filter((key) => !removed.has(key.toString('hex')))));
  }), { numRuns: 60, ...SEED });
});

test('many keys: leaves are full, and as many as a fold of the same changes writes at most', () => {
  const keys = Array.from({ length: 40_000 }, (_, i) => Buffer.from(`key ${String((i * 7919) % 40_000).padStart(8, '0')}`));
  const tree = loaded(keys, 4096, 'none');
  expect(checkTree(tree.tree)).toEqual([]);
  expect(keysIn(tree)).toEqual(sorted(keys));
  const folded = new MemoryTree(4096);
  folded.apply(changesOf(listOf(keys.map((key) => [key, Buffer.alloc(0)] as const))));
  expect(tree.pages.pages.length).toBeLessThanOrEqual(folded.pages.pages.length);
  expect(tree.tree.header.height).toBe(folded.tree.header.height);
});
