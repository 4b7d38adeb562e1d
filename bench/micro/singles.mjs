// Single documents, ours beside @seald-io/nedb, in turn in one process: awaited one by one, and all at once. Both in memory, documents of about
// 250 bytes, indexes on _id and email. Usage: node singles.mjs [documents] [rounds]      (default 5000 and 5)
import Nedb from '@seald-io/nedb';
import { open } from '../../dist/src/main.js';
import { median } from '../support/measure.mjs';

const COUNT = Number(process.argv[2] ?? 5000);
const ROUNDS = Number(process.argv[3] ?? 5);
const WARM_UP = 2;

const newDocument = (i) => ({
  _id: `user-${i}`, email: `someone.${i}@example.org`, name: `Someone number ${i}`, age: i % 80, city: 'Bergen', active: i % 2 === 1,
  tags: [`t${i % 20}`, `t${i % 7}`], profile: { score: i % 1000, note: 'a few words about this one', visits: [1, 2, 3] },
});

async function ours() {
  const db = await open(':memory:');
  const c = await db.createCollection('users', { indexes: [{ name: 'email', on: ['email'] }] });
  return {
    insert: (document) => c.insert(document), update: (i, age) => c.update({ _id: `user-${i}` }, { $set: { age } }),
    upsert: (i, age) => c.update({ _id: `other-${i}` }, { $set: { age } }, { upsert: true }), remove: (i) => c.delete({ _id: `user-${i}` }), close: () => db.close(),
  };
}
async function nedb() {
  const db = new Nedb();
  await db.ensureIndexAsync({ fieldName: 'email' });
  return {
    insert: (document) => db.insertAsync(document), update: (i, age) => db.updateAsync({ _id: `user-${i}` }, { $set: { age } }),
    upsert: (i, age) => db.updateAsync({ _id: `other-${i}` }, { $set: { age } }, { upsert: true }),
    remove: (i) => db.removeAsync({ _id: `user-${i}` }), close: () => undefined,
  };
}

async function oneByOne(job) { for (let i = 0; i < COUNT; i++) await job(i); }
async function atOnce(job) { await Promise.all(Array.from({ length: COUNT }, (_, i) => job(i))); }

const WAYS = { 'one by one': oneByOne, 'all at once': atOnce };
const times = new Map();
async function round(name, make, isTimed) {
  for (const [way, run] of Object.entries(WAYS)) {
    const subject = await make();
    const documents = Array.from({ length: COUNT }, (_, i) => newDocument(i));
    const jobs = {
      insert: (i) => subject.insert(documents[i]), update: (i) => subject.update(i, 100 + i),
      upsert: (i) => subject.upsert(i, i), delete: (i) => subject.remove(i),
    };
    for (const [job, work] of Object.entries(jobs)) {
      const start = performance.now();
      await run(work);
      const ms = performance.now() - start;
      if (!isTimed) continue;
      const key = `${job} ${way}`;
      if (!times.has(key)) times.set(key, { ours: [], nedb: [] });
      times.get(key)[name].push(ms);
    }
    await subject.close();
  }
}

for (let i = 0; i < WARM_UP + ROUNDS; i++) for (const [name, make] of i % 2 === 0 ? [['ours', ours], ['nedb', nedb]] : [['nedb', nedb], ['ours', ours]]) await round(name, make, i >= WARM_UP);
for (const [key, both] of times) {
  const [mine, theirs] = [median(both.ours) * 1000 / COUNT, median(both.nedb) * 1000 / COUNT];
  console.log(`${key.padEnd(20)} ${mine.toFixed(1)} us, nedb ${theirs.toFixed(1)}: ${(theirs / mine).toFixed(2)} x`);
}
process.exit(0);
