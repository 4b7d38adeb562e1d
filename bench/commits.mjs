// Small durable commits against a bare append + fdatasync loop, in alternating batches of one run; many committers at
// once; commits while a checkpoint folds. Usage: node commits.mjs [rounds]    (default 300)
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { open } from '../dist/src/main.js';
import { benchFolder, machineFacts, median, perSecond, printTable, quantile, ratios, report, reportRatio } from './support/measure.mjs';
import { numbers, rows, SCHEMA } from './support/rows.mjs';

const ROUNDS = Number(process.argv[2] ?? 300);
const ROWS = 100_000;
const BATCH = 20;
const WARM_UP = 5000; // until the compiler has settled
const COMMITTERS = 64;
const folder = benchFolder('commits');
console.log(machineFacts(folder));

const db = await open(join(folder, 'ours'), { checkpointSize: '1gb' });
const table = await db.createTable('bench', SCHEMA, { dialect: 'foxpro2' });
await table.insertMany(rows(ROWS));
await db.checkpoint();
const next = numbers(7);
const recno = () => 1 + (next() % ROWS);
const logBytes = () => db.stats().counters.engine.logBytes;

// What one commit appends to the log: the bare loop appends as much.
const before = logBytes();
for (let i = 0; i < 200; i++) await table.update(recno(), { amount: i });
const commitBytes = Math.round((logBytes() - before) / 200);
const file = openSync(join(folder, 'bare.log'), 'w');
const record = Buffer.alloc(commitBytes, 0x5a);
let position = 0;

/** Microseconds of each bare append. */
function bareBatch(count) {
  const us = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    writeSync(file, record, 0, record.length, position);
    fdatasyncSync(file);
    us.push((performance.now() - start) * 1000);
    position += record.length;
  }
  return us;
}

async function commitBatch(count, commit) {
  const us = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await commit(i);
    us.push((performance.now() - start) * 1000);
  }
  return us;
}

/** Short batches in turn, so that both meet the same moods of the machine. */
async function latency(what, commit, limit) {
  const ours = [];
  const bare = [];
  await commitBatch(WARM_UP, commit);
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(...await commitBatch(BATCH, commit));
    bare.push(...bareBatch(BATCH));
  }
  const m = median(ours) / median(bare);
  const quiet = quantile(ours, 0.25) / quantile(bare, 0.25);
  report(what, `${m.toFixed(2)} x the loop (best quarter ${quiet.toFixed(2)} x); ${median(ours).toFixed(0)} us against ${median(bare).toFixed(0)} us`, `<= ${limit} x`, m <= limit);
}

console.log(`one commit appends ${commitBytes} bytes\n`);
await latency('await table.update(), one after another', (i) => table.update(recno(), { amount: i }), 1.15);
await latency('await table.insert(), one after another', (i) => table.insert({ name: 'Ada', city: 'Cork', id: i, amount: i, active: true }), 1.15);
await latency('await db.transaction(), one update', (i) => db.transaction((tx) => tx.table(table).update(recno(), { amount: i })), 1.15);
await latency('db.transactionSync(), one update', (i) => db.transactionSync((tx) => tx.table(table).update(recno(), { amount: i })), 1.15);

/** Microseconds a commit when `COMMITTERS` loops run at once, each in its own part of the table. */
async function together(each, commit) {
  const part = Math.floor(ROWS / COMMITTERS);
  const start = performance.now();
  await Promise.all(Array.from({ length: COMMITTERS }, async (_, c) => {
    for (let i = 0; i < each; i++) await commit(1 + c * part + (next() % part), i);
  }));
  return (performance.now() - start) * 1000 / (each * COMMITTERS);
}

async function throughput(what, commit, least) {
  await together(200, commit);
  const ours = [];
  const bare = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    bareBatch(BATCH);
    bare.push((performance.now() - start) * 1000 / BATCH);
    ours.push(await together(10, commit));
  }
  reportRatio(what, ratios(bare, ours), least, `${median(ours).toFixed(1)} us against ${median(bare).toFixed(0)} us, ${perSecond(1000, median(ours))}`);
}
await throughput(`${COMMITTERS} committers of table.update()`, (r, i) => table.update(r, { amount: i }), 20);
await throughput(`${COMMITTERS} committers of db.transaction(), one update`, (r, i) => db.transaction((tx) => tx.table(table).update(r, { amount: i })), 20);
const group = db.stats().histograms['wal.groupSize'];
console.log(`  commits in a group: ${JSON.stringify(group)}`);
await db.checkpoint();

// --- A checkpoint: how fast it folds, and what commits wait while it runs
const CHANGED = 200_000;
const big = await db.createTable('big', SCHEMA, { dialect: 'foxpro2' });
await big.insertMany(rows(1_000_000));
const { recordLengthBytes } = big.info();
async function change() {
  await db.checkpoint();
  for (let left = CHANGED; left > 0; left -= 20_000) {
    await db.transaction((tx) => {
      const t = tx.table(big);
      for (let i = 0; i < 20_000; i++) t.update(1 + (next() % 1_000_000), { amount: left });
    }, { durability: 'none' });
  }
}
const alone = [];
for (let round = 0; round < 5; round++) {
  await change();
  const start = performance.now();
  await db.checkpoint();
  alone.push(performance.now() - start);
}
report(`checkpoint of ${CHANGED / 1000} k random rows of a million`, `${median(alone).toFixed(0)} ms; ${(CHANGED * recordLengthBytes / 1e6 / median(alone) * 1000).toFixed(0)} MB/s of changed rows`);
const during = [];
const quiet = [];
const work = [];
for (let round = 0; round < 5; round++) {
  await change();
  quiet.push(...await commitBatch(500, (i) => table.update(recno(), { amount: i })));
  let running = true;
  const done = db.checkpoint().then(() => { running = false; });
  while (running) {
    const cpu = process.cpuUsage();
    during.push(...await commitBatch(1, (i) => table.update(recno(), { amount: i })));
    const { user, system } = process.cpuUsage(cpu);
    work.push(user + system);
  }
  await done;
}
const ms = (us) => `${(us / 1000).toFixed(2)} ms`;
report('commit latency without a checkpoint', `p50 ${ms(median(quiet))}, p99 ${ms(quantile(quiet, 0.99))}, worst ${ms(Math.max(...quiet))}`);
report(`commit latency while a checkpoint runs (${during.length} commits)`,
  `p50 ${ms(median(during))}, p99 ${ms(quantile(during, 0.99))}, worst ${ms(Math.max(...during))}`, 'p99 <= 50 ms', quantile(during, 0.99) <= 50_000);
report('processor time of the process within such a commit', `p50 ${ms(median(work))}, p99 ${ms(quantile(work, 0.99))}, worst ${ms(Math.max(...work))}`, 'worst <= 50 ms', Math.max(...work) <= 50_000);
await db.close();
closeSync(file);
printTable();
