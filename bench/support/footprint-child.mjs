// One measurement in a fresh process; prints JSON. Arguments: load|scan|first, folder, detail.
import { open } from '../../dist/src/main.js';
import { openDbf } from '../../dist/src/dbf/main.js';
import { rows, SCHEMA } from './rows.mjs';

const [what, folder, detail] = process.argv.slice(2);
const imported = performance.now();
const rssMb = () => process.memoryUsage.rss() / 2 ** 20;
let beforeMb = 0;
let mostMb = 0;
const look = () => { mostMb = Math.max(mostMb, rssMb()); };

async function load() {
  const db = await open(folder);
  const table = await db.createTable('big', SCHEMA, { dialect: 'foxpro2' });
  beforeMb = rssMb();
  await table.insertMany(rows(Number(detail)), { onProgress: look });
  await db.close();
}

async function scan() {
  const db = await open(folder, { readOnly: true });
  const table = db.table('big');
  beforeMb = rssMb();
  let seen = 0;
  const step = (row) => {
    if (row.ID === -1) throw new Error('no row has this id');
    if (++seen % 100_000 === 0) look();
  };
  if (detail === 'async') for await (const row of table.scan()) step(row);
  else for (const row of table.scan()) step(row);
  if (seen !== table.recordCount) throw new Error(`${seen} of ${table.recordCount} rows`);
  await db.close();
}

async function first() {
  if (detail === 'openDbf') {
    const dbf = await openDbf(`${folder}/big.dbf`);
    const [row] = firstOf(dbf.scan());
    if (row === undefined) throw new Error('no row');
    return;
  }
  const db = await open(folder, { readOnly: detail === 'readOnly' });
  if (db.table('big').get(1) === undefined) throw new Error('no row');
  const ms = performance.now() - imported;
  await db.close();
  return ms;
}

function* firstOf(rows) {
  for (const row of rows) {
    yield row;
    return;
  }
}

const ms = await { load, scan, first }[what]();
look();
console.log(JSON.stringify({ ms: ms ?? performance.now() - imported, beforeMb, growthMb: mostMb - beforeMb }));
