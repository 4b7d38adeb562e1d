import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { char, memo, numeric, open } from '../../src/main.js';
import { dbfImage } from '../support/dbf-image.js';
import { bytesOf, filesOf, FOLDER, memoryFolder, openMemory, rowsOf } from './check/memory-folder.js';

const TARGET = '/backup';

describe('a copy', () => {
  test.each(['vfp', 'foxpro2', 'dbase3', 'dbase4', 'clipper'] as const)('of a %s table with memos: the same rows, deleted ones included', async (dialect) => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('people', { 'A long field name': char(10), n: numeric(5), m: memo() }, { dialect });
    for (let i = 0; i < 30; i++) await t.insert({ 'A long field name': `p${i}`, n: i, m: i % 4 === 0 ? '' : `memo ${i} `.repeat(i * 5) });
    await t.delete(7);
    await db.checkpoint();
    await t.update(3, { m: 'still in the log' });
    await t.insert({ n: 99, m: 'new' });
    const seen: number[] = [];
    expect(await db.backup(TARGET, { onProgress: ({ done }) => seen.push(done) })).toMatchObject({ tables: 1, records: 31, unreadable: [] });
    expect(seen.at(-1)).toBe(31);
    const copy = await openMemory(vfs, { readOnly: true }, TARGET);
    expect(rowsOf(copy, 'people')).toEqual(rowsOf(db, 'people'));
    expect(await copy.check()).toMatchObject({ ok: true });
    expect(copy.table('people').fields).toEqual(t.fields);
    await copy.close();
    expect(vfs.list(TARGET).filter((name) => !/^people\.|^fieldstone\.json$/.test(name))).toEqual([]);
    await db.close();
  });

  test.each([['with an index', true], ['as plain files', false]])('a table that is renamed meanwhile keeps the name, memos and rows of the snapshot, %s', async (_how, hasIndex) => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const first = await db.createTable('first', { n: numeric(8) });
    await first.insertMany(Array.from({ length: 9000 }, (_, n) => ({ n })));
    const old = await db.createTable('old', { n: numeric(8), m: memo() }, { dialect: 'foxpro2' });
    await old.insertMany([{ n: 1, m: 'one' }, { n: 2, m: 'two' }]);
    if (hasIndex) {
      await old.createIndex('by_n', { on: 'n' });
      await old.createIndex('tag', { on: 'n', type: 'cdx' });
    }
    await first.createIndex('by_n', { on: 'n' });
    await db.checkpoint();
    const backup = db.backup(TARGET);
    await db.renameTable('old', 'new');
    const other = await db.createTable('old', { n: numeric(8), m: memo() }, { dialect: 'foxpro2' });
    await other.insertMany([{ n: 8, m: 'eight' }, { n: 9, m: 'nine' }]);
    await db.checkpoint();
    await backup;
    const copy = await openMemory(vfs, { readOnly: true }, TARGET);
    expect(copy.tables().sort()).toEqual(['first', 'old']);
    expect(copy.table('old').scan().toArray().map(({ n, m }) => [n, m])).toEqual([[1, 'one'], [2, 'two']]);
    if (hasIndex) expect(['by_n', 'tag'].map((name) => copy.table('old').index(name).seek(2)?.$recno)).toEqual([2, 2]);
    expect((await copy.check()).findings).toEqual([]);
    expect(vfs.list(TARGET).filter((name) => !/^(old|first)\.|^fieldstone\.json$/.test(name))).toEqual([]);
    await copy.close();
    await db.close();
  });

  test('an index that is made meanwhile is not promised, one that is dropped is there', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('t', { n: numeric(8) }, { dialect: 'foxpro2' });
    await t.insertMany(Array.from({ length: 30_000 }, (_, n) => ({ n })));
    await t.createIndex('goes', { on: 'n', type: 'ntx' });
    await t.insert({ n: 30_000 });
    const made = t.createIndex('comes', { on: 'n', type: 'ntx' });
    await Promise.all([db.backup(TARGET), made, t.dropIndex('goes')]);
    const copy = await openMemory(vfs, {}, TARGET);
    const u = copy.table('t');
    expect(u.indexes().map(({ name }) => name.toLowerCase())).toEqual(['goes']);
    expect(await u.insert({ n: 70_000 })).toBe(30_002);
    expect(u.index('goes').seek(70_000)?.$recno).toBe(30_002);
    expect((await copy.check()).findings).toEqual([]);
    await copy.close();
    await db.close();
  });

  test('under concurrent writes, checkpoints and packs equals the snapshot of its beginning', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs, { checkpointSize: '64kb' });
    const accounts = await db.createTable('accounts', { balance: numeric(8) });
    const log = await db.createTable('log', { n: numeric(8), m: memo() });
    await accounts.insertMany(Array.from({ length: 3000 }, () => ({ balance: 100 })));
    let stop = false;
    let n = 0;
    const writing = (async () => {
      while (!stop) {
        await db.transaction((tx) => {
          const t = tx.table(accounts);
          const [from, to] = [1 + (n * 7) % 3000, 1 + (n * 13 + 1) % 3000];
          if (from !== to) {
            t.update(from, { balance: (t.get(from)?.balance ?? 0) - 1 });
            t.update(to, { balance: (t.get(to)?.balance ?? 0) + 1 });
          }
          tx.table(log).insert({ n, m: `transfer ${n}` });
        });
        n++;
        if (n % 150 === 0) await log.pack();
      }
    })();
    for (let round = 0; round < 4; round++) {
      const expected = db.snapshot();
      const backup = db.backup(`${TARGET}-${round}`); // its snapshot is taken before it first awaits
      const rows = { accounts: expected.table('accounts').scan({ deleted: true }).toArray().map((r) => ({ ...r })), log: expected.table('log').scan({ deleted: true }).toArray().map((r) => ({ ...r })) };
      const before = n;
      await backup;
      expected.close();
      expect(n, 'writes went on').toBeGreaterThan(before);
      const copy = await openMemory(vfs, { readOnly: true }, `${TARGET}-${round}`);
      expect(copy.table('accounts').scan({ deleted: true }).toArray().map((r) => ({ ...r }))).toEqual(rows.accounts);
      expect(copy.table('log').scan({ deleted: true }).toArray().map((r) => ({ ...r }))).toEqual(rows.log);
      expect(rows.accounts.reduce((sum, r) => sum + Number(r['balance']), 0)).toBe(300_000);
      expect(await copy.check()).toMatchObject({ ok: true });
      await copy.close();
    }
    stop = true;
    await writing;
    await db.close();
  });

  test('keeps what it cannot rebuild byte by byte: old dialects, index files, damaged tables, companions', async () => {
    const fields = [{ name: 'NAME', type: 'C', length: 4 }];
    const files = {
      'indexed.dbf': dbfImage(fields, { records: [' Ada '] }), 'indexed.cdx': Buffer.from('an index'),
      'broken.dbf': Buffer.from('no table'), 'plain.dbf': dbfImage(fields, { records: [' Bob '] }), 'plain.cpg': Buffer.from('cp866'),
    };
    const vfs = memoryFolder(files);
    const db = await openMemory(vfs);
    expect(await db.backup(TARGET)).toMatchObject({ tables: 3, unreadable: ['broken'] });
    for (const [name, bytes] of Object.entries(files)) expect(bytesOf(vfs, `${TARGET}/${name}`).equals(bytes), name).toBe(true);
    await db.close();
  });

  test('from a read-only handle beside a writer', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('t', { n: numeric(5) });
    await t.insert({ n: 1 });
    const reader = await openMemory(vfs, { readOnly: true });
    await t.insert({ n: 2 });
    await db.checkpoint();
    expect(await reader.backup(TARGET)).toMatchObject({ records: 2 });
    await reader.close();
    await db.close();
  });
});

describe('refused, and nothing is left', () => {
  test('targets', async () => {
    const vfs = memoryFolder({ 't.dbf': dbfImage([{ name: 'A', type: 'C', length: 1 }], { records: [' x'] }) });
    vfs.makeFolder('/full');
    vfs.open('/full/x', 'exclusive').close();
    vfs.open('/file', 'exclusive').close();
    vfs.makeFolder('/empty');
    const db = await openMemory(vfs);
    for (const [target, code] of [['/full', 'EXISTS'], ['/file', 'EXISTS'], [FOLDER, 'NAME'], [`${FOLDER}/inside`, 'NAME'], ['/no/such', 'NOT_FOUND']]) {
      await expect(db.backup(target ?? ''), target).rejects.toMatchObject({ code });
    }
    expect(vfs.list('/')).toEqual(['data', 'empty', 'file', 'full']);
    expect(await db.backup('/empty')).toMatchObject({ tables: 1, records: 1 });
    await db.close();
  });

  test('cancelled', async () => {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('t', { n: numeric(8) });
    await t.insertMany(Array.from({ length: 5000 }, (_, n) => ({ n })));
    const abort = new AbortController();
    await expect(db.backup(TARGET, { signal: abort.signal, onProgress: () => abort.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(vfs.list('/')).toEqual(['data']);
    await t.insert({ n: 1 });
    await db.close();
    expect(Object.keys(filesOf(vfs))).toEqual(['fieldstone.json', 't.dbf']);
  });
});

test('key-value stores are in the backup, large values and all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-backup-kv-'));
  const db = await open(join(folder, 'db'));
  const kv = db.kv<string, string>('settings', { values: 'utf8' });
  const large = 'x'.repeat(5 << 20);
  await kv.batch(Array.from({ length: 3000 }, (_, i) => ({ type: 'put' as const, key: `k${i}`, value: `v${i}`.repeat(200) })));
  await kv.put('large', large);
  await db.checkpoint();
  await kv.put('k1', 'newer');
  await db.backup(join(folder, 'copy'));
  await db.close();
  const copy = await open(join(folder, 'copy'), { readOnly: true });
  const copied = copy.kv<string, string>('settings', { values: 'utf8' });
  expect(copied.count()).toBe(3001);
  expect([copied.get('k1'), copied.get('k2'), copied.get('large') === large]).toEqual(['newer', 'v2'.repeat(200), true]);
  await copy.close();
  rmSync(folder, { recursive: true });
});
