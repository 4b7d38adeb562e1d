import { expect, test } from 'vitest';
import { char, memo, type WritableDialect } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../../src/check/memory-folder.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4'];

test.each(DIALECTS)('memos of a load are read as they are when a checkpoint amid it published one behind them, %s', async (dialect) => {
  // Files that do not show their bytes are read through copies of pages.
  const db = await openMemory(interceptVfs(memoryFolder(), {}));
  const t = await db.createTable('t', { name: char(10), notes: memo() }, { dialect });
  const long = 'from the load '.repeat(14_000);
  await t.insert({ name: 'first', notes: 'one' });
  await t.insert({ name: 'second', notes: 'two' });
  await db.checkpoint();
  async function* rows(): AsyncGenerator<{ name: string; notes: string }> {
    yield { name: 'loaded', notes: 'short' };
    yield { name: 'loaded', notes: long };
    await t.update(1, { notes: 'behind it' });
    await db.checkpoint();
    // The page with the place of the load's first memo comes into the cache, before that memo is in the file.
    expect(t.get(2)?.notes).toBe('two');
    yield { name: 'loaded too', notes: 'from the load too' };
  }
  await t.insertMany(rows(), { direct: true });
  const want = ['behind it', 'two', 'short', long, 'from the load too'];
  expect(t.scan().toArray().map(({ notes }) => notes)).toEqual(want);
  await t.pack();
  expect(t.scan().toArray().map(({ notes }) => notes)).toEqual(want);
  await db.close();
});
