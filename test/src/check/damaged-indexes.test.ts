import { expect, test } from 'vitest';
import { MemoryVfs, writeFully } from '#storage';
import { createIndexed, expectIndexesRight, truthOf } from '../../model/index-truth.js';
import { FOLDER, memoryFolder, openMemory } from './memory-folder.js';

const INDEXES = ['u', 'by_name', 'upname', 'idx_k', 'ntx_n', 'ndx_n', 'by_n'];

test('several damaged index files do not keep a database with a log from being opened, and repair makes them anew', async () => {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  await createIndexed(db, 't', INDEXES);
  await db.table('t').insertMany(Array.from({ length: 60 }, (_, i) => ({ name: `r${i % 7}`, n: (i * 37) % 100, k: i })));
  await db.checkpoint();
  const damaged = ['t.by_name.fsi', 't.cdx', 'idx_k.idx', 'ntx_n.ntx', 'ndx_n.ndx'];
  for (const name of damaged) {
    const file = vfs.open(`${FOLDER}/${name}`, 'write');
    // Behind the headers, which tell what is in the file.
    const from = name.endsWith('.fsi') ? 8192 : name === 't.cdx' ? 2560 : name.endsWith('.ndx') ? 512 : 1024;
    writeFully(file, Buffer.alloc(file.stat().sizeBytes - from, 0x7f), from);
    file.close();
  }
  await db.table('t').insert({ name: 'late', n: 55, k: 900 });
  await expect(db.checkpoint()).rejects.toMatchObject({ code: expect.stringMatching(/^CORRUPT_/) as string });
  await expect(db.close()).rejects.toMatchObject({ code: expect.stringMatching(/^CORRUPT_/) as string });
  const again = await openMemory(vfs);
  const t = again.table('t');
  expect(t.scan().toArray()).toHaveLength(61);
  await t.insert({ name: 'later', n: 56, k: 901 });
  const { tables } = await again.repair();
  expect(tables.map(({ status }) => status)).toEqual(['repaired']);
  // Opening has made those anew which it does not take as they are beside a table that changed.
  expect([...tables[0]?.actions ?? []].sort()).toEqual(['index file idx_k.idx made anew', 'index file t.cdx made anew']);
  expectIndexesRight(again, 't', 'after the repair', new Map([...truthOf(again, 't')].filter(([name]) => INDEXES.includes(name))));
  expect((await again.check()).ok).toBe(true);
  await again.close();
});

test('an index file whose expression is damaged does not keep a log from being replayed', async () => {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  await createIndexed(db, 't', ['u', 'idx_k']);
  await db.table('t').insert({ name: 'first', n: 1, k: 1 });
  await db.checkpoint();
  const before = vfs.files();
  await db.table('t').insert({ name: 'late', n: 2, k: 2 });
  // The next process finds the log, and the expression that begins the text of an IDX header (at 512) gone.
  const files = new Map([...vfs.files()].filter(([path]) => !path.includes('.lock')));
  const idx = files.get(`${FOLDER}/idx_k.idx`);
  expect(before.get(`${FOLDER}/idx_k.idx`)).toEqual(idx);
  idx?.fill(0x3f, 512, 520);
  const again = await openMemory(new MemoryVfs(files));
  expect(again.table('t').scan().toArray().map((row) => row['name'])).toEqual(['first', 'late']);
  expect(again.table('t').index('u').seek(2)?.['name']).toBe('late');
  await expect(again.table('t').insert({ name: 'x', n: 3, k: 3 })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  await again.table('t').detachIndex('idx_k.idx');
  await again.table('t').insert({ name: 'x', n: 3, k: 3 });
  expect((await again.check()).ok).toBe(true);
  await again.close();
  await db.close();
});
