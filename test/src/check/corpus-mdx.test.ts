import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { corpus } from '../../support/corpus.js';
import { memoryFolder, openMemory } from './memory-folder.js';

/** What the check says of MDX files that nobody damaged. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  // Keys in the order of a language driver; from the bytes alone that is not told from damage.
  u01780: ['LASTNAME: its keys are not in the order of bytes: that of a language driver, or damage'],
  g0004: ['CITYU: its keys are not in the order of bytes: that of a language driver, or damage', 'CN: its keys are not in the order of bytes: that of a language driver, or damage'],
  // Two rows came later than the index.
  u01783: ['LASTNAME: record 2 has no entry', 'LASTNAME: record 3 has no entry'],
};

test('the check of the MDX files of the corpus: structure, and entries of tags over text beside the rows', async () => {
  const found = corpus();
  if (found === undefined) return;
  const said: Record<string, readonly string[]> = {};
  let tags = 0;
  for (const unit of found.units.filter(({ kind, files }) => kind !== 'mutated' && files.some(({ path }) => /\.mdx$/i.test(path)))) {
    const parts = unit.files.filter(({ role }) => ['table', 'memo', 'index'].includes(role));
    const files = Object.fromEntries(parts.map(({ path }) => [basename(path), readFileSync(found.path(path))]));
    const db = await openMemory(memoryFolder(files), { readOnly: true });
    const { findings } = await db.check();
    const damage = findings.filter(({ code }) => code === 'CORRUPT_INDEX').map(({ message }) => message).sort();
    if (damage.length > 0) said[unit.unit] = damage;
    for (const name of db.tables()) tags += db.table(name).indexes().filter(({ kind }) => kind === 'mdx').length;
    await db.close();
  }
  expect(said).toEqual(KNOWN);
  expect(tags).toBeGreaterThan(200);
}, 120_000);
