import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeEnvironment, writeFully, type MemoryVfs, type Vfs } from '#storage';
import { char, hasCode, numeric, type Database, type IndexOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { corpus } from '../../support/corpus.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';
import { bytesOf, FOLDER, memoryFolder, openMemory } from '../check/memory-folder.js';

const nameOf = (i: number): string => `name ${String(i).padStart(5, '0')}`;

/** All files look as if nobody had touched them since: a bit rotted. The warnings go to `warnings`. */
async function openStill(inner: Vfs, warnings: string[] = [], readOnly = false): Promise<Database> {
  const vfs = interceptVfs(inner, {
    stat: (_path, next) => {
      const stat = next();
      return stat === undefined ? undefined : { ...stat, mtimeNs: 1n };
    },
    fileStat: (_file, next) => ({ ...next(), mtimeNs: 1n }),
  });
  const onWarning = (warning: Error): void => { warnings.push(warning.message); };
  process.on('warning', onWarning);
  try {
    return await openIn(nodeEnvironment(vfs), FOLDER, { readOnly });
  } finally {
    setTimeout(() => { process.off('warning', onWarning); }, 200);
  }
}

async function folderWith(rows: number, options: IndexOptions, dialect: 'foxpro2' | 'vfp' = 'foxpro2'): Promise<MemoryVfs> {
  const vfs = memoryFolder();
  const db = await openStill(vfs);
  const t = await db.createTable('t', { name: char(12), n: numeric(6) }, { dialect });
  await t.insertMany(Array.from({ length: rows }, (_, i) => ({ name: nameOf(i), n: i })));
  for (const recno of [3, 4]) await t.delete(recno);
  await t.createIndex('ix', options);
  await db.close();
  return vfs;
}

/** The key of one row in a file becomes another one at the same place of the order. */
function rot(vfs: MemoryVfs, file: string, row: number): void {
  const at = bytesOf(vfs, `${FOLDER}/${file}`).indexOf(nameOf(row));
  expect(at).toBeGreaterThan(0);
  const handle = vfs.open(`${FOLDER}/${file}`, 'write');
  writeFully(handle, Buffer.from('!'), at + nameOf(row).length);
  handle.close();
}

describe('an index file in which a key rotted within its order', () => {
  test.each(['ntx', 'ndx'] as const)('%s: a seek says so, queries do without it, one warning, and reindex mends it', async (type) => {
    const vfs = await folderWith(100, { on: 'name', type });
    rot(vfs, `ix.${type}`, 50);
    const warnings: string[] = [];
    const db = await openStill(vfs, warnings);
    const t = db.table('t');
    expect(t.index('ix').expression).toBe('name');
    for (const ask of [() => t.index('ix').seek(nameOf(7)), () => t.index('ix').range({ gte: 'a' }).toArray(), () => t.index('ix').entries().toArray()]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'CORRUPT_INDEX', message: expect.stringMatching(/ix\.(ntx|ndx).*record 51 has no entry|an entry for record 51.*reindex/) as string }) as Error);
    }
    expect(t.find({ name: nameOf(50) }).toArray().map(({ n }) => n)).toEqual([50]);
    expect(t.find({ name: nameOf(50) }).explain().considered.map(({ way }) => way)).toEqual(['scan']);
    await t.insert({ name: 'new', n: 1 });
    expect(t.find({ name: 'new' }).count()).toBe(1);
    expect((await db.check()).findings.some(({ code, severity }) => code === 'CORRUPT_INDEX' && severity === 'error')).toBe(true);
    await t.reindex();
    expect(t.index('ix').seek(nameOf(50))?.n).toBe(50);
    expect(t.find({ name: nameOf(50) }).explain().considered[0]?.way).toMatch(/^index/);
    expect((await db.check()).findings).toEqual([]);
    await db.close();
    expect(warnings.filter((text) => text.includes('damaged or of another time'))).toHaveLength(1);
  });

  test('a file beyond 64 KB is not compared: its row is not found until the check says why', async () => {
    const vfs = await folderWith(6000, { on: 'name', type: 'ntx' });
    expect(bytesOf(vfs, `${FOLDER}/ix.ntx`).length).toBeGreaterThan(65536);
    rot(vfs, 'ix.ntx', 50);
    const db = await openStill(vfs, [], true);
    expect(db.table('t').index('ix').seek(nameOf(50))).toBeUndefined();
    expect((await db.check()).findings.some(({ code }) => code === 'CORRUPT_INDEX')).toBe(true);
    await db.close();
  });
});

test('by a unique tag of another time than its rows nothing is written, until it is made anew', async () => {
  const vfs = await folderWith(100, { on: 'name', type: 'cdx', unique: true }, 'vfp');
  const old = Buffer.from(bytesOf(vfs, `${FOLDER}/t.cdx`));
  const first = await openStill(vfs);
  await first.table('t').update(51, { name: 'renamed' });
  await first.close();
  const handle = vfs.open(`${FOLDER}/t.cdx`, 'write');
  handle.truncate(old.length);
  writeFully(handle, old, 0);
  handle.close();
  const rows = Buffer.from(bytesOf(vfs, `${FOLDER}/t.dbf`));

  const db = await openStill(vfs);
  const t = db.table('t');
  const told = expect.objectContaining({ code: 'CORRUPT_INDEX', message: expect.stringMatching(/^nothing is written.*t\.cdx.*record 51.*reindex/i) as string }) as Error;
  await expect(t.insert({ name: 'renamed', n: 1 })).rejects.toThrow(told);
  await expect(t.insert({ name: nameOf(50), n: 1 })).rejects.toThrow(told);
  await expect(t.update(7, { n: 5 })).rejects.toThrow(told);
  await expect(t.insertMany([{ name: 'x', n: 1 }], { direct: true })).rejects.toThrow(told);
  expect(() => { db.transactionSync((tx) => { tx.table('t').insert({ name: 'y', n: 1 }); }); }).toThrow(told);
  expect(t.recordCount).toBe(100);
  expect(t.find({ name: 'renamed' }).count()).toBe(1);
  await t.reindex();
  await expect(t.insert({ name: 'renamed', n: 1 })).rejects.toMatchObject({ code: 'DUPLICATE' });
  await t.insert({ name: nameOf(50), n: 1 });
  expect((await db.check()).findings).toEqual([]);
  await db.close();
  const header = 32 * 12; // its date and count changed
  expect(Buffer.from(bytesOf(vfs, `${FOLDER}/t.dbf`)).subarray(header, rows.length - 1).equals(rows.subarray(header, rows.length - 1))).toBe(true);
});

const SOUND: readonly IndexOptions[] = [
  { on: 'name', type: 'cdx', descending: true }, { expression: 'UPPER(NAME)', type: 'cdx', for: 'N>20' }, { on: 'n', type: 'idx' },
  { on: 'name', type: 'ntx', descending: true }, { expression: 'SUBSTR(NAME,1,8)', type: 'ntx', unique: true }, { on: 'n', type: 'ntx', for: 'N<50' },
  { on: 'n', type: 'ndx' }, { expression: 'SUBSTR(NAME,1,8)', type: 'ndx', unique: true },
];

test.each(SOUND)('a sound index raises no alarm: %j', async (options) => {
  const db = await openStill(await folderWith(100, options), [], true);
  expect(db.table('t').index('ix').range().toArray().length).toBeGreaterThan(0);
  expect((await db.check()).findings).toEqual([]);
  await db.close();
});

test('index files of the corpus that are of another time than their tables: the folder opens, rows and queries are right, a seek says so', async () => {
  const found = corpus();
  if (found === undefined) return;
  const stale = [['u00959', 'CATEGORYID'], ['u01413', 'DENUMIRE'], ['u01678', 'SO_ID'], ['u01783', 'LASTNAME']] as const;
  for (const [unit, name] of stale) {
    const all = found.units.filter((each) => each.unit === unit).flatMap(({ files }) => files);
    const parts = all.filter(({ role }) => ['table', 'memo', 'index'].includes(role)).map(({ path }) => [basename(path), readFileSync(found.path(path))] as const);
    const db = await openMemory(memoryFolder(Object.fromEntries(parts)), { readOnly: true });
    const t = db.tables().map((table) => db.table(table)).find((each) => each.indexes().some((index) => index.name === name));
    const rows = t?.scan().toArray() ?? [];
    expect(rows.length, unit).toBeGreaterThan(0);
    expect(() => t?.index(name).entries().toArray()).toThrow(expect.toSatisfy((e: unknown) => hasCode(e, 'CORRUPT_INDEX')) as Error);
    const [field] = t?.index(name).fields ?? [];
    if (field === undefined) continue;
    for (const row of rows.slice(0, 20)) expect(t?.find({ [field]: row[field] }).toArray().map(({ $recno }) => $recno)).toContain(row.$recno);
    await db.close();
  }
});
