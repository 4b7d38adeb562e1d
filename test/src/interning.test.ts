import { describe, expect, test } from 'vitest';
import { char, open } from '../../src/main.js';

describe('the knob internMemory', () => {
  test('is off by default; on, rows, keys and values are the same and what repeats is counted', async () => {
    const cities = ['Amsterdam', 'Zürich', 'Łódź'];
    for (const internMemory of [0, '64kb'] as const) {
      const db = await open(':memory:', { internMemory, cacheSize: '64kb' });
      const table = await db.createTable('t', { city: char(20), id: char(100) }, { encoding: 'cp1250' });
      const expected = Array.from({ length: 300 }, (_, i) => ({ city: cities[i % 3], id: `${'n'.repeat(70)}${i}` }));
      await table.insertMany(expected);
      const kv = db.kv<string, string>('s', { values: 'utf8' });
      await kv.batch(expected.map(({ city }, i) => ({ type: 'put', key: `k${String(i).padStart(4, '0')}`, value: city ?? '' })));
      await db.checkpoint();
      expect([...table.scan()].map((row) => ({ ...row }))).toEqual(expected);
      expect(kv.values().toArray()).toEqual(expected.map(({ city }) => city));
      expect(kv.keys({ reverse: true, limit: 2 }).toArray()).toEqual(['k0299', 'k0298']);
      expect(db.stats().counters['interning']).toEqual(internMemory === 0 ? { hits: 0, misses: 0, replaced: 0 } : { hits: 297 + 297, misses: 3 + 3 + 2, replaced: 0 });
      await db.close();
    }
  });
});
