import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexLister } from '../../support/independent-readers.js';
import { seededRandom } from '../../support/sim-clock.js';
import { compareEntries, MemoryIndex, type Change, type Entry } from './memory-index.js';
import { KEY_WORLDS } from './random-tag.js';

const lister = indexLister();
const SEED = Number(process.env['FIELDSTONE_SEED'] ?? 7);

function uniqueEntries(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [`${entry.key.toString('hex')}/${entry.recno}`, entry])).values()].sort(compareEntries);
}

/** The key as the reader shows it: without the fill bytes at its end. */
function shown(key: Buffer, fill: number): string {
  let end = key.length;
  while (end > 0 && key[end - 1] === fill) end--;
  return key.toString('hex', 0, end);
}

function expectListed(index: MemoryIndex, tag: string, fill: number, what: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-cdx-'));
  try {
    const path = join(folder, 'written.cdx');
    writeFileSync(path, index.bytes);
    const ours = index.list(tag).map(({ key, recno }) => `${shown(key, fill)} ${recno}`);
    const theirs = lister!(path, tag).map(({ key, recno }) => `${shown(Buffer.from(key, 'hex'), fill)} ${recno}`);
    expect(theirs.length, `${what}, seed ${SEED}`).toBe(ours.length);
    expect(theirs.findIndex((line, i) => line !== ours[i]), `${what}, seed ${SEED}`).toBe(-1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('Perl\'s XBase lists the tags that were written here', () => {
  if (lister === undefined) {
    test('and is not here', () => { console.log('CDX files written here are not read by another program.'); });
    return;
  }

  test.each(Object.keys(KEY_WORLDS))('%s: built, then changed in batches', (world) => {
    const random = seededRandom(SEED);
    const { spec, make } = KEY_WORLDS[world]!;
    const fill = spec.keyType === 'C' ? 0x20 : 0;
    for (const size of [1, 2, 700, 6000]) {
      const index = new MemoryIndex();
      const entries = uniqueEntries(Array.from({ length: size }, () => ({ key: make(random), recno: 1 + random.int(100_000) })));
      index.add(spec, entries);
      expectListed(index, spec.name, fill, `${world}, ${size} keys built`);
      const changes: Change[] = entries.filter(() => random.int(3) === 0).map((entry) => ({ ...entry, isRemoval: true }));
      const added = uniqueEntries(Array.from({ length: size }, () => ({ key: make(random), recno: 100_001 + random.int(100_000) })));
      index.apply(spec.name, [...changes, ...added.map((entry) => ({ ...entry, isRemoval: false }))].sort(compareEntries));
      expectListed(index, spec.name, fill, `${world}, ${size} keys changed`);
    }
  });

  test('200,000 numbers', () => {
    const index = new MemoryIndex();
    const entries = Array.from({ length: 200_000 }, (_, i) => {
      const key = Buffer.alloc(8);
      key.writeDoubleBE(1 + Math.floor(i / 3));
      key[0] = (key[0] ?? 0) ^ 0x80;
      return { key, recno: i + 1 };
    });
    index.add(KEY_WORLDS['numbers']!.spec, entries);
    expectListed(index, 'NUM', 0, '200,000 numbers');
    index.apply('NUM', entries.filter((_, i) => i % 7 === 0).map((entry) => ({ ...entry, isRemoval: true })));
    expectListed(index, 'NUM', 0, 'without every seventh');
    expect(index.check().findings).toEqual([]);
  });
});
