import { expect, test } from 'vitest';
import { FieldstoneError } from '#storage';
import { char, memo, type WritableDialect } from '../../../src/main.js';
import { interceptVfs } from '../../support/sim/intercept-vfs.js';
import { memoryFolder, openMemory } from './memory-folder.js';

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4'];
const MANY = 3000;
const row = (i: number) => ({ name: `row${i}`, notes: `memo ${i} `.repeat(1 + (i % 40)) });
const SCHEMA = { name: char(10), notes: memo() };

function* until(most: number, act?: () => void): Generator<ReturnType<typeof row>> {
  for (let i = 0; i < most; i++) yield row(i);
  act?.();
  throw new Error('no more rows');
}

test.each(DIALECTS)('a load that breaks off leaves no memos behind, %s', async (dialect) => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', SCHEMA, { dialect });
  for (const when of ['first', 'amid the log', 'after a checkpoint', 'after another load']) {
    await expect(t.insertMany(until(MANY), { direct: true }), when).rejects.toThrow('no more rows');
    if (when === 'after a checkpoint') await t.insertMany([row(1), row(2)], { direct: true });
    else await t.insert(row(3));
    if (when === 'amid the log') await db.checkpoint();
    expect((await db.check()).findings, when).toEqual([]);
    expect(t.info().memo?.sizeBytes, when).toBeLessThan(20_000);
  }
  expect(t.scan().toArray().map(({ notes }) => notes)).toEqual([row(3), row(3), row(1), row(2), row(3)].map(({ notes }) => notes));
  await db.close();
});

test.each(DIALECTS)('memos that others wrote meanwhile stay, %s', async (dialect) => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', SCHEMA, { dialect });
  await t.insertMany(Array.from({ length: 50 }, (_, i) => row(i)));
  for (const round of [1, 2, 3]) {
    const updates: Promise<unknown>[] = [];
    async function* rows(): AsyncGenerator<ReturnType<typeof row>> {
      for (const each of until(MANY, () => { if (round !== 2) updates.push(t.update(2, { notes: 'behind it' })); })) {
        if (each.name === 'row1000' && round !== 1) await t.update(1, { notes: `in between ${round}` });
        yield each;
        if (each.name === 'row2000' && round === 3) await db.checkpoint();
      }
    }
    await expect(t.insertMany(rows(), { direct: true })).rejects.toThrow('no more rows');
    await Promise.all(updates);
    await t.insert(row(7));
    expect(t.scan().toArray().slice(0, 2).map(({ notes }) => notes)).toEqual([round === 1 ? row(0).notes : `in between ${round}`, 'behind it']);
    await db.checkpoint();
    const others = [...Array.from({ length: 48 }, (_, i) => row(i + 2)), ...Array.from({ length: round }, () => row(7))];
    expect(t.scan().toArray().slice(2).map(({ notes }) => notes)).toEqual(others.map(({ notes }) => notes));
    expect((await db.check()).findings.filter(({ code }) => code !== 'MEMO_NEXT_HIGH')).toEqual([]);
  }
  await db.close();
});

test('a load that fills the disk: FULL, what was there stays, and nothing is left to warn of', async () => {
  let isFull = false;
  const vfs = interceptVfs(memoryFolder(), {
    write: (file, source, position, next) => {
      if (isFull && position + source.length > 300_000) throw new FieldstoneError('FULL', 'the disk is full', { file: file.path });
      return next(source, position);
    },
  });
  const db = await openMemory(vfs);
  const c = await db.createCollection('c', { indexes: [{ name: 'name', on: ['name'] }] });
  await c.insertMany(Array.from({ length: 200 }, (_, i) => row(i)));
  isFull = true;
  await expect(c.insertMany(Array.from({ length: 20_000 }, (_, i) => row(i)))).rejects.toMatchObject({ code: 'FULL' });
  await c.insert({ _id: 'later' });
  await db.checkpoint();
  expect(c.count()).toBe(201);
  expect((await db.check()).findings).toEqual([]);
  await db.close();
  const again = await openMemory(vfs);
  expect(again.collection('c').find({ name: 'row7' }).count()).toBe(1);
  expect((await again.check()).findings).toEqual([]);
  await again.close();
});

test.each(DIALECTS)('a load that breaks off amid a checkpoint cuts nothing off that the checkpoint writes, %s', async (dialect) => {
  for (let turns = 0; turns < 40; turns++) {
    const vfs = memoryFolder();
    const db = await openMemory(vfs);
    const t = await db.createTable('t', SCHEMA, { dialect });
    const old = Array.from({ length: 60 }, (_, i) => row(i));
    await db.transaction((tx) => { for (const each of old) tx.table('t').insert(each); });
    let checkpoint: Promise<unknown> | undefined;
    async function* rows(): AsyncGenerator<ReturnType<typeof row>> {
      for (let i = 0; i < 2; i++) yield { name: 'lost', notes: 'y'.repeat(400_000) };
      checkpoint = db.checkpoint();
      for (let i = 0; i < turns; i++) await new Promise((resolve) => { setImmediate(resolve); });
      throw new Error('no more rows');
    }
    await expect(t.insertMany(rows(), { direct: true })).rejects.toThrow('no more rows');
    await checkpoint;
    const want = old.map(({ notes }) => notes);
    expect(t.scan().toArray().map(({ notes }) => notes), `${turns} turns`).toEqual(want);
    // The checkpoint may have counted the blocks of the load before it broke off.
    expect((await db.check()).findings.filter(({ severity, code }) => severity !== 'note' && code !== 'MEMO_NEXT_HIGH'), `${turns} turns`).toEqual([]);
    await db.close();
    const again = await openMemory(vfs);
    expect(again.table('t').scan().toArray().map(({ notes }) => notes), `${turns} turns, opened again`).toEqual(want);
    await again.close();
  }
}, 60_000);
