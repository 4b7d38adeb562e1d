import { expect, test } from 'vitest';
import { char, numeric, open } from '../../src/main.js';

const ROWS = 12_000;

test('a snapshot sees its rows at every step of a checkpoint that overwrites them', async () => {
  // A cache of a few pages: reads of rows come from the file, which holds new images before the checkpoint ends.
  const db = await open(':memory:', { cacheSize: '64kb', checkpointSize: '1gb' });
  const table = await db.createTable('t', { id: numeric(10), pad: char(200) });
  await table.insertMany(Array.from({ length: ROWS }, (_, id) => ({ id, pad: 'x' })));
  await db.checkpoint();
  const snapshot = db.snapshot();
  const old = snapshot.table(table);
  await db.transaction((tx) => {
    const t = tx.table(table);
    for (let recno = 1; recno <= ROWS; recno++) t.update(recno, { id: -1 });
  });
  let running = true;
  const done = db.checkpoint().then(() => { running = false; });
  let turns = 0;
  for (; running; turns++) {
    for (let recno = 1; recno <= ROWS; recno += 397) expect(old.get(recno)?.id, `record ${recno} at turn ${turns}`).toBe(recno - 1);
    if (turns % 4 === 0) expect([...old.scan({ fields: ['id'] })].every((row) => row.$recno === Number(row.id) + 1), `scan at turn ${turns}`).toBe(true);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  await done;
  expect(turns).toBeGreaterThan(3);
  expect(old.get(1)?.id).toBe(0);
  snapshot.close();
  expect(table.get(1)?.id).toBe(-1);
  await db.close();
});
