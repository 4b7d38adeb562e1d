import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Keyv } from 'keyv';
import { describe, expect, test, vi } from 'vitest';
import { FieldstoneKeyv } from '../../../src/keyv/main.js';
import { open } from '../../../src/main.js';

async function entriesOf(adapter: FieldstoneKeyv, namespace?: string): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of adapter.iterator(namespace)) entries.push(entry);
  return entries;
}

describe('an adapter with a folder of its own', () => {
  test('opens it at the first call, keeps what was set, closes it with disconnect', async () => {
    const base = mkdtempSync(join(tmpdir(), 'fieldstone-keyv-'));
    const folder = join(base, 'cache');
    try {
      const keyv = new Keyv({ store: new FieldstoneKeyv(folder), namespace: 'pages' });
      await keyv.set('/', { html: '<p>' });
      await keyv.disconnect();
      await expect(keyv.store.get('pages:/')).rejects.toMatchObject({ code: 'CLOSED' });
      const again = new Keyv(new FieldstoneKeyv(folder), { namespace: 'pages' });
      expect(await again.get('/')).toEqual({ html: '<p>' });
      await again.disconnect();
      await again.disconnect();
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });

  test('tries again when opening failed, and tells listeners why get() failed', async () => {
    const base = mkdtempSync(join(tmpdir(), 'fieldstone-keyv-'));
    try {
      const db = await open(base);
      const keyv = new Keyv({ store: new FieldstoneKeyv(base) });
      const errors: unknown[] = [];
      keyv.on('error', (e: unknown) => errors.push(e));
      expect(await keyv.get('a')).toBeUndefined();
      expect(await keyv.set('a', 1)).toBe(false);
      expect(errors).toEqual([expect.objectContaining({ code: 'LOCKED' }), expect.objectContaining({ code: 'LOCKED' })]);
      await expect(new FieldstoneKeyv(base).get('a')).rejects.toMatchObject({ code: 'LOCKED' });
      await db.close();
      expect(await keyv.set('a', 1)).toBe(true);
      expect(await keyv.get('a')).toBe(1);
      await keyv.disconnect();
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });

  test('disconnect before anything was asked opens nothing', async () => {
    const adapter = new FieldstoneKeyv('/nowhere/at/all');
    await adapter.disconnect();
    await expect(adapter.get('a')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('what is neither path nor database is refused at once', () => {
    expect(() => new FieldstoneKeyv(7 as never)).toThrow(expect.objectContaining({ code: 'OPTION' }));
  });
});

describe('an adapter in an open database', () => {
  test('never closes it, and shares a store with others', async () => {
    const db = await open(':memory:');
    const one = new FieldstoneKeyv(db, { store: 'cache' });
    const two = new FieldstoneKeyv(db, { store: 'cache' });
    await one.set('a', 'text');
    expect(await two.get('a')).toBe('text');
    expect(db.stores()).toEqual(['cache']);
    await one.disconnect();
    expect(await one.get('a')).toBe('text');
    await db.close();
    await expect(one.get('a')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('namespaces that begin alike stay apart', async () => {
    const db = await open(':memory:');
    const short = new Keyv({ store: new FieldstoneKeyv(db), namespace: 'a' });
    const long = new Keyv({ store: new FieldstoneKeyv(db), namespace: 'ab' });
    await short.set('x', 1);
    await long.set('x', 2);
    await short.clear();
    expect([await short.get('x'), await long.get('x')]).toEqual([undefined, 2]);
    const all = new FieldstoneKeyv(db);
    expect(await entriesOf(all, 'a')).toEqual([]);
    expect(await entriesOf(all)).toHaveLength(1);
    await all.clear();
    expect(await entriesOf(all)).toEqual([]);
    await db.close();
  });

  test('keeps text and all that JSON can hold, with and without a serializer', async () => {
    const db = await open(':memory:');
    const adapter = new FieldstoneKeyv(db);
    const values = ['', 'text', 'j', 's', '{', '{"a":1}', '[1]', 0, -1.5, true, false, null, [1, 'a', null], { a: { b: [] } }];
    for (const [i, value] of values.entries()) await adapter.set(`k${i}`, value);
    expect(await adapter.getMany(values.map((_, i) => `k${i}`))).toEqual(values);
    await expect(adapter.set('u', undefined)).rejects.toMatchObject({ code: 'VALUE' });
    const plain = new Keyv({ store: adapter, serialize: undefined as never, deserialize: undefined as never });
    await plain.set('o', { a: 1 }, 60_000);
    expect(await plain.get('o')).toEqual({ a: 1 });
    await db.kv('keyv', { keys: 'utf8', values: 'utf8' }).put('odd', 'x');
    await db.kv('keyv', { keys: 'utf8', values: 'utf8' }).put('odder', 'j{');
    await expect(adapter.get('odd')).rejects.toMatchObject({ code: 'CORRUPT_PAGE' });
    await expect(adapter.get('odder')).rejects.toMatchObject({ code: 'CORRUPT_PAGE' });
    await db.close();
  });

  test('many at once: all or none', async () => {
    const db = await open(':memory:');
    const keyv = new Keyv({ store: new FieldstoneKeyv(db) });
    expect(await keyv.setMany([{ key: 'a', value: 1 }, { key: 'b', value: 2, ttl: 60_000 }])).toEqual([true, true]);
    const tooLong = 'x'.repeat(10_000);
    keyv.on('error', () => undefined);
    expect(await keyv.setMany([{ key: 'c', value: 3 }, { key: tooLong, value: 4 }])).toEqual([false, false]);
    expect(await keyv.hasMany(['a', 'b', 'c'])).toEqual([true, true, false]);
    expect(await keyv.deleteMany(['a', 'c'])).toBe(true);
    expect(await keyv.deleteMany(['a', 'c'])).toBe(false);
    expect(await Promise.all([keyv.delete('b'), keyv.delete('b')])).toContain(false);
    expect(await keyv.get(['a', 'b'])).toEqual([undefined, undefined]);
    await db.close();
  });

  test('what has expired is gone for the adapter too', async () => {
    const db = await open(':memory:');
    const adapter = new FieldstoneKeyv(db);
    try {
      vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
      await adapter.set('short', 'a', 100);
      await adapter.setMany([{ key: 'long', value: 'b', ttl: 1000 }, { key: 'ever', value: 'c' }]);
      await adapter.set('zero', 'd', 0);
      expect(await adapter.has('short')).toBe(true);
      vi.setSystemTime(1_000_100);
      expect(await adapter.hasMany(['short', 'long', 'ever', 'zero'])).toEqual([false, true, true, true]);
      vi.setSystemTime(1_002_000);
      expect(await adapter.getMany(['short', 'long', 'ever', 'zero'])).toEqual([undefined, undefined, 'c', 'd']);
      expect(await entriesOf(adapter)).toEqual([['ever', 'c'], ['zero', 'd']]);
      expect(await adapter.delete('short')).toBe(false);
    } finally {
      vi.useRealTimers();
    }
    await db.close();
  });
});
