import { describe, expect, test } from 'vitest';
import { buildNtx, bufferSource, checkNtx, NtxFile } from '#index';
import { writeFully, type MemoryVfs } from '#storage';
import { char, numeric, type Database, type Table } from '../../../src/main.js';
import type { AnyInput, AnyRow } from '../../../src/table/table.js';
import { drain, keysOf, MemorySink } from '../../index/cdx/memory-index.js';
import { bytesOf, FOLDER, memoryFolder, openMemory } from '../check/memory-folder.js';

const NAMES = ['Cy', 'Ada', 'Bob', 'Ada'];

async function withPeople(vfs: MemoryVfs): Promise<{ db: Database; people: Table<AnyRow, AnyInput> }> {
  const db = await openMemory(vfs);
  await (await db.createTable('people', { name: char(6), n: numeric(6, 0) }, { dialect: 'clipper' })).insertMany(NAMES.map((name, i) => ({ name, n: i })));
  return { db, people: db.table('people') };
}

/** An NTX of one page as Clipper would leave it: equal keys in any order. */
function ntx(entries: readonly (readonly [string, number])[]): Buffer {
  const list = entries.map(([name], i) => ({ key: Buffer.from(name.padEnd(6)), recno: i + 1, isRemoval: false }));
  const sink = new MemorySink();
  const { sizeBytes } = drain(buildNtx({ name: 'BY_NAME', expression: 'NAME', keyType: 'C', keyLength: 6 }, keysOf(list), sink));
  const bytes = sink.applyTo(Buffer.alloc(0), sizeBytes);
  const page = bytes.readUInt32LE(4);
  entries.forEach(([, recno], i) => { bytes.writeUInt32LE(recno, page + bytes.readUInt16LE(page + 2 + 2 * i) + 4); });
  return bytes;
}

function put(vfs: MemoryVfs, name: string, bytes: Uint8Array): void {
  const file = vfs.open(`${FOLDER}/${name}`, 'exclusive');
  writeFully(file, bytes, 0);
  file.close();
}

const keys = (table: Table<AnyRow, AnyInput>, index: string): unknown[] => table.index(index).entries().toArray().map(({ key, recno }) => [key, recno]);
const RIGHT = [['Ada', 2], ['Ada', 4], ['Bob', 3], ['Cy', 1]] as const;

describe('an NTX beside a table', () => {
  test.each([
    ['as it should be', RIGHT, true],
    ['with equal keys in another order', [['Ada', 4], ['Ada', 2], ['Bob', 3], ['Cy', 1]], false],
    ['of older rows', [['Ada', 2], ['Bob', 3], ['Zoe', 1]], false],
  ] as const)('%s is attached, maintained, remembered and detached', async (_what, entries, isKept) => {
    const vfs = memoryFolder();
    const { db, people } = await withPeople(vfs);
    const bytes = ntx(entries);
    put(vfs, 'By_Name.ntx', bytes);
    await people.attachIndex('by_name.NTX');
    expect(bytesOf(vfs, `${FOLDER}/By_Name.ntx`).equals(bytes)).toBe(isKept);
    expect(keys(people, 'by_name')).toEqual(RIGHT);
    await expect(people.attachIndex('by_name.ntx')).rejects.toMatchObject({ code: 'EXISTS' });
    await people.update(3, { name: 'Abe' });
    await people.insert({ name: 'Ada', n: 9 });
    await db.close();
    const again = await openMemory(vfs);
    const want = [['Abe', 3], ['Ada', 2], ['Ada', 4], ['Ada', 5], ['Cy', 1]];
    expect(keys(again.table('people'), 'by_name')).toEqual(want);
    expect(checkNtx(NtxFile.open(bufferSource('x', bytesOf(vfs, `${FOLDER}/By_Name.ntx`)), { name: 'X' }))).toEqual([]);
    await again.table('people').reindex();
    expect(keys(again.table('people'), 'by_name')).toEqual(want);
    await again.table('people').detachIndex('BY_NAME');
    expect(again.table('people').indexes()).toEqual([]);
    await again.table('people').insert({ name: 'Eve', n: 9 });
    await again.close();
    expect(vfs.stat(`${FOLDER}/By_Name.ntx`)?.kind).toBe('file');
    const last = await openMemory(vfs);
    expect(last.table('people').indexes()).toEqual([]);
    await last.close();
  });

  test('that another program changed with the table gets the order of the records again', async () => {
    const vfs = memoryFolder();
    const { db, people } = await withPeople(vfs);
    put(vfs, 'by_name.ntx', ntx(RIGHT));
    await people.attachIndex('by_name.ntx');
    await db.close();
    const table = vfs.open(`${FOLDER}/people.dbf`, 'write');
    const at = bytesOf(vfs, `${FOLDER}/people.dbf`).indexOf('Bob');
    writeFully(table, Buffer.from('Ada'), at);
    table.close();
    vfs.unlink(`${FOLDER}/by_name.ntx`);
    put(vfs, 'by_name.ntx', ntx([['Ada', 4], ['Ada', 2], ['Ada', 3], ['Cy', 1]]));
    const again = await openMemory(vfs);
    expect(keys(again.table('people'), 'by_name')).toEqual([['Ada', 2], ['Ada', 3], ['Ada', 4], ['Cy', 1]]);
    await again.close();
  });

  test('is refused by name, when it is missing, and when it is no index', async () => {
    const { db, people } = await withPeople(memoryFolder());
    await expect(people.attachIndex('no.ntx')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(people.attachIndex('../by_name.ntx')).rejects.toMatchObject({ code: 'OPTION' });
    await expect(people.attachIndex('people.dbf')).rejects.toMatchObject({ code: 'OPTION' });
    await expect(people.detachIndex('no.ntx')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await people.createIndex('ours', { on: ['n'] });
    await expect(people.detachIndex('ours')).rejects.toMatchObject({ code: 'OPTION' });
    await db.close();
  });
});

test('a table that goes takes the files with its name along, and leaves the stand-alone index files of other programs', async () => {
  const vfs = memoryFolder();
  const { db, people } = await withPeople(vfs);
  put(vfs, 'by_name.ntx', ntx(RIGHT));
  await people.attachIndex('by_name.ntx');
  await people.createIndex('tag', { on: 'n', type: 'cdx' });
  await people.createIndex('ours', { on: 'n' });
  await people.createIndex('people', { on: 'n', type: 'ntx' });
  await people.insert({ name: 'Zoe', n: 7 });
  await db.dropTable('people');
  await db.close();
  expect(vfs.list(FOLDER).filter((name) => vfs.stat(`${FOLDER}/${name}`)?.kind === 'file').sort()).toEqual(['by_name.ntx', 'fieldstone.json']);
  const { db: again, people: made } = await withPeople(vfs);
  await made.attachIndex('by_name.ntx');
  expect(keys(made, 'by_name')).toEqual(RIGHT);
  await again.close();
});

test('after a rename indexes are dropped with the files that they have now', async () => {
  const vfs = memoryFolder();
  const { db, people } = await withPeople(vfs);
  for (const type of ['btree', 'ntx'] as const) await people.createIndex(`by_${type}`, { on: 'name', type });
  for (const tag of ['A', 'B']) await people.createIndex(tag, { on: 'name', type: 'cdx' });
  await db.renameTable('people', 'folk');
  const folk = db.table('folk');
  expect(folk.indexes().map(({ name, file }) => [name, file])).toEqual([['by_btree', 'folk.by_btree.fsi'], ['BY_NTX', 'by_ntx.ntx'], ['A', 'folk.cdx'], ['B', 'folk.cdx']]);
  await folk.dropIndex('A');
  await folk.insert({ name: 'Dee', n: 1 });
  expect(keys(folk, 'B')).toEqual([...RIGHT, ['Dee', 5]]);
  for (const name of ['B', 'by_btree', 'by_ntx']) await folk.dropIndex(name);
  await db.close();
  expect(vfs.list(FOLDER).filter((name) => vfs.stat(`${FOLDER}/${name}`)?.kind === 'file').sort()).toEqual(['fieldstone.json', 'folk.dbf']);
});

describe('stand-alone files made here', () => {
  test.each(['idx', 'ntx', 'ndx'] as const)('%s: is remembered, rebuilt by pack and reindex, renamed with its table, dropped', async (type) => {
    const vfs = memoryFolder();
    let { db, people } = await withPeople(vfs);
    await people.createIndex('People', { expression: 'UPPER(NAME)', type });
    if (type !== 'ndx') await people.createIndex('by_n', { on: 'n', type, ...(type === 'ntx' ? { descending: true } : { for: 'N>0' }) });
    await db.close();
    db = await openMemory(vfs);
    people = db.table('people');
    expect(people.indexes().length).toBe(type === 'ndx' ? 1 : 2);
    await people.insert({ name: 'Abe', n: 1 });
    await people.delete(1);
    await people.pack();
    const want = [['ABE', 4], ['ADA', 1], ['ADA', 3], ['BOB', 2]];
    expect(keys(people, 'people')).toEqual(want);
    await people.reindex();
    expect(keys(people, 'people')).toEqual(want);
    if (type === 'ntx') expect(keys(people, 'by_n')).toEqual([[3, 3], [2, 2], [1, 1], [1, 4]]);
    if (type === 'idx') expect([people.index('by_n').for, keys(people, 'by_n')]).toEqual(['N>0', [[1, 1], [1, 4], [2, 2], [3, 3]]]);
    await db.renameTable('people', 'folk');
    await db.close();
    expect(vfs.stat(`${FOLDER}/folk.${type}`)?.kind).toBe('file');
    db = await openMemory(vfs);
    people = db.table('folk');
    await people.insert({ name: 'Zoe', n: 0 });
    // An NTX holds the name of its order; the others have that of the file.
    expect(people.index(type === 'ntx' ? 'people' : 'folk').entries().toArray().at(-1)).toEqual({ key: 'ZOE', recno: 5 });
    for (const { name } of people.indexes()) await people.dropIndex(name);
    await db.close();
    expect(vfs.list(FOLDER).filter((name) => name.endsWith(`.${type}`))).toEqual([]);
    db = await openMemory(vfs);
    await db.table('folk').insert({ name: 'Last', n: 0 });
    await db.close();
  });
});
