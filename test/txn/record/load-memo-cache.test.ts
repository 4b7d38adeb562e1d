import { expect, test } from 'vitest';
import { char, memo, type WritableDialect } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../../src/check/memory-folder.js';

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4'];

test.each(DIALECTS)('memos of a load are read as they are when a checkpoint amid it published one behind them, %s', async (dialect) => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { name: char(10), notes: memo() }, { dialect });
  await t.insert({ name: 'first', notes: 'one' });
  await db.checkpoint();
  async function* rows(): AsyncGenerator<{ name: string; notes: string }> {
    yield { name: 'loaded', notes: 'from the load' };
    await t.update(1, { notes: 'behind it' });
    await db.checkpoint();
    // The page with the place of the load's memo comes into the cache, before the memo is in the file.
    expect(t.get(1)?.notes).toBe('behind it');
    yield { name: 'loaded too', notes: 'from the load too' };
  }
  await t.insertMany(rows(), { direct: true });
  const want = ['behind it', 'from the load', 'from the load too'];
  expect(t.scan().toArray().map(({ notes }) => notes)).toEqual(want);
  await t.pack();
  expect(t.scan().toArray().map(({ notes }) => notes)).toEqual(want);
  await db.close();
});
