// Key-value stores beside lmdb, classic-level and better-sqlite3: one run, same data, same durability. 16-byte keys, 100-byte
// text values. Usage: node kv.mjs [entries] [rounds] [workload ...]      (default 200,000, 3, all). Prints a table in Markdown at the end.
// Workloads: fillrandom readrandom readhot readmissing readseq fillsync concurrent size small.
// Names as in LevelDB's db_bench where it has one; YCSB A to F are in ycsb.mjs.
// Settings of the peers: lmdb without compression, string encoding, sync on commit; classic-level with a cache of 64 MB, utf8, sync where
// stated; better-sqlite3 with WAL, synchronous FULL, a cache of 64 MB, a table WITHOUT ROWID, statements prepared once.
import { closeSync, fdatasyncSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { ClassicLevel } from 'classic-level';
import { open as openLmdb } from 'lmdb';
import { open } from '../dist/src/main.js';
import { alternate, benchFolder, machineFacts, median, printTable, ratios, report, reportRatio } from './support/measure.mjs';

const ENTRIES = Number(process.argv[2] ?? 200_000);
const ROUNDS = Number(process.argv[3] ?? 3);
const WORKLOADS = ['fillrandom', 'readrandom', 'readhot', 'readmissing', 'readseq', 'fillsync', 'concurrent', 'size', 'small'];
const chosen = process.argv.length > 4 ? process.argv.slice(4) : WORKLOADS;
const unknown = chosen.find((name) => !WORKLOADS.includes(name));
if (unknown !== undefined) throw new Error(`no workload "${unknown}"; there are ${WORKLOADS.join(', ')}`);
const wants = (name) => chosen.includes(name);
const READS = Math.min(ENTRIES, 200_000);
const BATCH = 1000;
const folder = benchFolder('kv');
console.log(machineFacts(folder));

const WORDS = 'the quick brown fox jumps over lazy dogs while nobody looks at all because everyone is asleep under some old trees'.split(' ');
let state = 12345;
const draw = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
const nameOf = (i) => String(i).padStart(16, '0');
function textOf() {
  let text = '';
  while (text.length < 100) text += `${WORDS[draw() % WORDS.length]} ${draw() % 100} `;
  return text.slice(0, 100);
}
function shuffled(n) {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) { const k = draw() % (i + 1); [order[i], order[k]] = [order[k], order[i]]; }
  return order;
}
const keys = shuffled(ENTRIES).map(nameOf);
const values = keys.map(textOf);
const wanted = shuffled(ENTRIES).slice(0, READS).map(nameOf);
const absent = wanted.map((key) => `${key.slice(0, 15)}x`);
const hotCount = Math.max(1, Math.floor(ENTRIES / 100));
const hot = Array.from({ length: READS }, () => nameOf(Math.floor(hotCount ** (draw() / 2 ** 32)) % ENTRIES));

const dbOptions = { cacheSize: '512mb', checkpointSize: '64mb' };
function newSqlite(name) {
  const db = new Sqlite(join(folder, name));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -524288');
  db.exec('CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID');
  return { db, put: db.prepare('INSERT OR REPLACE INTO kv VALUES (?, ?)'), get: db.prepare('SELECT v FROM kv WHERE k = ?').pluck(), all: db.prepare('SELECT k, v FROM kv ORDER BY k') };
}
const newLmdb = (name) => openLmdb({ path: join(folder, name), encoding: 'string', compression: false, noMemInit: true });
const newLevel = (name) => new ClassicLevel(join(folder, name), { cacheSize: 512 << 20 });

function* batches() { for (let i = 0; i < ENTRIES; i += BATCH) yield [i, Math.min(ENTRIES, i + BATCH)]; }
async function loadOurs(kv) {
  for (const [from, to] of batches()) {
    const list = [];
    for (let i = from; i < to; i++) list.push({ type: 'put', key: keys[i], value: values[i] });
    await kv.batch(list);
  }
}
async function loadLmdb(db) {
  for (const [from, to] of batches()) await db.transaction(() => { for (let i = from; i < to; i++) db.put(keys[i], values[i]); });
  await db.flushed;
}
async function loadLevel(db, sync) {
  for (const [from, to] of batches()) {
    const list = [];
    for (let i = from; i < to; i++) list.push({ type: 'put', key: keys[i], value: values[i] });
    await db.batch(list, { sync });
  }
}
function loadSqlite({ db, put }) {
  for (const [from, to] of batches()) db.transaction(() => { for (let i = from; i < to; i++) put.run(keys[i], values[i]); })();
}

const eachOf = (list, count) => {
  const ns = (median(list) * 1e6) / count;
  return ns < 10_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(0)} us`;
};

/** One line for each peer: how many times our time it takes. `targets`: the least ratio by peer; a peer that did `counts[name]` operations is counted so. */
function show(what, count, times, targets = {}, counts = {}) {
  const { cpu, ...ms } = times;
  for (const [name, list] of Object.entries(ms)) {
    if (name === 'fieldstone') continue;
    const scale = count / (counts[name] ?? count);
    const work = median(ratios(cpu[name], cpu.fieldstone)) * scale;
    reportRatio(`${what} / ${name}`, ratios(list, ms.fieldstone).map((ratio) => ratio * scale), targets[name],
      `${eachOf(ms.fieldstone, count)} against ${eachOf(list, counts[name] ?? count)}; processor time ${work.toFixed(2)} x`);
  }
}

console.log(`${ENTRIES} entries, ${ROUNDS} rounds; the times are for one operation`);
let n = 0;
let made = [];
const fresh = async () => { for (const close of made) await close(); made = []; n++; };
if (wants('fillrandom')) show('fillrandom, durable batches of 1,000', ENTRIES, await alternate(ROUNDS, {
  fieldstone: async () => { const db = await open(join(folder, `f${++n}`), dbOptions); await loadOurs(db.kv('kv', { values: 'utf8' })); made.push(() => db.close()); },
  lmdb: async () => { const db = newLmdb(`l${++n}`); await loadLmdb(db); made.push(() => db.close()); },
  'classic-level no sync': async () => { const db = newLevel(`c${++n}`); await loadLevel(db, false); made.push(() => db.close()); },
  'better-sqlite3': async () => { const s = newSqlite(`s${++n}`); loadSqlite(s); made.push(() => s.db.close()); },
}), { lmdb: 5, 'better-sqlite3': 5, 'classic-level no sync': 1 });
await fresh();

const fdb = await open(join(folder, 'ours'), dbOptions);
const kv = fdb.kv('kv', { values: 'utf8' });
const lmdb = newLmdb('lmdb');
const level = newLevel('level');
const sqlite = newSqlite('sqlite');
await loadOurs(kv); await loadLmdb(lmdb); await loadLevel(level, false); loadSqlite(sqlite);
await fdb.checkpoint();
let check = 0;
const reads = (list, get) => () => {
  for (const key of list) {
    const v = get(key);
    if (v !== undefined && v !== null) check += v.length;
  }
};
const readers = (list) => ({
  fieldstone: reads(list, (k) => kv.get(k)), lmdb: reads(list, (k) => lmdb.get(k)), 'classic-level': reads(list, (k) => level.getSync(k)), 'better-sqlite3': reads(list, (k) => sqlite.get.get(k)),
});
for (let round = 0; round < 3; round++) for (const subject of Object.values(readers(wanted))) subject(); // all in cache
if (wants('readrandom')) show('readrandom, all in cache', READS, await alternate(ROUNDS + 2, readers(wanted)), { lmdb: 1.5, 'better-sqlite3': 4 });
if (wants('readhot')) show('readhot, 1 % (zipf)', READS, await alternate(ROUNDS + 2, readers(hot)), { lmdb: 3 });
if (wants('readmissing')) show('readmissing', READS, await alternate(ROUNDS + 2, readers(absent)), { lmdb: 3 });
const walkers = {
  fieldstone: () => { for (const [k, v] of kv.entries()) check += k.length + v.length; },
  lmdb: () => { for (const { key, value } of lmdb.getRange()) check += key.length + value.length; },
  'classic-level': async () => { for await (const [k, v] of level.iterator()) check += k.length + v.length; },
  'better-sqlite3': () => { for (const { k, v } of sqlite.all.iterate()) check += k.length + v.length; },
};
if (wants('readseq')) {
  for (let round = 0; round < 3; round++) for (const walk of Object.values(walkers)) await walk(); // as for the reads: in cache, compiled
  show('readseq, full scan', ENTRIES, await alternate(ROUNDS + 2, walkers), { lmdb: 2, 'classic-level': 5 });
}

/** Both with a cache of a tenth of the data, and pages of 4 KB, which are sqlite's own. */
async function smallCaches() {
  const bytes = Math.max(1 << 20, Math.floor(ENTRIES * 116 / 10));
  const small = await open(join(folder, 'ours10'), { cacheSize: bytes, pageSize: '4kb', checkpointSize: '64mb' });
  const store = small.kv('kv', { values: 'utf8' });
  await loadOurs(store);
  await small.checkpoint();
  sqlite.db.pragma(`cache_size = -${Math.floor(bytes / 1024)}`);
  const some = wanted.slice(0, 50_000);
  show('readrandom, ten times the cache', some.length, await alternate(ROUNDS + 2, {
    fieldstone: reads(some, (k) => store.get(k)), 'better-sqlite3': reads(some, (k) => sqlite.get.get(k)),
  }), { 'better-sqlite3': 0.8 });
  await small.close();
}

const ONE = 500;
const bare = openSync(join(folder, 'bare'), 'w');
let at = 0;
if (wants('fillsync')) show('fillsync, one durable put after another', ONE, await alternate(ROUNDS + 2, {
  fieldstone: async () => { for (let i = 0; i < ONE; i++) await kv.put(keys[i], values[i]); },
  'append + fdatasync': () => { const b = Buffer.alloc(180, 1); for (let i = 0; i < ONE; i++) { writeSync(bare, b, 0, b.length, at); at += b.length; fdatasyncSync(bare); } },
  lmdb: async () => { for (let i = 0; i < ONE; i++) await lmdb.put(keys[i], values[i]); await lmdb.flushed; },
}), { 'append + fdatasync': 1 / 1.15 });
closeSync(bare);
// The puts of classic-level are put together in groups of its own making, as ours are; it does 1,000 of them, for its time.
if (wants('concurrent')) show('5,000 concurrent durable puts', 5000, await alternate(ROUNDS, {
  fieldstone: async () => { await Promise.all(keys.slice(0, 5000).map((k, i) => kv.put(k, values[i]))); },
  lmdb: async () => { await Promise.all(keys.slice(0, 5000).map((k, i) => lmdb.put(k, values[i]))); await lmdb.flushed; },
  'classic-level sync': async () => { await Promise.all(keys.slice(0, 1000).map((k, i) => level.put(k, values[i], { sync: true }))); },
}), { lmdb: 1, 'classic-level sync': 20 }, { 'classic-level sync': 1000 });

/** Of the files after the load; ours in pages that are compressed. */
async function sizes() {
  const packed = await open(join(folder, 'packed'), { ...dbOptions, compression: 'lz4' });
  await loadOurs(packed.kv('kv', { values: 'utf8' }));
  await packed.close();
  sqlite.db.pragma('wal_checkpoint(TRUNCATE)');
  const [ours, theirs] = [statSync(join(folder, 'packed', 'kv.kv')).size, statSync(join(folder, 'sqlite')).size];
  report('file size after the load, text values, lz4 / sqlite', `${(ours / theirs).toFixed(2)} x; ${(ours / 1e6).toFixed(1)} against ${(theirs / 1e6).toFixed(1)} MB`, '<= 0.6 x', ours / theirs <= 0.6);
}

if (wants('size')) await sizes();
if (wants('small')) await smallCaches();
await fdb.close(); await lmdb.close(); await level.close(); sqlite.db.close();
printTable();
if (check === 0) throw new Error('nothing was read');
