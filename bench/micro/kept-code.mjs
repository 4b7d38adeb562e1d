// How many compiled functions V8 throws away when garbage is collected after a kind of work, because none of the objects lives whose layout they rely on:
// they run slowly after each large collection until they are compiled again (storage/base/keep-layout.ts). A count, not a time.
// Usage: node kept-code.mjs
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const WORK = ['load', 'find', 'prepared', 'get', 'filter', 'insert', 'update', 'tableLoad', 'tableGet', 'tableFind', 'scan', 'transaction', 'put', 'kvGet'];
const ROUNDS = 8;
const SETTLED = 4;

if (process.argv[2] !== '--work') {
  for (const name of WORK) {
    const { stdout } = spawnSync(process.execPath, ['--expose-gc', '--trace-deopt', '--trace-deopt-verbose', fileURLToPath(import.meta.url), '--work', name], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const settled = stdout.split('ROUND\n').slice(SETTLED, -1).join('');
    console.log(`${name.padEnd(12)} ${((settled.match(/reason: weak objects/g) ?? []).length / (ROUNDS - SETTLED)).toFixed(1)} functions a collection`);
  }
} else {
  const { open, char, numeric, memo, param } = await import('../../dist/src/main.js');
  const db = await open(':memory:');
  const documents = (count) => Array.from({ length: count }, (_, i) => ({ _id: `u${i}`, email: `e${i}@x`, n: i }));
  const c = await db.createCollection('c', { indexes: [{ name: 'e', on: ['email'] }] });
  await c.insertMany(documents(5000));
  const t = await db.createTable('t', { name: char(20), n: numeric(8), m: memo() });
  await t.createIndex('n', { on: 'n' });
  const rows = () => Array.from({ length: 5000 }, (_, i) => ({ name: `n${i}`, n: i, m: '' }));
  await t.insertMany(rows());
  const kv = db.kv('k');
  const byEmail = c.prepare({ email: param('e') });
  const byN = t.prepare({ n: param('n') });
  let next = 0;
  const times = (count, run) => async () => { for (let i = 1; i <= count; i++) await run(i); };
  const each = (count, run) => () => { for (let i = 1; i <= count; i++) run(i); };
  const work = {
    load: async () => { await (await db.createCollection(`c${next++}`, { indexes: [{ name: 'e', on: ['email'] }] })).insertMany(documents(5000)); },
    find: each(3000, (i) => c.find({ email: `e${i}@x` }).toArray()), prepared: each(3000, (i) => byEmail.run({ e: `e${i}@x` }).first()),
    get: each(4999, (i) => c.get(`u${i}`)), filter: each(5, () => c.find({ n: { $gt: 4000 } }).toArray()),
    insert: times(500, () => c.insert({ _id: `x${next++}`, email: 'z' })), update: times(500, (i) => c.update({ _id: `u${i}` }, { $set: { n: next++ } })),
    tableLoad: () => t.insertMany(rows(), { direct: true }), tableGet: each(4999, (i) => t.get(i)), tableFind: each(2000, (n) => byN.run({ n }).first()),
    scan: each(3, () => { for (const row of t.scan()) if (row.n < 0) throw new Error('no such row'); }),
    transaction: times(300, (n) => db.transaction((tx) => { tx.table('t').update(3, { n }); })),
    put: times(1000, (i) => kv.put(`k${i}`, { i })), kvGet: each(5000, (i) => kv.get(`k${i}`)),
  }[process.argv[3]];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 4; i++) await work();
    globalThis.gc();
    await new Promise((resolve) => { setTimeout(resolve, 20); });
    process.stdout.write('ROUND\n');
  }
  await db.close();
}
