// As kill-child.mjs, with a table that has an index of each kind, a collection and a store, changed in the same transactions.
import { killingVfs, tellParent } from '../support/sim/killing-vfs.mjs';

const [folder = '', seedText = '0'] = process.argv.slice(2);
const home = process.env.FIELDSTONE_JS ?? '';
const { nodeEnvironment, nodeVfs } = await import(`${home}/storage/mod.js`);
const { openIn } = await import(`${home}/src/open.js`);
const { char, numeric } = await import(`${home}/src/main.js`);

const seed = Number(seedText);
const DURABILITIES = ['commit', 'interval', 'none'];
const COMMITS = 8;
const INDEXES = {
  by_name: { on: 'name', unique: true }, in_memory: { on: ['n', 'name'], type: 'skiplist' }, tag: { on: 'name', type: 'cdx' }, upper: { expression: 'UPPER(NAME)', type: 'cdx' },
  idx: { on: 'n', type: 'idx' }, ntx: { on: 'name', type: 'ntx' }, ndx: { on: 'n', type: 'ndx' },
};
const { vfs, calls } = killingVfs(nodeVfs());
delete process.env.FIELDSTONE_KILL_AT;
delete process.env.FIELDSTONE_JS;

const durability = DURABILITIES[seed % 3];
const db = await openIn(nodeEnvironment(vfs), folder, { durability, ...(durability === 'interval' ? { syncIntervalMs: 5 } : {}) });
if (!db.tables().includes('t')) await db.createTable('t', { name: char(20), n: numeric(8) }, { dialect: 'foxpro2' });
for (const [name, options] of Object.entries(INDEXES)) {
  if (!db.table('t').indexes().some((index) => index.name.toLowerCase() === name)) await db.table('t').createIndex(name, options);
}
const docs = db.collections().includes('docs') ? db.collection('docs') : await db.createCollection('docs', { columns: { name: char(20) } });
if (!docs.indexes().some((index) => index.name === 'tags')) await docs.createIndex('tags', { on: 'tags' });
const pairs = db.kv('pairs', { values: 'utf8' });
tellParent('ready');

/** A row, a document and a pair: all are there or none. What it brought before goes in the same transaction. */
const commit = async (id, before) => {
  await db.transaction((tx) => {
    const t = tx.table('t');
    if (before !== undefined) {
      t.delete(t.index('by_name').seek(before).$recno);
      tx.collection('docs').delete(before);
      tx.kv(pairs).delete(before);
    }
    t.insert({ name: id, n: seed });
    tx.collection('docs').insert({ _id: id, name: id, tags: [`seed${seed}`, 'all'] });
    tx.kv(pairs).put(id, id);
  });
  tellParent(before === undefined ? `ack ${id}` : `ack ${id} ${before}`);
};

for (let i = 0; i < COMMITS; i++) {
  const id = `${seed}.${i}`;
  if (i % 4 === 3) await Promise.all([commit(`${id}a`), commit(`${id}b`), i === 3 ? db.checkpoint() : undefined]);
  else await commit(id, i % 4 === 2 ? `${seed}.${i - 1}` : undefined);
  if (i === 4) {
    await db.table('t').insertMany(Array.from({ length: 5 }, (_, k) => ({ name: `${seed}.load${k}`, n: k })), { direct: true });
    tellParent(`ack load ${seed}`);
  }
  if (i === 5 && seed % 2 === 0) await db.table('t').pack();
  if (i === 6 && seed % 3 === 1) await db.table('t').reindex();
}
await db.close();
tellParent(`calls ${calls()}`);
