import { describe, expect, test } from 'vitest';
import { buildNdx, buildNtx, checkMdx, checkNdx, checkNtx, MdxFile, NdxFile, NtxFile, type IndexFile, type IndexFinding, type TagSpec } from '#index';
import { hasCode } from '#storage';
import { BufferSink, bufferSource, runToEnd } from '../support/buffer-source.js';
import { corpus } from '../support/corpus.js';
import { indexFilesOf } from '../support/index-truth.js';
import { changesOf, drawFrom, nameOf, OrderModel, type Entry, type OrderFormat } from './order-model.js';

const SEED = Number(process.env['SEED'] ?? 99);
const NTX: OrderFormat = {
  name: 'ntx', build: buildNtx, open: (bytes) => NtxFile.open(bufferSource(bytes), { name: 'X' }), check: (bytes) => checkNtx(NtxFile.open(bufferSource(bytes), { name: 'X' })),
};
const NDX: OrderFormat = {
  name: 'ndx', build: buildNdx, open: (bytes) => NdxFile.open(bufferSource(bytes), { name: 'X' }), check: (bytes) => checkNdx(NdxFile.open(bufferSource(bytes), { name: 'X' })),
};
const spec: TagSpec = { name: 'X', expression: 'X', keyType: 'C', keyLength: 60 };
const entryOf = (n: number): Entry => ({ key: Buffer.from(`key ${String(n * 2).padStart(4, '0')}`.padEnd(60)), recno: n + 1 });

/** No file of so few pages holds more. */
const MOST_ENTRIES = 5000;

function readAll(file: IndexFile): string[] {
  return file.tags.flatMap((tag) => {
    const lines: string[] = [];
    const cursor = tag.cursor();
    for (let ok = cursor.first(); ok; ok = cursor.next()) {
      lines.push(nameOf(cursor));
      if (lines.length > MOST_ENTRIES) throw new Error('the walk does not end');
    }
    return lines;
  });
}

/**
 * A byte was changed. Either CORRUPT_INDEX comes, or what the file now says: an entry has another key, still in order, or another record number, or
 * the last entries of one page are not counted; never entries in a wrong order, never a hang.
 */
function outcomeOf(open: () => IndexFile, check: () => IndexFinding[], truth: readonly string[], inOrder: boolean): 'right' | 'refused' | 'changed' {
  try {
    const file = open();
    check();
    const lines = readAll(file);
    for (const tag of file.tags) if (tag.facts.collation === 'MACHINE') tag.cursor().seek(entryOf(7).key);
    const unlike = lines.filter((line, i) => line !== truth[i]).length;
    if (inOrder && lines.length === truth.length && unlike > 1) throw new Error(`${unlike} entries are others`);
    return unlike === 0 && lines.length === truth.length ? 'right' : 'changed';
  } catch (e) {
    if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'UNSUPPORTED')) throw e;
    return 'refused';
  }
}

describe.each([NTX, NDX])('a small $name with any byte changed', (format) => {
  const model = new OrderModel(format, spec, Array.from({ length: 90 }, (_, i) => entryOf(i)));
  const truth = readAll(format.open(model.bytes));

  test('gives what it says or CORRUPT_INDEX', () => {
    const draw = drawFrom(SEED);
    const counts = { right: 0, refused: 0, changed: 0 };
    for (let at = 0; at < model.bytes.length; at++) {
      const bytes = Buffer.from(model.bytes);
      bytes[at] = (bytes[at] ?? 0) ^ (1 + draw(255));
      try {
        counts[outcomeOf(() => format.open(bytes), () => format.check(bytes), truth, true)]++;
      } catch (e) {
        throw new Error(`byte ${at}, SEED=${SEED}`, { cause: e });
      }
    }
    console.log(`${format.name}, ${model.bytes.length} bytes changed one by one: ${JSON.stringify(counts)}`);
    expect(counts.refused).toBeGreaterThan(500);
  });

  test('is changed, or refused with CORRUPT_INDEX, and does not hang', () => {
    const draw = drawFrom(SEED + 1);
    for (let round = 0; round < 1500; round++) {
      const bytes = Buffer.from(model.bytes);
      for (let k = 1 + draw(3); k > 0; k--) bytes[draw(bytes.length)] = draw(4) === 0 ? draw(8) * 4 : draw(256);
      try {
        const file = format.open(bytes);
        const update = file.update(new BufferSink(bytes.length));
        const removed = Array.from({ length: 30 }, (_, i) => ({ ...entryOf(i * 3), isRemoval: true }));
        const changes = [...removed, ...Array.from({ length: 60 }, (_, i) => ({ ...entryOf(200 + i), isRemoval: false }))];
        runToEnd(update.apply(file.tags[0]!.facts.name, changesOf(changes)));
        runToEnd(update.finish());
      } catch (e) {
        if (!hasCode(e, 'CORRUPT_INDEX') && !hasCode(e, 'UNSUPPORTED')) throw new Error(`round ${round}, SEED=${SEED}`, { cause: e });
      }
    }
  });
});

test('a small MDX with any byte changed gives what it says or CORRUPT_INDEX', () => {
  const found = corpus();
  if (found === undefined) return;
  const file = indexFilesOf(found, 'mdx').find(({ unit, tags, bytes }) => unit.kind === 'real' && bytes().length < 9000 && tags.some(({ count = 0 }) => count > 20));
  if (file === undefined) throw new Error('there is no small MDX in the corpus');
  const whole = file.bytes();
  const truth = readAll(MdxFile.open(bufferSource(whole)));
  const counts = { right: 0, refused: 0, changed: 0 };
  const draw = drawFrom(SEED);
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + draw(255));
    try {
      counts[outcomeOf(() => MdxFile.open(bufferSource(bytes)), () => checkMdx(MdxFile.open(bufferSource(bytes))), truth, false)]++;
    } catch (e) {
      throw new Error(`byte ${at}, SEED=${SEED}`, { cause: e });
    }
  }
  console.log(`${file.label}, ${whole.length} bytes changed one by one: ${JSON.stringify(counts)}`);
});

describe('the check finds', () => {
  const altered = (format: OrderFormat, change: (bytes: Buffer) => void): string => {
    const { bytes } = new OrderModel(format, spec, Array.from({ length: 400 }, (_, i) => entryOf(i)));
    change(bytes);
    return format.check(bytes).map(({ message }) => message).join('; ');
  };
  const slot = (bytes: Buffer, page: number, i: number): number => page + bytes.readUInt16LE(page + 2 + 2 * i);
  const root = (bytes: Buffer): number => bytes.readUInt32LE(4);

  test('in an NTX: a page used twice, a lost page, a wrong free list, keys out of order, a circle', () => {
    expect(altered(NTX, () => undefined)).toBe('');
    expect(altered(NTX, (b) => { b.writeUInt32LE(b.readUInt32LE(slot(b, root(b), 0)), slot(b, root(b), 1)); })).toMatch(/do not lie between|used twice/);
    expect(altered(NTX, (b) => { b.writeUInt32LE(1024, 8); })).toContain('list of free pages');
    expect(altered(NTX, (b) => { b[slot(b, 1024, 2) + 8] = 0xff; })).toContain('not in the order of bytes');
    expect(altered(NTX, (b) => { b.writeUInt32LE(root(b), slot(b, root(b), 0)); })).toMatch(/do not lie between|used twice/);
    expect(altered(NTX, (b) => { b.writeUInt32LE(0, slot(b, 1024, 0) + 4); })).toContain('no record number');
    const grown = new OrderModel(NTX, spec, Array.from({ length: 400 }, (_, i) => entryOf(i))).bytes;
    expect(NTX.check(Buffer.concat([grown, Buffer.alloc(1024)])).map(({ message }) => message).join()).toContain('neither in the tree nor free');
  });

  test('in an NDX: a page used twice, a wrong count of pages, a key above that is not the last one, keys out of order', () => {
    const at = (b: Buffer): number => b.readUInt32LE(0) * 512;
    expect(altered(NDX, () => undefined)).toBe('');
    expect(altered(NDX, (b) => { b.writeUInt32LE(b.readUInt32LE(at(b) + 4), at(b) + 4 + 68); })).toMatch(/do not lie between|used twice/);
    expect(altered(NDX, (b) => { b.writeUInt32LE(3, 4); })).toContain('the header says 3 pages');
    expect(altered(NDX, (b) => { b[at(b) + 4 + 8 + 30] = 0x21; })).toContain('is not the last one of the page below it');
    expect(altered(NDX, (b) => { b[512 + 4 + 8] = 0xff; })).toContain('does not stand behind');
  });
});
