// YCSB A to F beside lmdb and better-sqlite3: one run, same operations, same durability (each write is on disk when it is acknowledged).
// 16-byte keys, 100-byte text values, keys by a zipf-like draw (D: the newest), scans of 50. Usage: node ycsb.mjs [entries] [operations] [rounds]
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { open as openLmdb } from 'lmdb';
import { open } from '../dist/src/main.js';
import { alternate, benchFolder, machineFacts, median, printTable, ratios, reportRatio } from './support/measure.mjs';
import { numbers } from './support/rows.mjs';

const ENTRIES = Number(process.argv[2] ?? 200_000);
const OPERATIONS = Number(process.argv[3] ?? 2000);
const ROUNDS = Number(process.argv[4] ?? 3);
const SCAN = 50;
const folder = benchFolder('ycsb');
console.log(machineFacts(folder));

const next = numbers(99);
const share = () => next() / 2 ** 31;
const nameOf = (i) => String(i).padStart(16, '0');
const zipf = () => (Math.floor(ENTRIES ** share()) * 7919) % ENTRIES; // the popular ones lie apart
const value = (i) => `value ${i} `.repeat(12).slice(0, 100);

// Shares of reads, updates, inserts, scans, and reads that write back what they read.
const WORKLOADS = {
  A: { read: 0.5, update: 0.5 }, B: { read: 0.95, update: 0.05 }, C: { read: 1 },
  D: { read: 0.95, insert: 0.05, newest: true }, E: { scan: 0.95, insert: 0.05 }, F: { read: 0.5, change: 0.5 },
};

const db = await open(join(folder, 'ours'), { cacheSize: '512mb', checkpointSize: '64mb' });
const kv = db.kv('kv', { values: 'utf8' });
const lmdb = openLmdb({ path: join(folder, 'lmdb'), encoding: 'string', compression: false, noMemInit: true });
const sqlite = new Sqlite(join(folder, 'sqlite'));
for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', 'cache_size = -524288']) sqlite.pragma(pragma);
sqlite.exec('CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID');
const put = sqlite.prepare('INSERT OR REPLACE INTO kv VALUES (?, ?)');
const get = sqlite.prepare('SELECT v FROM kv WHERE k = ?').pluck();
const range = sqlite.prepare('SELECT v FROM kv WHERE k >= ? ORDER BY k LIMIT ?').pluck();

let check = 0;
const ours = {
  read: (k) => kv.get(k), write: (k, v) => kv.put(k, v),
  scan: (k) => { for (const v of kv.values({ gte: k, limit: SCAN })) check += v.length; },
};
const theirs = {
  lmdb: {
    read: (k) => lmdb.get(k), write: async (k, v) => { await lmdb.put(k, v); await lmdb.flushed; },
    scan: (k) => { for (const e of lmdb.getRange({ start: k, limit: SCAN })) check += e.value.length; },
  },
  'better-sqlite3': {
    read: (k) => get.get(k), write: (k, v) => { put.run(k, v); },
    scan: (k) => { for (const v of range.iterate(k, SCAN)) check += v.length; },
  },
};
for (let i = 0; i < ENTRIES; i += 1000) {
  const list = Array.from({ length: Math.min(1000, ENTRIES - i) }, (_, n) => ({ type: 'put', key: nameOf(i + n), value: value(i + n) }));
  await kv.batch(list);
  await lmdb.transaction(() => { for (const { key, value: v } of list) void lmdb.put(key, v); });
  sqlite.transaction(() => { for (const { key, value: v } of list) put.run(key, v); })();
}
await db.checkpoint();

let inserted = ENTRIES;
/** The same steps for all: [kind, key, value]. */
function plan(shares) {
  return Array.from({ length: OPERATIONS }, (_, i) => {
    let left = share();
    const kind = ['read', 'update', 'insert', 'scan', 'change'].find((name) => (left -= shares[name] ?? 0) < 0) ?? 'read';
    if (kind === 'insert') return [kind, nameOf(inserted++), value(i)];
    return [kind, nameOf(shares.newest ? Math.max(0, inserted - 1 - Math.floor(1000 ** share())) : zipf()), value(i)];
  });
}

/** Each run writes other values: sqlite writes nothing at all for a row that is there already. */
let runs = 0;
async function run(steps, store) {
  const mark = String(++runs % 100).padStart(2, '0');
  for (const [kind, key, text] of steps) {
    const v = mark + text.slice(2);
    if (kind === 'scan') store.scan(key);
    else if (kind === 'update' || kind === 'insert') await store.write(key, v);
    else {
      const found = store.read(key);
      if (found !== undefined) check += found.length;
      if (kind === 'change') await store.write(key, v);
    }
  }
}

console.log(`${ENTRIES} entries, ${OPERATIONS} operations, ${ROUNDS} rounds`);
for (const [name, shares] of Object.entries(WORKLOADS)) {
  const steps = plan(shares);
  await run(steps, ours);
  const peers = Object.entries(theirs).map(([peer, store]) => [peer, () => run(steps, store)]);
  const times = await alternate(ROUNDS, { fieldstone: () => run(steps, ours), ...Object.fromEntries(peers) });
  for (const peer of Object.keys(theirs)) {
    const each = (list) => `${(median(list) * 1000 / OPERATIONS).toFixed(1)} us`;
    reportRatio(`YCSB ${name} / ${peer}`, ratios(times[peer], times.fieldstone), undefined, `${each(times.fieldstone)} against ${each(times[peer])}`);
  }
}
await db.close(); await lmdb.close(); sqlite.close();
printTable();
if (check === 0) throw new Error('nothing was read');
