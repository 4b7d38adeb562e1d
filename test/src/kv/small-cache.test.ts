import { describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import { openIn } from '../../../src/open.js';

const ENTRIES = 6000;
const name = (i: number): string => `key ${String(i).padStart(6, '0')}`;
const valueOf = (i: number): string => `${i} `.repeat(10 + (i % 5));

describe('a store many times its cache', () => {
  for (const compression of ['none', 'lz4'] as const) {
    test(`gives the right values while walks of it stand open (${compression})`, async () => {
      const vfs = new MemoryVfs();
      vfs.makeFolder('/db');
      const db = await openIn(nodeEnvironment(vfs), '/db', { cacheSize: 65_536, compression });
      const kv = db.kv<string, string>('s', { values: 'utf8' });
      await kv.batch(Array.from({ length: ENTRIES }, (_, i) => ({ type: 'put' as const, key: name(i), value: valueOf(i) })));
      await db.checkpoint();
      let draw = 12_345;
      const next = (): number => (draw = (Math.imul(draw, 1_664_525) + 1_013_904_223) >>> 0) % ENTRIES;
      const bytes = db.kv<string, Uint8Array>('bytes', { values: 'binary' });
      await bytes.batch(Array.from({ length: ENTRIES }, (_, i) => ({ type: 'put' as const, key: name(i), value: Buffer.from(valueOf(i)) })));
      await db.checkpoint();
      const steps = bytes.entries()[Symbol.iterator](); // entry by entry out of the leaf, where texts are cut out together
      const forward = kv.entries()[Symbol.iterator]();
      const backward = kv.entries({ reverse: true })[Symbol.iterator]();
      const snapshot = db.snapshot();
      for (let i = 0; i < ENTRIES; i++) {
        expect(forward.next().value).toEqual([name(i), valueOf(i)]);
        const wanted = next();
        expect(kv.get(name(wanted))).toBe(valueOf(wanted));
        expect(backward.next().value).toEqual([name(ENTRIES - 1 - i), valueOf(ENTRIES - 1 - i)]);
        const [key, value] = steps.next().value ?? ['', new Uint8Array(0)];
        expect([key, Buffer.from(value).toString()]).toEqual([name(i), valueOf(i)]);
        expect(Buffer.from(bytes.get(name(wanted)) ?? []).toString()).toBe(valueOf(wanted));
        const [a, b] = [next(), next()];
        expect(snapshot.kv(kv).getMany([name(a), name(b), name(a), 'absent'])).toEqual([valueOf(a), valueOf(b), valueOf(a), undefined]);
        expect(kv.has(`${name(a)}x`)).toBe(false);
      }
      snapshot.close();
      expect(forward.next().done).toBe(true);
      expect(backward.next().done).toBe(true);
      await db.close();
    });
  }
});
