// Tables against peers, in one run: dbffile (reads DBF), better-sqlite3 (rows by rowid), a bare parse loop.
// Usage: node tables.mjs [rows]        (default 1,000,000)
import { mkdirSync, rmSync, statSync, openSync, readSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import Sqlite from 'better-sqlite3';
import { DBFFile } from 'dbffile';
import { open, char, numeric, date, logical } from '../dist/src/main.js';
import { openDbf } from '../dist/src/dbf/main.js';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const dir = join(tmpdir(), `fieldstone-bench-${process.pid}`);
rmSync(dir, { recursive: true, force: true });
mkdirSync(dir, { recursive: true });

const DAY = 86_400_000;
const CITIES = ['Amsterdam', 'Bergen', 'Cork', 'Dresden', 'Espoo', 'Ferrara', 'Ghent', 'Helsinki'];
function* rows(n) {
  let seed = 42;
  for (let i = 0; i < n; i++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    yield {
      name: `Customer ${i}`, city: CITIES[seed & 7], id: i, amount: (seed % 1_000_000) / 100, born: new Date((seed % 20_000) * DAY), active: (seed & 16) !== 0,
    };
  }
}

const median = (xs) => xs.sort((a, b) => a - b)[xs.length >> 1];
const results = [];
async function timed(name, run, times = 3) {
  const ms = [];
  let out;
  for (let i = 0; i < times; i++) {
    globalThis.gc?.();
    const t = performance.now();
    out = await run();
    ms.push(performance.now() - t);
  }
  const m = median(ms);
  results.push([name, m, out]);
  console.log(`${name.padEnd(58)} ${m.toFixed(0).padStart(8)} ms  ${String(out ?? '')}`);
  return m;
}
const ratio = (label, peer, ours, target) => console.log(`  => ${label}: ${(peer / ours).toFixed(2)} x   (target ${target})`);

const db = await open(join(dir, 'ours'));
const table = await db.createTable('bench', {
  name: char(24), city: char(16), id: numeric(10), amount: numeric(12, 2), born: date(), active: logical(),
}, { dialect: 'foxpro2' });

// --- insertMany
const list = [...rows(ROWS)];
const oursInsert = await timed('fieldstone insertMany', async () => {
  await table.zap();
  return (await table.insertMany(list)).count;
});
const sqliteInsert = await timed('better-sqlite3 insert in one transaction', () => {
  rmSync(join(dir, 'peer.db'), { force: true });
  const s = new Sqlite(join(dir, 'peer.db'));
  s.pragma('journal_mode = WAL');
  s.pragma('synchronous = FULL');
  s.exec('create table bench (name text, city text, id integer, amount real, born integer, active integer)');
  const insert = s.prepare('insert into bench values (?, ?, ?, ?, ?, ?)');
  s.transaction(() => { for (const r of list) insert.run(r.name, r.city, r.id, r.amount, r.born.getTime(), r.active ? 1 : 0); })();
  s.close();
  return ROWS;
});
ratio('insertMany against better-sqlite3', sqliteInsert, oursInsert, '>= 2');
await db.checkpoint();
const file = join(dir, 'ours', 'bench.dbf');
console.log(`  table file ${(statSync(file).size / 1e6).toFixed(0)} MB, ${table.info().recordLengthBytes} bytes a row`);

// --- full scan, every field to an object
const scanOurs = await timed('fieldstone scan, all fields to objects', () => {
  let sum = 0;
  for (const row of table.scan()) sum += row.id;
  return sum;
});
const scanOpenDbf = await timed('openDbf scan, all fields to objects', async () => {
  const dbf = await openDbf(file);
  let sum = 0;
  for (const row of dbf.scan()) sum += row.id;
  dbf.close();
  return sum;
});
const scanPeer = await timed('dbffile, async iterator', async () => {
  const dbf = await DBFFile.open(file);
  let sum = 0;
  for await (const row of dbf) sum += row.ID;
  return sum;
}, 1);
const scanPeerBatch = await timed('dbffile, readRecords(10000)', async () => {
  const dbf = await DBFFile.open(file);
  let sum = 0;
  for (;;) {
    const batch = await dbf.readRecords(10_000);
    if (batch.length === 0) break;
    for (const row of batch) sum += row.ID;
  }
  return sum;
}, 1);
const bestPeer = Math.min(scanPeer, scanPeerBatch);
ratio('full scan against dbffile (its faster way)', bestPeer, scanOurs, '>= 8, stretch 12');
ratio('openDbf full scan against dbffile', bestPeer, scanOpenDbf, '>= 8');

// --- one numeric field
const oneOurs = await timed('fieldstone scan of one numeric field', () => {
  let sum = 0;
  for (const row of table.scan({ fields: ['id'] })) sum += row.id;
  return sum;
});
const bare = await timed('bare hand-written parse loop of that field', () => {
  const { headerLengthBytes: start, recordLengthBytes: length } = table.info();
  const fd = openSync(file, 'r');
  const chunk = Buffer.allocUnsafe(Math.floor((1 << 20) / length) * length);
  let position = start;
  let sum = 0;
  for (let left = ROWS; left > 0;) {
    const n = Math.min(left, chunk.length / length);
    readSync(fd, chunk, 0, n * length, position);
    position += n * length;
    left -= n;
    for (let i = 0; i < n; i++) {
      const at = i * length;
      if (chunk[at] === 0x2a) continue;
      let value = 0;
      for (let k = at + 41; k < at + 51; k++) {
        const c = chunk[k];
        if (c !== 0x20) value = value * 10 + (c - 48);
      }
      sum += value;
    }
  }
  closeSync(fd);
  return sum;
});
ratio('one field against dbffile', bestPeer, oneOurs, '>= 30');
console.log(`  => one field: ${(bare / oneOurs).toFixed(2)} of the speed of the bare loop (stretch 0.5)`);

// --- random get
const GETS = 500_000;
const order = new Int32Array(GETS);
for (let i = 0, seed = 7; i < GETS; i++) {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  order[i] = 1 + (seed % ROWS);
}
const cached = await open(join(dir, 'ours'), { readOnly: true, cacheSize: '512mb' });
const reader = cached.table('bench');
const getOurs = await timed(`fieldstone get, ${GETS} random, in cache`, () => {
  let sum = 0;
  for (let i = 0; i < GETS; i++) sum += reader.get(order[i]).id;
  return sum;
});
await cached.close();
const getOursSmall = await timed(`fieldstone get, ${GETS} random, default cache`, () => {
  let sum = 0;
  for (let i = 0; i < GETS; i++) sum += table.get(order[i]).id;
  return sum;
});
const s = new Sqlite(join(dir, 'peer.db'));
s.pragma('cache_size = -524288');
s.pragma('mmap_size = 1073741824');
const select = s.prepare('select * from bench where rowid = ?');
const getPeer = await timed(`better-sqlite3 by rowid, ${GETS} random`, () => {
  let sum = 0;
  for (let i = 0; i < GETS; i++) sum += select.get(order[i]).id;
  return sum;
});
s.close();
console.log(`  fieldstone: ${Math.round(GETS / getOurs * 1000)} get/s in cache, ${Math.round(GETS / getOursSmall * 1000)} get/s with the default cache`);
ratio('random get against better-sqlite3', getPeer, getOurs, '> 1 and >= 500,000/s');
await db.close();
rmSync(dir, { recursive: true, force: true });
