import { describe, expect, test } from 'vitest';
import { bufferSource, CdxFile, checkCdx, compareTag } from '#index';
import { FieldstoneError } from '#storage';
import { drain, keysOf, listOf, MemoryIndex, MemorySink, type Entry } from './memory-index.js';

const KEY = 12;
const entries: Entry[] = Array.from({ length: 260 }, (_, i) => ({ key: Buffer.from(`k${String(i * 7).padStart(4,
  '0')}${'x'.repeat(i % 5)}`.padEnd(KEY)), recno: ((i * 131) % 997) + 1 }));

/** Two tags, one of several pages, and a list of free pages. */
function small(): Buffer {
  const index = new MemoryIndex();
  index.add({ name: 'A', expression: 'A', keyType: 'C', keyLength: KEY }, entries);
  index.add({ name: 'GONE', expression: 'G', keyType: 'C', keyLength: KEY }, entries.slice(0, 80));
  index.add({ name: 'B', expression: 'B', keyType: 'C', keyLength: KEY }, entries.slice(0, 5));
  index.change((update) => { update.dropTag('GONE'); });
  return index.bytes;
}

/** What a reader of a file finds; `damaged` when it says so in any of the ways it can. */
function lookAt(bytes: Buffer): 'right' | 'damaged' {
  try {
    const file = CdxFile.open(bufferSource('mutated.cdx', bytes), { dialect: 'foxpro', name: 'X', isText: () => true });
    let sound = file.kind === 'cdx' && file.tags.length === 2 && drain(checkCdx(file)).findings.length === 0;
    for (const [name, wanted] of [['A', entries], ['B', entries.slice(0, 5)]] as const) {
      const tag = file.tags.find(({ facts }) => facts.name === name);
      if (tag === undefined || tag.facts.expression !== name) return 'damaged';
      const list = listOf(tag.cursor());
      const same = list.length === wanted.length && list.every((one, i) => one.recno === wanted[i]!.recno && one.key.equals(wanted[i]!.key));
      // The rows of the table are the last judge: bytes of keys have no checksum.
      if (!same && drain(compareTag(tag, keysOf(wanted))).length === 0) throw new Error(`tag ${name} is another one, and nothing says so`);
      if (!same) sound = false;
    }
    return sound ? 'right' : 'damaged';
  } catch (e) {
    if (e instanceof FieldstoneError && (e.code === 'CORRUPT_INDEX' || e.code === 'UNSUPPORTED')) return 'damaged';
    throw e;
  }
}

/** A change of a damaged file either fails, or gives a file that holds what a sound one would, as far as the damaged one did. */
function changeIt(bytes: Buffer): void {
  const sink = new MemorySink();
  try {
    const file = CdxFile.open(bufferSource('mutated.cdx', bytes), { dialect: 'foxpro', name: 'X', isText: () => true });
    const before = listOf(file.tag('A').cursor());
    if (drain(checkCdx(file)).findings.length > 0) return;
    const update = file.update(sink);
    const added = Array.from({ length: 60 }, (_, i) => ({ key: Buffer.from(`k${String(i * 30 + 1).padStart(4, '0')}`.padEnd(KEY)), recno: 2000 + i }));
    drain(update.apply('A', keysOf(added)));
    const { sizeBytes } = drain(update.finish());
    const changed = CdxFile.open(bufferSource('changed.cdx', sink.applyTo(bytes, sizeBytes)), { dialect: 'foxpro', name: 'X', isText: () => true });
    const list = listOf(changed.tag('A').cursor());
    if (list.length !== before.length + added.length) throw new Error(`${list.length} entries after the change`);
    const { findings } = drain(checkCdx(changed));
    if (findings.length > 0) throw new Error(`after the change: ${findings[0]!.message}`);
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
  }
}

describe('a damaged file', () => {
  const bytes = small();

  test('is right to begin with', () => expect(lookAt(bytes)).toBe('right'));

  test('every change of one byte: the right answer, or it is told', () => {
    const counts = { right: 0, damaged: 0 };
    for (let at = 0; at < bytes.length; at++) {
      const copy = Buffer.from(bytes);
      for (const change of [0x01, 0xff]) {
        copy[at] = bytes[at]! ^ change;
        try {
          counts[lookAt(copy)]++;
          if (change === 0x01) changeIt(copy);
        } catch (e) {
          throw new Error(`byte ${at} of ${bytes.length} ^ ${change}: ${String(e)}`, { cause: e });
        }
      }
    }
    console.log(`${bytes.length * 2} mutations of ${bytes.length} bytes: ${counts.damaged} told as damage,
      ${counts.right} without effect (text of expressions, free pages, gaps).`);
    expect(counts.damaged).toBeGreaterThan(1000);
  }, 240_000);

  test('every length of the file', () => {
    for (let length = 0; length < bytes.length; length += 97) expect(lookAt(bytes.subarray(0, length))).toBe('damaged');
  });

  test('pages that lead to each other end', () => {
    const file = CdxFile.open(bufferSource('x.cdx', bytes), { dialect: 'foxpro', name: 'X', isText: () => true });
    const { root } = file.tag('A').header;
    for (const target of [root, 0, 1024, 0x600]) {
      const copy = Buffer.from(bytes);
      for (let i = 0; i < copy.readUInt16LE(root + 2); i++) copy.writeUInt32BE(target, root + 12 + i * (KEY + 8) + KEY + 4);
      expect(lookAt(copy)).toBe('damaged');
      const opened = CdxFile.open(bufferSource('x.cdx', copy), { dialect: 'foxpro', name: 'X', isText: () => true });
      const cursor = opened.tag('A').fileOrderCursor();
      expect(() => {
        for (let stands = cursor.first(); stands; stands = cursor.next());
        throw new FieldstoneError('CORRUPT_INDEX', 'it ended');
      }).toThrow(FieldstoneError);
    }
  });

  test('a list of free pages that names a page in use is not taken from', () => {
    const copy = Buffer.from(bytes);
    const { root } = CdxFile.open(bufferSource('x.cdx', bytes), { dialect: 'foxpro', name: 'X', isText: () => true }).tag('A').header;
    copy.writeUInt32LE(root, 4);
    const update = CdxFile.open(bufferSource('x.cdx', copy), { dialect: 'foxpro', name: 'X', isText: () => true }).update(new MemorySink());
    const added = Array.from({ length: 300 }, (_, i) => ({ key: Buffer.from(`m${String(i).padStart(4, '0')}`.padEnd(KEY)), recno: 2000 + i }));
    expect(() => drain(update.apply('A', keysOf(added)))).toThrow(/in use/);
  });
});
