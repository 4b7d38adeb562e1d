import { expect, test } from 'vitest';
import { char, numeric } from '../../../src/main.js';
import { RecnoAllocator } from '../../../txn/record/recno-allocator.js';
import { memoryFolder, openMemory } from '../../src/check/memory-folder.js';

test('numbers that come back during a load are given again after it, and none twice', () => {
  const recnos = new RecnoAllocator(10);
  const [a, b] = [recnos.take(), recnos.take()];
  expect(recnos.beginLoad()).toBe(13);
  recnos.giveBack(b);
  recnos.takeForLoad();
  recnos.giveBack(a);
  expect(recnos.next).toBe(14);
  recnos.endLoad();
  expect([recnos.take(), recnos.take(), recnos.take()].sort()).toEqual([11, 12, 14]);
});

test('a load that breaks off gives back its numbers and those that came back meanwhile', () => {
  const recnos = new RecnoAllocator(10);
  const a = recnos.take();
  recnos.beginLoad();
  recnos.takeForLoad();
  recnos.giveBack(a);
  recnos.giveBackLoad();
  recnos.endLoad();
  expect([recnos.next, recnos.vacantCount]).toEqual([11, 0]);
});

test('a row of a load whose beginning a rollback met is not given away again', async () => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { name: char(10), n: numeric(4) });
  await t.insert({ name: 'first', n: 0 });
  let begun = (): void => undefined;
  const hasBegun = new Promise<void>((resolve) => { begun = resolve; });
  let goOn = (): void => undefined;
  const rolledBack = new Promise<void>((resolve) => { goOn = resolve; });
  let load: Promise<unknown> = Promise.resolve();
  async function* rows(): AsyncGenerator<{ name: string; n: number }> {
    begun();
    await rolledBack;
    yield { name: 'loaded', n: 1 };
  }
  await db.transaction(async (tx) => {
    tx.table(t).insert({ name: 'undone', n: 9 });
    load = t.insertMany(rows(), { direct: true });
    await hasBegun;
    tx.rollback();
  });
  goOn();
  await load;
  await t.insert({ name: 'later', n: 2 });
  await t.insert({ name: 'latest', n: 3 });
  expect(t.scan().toArray().map(({ name }) => name).sort()).toEqual(['first', 'later', 'latest', 'loaded']);
  await db.close();
});
