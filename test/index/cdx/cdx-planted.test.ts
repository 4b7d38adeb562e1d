import { describe, expect, test } from 'vitest';
import { plantSource, type SourcePatch } from '../../support/sim/plant-source.js';

const patch = (name: string, from: string, to: string): SourcePatch => ({ file: `index/cdx/${name}.ts`, from, to });

/** Bugs in the sources that the random histories must find. */
const BUGS: Readonly<Record<string, SourcePatch>> = {
  'a record number too large for its bits': patch('cdx-leaf-builder', 'recno <= this.#limit ?', 'recno <= this.#limit + 1 ?'),
  'entries keep their size when a record number grows': patch('cdx-leaf-builder', 'if (entryBytes !== this.#entryBytes) {', 'if (entryBytes < this.#entryBytes) {'),
  'a leaf is one byte too large': patch('cdx-leaf-builder', '* entryBytes > roomBytes)', '* entryBytes > roomBytes + 1)'),
  'free bytes are counted with the entry too many': patch('cdx-leaf-builder', 'putU16(page, 12, LEAF_ROOM - this.usedBytes)', 'putU16(page, 12, LEAF_ROOM - this.usedBytes - 1)'),
  'fill bytes are not put back': patch('cdx-leaf', 'for (let k = dup + stored; k < this.#keyLength; k++) key[k] = this.#fill;', ''),
  'seek passes the record it seeks': patch('cdx-leaf', ': this.#recno < recno) continue;', ': this.#recno <= recno) continue;'),
  'seek skips entries that share as much as matched': patch('cdx-leaf', 'if (dup > match) continue;', 'if (dup >= match && i > 0) continue;'),
  'the change of the last key of a leaf goes to the next one': patch('cdx-tree-update', 'changes.recno <= bound.recno;', 'changes.recno < bound.recno;'),
  'removals find nothing': patch('cdx-tree-update', 'const removed = order === 0 && changes.isRemoval;', 'const removed = order === 0 && changes.isRemoval && changes.recno === 0;'),
  'a joined page stays in its parent': patch('cdx-tree-update', 'refs.splice(i, 2, joined);', 'refs.splice(i, 1, joined);'),
  'the only child of a root is not freed': patch('cdx-tree-update', '      this.#pages.release(only.offset);\n', ''),
  'a new right neighbour is not told': patch('cdx-places', 'if (right !== NO_PAGE && images.length > 1)', 'if (right === left && images.length > 1)'),
  'neighbours of a removed page keep their links': patch('cdx-places', '      pages.link(left, right, offset);\n', ''),
  'a removed page is not freed': patch('cdx-places', '      pages.release(offset);\n', ''),
  'joined pages leave a link to the one that is gone': patch('cdx-places', 'if (after !== NO_PAGE) pages.link(left.offset, after, right.offset);', ''),
  'one child too many': patch('cdx-interior', 'return Math.floor((PAGE_BYTES - ENTRIES) / (keyLength + 8));', 'return Math.floor((PAGE_BYTES - ENTRIES) / (keyLength + 8)) + 1;'),
  'equal entries are passed on the way down': patch('cdx-interior', 'key, keyStart, recno) < 0) low', 'key, keyStart, recno) <= 0) low'),
  'the list of free pages is forgotten': patch('cdx-pages', 'this.#freeHead = u32(this.block(head, PAGE_BYTES), 0);', 'this.#freeHead = 0;'),
  'a page is given out twice': patch('cdx-pages', 'this.#freeHead = u32(this.block(head, PAGE_BYTES), 0);', 'this.#released.add(head);'),
  'entries of the right half are lost in a split': patch('cdx-leaf-writer', '    while (walk.next()) this.add(walk.key, 0, walk.recno);\n    this.#flush();', '    this.#flush();'),
  'the last page of a level is not written': patch('cdx-bulk', '      this.#emit(pending);\n      if (isRoot)', '      if (isRoot) this.#emit(pending);\n      if (isRoot)'),
  'pages built in a row do not know their left neighbour': patch('cdx-bulk', 'setLeft(image, level.before);', ''),
  'a step back goes two': patch('cdx-cursor', 'this.#flatAt = at - 1;', 'this.#flatAt = at - 2;'),
  'the leaf before is entered from its beginning': patch('cdx-cursor', 'this.#flatAt = flat.count - 1;', 'this.#flatAt = 0;'),
};

const WORLDS = ['numbers', 'words', 'long', 'blanks', 'integers'];

async function runAll(patches: readonly SourcePatch[]): Promise<void> {
  await plantSource(patches, async () => {
    const { runHistory } = await import('./random-tag.js');
    for (let seed = 1; seed <= 6; seed++) for (const world of WORLDS) runHistory(seed, world, 6, 300);
  });
}

describe('random histories find planted bugs', () => {
  test('and find nothing in a copy that is not changed', () => runAll([patch('cdx-bulk', 'const SLICE = 256;', 'const SLICE = 255;')]), 120_000);
  test.each(Object.keys(BUGS))('%s', (name) => expect(runAll([BUGS[name]!])).rejects.toThrow(/seed \d+/), 120_000);
});
