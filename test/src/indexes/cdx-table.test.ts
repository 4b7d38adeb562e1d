import { describe, expect, test } from 'vitest';
import { bufferSource, CdxFile, checkCdx } from '#index';
import type { MemoryVfs } from '#storage';
import { char, date, numeric, type Database } from '../../../src/main.js';
import { bytesOf, FOLDER, memoryFolder, openMemory } from '../check/memory-folder.js';

describe('a structural CDX', () => {
  test.each(['foxpro2', 'vfp', 'dbase3', 'clipper'] as const)('made with unique in a table of %s, it is what it was when the folder is opened again', async (dialect) => {
    const vfs = memoryFolder();
    let db: Database = await openMemory(vfs);
    const made = await db.createTable('people', { name: char(12), n: numeric(8) }, { dialect });
    await made.insertMany([{ name: 'Bob', n: 1 }, { name: 'Ada', n: 2 }]);
    await made.createIndex('NAME', { on: 'name', type: 'cdx', unique: true });
    for (let opened = 0; opened < 2; opened++) {
      const t = db.table('people');
      if (dialect === 'vfp') await expect(t.insert({ name: 'Ada', n: 9 })).rejects.toMatchObject({ code: 'DUPLICATE' });
      else await t.insert({ name: 'Ada', n: 9 }); // a row may repeat a key: the index holds the first
      await t.insert({ name: `Cy ${opened}`, n: 3 });
      await db.checkpoint(); // until then repeated keys stand beside the file
      expect(t.index('name').entries().toArray().map(({ key }) => key)).toEqual(['Ada', 'Bob', 'Cy 0', 'Cy 1'].slice(0, 3 + opened));
      expect(t.index('name').unique).toBe(true);
      expect((await db.check()).findings).toEqual([]);
      await db.close();
      db = await openMemory(vfs);
    }
    await db.close();
  });

  test('is made, kept right, rebuilt by pack and opened again', async () => {
    const vfs = memoryFolder();
    let db: Database = await openMemory(vfs);
    const t = await db.createTable('people', { name: char(12), born: date(), n: numeric(8, 2) }, { dialect: 'foxpro2' });
    await t.insertMany(['Cy', 'Ada', 'Bob', 'Ada'].map((name, i) => ({ name, n: i - 1, born: new Date(Date.UTC(1900 + i, 0, 1)) })));
    await t.createIndex('UPNAME', { expression: 'UPPER(NAME)', type: 'cdx' });
    await t.createIndex('N', { on: 'n', type: 'cdx', for: 'N>0' });
    const keys = (name: string): unknown[] => db.table('people').index(name).entries().toArray().map(({ key, recno }) => [key, recno]);
    expect(keys('upname')).toEqual([['ADA', 2], ['ADA', 4], ['BOB', 3], ['CY', 1]]);
    expect(keys('n')).toEqual([[1, 3], [2, 4]]);
    await t.update(3, { name: 'Zoe', n: 9.5 });
    await t.delete(2);
    await t.insert({ name: 'Abe', n: 3 });
    const want = [['ABE', 5], ['ADA', 2], ['ADA', 4], ['CY', 1], ['ZOE', 3]];
    expect(keys('upname')).toEqual(want);
    await db.checkpoint();
    expect(keys('upname')).toEqual(want);
    expect(keys('n')).toEqual([[2, 4], [3, 5], [9.5, 3]]);
    expect(db.table('people').index('upname').seek('ZOE')?.$recno).toBe(3);
    await t.createIndex('BORN', { on: 'born', type: 'cdx', descending: true });
    await t.pack();
    expect(keys('upname')).toEqual([['ABE', 4], ['ADA', 3], ['CY', 1], ['ZOE', 2]]);
    await db.close();
    sound(vfs, 3);
    db = await openMemory(vfs);
    expect(keys('upname')).toEqual([['ABE', 4], ['ADA', 3], ['CY', 1], ['ZOE', 2]]);
    expect(keys('born').length).toBe(4);
    await db.table('people').dropIndex('born');
    await db.table('people').insertMany(Array.from({ length: 6000 }, (_, i) => ({ name: `r${i}`, n: i })));
    await db.close();
    sound(vfs, 2);
    db = await openMemory(vfs);
    expect(keys('upname').length).toBe(6004);
    await db.table('people').dropIndex('n');
    await db.table('people').dropIndex('upname');
    await db.close();
    expect(vfs.list(FOLDER).includes('people.cdx')).toBe(false);
  });
});

function sound(vfs: MemoryVfs, tags: number): void {
  const bytes = bytesOf(vfs, `${FOLDER}/people.cdx`);
  const cdx = CdxFile.open(bufferSource('people.cdx', bytes), { dialect: 'clipper', name: 'PEOPLE', isText: (facts) => facts.expression.includes('NAME') });
  expect(cdx.tags.length).toBe(tags);
  const check = checkCdx(cdx);
  for (let step = check.next(); ; step = check.next()) {
    if (step.done !== true) continue;
    expect(step.value.findings).toEqual([]);
    return;
  }
}
