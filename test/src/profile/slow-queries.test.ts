import { expect, test } from 'vitest';
import { char, numeric, open } from '../../../src/main.js';

test('a profile holds the slow queries of its time with their plans, and no values', async () => {
  const db = await open(':memory:', { slowQueryMs: 0 });
  const people = await db.createTable('people', { city: char(10), age: numeric(3) });
  await people.insertMany(Array.from({ length: 500 }, (_, i) => ({ city: `secret${i % 50}`, age: i % 90 })));
  people.find({ age: 3 }).toArray(); // before the profile
  const profiler = db.profile({ cpu: false, memory: false });
  people.find({ city: 'secret7' }).toArray();
  await people.createIndex('by_city', { on: 'city' });
  people.find({ city: 'secret7' }).toArray();
  const { data } = await profiler.stop();
  const slow = data.queries?.slow ?? [];
  expect(slow.map(({ target, shape, plan, rowsReturned }) => [target, shape, plan?.step, rowsReturned])).toEqual([
    ['people', 'city = ?', 'scan', 10], ['people', 'city = ?', 'index by_city', 10],
  ]);
  expect(slow.every(({ atMs, durationNs }) => atMs >= 0 && durationNs > 0)).toBe(true);
  expect(data.queries?.shapes).toMatchObject([{ shape: 'city = ?', count: 2, fullScans: 1, plan: { step: 'index by_city' } }]);
  expect(JSON.stringify(data)).not.toContain('secret');
  await db.close();
});
