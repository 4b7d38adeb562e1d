// Lookups in the page cache beside mnemonist's LRUMap and a bare Map, and hit rates under two loads.
// Run: npm run build && node bench/micro/page-cache.mjs [address of another build's storage/mod.js]
import { LRUMap } from 'mnemonist';

const { PageCache, Probe } = await import(process.argv[2] ?? '../../dist/storage/mod.js');

const PAGE_BYTES = 4096;
const CAPACITY = 10_000;
const LOOKUPS = 4_000_000;
const ROUNDS = 5;

/** A fixed stream of numbers (xorshift32): every subject sees the same. */
function numbers(seed) {
  let x = seed;
  return () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return (x >>> 0) / 2 ** 32; };
}

function zipf(count, universe, seed) {
  const weights = Float64Array.from({ length: universe }, (_, i) => 1 / (i + 1));
  for (let i = 1; i < universe; i++) weights[i] += weights[i - 1];
  const total = weights[universe - 1];
  const next = numbers(seed);
  return Uint32Array.from({ length: count }, () => {
    const want = next() * total;
    let low = 0;
    let high = universe - 1;
    while (low < high) { const mid = (low + high) >>> 1; if (weights[mid] < want) low = mid + 1; else high = mid; }
    return Math.imul(low, 2654435761) >>> 0;
  });
}

const page = new Uint8Array(PAGE_BYTES);
const FILE = 3;
const keyOf = (pageNo) => FILE * 2 ** 32 + pageNo;

const subjects = {
  'PageCache': () => {
    const cache = new PageCache({ limitBytes: CAPACITY * PAGE_BYTES, probe: new Probe() });
    return { get: (no) => cache.get(FILE, no), put: (no, scan) => cache.put(FILE, no, page, 'table', scan) };
  },
  'mnemonist LRUMap': () => {
    const cache = new LRUMap(CAPACITY);
    return { get: (no) => cache.get(keyOf(no)), put: (no) => cache.set(keyOf(no), page) };
  },
  'mnemonist LRUMap, typed keys': () => {
    const cache = new LRUMap(Float64Array, Array, CAPACITY);
    return { get: (no) => cache.get(keyOf(no)), put: (no) => cache.set(keyOf(no), page) };
  },
  'bare Map, no eviction': () => {
    const map = new Map();
    return { get: (no) => map.get(keyOf(no)), put: (no) => map.set(keyOf(no), page) };
  },
};

function nsPerCall(run, calls) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run();
    best = Math.min(best, (performance.now() - start) * 1e6 / calls);
  }
  return best;
}

/** All lookups hit: a random walk over the pages that are there. */
function allHits(make) {
  const subject = make();
  for (let no = 0; no < CAPACITY; no++) subject.put(no, false);
  const next = numbers(7);
  const walk = Uint32Array.from({ length: 1 << 16 }, () => Math.floor(next() * CAPACITY));
  return nsPerCall(() => {
    for (let i = 0; i < LOOKUPS; i++) if (subject.get(walk[i & 0xffff]) === undefined) throw new Error('a miss');
  }, LOOKUPS);
}

/** Zipf over 100,000 pages, a tenth of which fit: hits, misses, evictions. */
function mixed(make) {
  const walk = zipf(1_000_000, 10 * CAPACITY, 11);
  let hits = 0;
  const ns = nsPerCall(() => {
    const subject = make();
    hits = 0;
    for (let i = 0; i < walk.length; i++) if (subject.get(walk[i]) === undefined) subject.put(walk[i], false); else hits++;
  }, walk.length);
  return { ns, hitRate: hits / walk.length };
}

/** Zipf lookups while a scan of a large file passes by: one page of the scan for each lookup. */
function besideScan(make) {
  const walk = zipf(300_000, 10 * CAPACITY, 13);
  const subject = make();
  let hits = 0;
  for (let i = 0; i < walk.length; i++) {
    if (subject.get(walk[i]) === undefined) subject.put(walk[i], false); else hits++;
    const scanned = 0x80000000 + (i % 2 ** 30);
    if (subject.get(scanned) === undefined) subject.put(scanned, true);
  }
  return hits / walk.length;
}

const rows = {};
for (const [name, make] of Object.entries(subjects)) {
  const bounded = name !== 'bare Map, no eviction';
  const mix = bounded ? mixed(make) : undefined;
  rows[name] = {
    'hit, ns': allHits(make).toFixed(1),
    'zipf, ns': mix?.ns.toFixed(1),
    'zipf, hit rate': mix?.hitRate.toFixed(3),
    'beside a scan, hit rate': bounded ? besideScan(make).toFixed(3) : undefined,
  };
}
console.table(rows);
