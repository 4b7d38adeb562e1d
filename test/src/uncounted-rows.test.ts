import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import { char } from '../../src/main.js';
import { openIn } from '../../src/open.js';

/** A table of three rows whose header counts only two, as other programs leave it when they die. */
async function folderWithUncountedRow(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const db = await openIn(nodeEnvironment(vfs), '/db');
  const t = await db.createTable('t', { name: char(4) }, { dialect: 'dbase3' });
  for (const name of ['a', 'b', 'c']) await t.insert({ name });
  await db.close();
  vfs.unlink('/db/fieldstone.json');
  const file = vfs.open('/db/t.dbf', 'write');
  file.writeAt(Uint8Array.of(2), 4);
  file.close();
  return vfs;
}

test('new rows never overwrite rows that the header does not count', async () => {
  const vfs = await folderWithUncountedRow();
  const db = await openIn(nodeEnvironment(vfs), '/db');
  const t = db.table('t');
  expect(t.recordCount).toBe(2);
  await expect(t.insert({ name: 'd' })).rejects.toMatchObject({ code: 'CORRUPT_DBF' });
  await expect(t.insertMany([{ name: 'd' }], { direct: true })).rejects.toMatchObject({ code: 'CORRUPT_DBF' });
  await t.update(1, { name: 'A' });
  await db.checkpoint();
  await db.repair();
  expect([...db.table('t').scan()].map((row) => row['NAME'] ?? row['name'])).toEqual(['A', 'b', 'c']);
  await db.table('t').insert({ name: 'd' });
  expect(db.table('t').recordCount).toBe(4);
  await db.close();
});
