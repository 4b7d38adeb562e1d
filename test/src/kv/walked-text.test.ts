import { expect, test } from 'vitest';
import { open } from '../../../src/main.js';

test('a walk over leaves gives the same texts as reads do: ASCII, wide, broken surrogates, long and short ones, with and without expiry', async () => {
  const db = await open(':memory:', { pageSize: 8192 });
  for (const values of ['utf8', 'json'] as const) {
    const kv = db.kv<string, string>(values, { values });
    const texts = ['', 'a', 'plain text of some length, so that it is a slice', 'Ærøskøbing', '日本語', '\ud83d\ude00', 'x'.repeat(3000), 'é'.repeat(500), '\u0000\u007f'];
    const expected: [string, string][] = [];
    for (let i = 0; i < 2000; i++) {
      const key = i % 7 === 3 ? `ключ ${String(i).padStart(5, '0')}` : `key with a long prefix ${String(i).padStart(5, '0')}`;
      expected.push([key, `${texts[i % texts.length] ?? ''}${i}`]);
    }
    for (let i = 0; i < expected.length; i += 100) {
      await kv.batch(expected.slice(i, i + 100).map(([key, value], n) => ({ type: 'put', key, value, ...(n % 10 === 4 ? { expiresAt: 8.64e15 } : {}) })));
    }
    expected.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const folded of [false, true]) {
      if (folded) await db.checkpoint();
      expect(kv.entries().toArray()).toEqual(expected);
      expect(kv.entries({ reverse: true }).toArray()).toEqual([...expected].reverse());
      expect(kv.keys({ limit: 30 }).toArray()).toEqual(expected.slice(0, 30).map(([key]) => key));
      expect(kv.values({ gte: expected[150]?.[0] }).toArray()).toEqual(expected.slice(150).map(([, value]) => value));
      expect(expected.map(([key]) => kv.get(key))).toEqual(expected.map(([, value]) => value));
    }
  }
  await db.close();
});
