import { expect, test } from 'vitest';
import { numeric } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../check/memory-folder.js';

test('a transaction that waits for a load does not begin anew when the database closes', async () => {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const t = await db.createTable('t', { n: numeric(8) });
  let begun = (): void => undefined;
  const hasBegun = new Promise<void>((resolve) => { begun = resolve; });
  async function* rows(): AsyncGenerator<{ n: number }> {
    yield { n: 1 };
    begun();
    await new Promise(() => undefined); // the rest never comes
  }
  const load = expect(t.insertMany(rows(), { direct: true })).rejects.toMatchObject({ code: 'CLOSED' });
  await hasBegun;
  let runs = 0;
  const insert = expect(db.transaction(async (tx) => {
    runs++;
    await Promise.resolve();
    tx.table(t).insert({ n: 2 });
    for (let i = 0; i < 20; i++) await new Promise((resolve) => { setImmediate(resolve); });
    tx.table(t).get(1);
  })).rejects.toMatchObject({ code: 'CLOSED' });
  await new Promise((resolve) => { setImmediate(resolve); });
  await db.close();
  await Promise.all([load, insert]);
  expect(runs).toBe(1);
  const again = await openMemory(vfs);
  expect(again.table('t').recordCount).toBe(0);
  await again.close();
});
