// Tables beside their peers, in alternating rounds of one run: dbffile (reads DBF), better-sqlite3 (rows by rowid), a
// hand-written parse loop. Usage: node tables.mjs [rows] [rounds]      (default 1,000,000 and 5)
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DBFFile } from 'dbffile';
import { char, memo, numeric, open } from '../dist/src/main.js';
import { openDbf } from '../dist/src/dbf/main.js';
import { alternate, benchFolder, compare, machineFacts, median, perSecond, printTable, ratios, report } from './support/measure.mjs';
import { numbers, rows, SCHEMA } from './support/rows.mjs';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const folder = benchFolder('tables');
console.log(machineFacts(folder));

const db = await open(join(folder, 'ours'));
const OPTIONS = { dialect: 'foxpro2' };

function expectSame(what, sum, expected) {
  if (sum !== expected) throw new Error(`${what} gives ${sum}, not ${expected}`);
}
const ID_SUM = ROWS * (ROWS - 1) / 2;

// --- Load: a new table and a new database file each round; both durable at the end.
const list = [...rows(ROWS)];
let made = 0;
function newSqlite(name) {
  const sqlite = new Sqlite(join(folder, name));
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.exec('create table bench (name text, city text, id integer, amount real, born integer, active integer)');
  return sqlite;
}
let loading;
let sqlite;
const load = await alternate(ROUNDS, {
  ours: {
    prepare: async () => {
      if (made > 0) await db.dropTable(`load${made}`);
      loading = await db.createTable(`load${++made}`, SCHEMA, OPTIONS);
    },
    run: () => loading.insertMany(list),
  },
  sqlite: {
    prepare: () => {
      sqlite?.close();
      for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `peer.db${end}`), { force: true });
      sqlite = newSqlite('peer.db');
    },
    run: () => {
      const insert = sqlite.prepare('insert into bench values (?, ?, ?, ?, ?, ?)');
      sqlite.transaction(() => { for (const r of list) insert.run(r.name, r.city, r.id, r.amount, r.born.getTime(), r.active ? 1 : 0); })();
    },
  },
});
compare(`insertMany of ${ROWS} rows / better-sqlite3, one transaction`, load, 'sqlite', 'ours', 2,
  `${median(load.ours).toFixed(0)} ms against ${median(load.sqlite).toFixed(0)} ms, ${perSecond(ROWS, median(load.ours))}`);
list.length = 0; // a million objects would only burden the collector from here on
await db.checkpoint();
const table = db.table(`load${made}`, SCHEMA);
const file = join(folder, 'ours', `load${made}.dbf`);
const { recordLengthBytes, headerLengthBytes } = table.info();
console.log(`  ${(statSync(file).size / 1e6).toFixed(0)} MB, ${recordLengthBytes} bytes a row`);

// --- Scans
function bareLoop() {
  const fd = openSync(file, 'r');
  const length = recordLengthBytes;
  const chunk = Buffer.allocUnsafe(Math.floor((1 << 20) / length) * length);
  const idAt = 1 + 28 + 16;
  let position = headerLengthBytes;
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
      for (let k = at + idAt; k < at + idAt + 10; k++) {
        const c = chunk[k];
        if (c !== 0x20) value = value * 10 + (c - 48);
      }
      sum += value;
    }
  }
  closeSync(fd);
  expectSame('the bare loop', sum, ID_SUM);
}
function scanOurs(options) {
  let sum = 0;
  for (const row of table.scan(options)) sum += row.id;
  expectSame('our scan', sum, ID_SUM);
}
const fast = await alternate(ROUNDS * 3, {
  all: () => scanOurs(),
  async: async () => {
    let sum = 0;
    for await (const row of table.scan()) sum += row.id;
    expectSame('our async scan', sum, ID_SUM);
  },
  openDbf: async () => {
    const dbf = await openDbf(file);
    let sum = 0;
    for (const row of dbf.scan()) sum += row.ID;
    await dbf.close();
    expectSame('openDbf', sum, ID_SUM);
  },
  one: () => scanOurs({ fields: ['id'] }),
  bare: bareLoop,
});
const slow = await alternate(Math.min(ROUNDS, 3), {
  all: () => scanOurs(),
  openDbf: async () => {
    const dbf = await openDbf(file);
    let sum = 0;
    for (const row of dbf.scan()) sum += row.ID;
    await dbf.close();
    expectSame('openDbf', sum, ID_SUM);
  },
  one: () => scanOurs({ fields: ['id'] }),
  dbffile: async () => {
    const dbf = await DBFFile.open(file);
    let sum = 0;
    for (;;) {
      const batch = await dbf.readRecords(10_000);
      if (batch.length === 0) break;
      for (const row of batch) sum += row.ID;
    }
    expectSame('dbffile', sum, ID_SUM);
  },
});
compare('full scan to objects / dbffile', slow, 'dbffile', 'all', 8, `stretch 12; ${median(fast.all).toFixed(0)} ms against ${median(slow.dbffile).toFixed(0)} ms`);
compare('openDbf, full scan / dbffile', slow, 'dbffile', 'openDbf', 8);
compare('scan of one numeric field / dbffile', slow, 'dbffile', 'one', 30, `${median(fast.one).toFixed(0)} ms`);
compare('scan of one numeric field / bare parse loop (stretch)', fast, 'bare', 'one', 0.5);
report('for await over a scan / for', `${median(ratios(fast.async, fast.all)).toFixed(2)} x the time; ${(median(fast.async) - median(fast.all)) / ROWS * 1e6 | 0} ns a row more`);

// --- Single rows
const GETS = Math.min(500_000, ROWS);
const next = numbers(7);
const order = Int32Array.from({ length: GETS }, () => 1 + (next() % ROWS));
const BATCH = 1000;
const batches = Array.from({ length: GETS / BATCH }, (_, i) => [...order.subarray(i * BATCH, (i + 1) * BATCH)]);
const cached = await open(join(folder, 'ours'), { readOnly: true, cacheSize: '512mb' });
const reader = cached.table(table.name, SCHEMA);
sqlite.pragma('cache_size = -524288');
sqlite.pragma('mmap_size = 1073741824');
const select = sqlite.prepare('select * from bench where rowid = ?');
const sumOf = (get) => {
  let sum = 0;
  for (let i = 0; i < GETS; i++) sum += get(order[i]).id;
  return sum;
};
const gets = await alternate(ROUNDS * 2, {
  cached: () => sumOf((recno) => reader.get(recno)),
  small: () => sumOf((recno) => table.get(recno)),
  many: () => {
    let sum = 0;
    for (const batch of batches) for (const row of reader.getMany(batch)) sum += row.id;
    return sum;
  },
  sqlite: () => sumOf((rowid) => select.get(rowid)),
});
await cached.close();
const rate = GETS / median(gets.cached) * 1000;
compare('random get / better-sqlite3 by rowid', gets, 'sqlite', 'cached', 1, `${perSecond(GETS, median(gets.cached))} against ${perSecond(GETS, median(gets.sqlite))}`);
report('random get, rows a second', perSecond(GETS, median(gets.cached)), '>= 500 k/s', rate >= 500_000);
report('random get, table a little larger than the cache (64 MB)', perSecond(GETS, median(gets.small)));
compare(`getMany, ${BATCH} random rows a call, in cache / as many get calls`, gets, 'cached', 'many');

// --- Updates of random rows in one transaction
const UPDATES = Math.min(100_000, ROWS);
const targets = [...new Set(Array.from({ length: UPDATES * 2 }, () => 1 + (next() % ROWS)))].slice(0, UPDATES);
const change = sqlite.prepare('update bench set amount = ? where rowid = ?');
let round = 0;
const updates = await alternate(ROUNDS, {
  ours: { prepare: () => db.checkpoint(), run: () => db.transaction((tx) => {
    const t = tx.table(table);
    round++;
    for (let i = 0; i < targets.length; i++) t.update(targets[i], { amount: i + round / 100 });
  }) },
  sqlite: { prepare: () => { sqlite.pragma('wal_checkpoint(TRUNCATE)'); }, run: () => sqlite.transaction(() => {
    for (let i = 0; i < targets.length; i++) change.run(i, targets[i]);
  })() },
});
compare(`${targets.length} random updates in one transaction / better-sqlite3`, updates, 'sqlite', 'ours', undefined,
  `${median(updates.ours).toFixed(0)} ms against ${median(updates.sqlite).toFixed(0)} ms`);
sqlite.close();

// --- Memos
const MEMOS = 20_000;
const text = 'A memo of some length, in plain words. '.repeat(26).slice(0, 1000);
let notes;
let notesMade = 0;
const memos = await alternate(ROUNDS, {
  write: {
    prepare: async () => {
      if (notesMade > 0) await db.dropTable(`notes${notesMade}`);
      notes = await db.createTable(`notes${++notesMade}`, { id: numeric(10), name: char(20), note: memo() }, OPTIONS);
    },
    run: () => notes.insertMany(Array.from({ length: MEMOS }, (_, id) => ({ id, name: 'note', note: text }))),
  },
  scan: { prepare: () => db.checkpoint(), run: () => { for (const row of notes.scan()) expectSame('a memo', row.note.length, 1000); } },
  get: () => { for (let i = 1; i <= MEMOS; i++) expectSame('a memo', notes.get(i).note.length, 1000); },
});
const mb = (ms) => `${(MEMOS * 1000 / 1e6 / ms * 1000).toFixed(0)} MB/s, ${perSecond(MEMOS, ms)}`;
report('memos of 1000 bytes written by insertMany', mb(median(memos.write)));
report('memos read by scan', mb(median(memos.scan)));
report('memos read by get', mb(median(memos.get)));

await db.close();
printTable();
