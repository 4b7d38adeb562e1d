import { expect, test } from 'vitest';
import { numeric } from '../../../src/main.js';
import { memoryFolder, openMemory } from '../check/memory-folder.js';

test('transactions without locks do not end in a deadlock while a load holds one', async () => {
  const db = await openMemory(memoryFolder());
  const a = await db.createTable('a', { n: numeric(8) }), b = await db.createTable('b', { n: numeric(8) });
  const values = db.kv<string, number>('values');
  const rows = Array.from({ length: 40 }, () => ({ n: 0 }));
  await a.insertMany(rows);
  await b.insertMany(rows);
  let goOn = (): void => undefined;
  const others = new Promise<void>((resolve) => { goOn = resolve; });
  async function* late(): AsyncGenerator<{ n: number }> {
    yield { n: 1 };
    await others;
  }
  const load = b.insertMany(late(), { direct: true });
  const recnos = rows.map((_, i) => i + 1);
  const work = Array.from({ length: 8 }, (_, i) => db.transaction(async (tx) => {
    await Promise.resolve();
    const tables = i % 2 === 0 ? [tx.table(a), tx.table(b)] : [tx.table(b), tx.table(a)];
    for (const t of tables) for (const recno of i % 3 === 0 ? recnos : [...recnos].reverse()) t.update(recno, { n: Number(t.get(recno)?.n) + 1 });
    for (const key of i % 2 === 0 ? ['x', 'y'] : ['y', 'x']) tx.kv(values).put(key, i);
  }));
  await Promise.all(work);
  goOn();
  await load;
  expect(recnos.every((recno) => a.get(recno)?.n === 8 && b.get(recno)?.n === 8)).toBe(true);
  await db.close();
});
