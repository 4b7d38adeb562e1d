// The codecs on pieces of a table, beside node:zlib, and what a decompression bomb costs.
// Run: npm run build && node bench/micro/codec.mjs [address of another build's storage/mod.js]
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Bench } from 'tinybench';

const { codecByName } = await import(process.argv[2] ?? '../../dist/storage/mod.js');

function table(sizeBytes) {
  let x = 2463534242;
  const next = () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x >>> 0; };
  const names = ['Miller', 'Jones', 'Garcia', 'Chen', 'Okafor', 'Novak', 'Silva', 'Kowalski'];
  let text = '';
  while (text.length < sizeBytes) {
    text += ` ${names[next() % 8].padEnd(20)}${String(next() % 1_000_000).padStart(12)}${19900101 + next() % 300_000}${next() % 2 ? 'T' : 'F'}`;
  }
  return Buffer.from(text.slice(0, sizeBytes), 'latin1');
}

const zlib = {
  name: 'node:zlib, level 1',
  compress: (bytes) => deflateRawSync(bytes, { level: 1 }),
  decompress: (bytes, originalBytes) => inflateRawSync(bytes, { maxOutputLength: originalBytes }),
};

const sizes = [1024, 4096, 65_536, 1_048_576];
const bench = new Bench({ time: 200, warmupTime: 50 });
const ratios = new Map();
for (const sizeBytes of sizes) {
  const bytes = table(sizeBytes);
  for (const codec of [codecByName('lz4'), codecByName('deflate'), zlib]) {
    const packed = codec.compress(bytes);
    const label = `${sizeBytes} ${codec.name}`;
    ratios.set(label, (sizeBytes / packed.length).toFixed(2));
    bench.add(`${label} compress`, () => codec.compress(bytes));
    bench.add(`${label} decompress`, () => codec.decompress(packed, sizeBytes));
  }
}
await bench.run();

const speed = (label) => {
  const task = bench.getTask(label);
  return Math.round(Number.parseInt(label, 10) / 1e6 * 1000 / task.result.latency.p50);
};
console.table([...ratios].map(([label, ratio]) => ({
  what: label, ratio, 'compress MB/s': speed(`${label} compress`), 'decompress MB/s': speed(`${label} decompress`),
})));

const bomb = deflateRawSync(new Uint8Array(256 * 1024 * 1024), { level: 9 });
for (const [what, bytes, size] of [['16 KB bomb', bomb.subarray(0, 16 * 1024), 65_536], ['whole bomb', bomb, 1_048_576]]) {
  const start = performance.now();
  try { codecByName('deflate').decompress(bytes, size); throw new Error('not refused'); } catch (error) {
    console.log(`${what} of ${bytes.length} bytes: ${error.code} after ${(performance.now() - start).toFixed(1)} ms`);
  }
}
