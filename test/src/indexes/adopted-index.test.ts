import { describe, expect, test } from 'vitest';
import { writeFully, type MemoryVfs } from '#storage';
import { char, FieldstoneError, numeric, type Database } from '../../../src/main.js';
import { createIndexed, expectIndexesRight, truthOf, XBASE_INDEXES } from '../../model/index-truth.js';
import { bytesOf, filesOf, FOLDER, memoryFolder, openMemory } from '../check/memory-folder.js';

const SEED = Number(process.env['SEED'] ?? 7);

/** The files of a folder but its lock: what the next process finds after a kill. Copies have other times: every table looks changed. */
function filesIn(vfs: MemoryVfs): Record<string, Buffer> {
  return Object.fromEntries(vfs.list(FOLDER).filter((name) => vfs.stat(`${FOLDER}/${name}`)?.kind === 'file' && !name.includes('lock')).map((name) => [name, bytesOf(vfs, `${FOLDER}/${name}`)]));
}

async function closedFolder(rows = 40, indexes?: readonly string[]): Promise<MemoryVfs> {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  await createIndexed(db, 't', indexes);
  await db.table('t').insertMany(Array.from({ length: rows }, (_, i) => ({ name: `r${i % 7}`, n: (i * 37) % 100, k: i })));
  await db.table('t').delete(3);
  await db.close();
  return vfs;
}

/** Other contents of one file, in place. */
function put(vfs: MemoryVfs, name: string, bytes: Uint8Array): void {
  const file = vfs.open(`${FOLDER}/${name}`, 'write');
  file.truncate(bytes.length);
  writeFully(file, bytes, 0);
  file.close();
}

/** Another program wrote `to` where the first `from` stands in the table. */
function rewrite(vfs: MemoryVfs, from: string, to: string, behind = 200): void {
  const dbf = bytesOf(vfs, `${FOLDER}/t.dbf`);
  const at = dbf.indexOf(from, behind, 'latin1');
  expect(at).toBeGreaterThan(0);
  dbf.write(to.padEnd(from.length), at, 'latin1');
  put(vfs, 't.dbf', dbf);
}

async function expectRight(vfs: MemoryVfs, when: string): Promise<void> {
  let db: Database = await openMemory(vfs);
  expectIndexesRight(db, 't', when);
  await db.table('t').insert({ name: 'new', n: 77, k: 5000 });
  expectIndexesRight(db, 't', `${when}, changed`);
  await db.close();
  db = await openMemory(vfs);
  expectIndexesRight(db, 't', `${when}, changed and opened again`);
  await db.close();
}

describe('what is not the index of its table is made anew', () => {
  test('another program changed the table, and not the index files', async () => {
    const vfs = await closedFolder();
    rewrite(vfs, 'r1      ', 'ZZZ     ');
    await expectRight(vfs, 'after a change by another program');
  });

  test('our index file is missing, empty, cut, of another table or another time', async () => {
    const older = bytesOf(await closedFolder(12), `${FOLDER}/t.by_name.fsi`);
    const sound = await closedFolder();
    const fsi = bytesOf(sound, `${FOLDER}/t.by_name.fsi`);
    const flipped = Buffer.from(fsi);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    for (const [when, bytes] of [
      ['missing', undefined], ['empty', Buffer.alloc(0)], ['cut', fsi.subarray(0, fsi.length - 100)], ['a page', fsi.subarray(0, 4096)],
      ['foreign', bytesOf(sound, `${FOLDER}/t.u.fsi`)], ['of another time', older], ['text', Buffer.from('not an index at all')], ['a damaged header', flipped],
    ] as const) {
      const vfs = await closedFolder();
      if (bytes === undefined) vfs.unlink(`${FOLDER}/t.by_name.fsi`);
      else put(vfs, 't.by_name.fsi', bytes);
      await expectRight(vfs, when);
    }
  });

  test('unique keys that another program wrote twice leave the table readable', async () => {
    const vfs = memoryFolder();
    const first = await openMemory(vfs);
    const made = await first.createTable('t', { name: char(10), n: numeric(5) });
    await made.createIndex('u', { on: 'name', unique: true });
    await made.insertMany([{ name: 'Ada' }, { name: 'Bob' }]);
    await first.close();
    rewrite(vfs, 'Bob       ', 'Ada       ', 32);
    const db = await openMemory(vfs);
    const t = db.table('t');
    expect(t.index('u').entries().toArray()).toEqual([{ key: 'Ada', recno: 1 }, { key: 'Ada', recno: 2 }]);
    await expect(t.insert({ name: 'Ada' })).rejects.toMatchObject({ code: 'DUPLICATE' });
    await t.update(2, { name: 'Cy' });
    await t.pack();
    expect(t.index('u').entries().toArray()).toEqual([{ key: 'Ada', recno: 1 }, { key: 'Cy', recno: 2 }]);
    await db.close();
  });

  test('an index whose field another program took away is gone with it', async () => {
    const vfs = await closedFolder(40, ['by_name', 'by_n', 'some', 'u', 'upname', 'high', 'ntx_n']);
    rewrite(vfs, 'K\0\0\0', 'KK\0\0', 32);
    const db = await openMemory(vfs);
    expect(db.table('t').indexes().map((index) => index.name).sort()).toEqual(['HIGH', 'NTX_N', 'UPNAME', 'by_n', 'by_name', 'some']);
    await db.table('t').insert({ name: 'x', n: 60 });
    await db.close();
  });
});

test('a handle that only reads makes indexes in memory and writes nothing', async () => {
  for (const change of ['none', 'table', 'damage']) {
    const vfs = await closedFolder();
    if (change === 'table') rewrite(vfs, 'r1      ', 'r1     x');
    if (change === 'damage') put(vfs, 't.by_name.fsi', Buffer.from('damage'));
    vfs.unlink(`${FOLDER}/t.u.fsi`);
    const before = filesOf(vfs);
    const db = await openMemory(vfs, { readOnly: true });
    // The CDX file of a changed table can not be made anew: it is not used.
    const truth = truthOf(db, 't');
    expectIndexesRight(db, 't', `read only, ${change}`, new Map([...truth].filter(([name]) => change !== 'table' || !XBASE_INDEXES.includes(name))));
    await db.close();
    expect(filesOf(vfs)).toEqual(before);
  }
});

test('a swap of unique keys in one transaction survives a kill', async () => {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const t = await db.createTable('t', { name: char(10) });
  await t.createIndex('u', { on: 'name', unique: true });
  await t.insertMany([{ name: 'A' }, { name: 'B' }]);
  await db.transaction((tx) => {
    const mine = tx.table(t);
    mine.update(1, { name: 'C' });
    mine.update(2, { name: 'A' });
    mine.update(1, { name: 'B' });
  });
  const next = await openMemory(memoryFolder(filesIn(vfs)));
  expect(next.table('t').index('u').entries().toArray()).toEqual([{ key: 'A', recno: 2 }, { key: 'B', recno: 1 }]);
  await next.close();
  await db.close();
});

test.each(['in memory', 'folded'])('a serializable transaction sees that rows of a load came into a range that it read, %s', async (place) => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { name: char(10), n: numeric(8) });
  await t.createIndex('ix', { on: 'n' });
  const work = db.transaction(async (tx) => {
    expect(tx.table(t).index('ix').range({ gte: 3, lte: 9 }).toArray()).toEqual([]);
    await t.insertMany(Array.from({ length: 20 }, (_, i) => ({ name: `x${i}`, n: i })), { direct: true });
    if (place === 'folded') await db.checkpoint();
    tx.table(t).insert({ name: 'mine', n: -5 });
  }, { isolation: 'serializable', retries: 0 });
  await expect(work).rejects.toMatchObject({ code: 'CONFLICT' });
  await db.close();
});

test('whichever byte of our index file is changed: the right answer or a typed error, and no hang', async () => {
  const vfs = memoryFolder();
  const first = await openMemory(vfs);
  const made = await first.createTable('t', { name: char(10) });
  await made.createIndex('ix', { on: 'name' });
  await made.insertMany(Array.from({ length: 60 }, (_, i) => ({ name: `row${(i * 7) % 60}` })));
  const want = made.index('ix').entries().toArray();
  await first.close();
  const path = 't.ix.fsi';
  const sound = bytesOf(vfs, `${FOLDER}/${path}`);
  let refused = 0;
  // The bytes of the header and of what is used of each page; of the zeros behind them every 61st.
  for (let at = 0; at < sound.length; at += sound[at] !== 0 || at % 4096 < 64 ? 1 : 61) {
    const damaged = Buffer.from(sound);
    damaged[at] = (damaged[at] ?? 0) ^ (1 + ((at * 31 + SEED) % 255));
    put(vfs, path, damaged);
    const db = await openMemory(vfs, { readOnly: true });
    try {
      expect(db.table('t').index('ix').entries().toArray(), `byte ${at}, SEED=${SEED}`).toEqual(want);
    } catch (error) {
      if (!(error instanceof FieldstoneError) || error.code !== 'CORRUPT_PAGE') throw error;
      refused++;
    }
    await db.close();
  }
  expect(refused).toBeGreaterThan(0);
}, 120_000);
