// A suite that runs on Node, Bun and Deno without a test runner, against the build in dist.
// Every check prints a line; the exit status is 0 when all passed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { char, date, integer, logical, memo, numeric, open } from '../../dist/src/main.js';
import { openDbf } from '../../dist/src/dbf/main.js';

const CHILD = fileURLToPath(new URL('./transfers-child.mjs', import.meta.url));
const ACKNOWLEDGED_BEFORE_KILL = 50;
const SCHEMA = { name: char(30), born: date(), salary: numeric(12, 2), active: logical(), notes: memo() };
const base = mkdtempSync(join(tmpdir(), 'fieldstone-smoke-'));
const folder = join(base, 'people');
let failures = 0;

async function check(what, body) {
  try {
    await body();
    console.log(`passed  ${what}`);
  } catch (error) {
    failures++;
    console.log(`FAILED  ${what}\n${error?.stack ?? error}`);
  }
}

await check('create, insert, read, change, delete', async () => {
  const db = await open(folder);
  const people = await db.createTable('people', SCHEMA, { dialect: 'vfp', encoding: 'cp1252' });
  const ada = await people.insert({ name: 'Ada', born: new Date('1815-12-10'), salary: 10.5, active: true, notes: 'first' });
  await people.insert({ name: 'Zo\u00eb \u20ac', born: null, salary: -3, active: false, notes: '\u00e4'.repeat(5000) });
  await people.update(ada, { salary: 11.25 });
  const row = people.get(ada);
  assert.deepEqual([row.name, row.born.toISOString(), row.salary, row.active, row.notes], ['Ada', '1815-12-10T00:00:00.000Z', 11.25, true, 'first']);
  assert.equal(people.get(2).name, 'Zo\u00eb \u20ac');
  await people.delete(ada);
  assert.equal(people.get(ada), undefined);
  await people.recall(ada);
  await db.close();
});

await check('open again, scan both ways and asynchronously', async () => {
  const db = await open(folder);
  const people = db.table('people');
  const names = [...people.scan({ fields: ['name'] })].map((row) => row.name);
  assert.deepEqual(names, ['Ada', 'Zo\u00eb \u20ac']);
  assert.deepEqual([...people.scan({ reverse: true })].map((row) => row.$recno), [2, 1]);
  const lengths = [];
  for await (const row of people.scan()) lengths.push(row.notes.length);
  assert.deepEqual(lengths, [5, 5000]);
  await db.close();
  assert.equal(readdirSync(folder).some((name) => name.endsWith('.wal')), false);
});

await check('insertMany, and all or nothing', async () => {
  const db = await open(join(base, 'many'));
  const many = await db.createTable('many', { n: integer(), t: char(8) });
  await many.insertMany((function* rows() { for (let n = 0; n < 20_000; n++) yield { n, t: `t${n % 7}` }; })());
  let sum = 0;
  for (const row of many.scan({ fields: ['n'] })) sum += row.n;
  assert.equal(sum, 19_999 * 10_000);
  await assert.rejects(many.insertMany([{ n: 1, t: 'fits' }, { n: 2, t: 'too long for it' }]), { code: 'VALUE' });
  assert.equal(many.recordCount, 20_000);
  await db.close();
});

await check('transactions: rollback, conflict and retry, snapshot', async () => {
  const db = await open(join(base, 'transactions'));
  const accounts = await db.createTable('accounts', { balance: integer() });
  await accounts.insertMany([{ balance: 100 }, { balance: 100 }]);
  await assert.rejects(db.transaction((tx) => {
    tx.table(accounts).update(1, { balance: 0 });
    throw new Error('changed my mind');
  }), /changed my mind/);
  assert.equal(accounts.get(1).balance, 100);
  const snapshot = db.snapshot();
  const add = (amount) => db.transaction(async (tx) => {
    const { balance } = tx.table(accounts).get(1);
    await Promise.resolve();
    tx.table(accounts).update(1, { balance: balance + amount });
  });
  await Promise.all([add(1), add(10), add(100)]);
  assert.equal(accounts.get(1).balance, 211);
  assert.equal(snapshot.table(accounts).get(1).balance, 100);
  snapshot.close();
  await db.close();
});

await check('in memory', async () => {
  const db = await open(':memory:');
  const t = await db.createTable('t', { a: char(3) });
  await t.insert({ a: 'x' });
  assert.equal(t.get(1).a, 'x');
  await db.close();
});

await check('one file by openDbf', async () => {
  const file = await openDbf(join(folder, 'people.dbf'));
  assert.equal([...file.scan()].length, 2);
  assert.equal(file.get(2).NAME, 'Zo\u00eb \u20ac');
  await file.close();
});

await check('a second writer is refused', async () => {
  const db = await open(folder);
  await assert.rejects(open(folder), { code: 'LOCKED' });
  await db.close();
});

for (const durability of ['commit', 'interval', 'none']) await check(`a killed process loses nothing acknowledged: ${durability}`, async () => {
  const killed = join(base, `killed-${durability}`);
  const acknowledged = await killAfter(killed, ACKNOWLEDGED_BEFORE_KILL, durability);
  const db = await open(killed);
  const transfers = [...db.table('transfers').scan()];
  const balances = [...db.table('accounts').scan()].map((row) => row.balance);
  assert.ok(transfers.length >= acknowledged, `${transfers.length} transfers of ${acknowledged} acknowledged`);
  assert.equal(balances.reduce((a, b) => a + b, 0), 1000);
  assert.equal(balances[1], transfers.reduce((sum, row) => sum + row.amount, 0));
  await db.close();
});

rmSync(base, { recursive: true, force: true });
console.log(failures === 0 ? 'smoke: all passed' : `smoke: ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);

/** Starts the child on this runtime, kills it after so many acknowledged transfers, and says how many there were. */
function killAfter(path, count, durability) {
  return new Promise((resolve, reject) => {
    const before = globalThis.Deno === undefined ? [] : ['run', '-A'];
    const child = spawn(process.execPath, [...before, CHILD, path, durability], { stdio: ['ignore', 'pipe', 'inherit'] });
    let acknowledged = 0;
    child.on('error', reject);
    createInterface({ input: child.stdout }).on('line', () => {
      acknowledged++;
      if (acknowledged === count) child.kill('SIGKILL');
    });
    child.on('close', () => {
      if (acknowledged >= count) resolve(acknowledged);
      else reject(new Error(`the child ended after ${acknowledged} transfers`));
    });
  });
}
