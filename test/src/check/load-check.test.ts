import { expect, test } from 'vitest';
import { writeFully } from '#storage';
import { char, memo, numeric, type WritableDialect } from '../../../src/main.js';
import { bytesOf, filesOf, FOLDER, memoryFolder, openMemory } from './memory-folder.js';

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4'];
const ROWS = Array.from({ length: 300 }, (_, i) => ({ name: `row${i}`, n: i, notes: i % 3 === 0 ? `memo ${i} `.repeat(1 + (i % 40)) : '' }));

test.each(DIALECTS)('a load that waits for its checkpoint is no damage, %s', async (dialect) => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { name: char(10), n: numeric(6), notes: memo() }, { dialect });
  await t.createIndex('by_name', { on: 'name' });
  for (const when of ['first', 'second']) {
    await t.insertMany(ROWS, { direct: true });
    expect((await db.check()).findings, `${when} load`).toEqual([]);
  }
  await t.delete(1);
  await t.update(301, { n: 7 });
  expect((await db.check()).findings, 'changed since').toEqual([]);
  await db.checkpoint();
  expect((await db.check()).findings, 'after the checkpoint').toEqual([]);
  await db.close();
});

// The first bytes of a load take the place of what stood behind the last record; they wait for the checkpoint, and readers see them before.
test.each([1, 5, 13, 100])('a load behind %i bytes that follow the last record is read as it was written', async (trailing) => {
  const vfs = memoryFolder();
  const schema = { name: char(8), n: numeric(4) };
  const first = await openMemory(vfs);
  await (await first.createTable('t', schema, { dialect: 'dbase3' })).insertMany([{ name: 'old', n: 0 }]);
  await first.close();
  const file = vfs.open(`${FOLDER}/t.dbf`, 'write');
  const end = file.stat().sizeBytes - 1;
  writeFully(file, new Uint8Array(trailing).fill(0x1a), end);
  file.close();

  const db = await openMemory(vfs);
  const t = db.table('t');
  await t.createIndex('by_name', { on: 'name' });
  const snapshot = db.snapshot();
  const rows = Array.from({ length: 12 }, (_, i) => ({ name: `new${i}`, n: i }));
  const want = [{ name: 'old', n: 0 }, ...rows];
  await t.insertMany(rows, { direct: true });
  const expectRows = (when: string, mine: typeof t): void => {
    expect(mine.scan().toArray().map((row) => ({ name: row['name'], n: row['n'] })), `scan ${when}`).toEqual(want);
    expect(want.map((_, i) => mine.get(i + 1)?.['name']), `get ${when}`).toEqual(want.map(({ name }) => name));
    expect(mine.find({ n: { $gte: 0 } }).count(), `filter ${when}`).toBe(want.length);
    for (const { name, n } of want) expect(mine.index('by_name').seek(name)?.['n'], `${name} ${when}`).toBe(n);
  };
  expectRows('before the checkpoint', t);
  // What the next process finds in the files and the log.
  const files = Object.fromEntries(Object.keys(filesOf(vfs)).map((name) => [name, bytesOf(vfs, `${FOLDER}/${name}`)]));
  const other = await openMemory(memoryFolder(files));
  expectRows('after a kill', other.table('t'));
  await other.close();
  await t.update(2, { n: 0 });
  expectRows('with a change', t);
  await db.checkpoint();
  expectRows('after the checkpoint', t);
  expect(snapshot.table('t').scan().toArray()).toHaveLength(1);
  snapshot.close();
  expect((await db.check()).findings).toEqual([]);
  await db.close();
});
