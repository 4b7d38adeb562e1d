// Collections beside @seald-io/nedb and lokijs, all in memory: one run, same documents, same indexes (unique _id; email; tags where the peer has
// multikey indexes). Usage: node --expose-gc documents.mjs [documents] [rounds]      (default 50,000 and 5)
// Our documents that come back are copies, as nedb's are; lokijs hands out its own objects.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Nedb from '@seald-io/nedb';
import Loki from 'lokijs';
import { open, param } from '../dist/src/main.js';
import { alternate, benchFolder, compare, machineFacts, median, perSecond, printTable, report } from './support/measure.mjs';

const isChild = process.argv[2] === '--memory';
const COUNT = Number(process.argv[isChild ? 4 : 2] ?? 50_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const FINDS = 20_000;

let state = 12345;
const draw = (n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
const CITIES = ['Oslo', 'Bergen', 'Roma', 'Milano', 'Lyon', 'Paris', 'Porto', 'Gent'];
const newDocument = (i) => ({
  _id: `user-${i}`, email: `someone.${i}@example.org`, name: `Someone number ${i}`, age: draw(80), city: CITIES[draw(8)], active: draw(2) === 1,
  tags: [`t${draw(20)}`, `t${draw(20)}`], profile: { score: draw(1000), note: 'a few words about this one', visits: [draw(9), draw(9), draw(9)] },
});
const newDocuments = () => {
  state = 12345;
  return Array.from({ length: COUNT }, (_, i) => newDocument(i));
};

async function ours(documents) {
  const db = await open(':memory:');
  const c = await db.createCollection('users');
  await c.createIndex('email', { on: ['email'] });
  if (documents !== undefined) await c.insertMany(documents);
  return { db, c };
}
async function nedb(documents) {
  const db = new Nedb();
  await db.ensureIndexAsync({ fieldName: 'email' });
  if (documents !== undefined) await db.insertAsync(documents);
  return db;
}
function loki(documents) {
  const db = new Loki('users');
  const c = db.addCollection('users', { unique: ['_id'], indices: ['email'] });
  if (documents !== undefined) c.insert(documents);
  return c;
}

async function memoryOf(who) {
  const used = () => {
    globalThis.gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  const kept = await { ours, oursRead: ours, nedb, loki }[who](newDocuments());
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  if (who === 'oursRead') for (let i = 0; i < COUNT; i++) if (kept.c.get(`user-${i}`) === undefined) throw new Error('a document is missing');
  const bytes = used() - before;
  process.send({ bytes, kept: typeof kept });
  process.exit(0);
}
const memoryIn = (who) => new Promise((resolve, reject) => {
  const child = fork(fileURLToPath(import.meta.url), ['--memory', who, String(COUNT)], { execArgv: ['--expose-gc'] });
  child.on('message', ({ bytes }) => resolve(bytes));
  child.on('error', reject);
});

if (isChild) await memoryOf(process.argv[3]);

console.log(machineFacts(benchFolder('documents')));
let docs;
const prepare = () => { docs = newDocuments(); };
let times = await alternate(ROUNDS, {
  ours: { prepare, run: async () => { await (await ours(docs)).db.close(); } },
  nedb: { prepare, run: () => nedb(docs) },
  loki: { prepare, run: () => loki(docs) },
});
compare('insertMany / nedb', times, 'nedb', 'ours', 5, perSecond(COUNT, median(times.ours)));
compare('insertMany / lokijs', times, 'loki', 'ours');

const folder = benchFolder('documents-files');
let files = 0;
times = await alternate(ROUNDS, {
  ours: { prepare, run: async () => {
    const db = await open(`${folder}/ours-${++files}`);
    const c = await db.createCollection('users', { indexes: [{ name: 'email', on: ['email'] }] });
    await c.insertMany(docs);
    await db.close();
  } },
  nedb: { prepare, run: async () => {
    const db = new Nedb({ filename: `${folder}/nedb-${++files}`, autoload: false });
    await db.loadDatabaseAsync();
    await db.ensureIndexAsync({ fieldName: 'email' });
    await db.insertAsync(docs);
  } },
});
compare('insertMany into files, closed / nedb with a file', times, 'nedb', 'ours', undefined, perSecond(COUNT, median(times.ours)));

const { db, c } = await ours(newDocuments());
const n = await nedb(newDocuments());
const l = loki(newDocuments());
const wanted = Array.from({ length: FINDS }, () => `someone.${draw(COUNT)}@example.org`);
const prepared = c.prepare({ email: param('email') });
let sum = 0;
times = await alternate(ROUNDS, {
  ours: () => { for (const email of wanted) sum += c.find({ email }).toArray().length; },
  prepared: () => { for (const email of wanted) sum += prepared.run({ email }).toArray().length; },
  loki: () => { for (const email of wanted) sum += l.find({ email }).length; },
  nedb: async () => { for (const email of wanted) sum += (await n.findAsync({ email })).length; },
});
compare('find by index / lokijs', times, 'loki', 'ours', 1, perSecond(FINDS, median(times.ours)));
compare('find by index, prepared / lokijs', times, 'loki', 'prepared', 1, perSecond(FINDS, median(times.prepared)));
compare('find by index / nedb', times, 'nedb', 'ours');

const ids = Array.from({ length: FINDS }, () => `user-${draw(COUNT)}`);
times = await alternate(ROUNDS, {
  ours: () => { for (const id of ids) sum += c.get(id).age; },
  loki: () => { for (const id of ids) sum += l.by('_id', id).age; },
  nedb: async () => { for (const _id of ids) sum += (await n.findOneAsync({ _id })).age; },
});
compare('get by _id / lokijs (its own object)', times, 'loki', 'ours', undefined, perSecond(FINDS, median(times.ours)));
compare('get by _id / nedb', times, 'nedb', 'ours');

times = await alternate(ROUNDS, {
  ours: () => { sum += c.find({ 'profile.score': { $gte: 990 }, city: 'Oslo' }).toArray().length; },
  loki: () => { sum += l.find({ $and: [{ 'profile.score': { $gte: 990 } }, { city: 'Oslo' }] }).length; },
  nedb: async () => { sum += (await n.findAsync({ 'profile.score': { $gte: 990 }, city: 'Oslo' })).length; },
});
compare('filter without an index / nedb', times, 'nedb', 'ours', undefined, perSecond(COUNT, median(times.ours)));
compare('filter without an index / lokijs', times, 'loki', 'ours');
await db.close();

const memory = { ours: await memoryIn('ours'), oursRead: await memoryIn('oursRead'), loki: await memoryIn('loki'), nedb: await memoryIn('nedb') };
const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
report('memory after load, ours / lokijs', `${(memory.ours / memory.loki).toFixed(2)} (${mb(memory.ours)}, ${mb(memory.loki)}; nedb ${mb(memory.nedb)})`, '<= 1', memory.ours <= memory.loki);
report('memory after every document was read once, ours / lokijs', `${(memory.oursRead / memory.loki).toFixed(2)} (${mb(memory.oursRead)})`, '<= 1', memory.oursRead <= memory.loki);
printTable();
if (sum === 0) throw new Error('nothing was found');
