import { describe, expect, test } from 'vitest';
import { BloomFilter, checkTree, decodeHeader, encodeHeader, hashKey, readFilter, TreeCursor, writeFilter, type Tree } from '#index';
import { crc32, FieldstoneError, hasCode } from '#storage';
import { changesOf, listOf, MemoryPages, MemoryTree, TREE_ID } from './memory-tree.js';

const PAGE = 512;
const SEED = Number(process.env['SEED'] ?? 20261);
const nameOf = (i: number): Buffer => Buffer.from(`k${String(i).padStart(5, '0')}`);

function sample(codec: 'none' | 'lz4', keys = 90): MemoryPages {
  const memory = new MemoryTree(PAGE, codec);
  memory.apply(changesOf(listOf(Array.from({ length: keys }, (_, i) => [nameOf(i), Buffer.from(`value ${i} `.repeat(i % 29 === 0 ? 90 : 3))] as const))));
  memory.apply(changesOf(listOf(Array.from({ length: 30 }, (_, i) => [nameOf(i * 2), undefined] as const))));
  return memory.pages;
}

function random(seed: number): () => number {
  let x = seed >>> 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

/** Everything that a reader can learn of a tree, within bounds that no sound tree of this size reaches. */
function readAll(tree: Tree): string {
  const cursor = new TreeCursor(tree);
  const lines: string[] = [];
  for (let ok = cursor.seek(); ok; ok = cursor.next()) {
    cursor.readValue();
    lines.push(`${cursor.key.toString('latin1', 0, cursor.keyLength)}=${cursor.valueBytes.toString('latin1', cursor.valueStart, cursor.valueEnd)}`);
    if (lines.length > 100_000) throw new Error('the walk does not end');
  }
  for (let i = 0; i < 90; i += 7) {
    const key = nameOf(i);
    lines.push(`${i}: ${tree.find(key, key.length) ? tree.foundBytes.toString('latin1', tree.foundStart, tree.foundEnd) : '-'} ${tree.rank(key, key.length)}`);
  }
  return lines.join('\n');
}

describe.each(['none', 'lz4'] as const)('a damaged tree (%s)', (codec) => {
  const sound = sample(codec);
  const truth = readAll(sound.tree);
  test('was sound before', () => {
    expect(checkTree(sound.tree)).toEqual([]);
    expect(sound.pages.length).toBeGreaterThan(6);
  });

  test('gives CORRUPT_PAGE or the right answer, whichever byte is changed', () => {
    const draw = random(SEED);
    for (let pageNo = 0; pageNo < sound.pages.length; pageNo++) {
      for (let at = 0; at < PAGE; at++) {
        const pages = [...sound.pages];
        const page = Buffer.from(pages[pageNo] ?? []);
        page[at] = (page[at] ?? 0) ^ (1 + (draw() % 255));
        pages[pageNo] = page;
        try {
          expect(readAll(new MemoryPages(pages, PAGE).tree), `page ${pageNo} byte ${at}, SEED=${SEED}`).toBe(truth);
        } catch (e) {
          if (!hasCode(e, 'CORRUPT_PAGE') && !hasCode(e, 'VERSION')) throw e;
        }
      }
    }
  });

  test('with checksums made to fit still neither hangs nor breaks', () => {
    const draw = random(SEED);
    let refused = 0;
    for (let round = 0; round < 4000; round++) {
      const pages = sound.pages.map((page) => Buffer.from(page));
      for (let k = 1 + (draw() % 3); k > 0; k--) {
        const page = pages[draw() % pages.length] ?? Buffer.alloc(0);
        const at = draw() % 3 === 0 ? 4 + (draw() % 60) : 4 + (draw() % (PAGE - 4));
        page[at] = draw() % 4 === 0 ? draw() % pages.length : draw() & 255;
        page.writeUInt32LE(crc32(page.subarray(4)), 0);
      }
      try {
        const { tree } = new MemoryPages(pages, PAGE);
        checkTree(tree);
        readAll(tree);
      } catch (e) {
        if (!(e instanceof FieldstoneError) || (e.code !== 'CORRUPT_PAGE' && e.code !== 'VERSION')) throw new Error(`round ${round}, SEED=${SEED}`, { cause: e });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  test('in the wrong place is noticed', () => {
    const pages = [...sound.pages];
    const { root } = sound.header;
    const beside = root === 1 ? 2 : 1;
    [pages[root], pages[beside]] = [pages[beside] ?? Buffer.alloc(0), pages[root] ?? Buffer.alloc(0)];
    expect(checkTree(new MemoryPages(pages, PAGE).tree).length).toBeGreaterThan(0);
    const other = sample(codec).pages.map((page) => {
      const copy = Buffer.from(page);
      copy.writeUInt32LE(TREE_ID + 1, 4);
      copy.writeUInt32LE(crc32(copy.subarray(4)), 0);
      return copy;
    });
    const mixed = [...sound.pages];
    mixed[3] = other[3] ?? Buffer.alloc(0);
    expect(checkTree(new MemoryPages(mixed, PAGE).tree).map((f) => f.problem).join()).toContain('another tree');
  });
});

describe('the check finds', () => {
  const altered = (change: (pages: Buffer[]) => void): string => {
    const pages = sample('none', 400).pages.map((page) => Buffer.from(page));
    change(pages);
    for (const page of pages) page.writeUInt32LE(crc32(page.subarray(4)), 0);
    return checkTree(new MemoryPages(pages, PAGE).tree).map((f) => f.problem).join('; ');
  };
  const inner = (pages: readonly Buffer[]): Buffer => pages.find((p) => p[12] === 3 && p[13] === 1 && p.readUInt16LE(32) > 2) ?? Buffer.alloc(0);
  const childAt = (page: Buffer, i: number): number => {
    const count = page.readUInt16LE(32);
    const start = page.readUInt16LE(36 + page.readUInt16LE(34) + count * 4 + i * 2);
    return start + 2 + Math.max(0, (page.readUInt16LE(start) & 0x1fff) - 4);
  };

  test('nothing in a sound tree', () => expect(altered(() => undefined)).toBe(''));

  test('a page that is used twice', () => {
    expect(altered((pages) => { const p = inner(pages); p.writeUInt32LE(p.readUInt32LE(childAt(p, 0)), childAt(p, 1)); })).toContain('something else does too');
  });

  test('a node that leads back to itself', () => {
    expect(altered((pages) => { const p = inner(pages); p.writeUInt32LE(pages.indexOf(p), childAt(p, 1)); })).toContain('something else does too');
  });

  test('a wrong count', () => {
    expect(altered((pages) => { const p = inner(pages); p.writeUInt32LE(p.readUInt32LE(childAt(p, 1) + 4) + 1, childAt(p, 1) + 4); })).toContain('keys below page');
  });

  test('keys out of order', () => {
    expect(altered((pages) => {
      const leaf = pages[inner(pages).readUInt32LE(childAt(inner(pages), 1))] ?? Buffer.alloc(0);
      const heads = 36 + leaf.readUInt16LE(34);
      leaf.writeUInt32LE(0xffffffff, heads);
    })).toMatch(/not above|outside the bounds/);
  });

  test('a lost page, and a free list that is wrong', () => {
    const pages: Buffer[] = sample('none', 400).pages.map((page) => Buffer.from(page));
    const header = decodeHeader(pages[0] ?? Buffer.alloc(0), pages.length * PAGE);
    pages.push(Buffer.from(pages[1] ?? Buffer.alloc(0)));
    pages[0] = encodeHeader({ ...header, pageCount: header.pageCount + 1 });
    expect(checkTree(new MemoryPages(pages, PAGE).tree)[0]?.problem).toContain('neither in the tree nor free');
    pages[0] = encodeHeader({ ...header, freeHead: 1, freeCount: 1 });
    expect(checkTree(new MemoryPages(pages, PAGE).tree)[0]?.problem).toContain('list of free pages');
  });

  test('a filter that denies a key', () => {
    const pages: Buffer[] = sample('none').pages.map((page) => Buffer.from(page));
    const memory = new MemoryPages(pages, PAGE);
    const filter = BloomFilter.forKeys(100, 10);
    for (let i = 0; i < 60; i++) filter.add(hashKey(nameOf(i)));
    const { header } = memory;
    const sink = { emit: (no: number, page: Buffer): void => { pages[no] = Buffer.from(page); }, sliceDone: () => false };
    writeFilter({ filter, pages: [header.pageCount] }, TREE_ID, sink, Buffer.alloc(PAGE));
    pages[0] = encodeHeader({ ...header, pageCount: header.pageCount + 1, filterHead: header.pageCount, filterCapacity: 100, filterBitsPerKey: 10 });
    expect(readFilter(memory, memory.header).filter.mayHold(hashKey(nameOf(1)))).toBe(true);
    expect(checkTree(memory.tree)[0]?.problem).toContain('the filter denies');
  });
});
