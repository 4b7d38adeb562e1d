// Collections beside @seald-io/nedb and lokijs: same documents, same indexes (unique _id; email), each subject in a process of its own, in turn, after two
// rounds to warm up. Usage: node documents.mjs [documents] [rounds]      (default 100,000 and 7; memory needs --expose-gc)
// Documents that come back are copies, as nedb's are; lokijs hands out its own objects.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import Nedb from '@seald-io/nedb';
import Loki from 'lokijs';
import { open, param } from '../dist/src/main.js';
import { givenArguments, serve, startApart, subjectName } from './support/apart.mjs';
import { benchFolder, compare, machineFacts, median, perSecond, printTable, report } from './support/measure.mjs';

const isMemory = process.argv[2] === '--memory';
const COUNT = Number(isMemory ? process.argv[4] : givenArguments[0] ?? 100_000);
const ROUNDS = Number(givenArguments[1] ?? 7);
const WARM_UP = 2;
const FINDS = 20_000;

let state = 12345;
const draw = (n) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % n;
const CITIES = ['Oslo', 'Bergen', 'Roma', 'Milano', 'Lyon', 'Paris', 'Porto', 'Gent'];
const newDocument = (i) => ({
  _id: `user-${i}`, email: `someone.${i}@example.org`, name: `Someone number ${i}`, age: draw(80), city: CITIES[draw(8)], active: draw(2) === 1,
  tags: [`t${draw(20)}`, `t${draw(20)}`], profile: { score: draw(1000), note: 'a few words about this one', visits: [draw(9), draw(9), draw(9)] },
});
const newDocuments = (count = COUNT) => {
  state = 12345;
  return Array.from({ length: count }, (_, i) => newDocument(i));
};
/** As they come from a file or a network: their texts are in one piece. */
const parsedDocuments = () => JSON.parse(JSON.stringify(newDocuments()));

const INDEXES = { indexes: [{ name: 'email', on: ['email'] }] };

async function ours(documents) {
  const db = await open(':memory:');
  const c = await db.createCollection('users', INDEXES);
  await c.insertMany(documents);
  return { db, c };
}
async function nedb(documents) {
  const db = new Nedb();
  await db.ensureIndexAsync({ fieldName: 'email' });
  await db.insertAsync(documents);
  return db;
}
function loki(documents) {
  const db = new Loki('users');
  const c = db.addCollection('users', { unique: ['_id'], indices: ['email'] });
  c.insert(documents);
  return c;
}

/** Touches all of a value; tells how much that was. */
function look(value) {
  if (typeof value !== 'object') return String(value).length;
  let seen = 0;
  for (const name in value) seen += look(value[name]);
  return seen;
}
/** Before a load, the same for all: a few other documents are loaded, and those to come are looked at, as whoever has just received them did. */
async function wakeLoad(load, docs) {
  await load(newDocuments(200));
  if (look(docs) === 0) throw new Error('there are no documents');
}

/** Every subject loads documents of both kinds. */
function loads(load) {
  let docs;
  const into = (make) => ({
    prepare: () => { docs = make(); },
    wake: () => wakeLoad(load, docs),
    run: async () => {
      await load(docs);
      docs = undefined;
    },
  });
  return { insert: into(newDocuments), insertParsed: into(parsedDocuments) };
}

/** What is looked for, the same for all. */
function wanted() {
  state = 98765;
  return { emails: Array.from({ length: FINDS }, () => `someone.${draw(COUNT)}@example.org`), ids: Array.from({ length: FINDS }, () => `user-${draw(COUNT)}`) };
}
function same(got, want) {
  if (got !== want) throw new Error(`${got} documents instead of ${want}`);
}

async function serveOurs() {
  const folder = benchFolder('documents-ours');
  let files = 0;
  let docs;
  const { emails, ids } = wanted();
  let c, prepared, found;
  const intoFiles = async (given) => {
    const db = await open(`${folder}/ours-${++files}`);
    await (await db.createCollection('users', INDEXES)).insertMany(given);
    await db.close();
  };
  serve({
    ...loads(async (given) => (await ours(given)).db.close()),
    files: {
      prepare: () => { docs = newDocuments(); },
      wake: () => wakeLoad(intoFiles, docs),
      run: async () => {
        await intoFiles(docs);
        docs = undefined;
      },
    },
    load: async () => {
      ({ c } = await ours(newDocuments()));
      prepared = c.prepare({ email: param('email') });
    },
    find: () => {
      found = 0;
      for (const email of emails) found += c.find({ email }).toArray().length;
      same(found, FINDS);
    },
    prepared: () => {
      found = 0;
      for (const email of emails) found += prepared.run({ email }).toArray().length;
      same(found, FINDS);
    },
    get: () => { for (const id of ids) same(c.get(id)._id, id); },
    filter: () => { c.find({ 'profile.score': { $gte: 990 }, city: 'Oslo' }).toArray(); },
  });
}

function serveLoki() {
  const { emails, ids } = wanted();
  let c, found;
  serve({
    ...loads(loki),
    load: () => { c = loki(newDocuments()); },
    find: () => {
      found = 0;
      for (const email of emails) found += c.find({ email }).length;
      same(found, FINDS);
    },
    get: () => { for (const id of ids) same(c.by('_id', id)._id, id); },
    filter: () => { c.find({ $and: [{ 'profile.score': { $gte: 990 } }, { city: 'Oslo' }] }); },
  });
}

function serveNedb() {
  const folder = benchFolder('documents-nedb');
  let files = 0;
  let docs;
  const { emails, ids } = wanted();
  let n, found;
  const intoFiles = async (given) => {
    const db = new Nedb({ filename: `${folder}/nedb-${++files}`, autoload: false });
    await db.loadDatabaseAsync();
    await db.ensureIndexAsync({ fieldName: 'email' });
    await db.insertAsync(given);
  };
  serve({
    ...loads(nedb),
    files: {
      prepare: () => { docs = newDocuments(); },
      wake: () => wakeLoad(intoFiles, docs),
      run: async () => {
        await intoFiles(docs);
        docs = undefined;
      },
    },
    load: async () => { n = await nedb(newDocuments()); },
    find: async () => {
      found = 0;
      for (const email of emails) found += (await n.findAsync({ email })).length;
      same(found, FINDS);
    },
    get: async () => { for (const _id of ids) same((await n.findOneAsync({ _id }))._id, _id); },
    filter: () => n.findAsync({ 'profile.score': { $gte: 990 }, city: 'Oslo' }),
  });
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

async function main() {
  const folder = benchFolder('documents');
  console.log(`${machineFacts(folder)}; ${COUNT} documents`);
  let all = startApart(import.meta.url, ['ours', 'nedb', 'loki']);
  const rounds = async (job, names) => {
    await all.rounds(WARM_UP, job, names);
    return all.rounds(ROUNDS, job, names);
  };
  const perDocument = (times) => `${(median(times.ours) * 1000 / COUNT).toFixed(2)} us a document`;
  for (const [job, what] of [['insertParsed', 'insertMany, documents parsed from JSON'], ['insert', 'insertMany, documents with texts put together']]) {
    const times = await rounds(job, ['ours', 'nedb', 'loki']);
    compare(`${what} / nedb`, times, 'nedb', 'ours', 5, perDocument(times));
    compare(`${what} / lokijs`, times, 'loki', 'ours');
  }
  const files = await rounds('files', ['ours', 'nedb']);
  compare('insertMany into files, closed / nedb with a file', files, 'nedb', 'ours', undefined, perDocument(files));
  all.end();

  all = startApart(import.meta.url, ['ours', 'nedb', 'loki']);
  await all.rounds(1, 'load');
  const find = await rounds('find', ['ours', 'loki', 'nedb']);
  compare('find by index / lokijs', find, 'loki', 'ours', 1, perSecond(FINDS, median(find.ours)));
  compare('find by index / nedb', find, 'nedb', 'ours');
  const prepared = await rounds('prepared', ['ours']);
  compare('find by index, prepared / lokijs', { ...find, ours: prepared.ours, cpu: { ...find.cpu, ours: prepared.cpu.ours } }, 'loki', 'ours', 1, perSecond(FINDS, median(prepared.ours)));
  const get = await rounds('get', ['ours', 'loki', 'nedb']);
  compare('get by _id / lokijs (its own object)', get, 'loki', 'ours', undefined, perSecond(FINDS, median(get.ours)));
  compare('get by _id / nedb', get, 'nedb', 'ours');
  const filter = await rounds('filter', ['ours', 'loki', 'nedb']);
  compare('filter without an index / nedb', filter, 'nedb', 'ours', undefined, perSecond(COUNT, median(filter.ours)));
  compare('filter without an index / lokijs', filter, 'loki', 'ours');
  all.end();

  if (globalThis.gc !== undefined) {
    const memory = { ours: await memoryIn('ours'), oursRead: await memoryIn('oursRead'), loki: await memoryIn('loki'), nedb: await memoryIn('nedb') };
    const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
    report('memory after load, ours / lokijs', `${(memory.ours / memory.loki).toFixed(2)} (${mb(memory.ours)}, ${mb(memory.loki)}; nedb ${mb(memory.nedb)})`, '<= 1', memory.ours <= memory.loki);
    report('memory after every document was read once, ours / lokijs', `${(memory.oursRead / memory.loki).toFixed(2)} (${mb(memory.oursRead)})`, '<= 1', memory.oursRead <= memory.loki);
  }
  printTable();
}

if (isMemory) await memoryOf(process.argv[3]);
else if (subjectName === undefined) await main();
else await { ours: serveOurs, nedb: serveNedb, loki: serveLoki }[subjectName]();
