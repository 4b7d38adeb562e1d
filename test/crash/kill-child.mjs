// A child that works on a real database folder until it is killed: node kill-child.mjs <folder> <seed>.
// FIELDSTONE_JS is where the transpiled sources are, FIELDSTONE_KILL_AT the call that kills it (see killing-vfs.mjs).
import { killingVfs, tellParent } from '../support/sim/killing-vfs.mjs';

const [folder = '', seedText = '0'] = process.argv.slice(2);
const home = process.env.FIELDSTONE_JS ?? '';
const { nodeEnvironment, nodeVfs } = await import(`${home}/storage/mod.js`);
const { openIn } = await import(`${home}/src/open.js`);
const { char, memo, numeric } = await import(`${home}/src/main.js`);

const seed = Number(seedText);
const DURABILITIES = ['commit', 'interval', 'none'];
const COMMITS = 12;
const SCHEMA = { name: char(20), n: numeric(8), notes: memo() };
const { vfs, calls } = killingVfs(nodeVfs());
delete process.env.FIELDSTONE_KILL_AT;
delete process.env.FIELDSTONE_JS;

const durability = DURABILITIES[seed % 3];
const db = await openIn(nodeEnvironment(vfs), folder, { durability, ...(durability === 'interval' ? { syncIntervalMs: 5 } : {}) });
for (const name of ['left', 'right']) {
  if (!db.tables().includes(name)) await db.createTable(name, SCHEMA, { dialect: name === 'left' ? 'vfp' : 'dbase4' });
}
const pairs = db.kv('pairs', { values: 'utf8' });
tellParent('ready');

/** One row in each table and a pair in the store: all are there or none. */
const commit = async (id) => {
  const row = { name: id, n: seed, notes: `${id} `.repeat(20) };
  await db.transaction((tx) => {
    tx.table('left').insert(row);
    tx.table('right').insert(row);
    tx.kv(pairs).put(id, row.notes);
    tx.kv(pairs).put('gone', id, { expiresAt: 1 });
  });
  tellParent(`ack ${id}`);
};

for (let i = 0; i < COMMITS; i++) {
  const id = `${seed}.${i}`;
  if (i % 4 === 3) await Promise.all([commit(`${id}a`), commit(`${id}b`), i === 7 ? db.checkpoint() : undefined]);
  else await commit(id);
  if (i === 5) {
    const rows = Array.from({ length: 5 }, (_, k) => ({ name: `${seed}.load${k}`, n: seed, notes: 'x'.repeat(k * 30) }));
    await db.table('left').insertMany(rows, { direct: true });
    tellParent(`ack load ${seed}`);
  }
  if (i === 6 && seed % 5 === 2) {
    await pairs.put(`large ${seed % 3}`, `${seed} `.repeat(2_500_000)); // in parts
    tellParent(`ack large ${seed % 3} ${seed}`);
  }
  if (i === 8) await pairs.compact();
  if (i === 9) await db.table(seed % 2 === 0 ? 'left' : 'right').pack();
}
await db.close();
tellParent(`calls ${calls()}`);
