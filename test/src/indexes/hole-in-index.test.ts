import { expect, test } from 'vitest';
import { char } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../check/memory-folder.js';

test.each(['cdx', 'ntx', 'ndx', 'idx'] as const)('a number that nobody filled is no damage of a %s, and a row that is put there is found by it', async (type) => {
  const vfs = memoryFolder();
  let db = await openMemory(vfs);
  const first = await db.createTable('t', { name: char(10) }, { dialect: type === 'cdx' || type === 'idx' ? 'foxpro2' : 'dbase3' });
  await first.createIndex('ix', { on: 'name', type });
  let goOn = (): void => undefined;
  const others = new Promise<void>((resolve) => { goOn = resolve; });
  const undone = db.transaction(async (tx) => {
    tx.table(first).insert({ name: 'undone' });
    await others;
    tx.rollback();
  });
  await first.insert({ name: 'b' });
  goOn();
  await undone;
  await db.close();
  for (let turn = 0; turn < 3; turn++) {
    db = await openMemory(vfs);
    const t = db.table('t');
    expect((await db.check()).findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect([t.get(1, { deleted: true })?.['name'], t.get(1)]).toEqual(turn === 0 ? ['', undefined] : expect.anything());
    if (turn === 0) await t.recall(1);
    if (turn === 1) await t.update(1, { name: 'a' });
    expect(t.index('ix').range().toArray().map((row) => row['name'])).toEqual(turn === 0 ? ['', 'b'] : ['a', 'b']);
    await db.close();
  }
});
