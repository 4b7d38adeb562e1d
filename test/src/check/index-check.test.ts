import { describe, expect, test } from 'vitest';
import { writeFully, type MemoryVfs } from '#storage';
import { char, numeric, type Database } from '../../../src/main.js';
import type { IndexOptions } from '../../../src/indexes/index-options.js';
import { bytesOf, FOLDER, memoryFolder, openMemory } from './memory-folder.js';

const ROWS = 3000;

async function withIndex(vfs: MemoryVfs, options: IndexOptions): Promise<Database> {
  const db = await openMemory(vfs);
  const t = await db.createTable('t', { name: char(10), n: numeric(6, 0) }, { dialect: 'foxpro2' });
  await t.insertMany(Array.from({ length: ROWS }, (_, i) => ({ name: `r${(i * 7919) % ROWS}`, n: i % 100 })));
  await t.createIndex('ix', options);
  await t.update(5, { name: 'later' });
  await t.delete(6);
  return db;
}

function change(vfs: MemoryVfs, name: string, at: number, bytes: Uint8Array): void {
  const file = vfs.open(`${FOLDER}/${name}`, 'write');
  writeFully(file, bytes, at);
  file.close();
}

const CASES: readonly (readonly [string, IndexOptions])[] = [
  ['t.ix.fsi', { on: ['name'] }],
  ['t.cdx', { expression: 'NAME', type: 'cdx' }],
  ['ix.idx', { expression: 'NAME', type: 'idx', for: 'N > 20' }],
  ['ix.ntx', { expression: 'NAME', type: 'ntx', descending: true }],
  ['ix.ndx', { expression: 'NAME', type: 'ndx' }],
];

describe.each(CASES)('%s', (file, options) => {
  test('is right in the check, found damaged when a page is overwritten, and made anew by the repair', async () => {
    const vfs = memoryFolder();
    let db = await withIndex(vfs, options);
    expect((await db.check()).findings).toEqual([]);
    await db.close();
    db = await openMemory(vfs);
    expect((await db.check()).findings).toEqual([]);
    const before = db.table('t').index('ix').entries().toArray();
    await db.close();
    const at = Math.floor(bytesOf(vfs, `${FOLDER}/${file}`).length / 2 / 4096) * 4096;
    change(vfs, file, at, Buffer.alloc(64, 0xee));
    db = await openMemory(vfs, { readOnly: true });
    const { ok, findings } = await db.check();
    await db.close();
    // A reader builds the index in memory when the tree is damaged; an xBase file that changed without its table is made anew when it is opened for writing.
    expect(ok).toBe(false);
    expect(findings.filter((f) => f.severity === 'error').every((f) => f.code === 'CORRUPT_INDEX' && f.file === `${FOLDER}/${file}`)).toBe(true);
    db = await openMemory(vfs);
    const { tables } = await db.repair();
    const action = `index file ${file} ${file.endsWith('.fsi') ? 'made anew' : 'did not go with the table and was made anew when it was opened'}`;
    expect(tables).toMatchObject([{ table: 't', status: 'repaired', actions: [action] }]);
    expect((await db.check()).findings).toEqual([]);
    expect(db.table('t').index('ix').entries().toArray()).toEqual(before);
    await db.table('t').insert({ name: 'more', n: 99 });
    await db.close();
    db = await openMemory(vfs);
    expect((await db.check()).findings).toEqual([]);
    expect(db.table('t').index('ix').entries().toArray().length).toBe(before.length + 1);
    await db.close();
  });
});

test('an index whose rows changed behind its back has missing and extra entries, a bounded list of them', async () => {
  const vfs = memoryFolder();
  const first = await withIndex(vfs, { expression: 'NAME', type: 'cdx' });
  await first.close();
  for (const name of vfs.list(FOLDER).filter((each) => !each.startsWith('t.'))) if (vfs.stat(`${FOLDER}/${name}`)?.kind === 'file') vfs.unlink(`${FOLDER}/${name}`);
  const bytes = bytesOf(vfs, `${FOLDER}/t.dbf`);
  const header = bytes.readUInt16LE(8);
  const length = bytes.readUInt16LE(10);
  for (let i = 100; i < 200; i++) change(vfs, 't.dbf', header + i * length + 1, Buffer.from(`z${i}`.padEnd(10)));
  const db = await openMemory(vfs);
  const { findings } = await db.check();
  const wrong = findings.filter((f) => f.code === 'CORRUPT_INDEX');
  expect(wrong.length).toBe(21);
  expect(wrong.at(-1)?.message).toBe('180 more of this kind');
  await db.repair();
  expect((await db.check()).findings).toEqual([]);
  expect(db.table('t').index('ix').seek('z150')?.$recno).toBe(151);
  await db.close();
});

test('a file that can not be read is an error; it is set aside when that is asked', async () => {
  const vfs = memoryFolder();
  const first = await withIndex(vfs, { expression: 'NAME', type: 'cdx' });
  await first.close();
  change(vfs, 't.cdx', 0, Buffer.alloc(1024, 0xee));
  const db = await openMemory(vfs);
  expect((await db.check()).findings).toMatchObject([{ code: 'CORRUPT_INDEX', severity: 'error' }]);
  expect((await db.repair()).tables).toMatchObject([{ status: 'failed', error: { code: 'CORRUPT_INDEX' } }]);
  expect((await db.repair({ indexes: 'detach' })).tables).toMatchObject([{ status: 'repaired', actions: ['index file t.cdx set aside'] }]);
  expect((await db.check()).findings.filter((f) => f.severity !== 'note')).toEqual([]);
  await db.close();
});
