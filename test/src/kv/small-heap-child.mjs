// A store much larger than its cache in a small heap: node --max-old-space-size=128 small-heap-child.mjs <url of the sources> <folder> <entries>.
import { existsSync, statSync } from 'node:fs';
const [home, folder, count] = process.argv.slice(2);
const { open } = await import(`${home}/src/open.js`);
const entries = Number(count);
const BATCH = 500;
const keyOf = (i) => `key${String(Math.imul(i, 2_654_435_761) >>> 0).padStart(13, '0')}`;
const valueOf = (i) => `${i} `.repeat(200).slice(0, 1000);
let db = await open(folder, { cacheSize: '4mb', checkpointSize: '4mb', logLimit: '16mb', compression: 'none' });
let kv = db.kv('s', { values: 'utf8' });
for (let from = 0; from < entries; from += BATCH) {
  await kv.batch(Array.from({ length: Math.min(BATCH, entries - from) }, (_, k) => ({ type: 'put', key: keyOf(from + k), value: valueOf(from + k) })));
}
await db.close();
db = await open(folder, { cacheSize: '4mb', checkpointSize: '4mb', logLimit: '16mb', compression: 'none' });
kv = db.kv('s');
let seen = 0;
let last = '';
for (const [key] of kv.entries()) {
  if (key <= last) throw new Error('not in order');
  last = key;
  seen++;
}
for (let i = 0; i < entries; i += 7) if (kv.get(keyOf(i)) !== valueOf(i)) throw new Error(`key ${i} is not right`);
for (let from = 0; from < entries; from += BATCH) await kv.batch(Array.from({ length: BATCH / 2 }, (_, k) => ({ type: 'del', key: keyOf(from + k * 2) })));
const { keys } = await kv.compact();
const { ok } = await db.check();
await db.close();
const cache = { fileBytes: existsSync(`${folder}/s.kv`) ? statSync(`${folder}/s.kv`).size : 0, seen, keys, ok, heapBytes: process.memoryUsage().heapUsed, mostResidentBytes: process.resourceUsage().maxRSS * 1024 };
console.log(JSON.stringify(cache));
