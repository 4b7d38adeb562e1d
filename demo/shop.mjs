// A shop in a folder of DBF files: import, concurrent transfers, kill -9 in the middle of commits, queries and indexes, documents, check, profile.
// Run: npm run demo. Everything is made in demo-out/, which is emptied first. SEED=7 gives another shop.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { open } from '../dist/src/main.js';
import { showCdx, showDocuments, showQueries } from './queries.mjs';
import { killAndRecover } from './kill-child.mjs';
import { writeCsvFiles } from './make-csv.mjs';
import { runTransfers, totalBalance } from './transfers.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const out = `${here}demo-out`;
const folder = `${out}/shop`;
const seed = Number(process.env.SEED ?? 1);
const started = performance.now();

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const number = (n) => Math.round(n).toLocaleString('en-US');
const megabytes = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
const say = (text = '') => console.log(text);
const step = (n, text) => say(`\n${n}. ${text}`);

function fail(message) {
  say(`\nFAILED: ${message}`);
  process.exit(1);
}

/** A line that is drawn over itself on a terminal, and absent elsewhere. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

const table = (rows) => {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) say(`   ${name.padEnd(width)}  ${String(value).padStart(12)}`);
};

say('Fieldstone demo: a shop in a folder of DBF files');
rmSync(out, { recursive: true, force: true });
mkdirSync(`${out}/csv`, { recursive: true });

step(1, `CSV files, made from seed ${seed}`);
const files = writeCsvFiles(`${out}/csv`, seed);
table(files.map(({ name, rows, path }) => [name, `${number(rows)} rows, ${megabytes(statSync(path).size)}`]));

step(2, 'Import with the command line (fieldstone import): every file becomes a table, in one atomic step');
const cli = `${here}dist/src/cli/main.js`;
for (const { name, path, dialect, schema } of files) {
  const since = performance.now();
  // Field types are guessed from the rows, but for the accounts, whose balances will grow.
  const args = ['import', path, folder, name, '--dialect', dialect, '--json', ...(schema === undefined ? [] : ['--schema', JSON.stringify(schema)])];
  const run = spawnSync(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  if (run.status !== 0) fail(`the import of ${name} ended with status ${run.status}: ${run.stdout}`);
  const { rows, fields } = JSON.parse(run.stdout);
  say(`   ${name.padEnd(10)} ${number(rows).padStart(8)} rows in ${seconds(since)}  ${dialect.padEnd(8)} ${Object.values(fields).join(', ')}`);
}
let db = await open(folder);
const sample = db.table('orders').get(1);
say(`   order 1: customer ${sample.customer}, product ${sample.product}, ${sample.amount}, note "${sample.note.replaceAll('\n', ' ').slice(0, 40)}..."`);

step(3, 'Concurrent transfers: 64 workers, each transfer one durable transaction over two accounts');
const before = totalBalance(db);
const since = performance.now();
const { transfers, conflicts } = await runTransfers(db, { workers: 64, milliseconds: 4000, seed });
const spent = (performance.now() - since) / 1000;
const after = totalBalance(db);
table([
  ['transfers committed', number(transfers)], ['per second', number(transfers / spent)], ['runs repeated after a conflict', number(conflicts)],
  ['money before', number(before)], ['money after', number(after)],
]);
if (before !== after) fail('money was lost or made');
const counters = db.stats().counters;
await db.close();

step(4, 'Kill: a child process transfers and reports each commit through a pipe; SIGKILL ends it at a random moment, 5 times');
const kills = await killAndRecover(folder, { rounds: 5, seed });
for (const [i, k] of kills.entries()) {
  say(`   round ${i + 1}: ${number(k.acknowledged).padStart(6)} acknowledged, ${number(k.found).padStart(6)} found after recovery in ${k.recoveryMs.toFixed(0)} ms, money ${number(k.total)}`);
  if (k.lost > 0) fail(`${k.lost} acknowledged transfers are missing`);
  if (k.total !== before) fail('money was lost or made');
  if (k.wrong > 0) fail(`${k.wrong} accounts differ from the log of transfers: a transaction is there by half`);
}
say(`   all ${number(kills.reduce((n, k) => n + k.acknowledged, 0))} acknowledged transfers survived, none is there by half`);

db = await open(folder);
const profiler = db.profile({ cpu: true, io: true, locks: true, queries: true });

step(5, 'Transfers among ten accounts that everybody pays: 32 workers without locks, then with tx.lock()');
const ten = { workers: 32, milliseconds: 800, seed, accounts: 10 };
const free = await runTransfers(db, { ...ten, firstId: 90_000_000 });
const locked = await runTransfers(db, { ...ten, firstId: 95_000_000, lock: true });
table([
  ['committed without locks', number(free.transfers)], ['runs repeated after a conflict', number(free.conflicts)],
  ['committed with locks', number(locked.transfers)], ['runs repeated after a conflict', number(locked.conflicts)],
]);
if (totalBalance(db) !== before) fail('money was lost or made');

step(6, 'A query, its plan, and the index that the database advises');
try {
  await showQueries(db, say, seed);
} catch (e) {
  fail(e.message);
}

step(7, 'Documents: a collection in the same folder');
await showDocuments(db, say);

step(8, 'A structural index as FoxPro has it, in the same transactions as the rows');
await showCdx(db, say, folder);
const profile = await profiler.stop();

step(9, 'Check of the folder');
const check = await db.check({ onProgress: ({ done, total }) => progress(`   checking ${Math.round((100 * done) / Math.max(1, total))} %`) });
progress('');
say(`   ${check.tables} tables, ${number(check.records)} records: ${check.ok ? 'no damage' : 'DAMAGE'}, ${check.findings.length} findings`);
for (const finding of check.findings) say(`   ${finding.severity}: ${finding.message}`);
if (!check.ok) fail('the check found damage');

step(10, 'Counters of the transfers of step 3 (db.stats() has more)');
const shown = [
  ['transactions', 'commits', 'transactions committed'], ['transactions', 'conflicts', 'conflicts'], ['wal', 'records', 'log records'], ['wal', 'bytes', 'bytes of log'],
  ['wal', 'groups', 'group commits'], ['wal', 'syncs', 'syncs of the log'], ['checkpoint', 'runs', 'checkpoints'],
];
table(shown.flatMap(([group, name, text]) => (counters[group]?.[name] === undefined ? [] : [[text, number(counters[group][name])]])));
const metrics = db.metrics();
await db.close();

step(11, 'Where the time of steps 5 to 8 went: reports to look at');
for (const name of ['report.html', 'flame.svg', 'profile.pb.gz']) await profile.save(`${out}/${name}`);
writeFileSync(`${out}/metrics.prom`, metrics);
const meaning = { 'report.html': 'everything in one page: open it in a browser', 'flame.svg': 'flame graph: open it in a browser', 'profile.pb.gz': 'for pprof', 'metrics.prom': 'for Prometheus' };
for (const [name, text] of Object.entries(meaning)) say(`   demo-out/${name.padEnd(14)} ${megabytes(statSync(`${out}/${name}`).size).padStart(9)}  ${text}`);

step(12, `Plain files in demo-out/shop (${seconds(started)} in all)`);
for (const name of ['customers.dbf', 'products.dbf', 'orders.dbf', 'orders.fpt', 'accounts.dbf', 'transfers.dbf', 'customers.cdx', 'reviews.dbf', 'reviews.fpt', 'fieldstone.json']) {
  if (existsSync(`${folder}/${name}`)) say(`   ${name.padEnd(16)} ${megabytes(statSync(`${folder}/${name}`).size).padStart(9)}`);
}
say('   Open the .dbf files with FoxPro, dBASE, LibreOffice, Excel (older versions), GDAL or QGIS, or look at them from here:');
say('     node dist/src/cli/main.js info demo-out/shop');
say('     node dist/src/cli/main.js cat demo-out/shop orders --limit 5');
say('     libreoffice --calc demo-out/shop/customers.dbf');
