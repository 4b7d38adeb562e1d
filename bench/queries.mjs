// Queries beside better-sqlite3 and dbffile, in alternating rounds of one run. Usage: node queries.mjs [rows] [rounds]
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { DBFFile } from 'dbffile';
import { open, param } from '../dist/src/main.js';
import { alternate, benchFolder, compare, machineFacts, median, printTable } from './support/measure.mjs';
import { rows, SCHEMA } from './support/rows.mjs';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.argv[3] ?? 5);
const LOOKUPS = 20_000;
const folder = benchFolder('queries');
console.log(machineFacts(folder));

const db = await open(join(folder, 'ours'), { cacheSize: '256mb' }); // as much as the peer's
const table = await db.createTable('bench', SCHEMA, { dialect: 'foxpro2' });
await table.insertMany(rows(ROWS));
await db.checkpoint();
const sqlite = new Sqlite(join(folder, 'peer.db'));
sqlite.pragma('journal_mode = WAL');
sqlite.pragma('cache_size = -262144');
sqlite.exec('create table bench (name text, city text, id integer, amount real, born integer, active integer)');
const insert = sqlite.prepare('insert into bench values (?, ?, ?, ?, ?, ?)');
sqlite.transaction(() => { for (const r of rows(ROWS)) insert.run(r.name, r.city, r.id, r.amount, r.born.getTime(), r.active ? 1 : 0); })();

function same(what, a, b) {
  if (a !== b) throw new Error(`${what}: ${a} against ${b}`);
}
const micros = (ms, n) => `${(ms * 1000 / n).toFixed(2)} us`;

// --- Without an index. Bounds that few rows lie in, so that searching is measured and not the making of rows.
const sample = table.get(Math.ceil(ROWS / 2));
const few = [sample.amount, Math.round((sample.amount + 0.05) * 100) / 100];
const unindexed = [
  ['number in a range', { amount: { $between: few } }, 'amount between ? and ?', few],
  ['text equal', { name: sample.name }, 'name = ?', [sample.name]],
  ['text and number', { city: sample.city, amount: { $lt: 10 } }, 'city = ? and amount < ?', [sample.city, 10]],
  ['date in a range', { born: { $gte: sample.born, $lt: new Date(sample.born.getTime() + 86_400_000) } }, 'born >= ? and born < ?', [sample.born.getTime(), sample.born.getTime() + 86_400_000]],
];
for (const [what, filter, where, values] of unindexed) {
  const select = sqlite.prepare(`select * from bench where ${where}`);
  same(what, table.find(filter).toArray().length, select.all(...values).length);
  const ms = await alternate(ROUNDS, { ours: () => table.find(filter).toArray(), sqlite: () => select.all(...values) });
  compare(`no index, ${what} / better-sqlite3`, ms, 'sqlite', 'ours', 2, `${median(ms.ours).toFixed(1)} ms, ${select.all(...values).length} rows`);
}
const slow = { amount: { $between: few } };
const dbffile = await alternate(Math.min(ROUNDS, 2), {
  ours: () => table.find(slow).toArray(),
  dbffile: async () => {
    const file = await DBFFile.open(join(folder, 'ours', 'bench.dbf'));
    const found = [];
    for await (const row of file) if (row.AMOUNT >= few[0] && row.AMOUNT <= few[1]) found.push(row);
    same('dbffile', found.length, table.find(slow).count());
  },
});
compare('no index, number in a range / dbffile and a filter in JavaScript', dbffile, 'dbffile', 'ours', 20);

// --- Building an index.
let made = 0;
const build = await alternate(ROUNDS, {
  ours: { prepare: () => (made++ > 0 ? table.dropIndex('by_id') : undefined), run: () => table.createIndex('by_id', { on: ['id'] }) },
  sqlite: { prepare: () => sqlite.exec('drop index if exists by_id'), run: () => sqlite.exec('create index by_id on bench (id)') },
});
compare('index build / better-sqlite3', build, 'sqlite', 'ours', 1, `${median(build.ours).toFixed(0)} ms against ${median(build.sqlite).toFixed(0)} ms`);
await table.createIndex('by_city', { on: ['city', 'amount'] });
sqlite.exec('create index by_city on bench (city, amount); analyze');
await db.checkpoint();

// --- By index.
const ids = Array.from({ length: LOOKUPS }, (_, i) => (i * 7919 + 13) % ROWS);
const prepared = table.prepare({ id: param('id') });
const byId = sqlite.prepare('select * from bench where id = ?');
same('by id', prepared.run({ id: 77 }).first().name, byId.get(77).name);
const lookups = await alternate(ROUNDS, {
  ours: () => { for (const id of ids) prepared.run({ id }).first(); },
  adhoc: () => { for (const id of ids) table.find({ id }).first(); },
  sqlite: () => { for (const id of ids) byId.get(id); },
  get: () => { for (const id of ids) table.get(id + 1); },
});
compare('find by indexed field, prepared / better-sqlite3 prepared', lookups, 'sqlite', 'ours', 1, `${micros(median(lookups.ours), LOOKUPS)} against ${micros(median(lookups.sqlite), LOOKUPS)} a query`);
compare('find by indexed field, not prepared / better-sqlite3 prepared', lookups, 'sqlite', 'adhoc', undefined, micros(median(lookups.adhoc), LOOKUPS));
console.log(`  a prepared query by index takes ${micros(median(lookups.ours) - median(lookups.get), LOOKUPS)} more than get() of the same row`);
const planning = db.queryLog.snapshot().find((one) => one.shape === 'id = :id');
console.log(`  planning of the prepared query: ${(planning.planningNs / planning.uses / 1000).toFixed(2)} us (target < 5 us)`);
const scan = await alternate(2, { scan: () => table.find({ amount: { $between: few } }).toArray() });
console.log(`  a scan takes ${(median(scan.scan) * LOOKUPS / median(lookups.ours)).toFixed(0)} x the time of a find by index (target >= 1000 x)`);

const range = sqlite.prepare('select * from bench where city = ? and amount >= ? order by amount limit 20');
const top = table.prepare({ city: param('city'), amount: { $gte: param('from') } }, { sort: { amount: 1 }, limit: 20 });
same('top', top.run({ city: sample.city, from: 10 }).toArray().length, range.all(sample.city, 10).length);
const tops = await alternate(ROUNDS, {
  ours: () => { for (let i = 0; i < 2000; i++) top.run({ city: sample.city, from: i % 500 }).toArray(); },
  sqlite: () => { for (let i = 0; i < 2000; i++) range.all(sample.city, i % 500); },
});
compare('20 rows of a range in the order of an index / better-sqlite3', tops, 'sqlite', 'ours', 1, `${micros(median(tops.ours), 2000)} against ${micros(median(tops.sqlite), 2000)}`);

printTable();
await db.close();
sqlite.close();
rmSync(folder, { recursive: true, force: true });
