// insertMany in batches, ours beside @seald-io/nedb, in turn in one process: 20,000 documents of about 250 bytes, indexes on _id and email.
// Usage: node batches.mjs [documents in a batch] [rounds] [folder]      (default 1000 and 5, in memory; with a third argument ours goes to a folder)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Nedb from '@seald-io/nedb';
import { open } from '../../dist/src/main.js';
import { median } from '../support/measure.mjs';

const SIZE = Number(process.argv[2] ?? 1000);
const ROUNDS = Number(process.argv[3] ?? 5);
const IN_FOLDER = process.argv[4] !== undefined;
const COUNT = 20_000;
const FINDS = 2000;

const newDocument = (i) => ({
  _id: `user-${i}`, email: `someone.${i}@example.org`, name: `Someone number ${i}`, age: i % 80, city: 'Bergen', active: i % 2 === 1,
  tags: [`t${i % 20}`, `t${i % 7}`], profile: { score: i % 1000, note: 'a few words about this one', visits: [1, 2, 3] },
});
const batches = () => JSON.parse(JSON.stringify(
  Array.from({ length: Math.ceil(COUNT / SIZE) }, (_, b) => Array.from({ length: Math.min(SIZE, COUNT - b * SIZE) }, (_, i) => newDocument(b * SIZE + i))),
));

const loads = [];
const finds = [];
async function ours() {
  const given = batches();
  const folder = IN_FOLDER ? mkdtempSync(join(tmpdir(), 'fieldstone-batches-')) : ':memory:';
  const start = performance.now();
  const db = await open(folder);
  const c = await db.createCollection('users', { indexes: [{ name: 'email', on: ['email'] }] });
  for (const batch of given) await c.insertMany(batch);
  loads.push((performance.now() - start) * 1000 / COUNT);
  const from = performance.now();
  for (let i = 0; i < FINDS; i++) if (c.findOne({ email: `someone.${(i * 7919) % COUNT}@example.org` }) === undefined) throw new Error('a document is missing');
  finds.push((performance.now() - from) * 1000 / FINDS);
  await db.close();
  if (IN_FOLDER) rmSync(folder, { recursive: true });
}
const others = [];
async function nedb() {
  const given = batches();
  const start = performance.now();
  const db = new Nedb();
  await db.ensureIndexAsync({ fieldName: 'email' });
  for (const batch of given) await db.insertAsync(batch);
  others.push((performance.now() - start) * 1000 / COUNT);
}

for (let round = 0; round < ROUNDS; round++) for (const subject of round % 2 === 0 ? [ours, nedb] : [nedb, ours]) await subject();
const [mine, theirs] = [median(loads), median(others)];
console.log(`batches of ${SIZE}${IN_FOLDER ? ', ours in a folder' : ''}: ${mine.toFixed(2)} us a document, nedb (in memory) ${theirs.toFixed(2)}: ${(theirs / mine).toFixed(2)} x; a find afterwards ${median(finds).toFixed(1)} us`);
