import { expect, test } from 'vitest';
import { MemoryVfs } from '#storage';
import { char, memo, type WritableDialect } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../../src/check/memory-folder.js';

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4'];
const row = (i: number): { name: string; notes: string } => ({ name: `row${i}`, notes: `memo ${i} `.repeat(30) });

test.each(DIALECTS)('a process that dies amid a load, after a checkpoint, leaves a table that can be written, %s', async (dialect) => {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const t = await db.createTable('t', { name: char(200), notes: memo() }, { dialect });
  await t.insert(row(0));
  let left = new MemoryVfs();
  async function* rows(): AsyncGenerator<ReturnType<typeof row>> {
    for (let i = 1; i < 6000; i++) {
      yield row(i);
      if (i === 3000) await db.checkpoint();
    }
    left = new MemoryVfs([...vfs.files()].filter(([path]) => !path.includes('.lock')));
    throw new Error('no more rows');
  }
  await expect(t.insertMany(rows(), { direct: true })).rejects.toThrow('no more rows');
  await db.close();
  for (const opening of [1, 2]) {
    const again = await openMemory(left);
    const u = again.table('t');
    expect(u.recordCount).toBe(opening);
    await u.insert(row(opening));
    await u.insertMany([row(7)], { direct: true });
    await u.delete(u.recordCount);
    await u.pack();
    expect(u.scan().toArray().map(({ notes }) => notes)).toEqual(Array.from({ length: opening + 1 }, (_, i) => row(i).notes));
    expect((await again.check()).findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    await again.close();
  }
});
