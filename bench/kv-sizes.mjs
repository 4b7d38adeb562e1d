// Cost against size: a store of 10 k, 100 k, 1 M, 10 M entries (16-byte keys, 100-byte values). Each size is measured once and kept in
// docs/kv-sizes.json, so a run goes on where the last one stopped; then docs/kv-sizes.svg is drawn from what is there.
//   npm run build && node bench/kv-sizes.mjs [10000 100000 ...] [--again]
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open } from '../dist/src/main.js';
import { logPlot } from './support/log-plot.mjs';

const DOCS = fileURLToPath(new URL('../docs/', import.meta.url));
const JSON_FILE = join(DOCS, 'kv-sizes.json');
const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const READS = 50_000;
const BATCH = 1000;
const ROUNDS = 5;
const args = process.argv.slice(2);
const wanted = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
const again = args.includes('--again');

// The same shuffled order each time: a full-period generator modulo a power of two, values past the end left out.
const keyOf = (i) => `key${String((Math.imul(i, 2_654_435_761) >>> 0)).padStart(13, '0')}`;
const valueOf = (i) => `value ${i} `.padEnd(100, `${i * 7} `).slice(0, 100);
let seed = 1;
const random = (n) => {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return (seed >>> 0) % n;
};
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];
// Processor time, not time by the clock: it says the same on a busy machine.
const cpuNs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};
const nsPer = (count, run) => {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = cpuNs();
    run();
    rounds.push((cpuNs() - start) / count);
  }
  return median(rounds);
};

async function measure(entries) {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-sizes-'));
  const options = { cacheSize: '256mb', checkpointSize: '64mb' };
  try {
    let db = await open(folder, options);
    let kv = db.kv('s', { values: 'utf8' });
    const loadStart = process.hrtime.bigint();
    for (let from = 0; from < entries; from += BATCH) {
      await kv.batch(Array.from({ length: Math.min(BATCH, entries - from) }, (_, k) => ({ type: 'put', key: keyOf(from + k), value: valueOf(from + k) })));
    }
    await db.checkpoint();
    const loadSeconds = Number(process.hrtime.bigint() - loadStart) / 1e9;
    await db.close();
    const openStart = process.hrtime.bigint();
    db = await open(folder, options);
    kv = db.kv('s');
    if (kv.get(keyOf(0)) !== valueOf(0)) throw new Error('the first key is gone');
    const openMs = Number(process.hrtime.bigint() - openStart) / 1e6;
    let seen = 0;
    const scanNs = nsPer(entries, () => { for (const [, value] of kv.entries()) seen += value.length; });
    const hitNs = nsPer(READS, () => { for (let i = 0; i < READS; i++) if (kv.get(keyOf(random(entries))) === undefined) throw new Error('a key is gone'); });
    const missNs = nsPer(READS, () => { for (let i = 0; i < READS; i++) if (kv.get(`absent${random(entries)}`) !== undefined) throw new Error('a key came'); });
    const batches = [];
    const batchesByClock = [];
    for (let round = 0; round < ROUNDS; round++) {
      const operations = Array.from({ length: BATCH }, () => ({ type: 'put', key: keyOf(random(entries)), value: valueOf(round) }));
      const start = process.hrtime.bigint();
      const cpuStart = cpuNs();
      await kv.batch(operations);
      batches.push((cpuNs() - cpuStart) / BATCH);
      batchesByClock.push(Number(process.hrtime.bigint() - start) / BATCH);
    }
    await db.close();
    return {
      entries, loadSeconds, openMs, getHitNs: hitNs, getMissNs: missNs, scanNsPerEntry: scanNs,
      batchPutNs: median(batches), batchPutNsByClock: median(batchesByClock),
      fileBytes: statSync(join(folder, 's.kv')).size, loadAverage: loadavg()[0], seen,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const known = existsSync(JSON_FILE) ? JSON.parse(readFileSync(JSON_FILE, 'utf8')) : { what: '16-byte keys, 100-byte text values, no compression (the default), cache 256 MB; medians of 5 rounds; nanoseconds of processor time where not said otherwise', sizes: [] };
for (const entries of wanted.length > 0 ? wanted : SIZES) {
  if (!again && known.sizes.some((one) => one.entries === entries)) continue;
  const { seen, ...figures } = await measure(entries);
  if (seen === 0) throw new Error('nothing was scanned');
  known.sizes = [...known.sizes.filter((one) => one.entries !== entries), { ...figures, node: process.version }].sort((a, b) => a.entries - b.entries);
  writeFileSync(JSON_FILE, `${JSON.stringify(known, null, 1)}\n`);
  console.log(figures);
}
writeFileSync(join(DOCS, 'kv-sizes.svg'), logPlot({
  title: 'Cost against size: processor time for each entry', xName: 'entries', yName: 'ns',
  series: [['get, found', 'getHitNs'], ['get, absent', 'getMissNs'], ['scan', 'scanNsPerEntry'], ['put in durable batches of 1,000', 'batchPutNs']]
    .map(([name, field]) => ({ name, points: known.sizes.map((one) => [one.entries, one[field]]) })),
}));
console.log(`docs/kv-sizes.svg drawn from ${known.sizes.length} sizes`);
