import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BloomFilter, hashKey, hashKeyIn } from '#index';

const nameOf = (i: number): Buffer => Buffer.from(`key${String(i).padStart(13, '0')}`);

describe('a bloom filter', () => {
  test('never denies what it holds, also after a trip through bytes', () => {
    const some = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 200 });
    fc.assert(fc.property(some, fc.integer({ min: 1, max: 32 }), fc.nat(100), (keys, bits, capacity) => {
      const filter = BloomFilter.forKeys(capacity, bits);
      for (const key of keys) filter.add(hashKey(key));
      const again = BloomFilter.fromBytes(filter.clone().toBytes(), capacity, bits);
      for (const key of keys) expect(again.mayHold(hashKey(key))).toBe(true);
    }), { numRuns: 200 });
  });

  test.each([[6, 0.08], [10, 0.014], [16, 0.003]])('with %i bits a key answers wrongly at most %d of the time', (bits, most) => {
    const keys = 50_000;
    const filter = BloomFilter.forKeys(keys, bits);
    for (let i = 0; i < keys; i++) filter.add(hashKey(nameOf(i)));
    let wrong = 0;
    for (let i = keys; i < keys * 3; i++) if (filter.mayHold(hashKey(nameOf(i)))) wrong++;
    console.log(`${bits} bits a key: ${((wrong / keys / 2) * 100).toFixed(2)} % false answers`);
    expect(wrong / keys / 2).toBeLessThan(most);
  });

  test('says whether adding changed it', () => {
    const filter = BloomFilter.forKeys(10, 10);
    expect(filter.add(7)).toBe(true);
    expect(filter.add(7)).toBe(false);
  });

  test('refuses bytes that do not fit', () => {
    expect(() => BloomFilter.fromBytes(new Uint8Array(64), 1000, 10)).toThrow(expect.objectContaining({ code: 'CORRUPT_PAGE' }));
    expect(() => BloomFilter.fromBytes(new Uint8Array(64), 10, 0)).toThrow(expect.objectContaining({ code: 'CORRUPT_PAGE' }));
  });
});

describe('the hash', () => {
  test('spreads keys evenly over buckets, by high and by low bits', () => {
    const buckets = 256;
    const keys = 64 * buckets;
    for (const make of [nameOf, (i: number) => Buffer.from(Uint32Array.of(i).buffer), (i: number) => Buffer.from(String(i))]) {
      for (const pick of [(h: number) => h >>> 24, (h: number) => h & 255]) {
        const counts = new Array<number>(buckets).fill(0);
        for (let i = 0; i < keys; i++) { const b = pick(hashKey(make(i))); counts[b] = (counts[b] ?? 0) + 1; }
        const chi2 = counts.reduce((sum, n) => sum + (n - 64) ** 2 / 64, 0);
        expect(chi2).toBeLessThan(400); // 255 expected; 400 is far in the tail
        expect(chi2).toBeGreaterThan(150);
      }
    }
  });

  test('changes about half of its bits when one bit of the key changes', () => {
    let flipped = 0;
    let tries = 0;
    for (let i = 0; i < 300; i++) {
      const key = nameOf(i * 7919);
      const before = hashKey(key);
      for (let bit = 0; bit < key.length * 8; bit += 5) {
        key[bit >> 3] = (key[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        let change = (before ^ hashKey(key)) >>> 0;
        for (; change !== 0; change &= change - 1) flipped++;
        tries++;
        key[bit >> 3] = (key[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      }
    }
    expect(flipped / tries / 32).toBeGreaterThan(0.48);
    expect(flipped / tries / 32).toBeLessThan(0.52);
  });

  test('of a part of a buffer is the hash of the copy', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat(10), (bytes, start) => {
      const from = Math.min(start, bytes.length);
      expect(hashKey(bytes, bytes.length - from, from)).toBe(hashKey(bytes.slice(from)));
    }));
  });
});

test.each([[4000, 10], [1_500_000, 10], [4000, 7], [1_500_000, 12]])('many hashes at once set the same bits as one after another (%i keys, %i bits)', (capacity, bits) => {
  const hashes = Uint32Array.from({ length: 5000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 0);
  const [one, many] = [BloomFilter.forKeys(capacity, bits), BloomFilter.forKeys(capacity, bits)];
  for (let i = 0; i < 4321; i++) one.add(hashes[i]!);
  many.addMany(hashes, 4321);
  expect(Buffer.from(many.toBytes()).equals(Buffer.from(one.toBytes()))).toBe(true);
});

test('the hash of a key that is read by words is that of its bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(7), (key, start) => {
    const padded = new Uint8Array(start + key.length + 1);
    padded.set(key, start);
    expect(hashKeyIn(new DataView(padded.buffer), start, key.length)).toBe(hashKey(key));
  }));
});
