import { expect, test } from 'vitest';
import { stepsOf } from '../../../src/report/findings/query-findings.js';
import { simEnvironment, type SimEnvironment } from '../../support/sim-clock.js';
import { MemoryVfs } from '#storage';
import { char, numeric, open } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';

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
  expect(slow.map(({ target, shape, rowsReturned, plan }) => [target, shape, rowsReturned, plan === undefined ? [] : stepsOf(plan).map(({ step, detail }) => `${step}: ${detail}`)])).toEqual([
    ['people', 'city = ?', 10, ['rows: all fields', 'scan: every row, test city = ?']],
    ['people', 'city = ?', 10, ['rows: all fields', 'fetch: rows in the order of the index', 'index: by_city (btree): city = ?']],
  ]);
  for (const { plan, durationNs, planNs } of slow) {
    expect(plan?.actualRows).toBe(10);
    expect(plan?.timeNs).toBeCloseTo(durationNs - (planNs ?? 0), 0);
  }
  expect(slow.every(({ atMs, durationNs }) => atMs >= 0 && durationNs > 0)).toBe(true);
  expect(data.queries?.shapes).toMatchObject([{ shape: 'city = ?', count: 2, fullScans: 1, index: 'by_city' }]);
  expect(data.queries?.slowLimitMs).toBe(0);
  expect(JSON.stringify(data)).not.toContain('secret');
  await db.close();
});

test('the plan of a shape is that of its slowest run, its index that of the last one', async () => {
  const env = simEnvironment(3, folder());
  const db = await openIn(env, '/db', {});
  const people = await settled(env, db.createTable('people', { city: char(10), age: numeric(3) }));
  await settled(env, people.insertMany(Array.from({ length: 500 }, (_, i) => ({ city: `city${i % 50}`, age: i % 90 }))));
  const profiler = db.profile({ cpu: false });
  const slowly = (ms: number): void => {
    for (const row of people.find({ city: 'city7' })) env.advance((row.age ?? 99) < 10 ? ms : 0); // the time of who takes the rows is part of the run
  };
  slowly(5);
  slowly(30);
  await settled(env, people.createIndex('by_city', { on: 'city' }));
  slowly(1);
  const { data } = await settled(env, profiler.stop());
  const [shape] = data.queries?.shapes ?? [];
  expect(shape).toMatchObject({ count: 3, fullScans: 2, index: 'by_city', maxNs: shape?.plan?.timeNs });
  expect(shape?.plan?.children?.[0]?.step).toBe('scan');
  const closed = db.close();
  await env.settle();
  await closed;
});

test('with values, filters are in it as far as the log of queries keeps them; patterns are values too', async () => {
  for (const queryLogValues of [false, true]) {
    const db = await open(':memory:', { slowQueryMs: 0, queryLogValues });
    const people = await db.createTable('people', { city: char(10) });
    await people.insertMany(Array.from({ length: 20 }, () => ({ city: 'secret7' })));
    const dataOf = async (values: boolean): Promise<string> => {
      const profiler = db.profile({ cpu: false, values });
      people.find({ city: 'secret7' }).toArray();
      people.find({ city: { $regex: 'x?secret' } }).toArray();
      return JSON.stringify((await profiler.stop()).data);
    };
    expect(await dataOf(false)).not.toContain('secret');
    expect((await dataOf(true)).includes('secret')).toBe(queryLogValues);
    await db.close();
  }
});

function folder(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return vfs;
}

async function settled<Result>(env: SimEnvironment, work: Promise<Result>): Promise<Result> {
  await env.settle();
  return work;
}
