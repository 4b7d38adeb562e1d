import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { FieldstoneLevel } from '../../../src/level/main.js';
import { FieldstoneError, open } from '../../../src/main.js';

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-level-'));
  folders.push(folder);
  return join(folder, 'db');
}
afterEach(() => { for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true }); });

/** The code of the error and that of its cause. */
async function codesOf(action: () => Promise<unknown>): Promise<unknown[]> {
  try {
    await action();
  } catch (e) {
    const { code, cause } = e as { code?: unknown; cause?: { code?: unknown } };
    return [code, cause?.code];
  }
  return [];
}

describe('a folder', () => {
  test('keeps what was put, and is made by opening it', async () => {
    const folder = newFolder();
    const first = new FieldstoneLevel<string, { n: number }>(folder, { valueEncoding: 'json' });
    await first.put('a', { n: 1 });
    await first.close();
    const again = new FieldstoneLevel<string, { n: number }>(folder, { valueEncoding: 'json', createIfMissing: false });
    expect(await again.get('a')).toEqual({ n: 1 });
    expect(again.getSync('a')).toEqual({ n: 1 });
    await again.close();
    await again.open();
    expect(await again.keys().all()).toEqual(['a']);
    await again.close();
    expect(again.location).toBe(folder);
  });

  test('is an ordinary database with a store of binary keys and values', async () => {
    const folder = newFolder();
    const level = new FieldstoneLevel(folder);
    await level.put('é', 'v');
    await level.close();
    const db = await open(folder);
    expect(db.stores()).toEqual(['level']);
    expect(db.kv<Uint8Array, Uint8Array>('level', { keys: 'binary', values: 'binary' }).get(Buffer.from('é'))).toEqual(new Uint8Array(Buffer.from('v')));
    await db.close();
  });

  test('says under the codes of abstract-level why it does not open', async () => {
    const folder = newFolder();
    expect(await codesOf(() => new FieldstoneLevel(folder, { createIfMissing: false }).open())).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_DATABASE_NOT_OPEN']);
    const level = new FieldstoneLevel(folder);
    await level.open();
    expect(await codesOf(() => new FieldstoneLevel(folder).open())).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_LOCKED']);
    await level.close();
    expect(await codesOf(() => level.open({ errorIfExists: true }))).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_DATABASE_NOT_OPEN']);
    expect(await codesOf(() => new FieldstoneLevel(folder, { cacheSize: -1 }).open())).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'OPTION']);
    await level.open();
    await level.close();
  });

  test('opens read-only, beside nothing and beside what is there', async () => {
    const folder = newFolder();
    expect(await codesOf(() => new FieldstoneLevel(folder, { readOnly: true }).open())).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_DATABASE_NOT_OPEN']);
    const level = new FieldstoneLevel(folder);
    await level.put('a', '1');
    await level.close();
    const reader = new FieldstoneLevel(folder, { readOnly: true });
    expect(await reader.get('a')).toBe('1');
    expect(await codesOf(() => reader.put('b', '2'))).toEqual(['READ_ONLY', undefined]);
    await reader.close();
  });

  test('takes sync by write, whatever the durability of the database', async () => {
    for (const durability of ['commit', 'none'] as const) {
      const folder = newFolder();
      const level = new FieldstoneLevel(folder, { durability });
      await level.put('a', '1', { sync: true });
      await level.put('b', '2', { sync: false });
      await level.batch([{ type: 'put', key: 'c', value: '3' }, { type: 'del', key: 'a' }], { sync: true });
      await level.del('b', { sync: false });
      await level.batch().put('d', '4').write({ sync: true });
      expect(await level.iterator().all()).toEqual([['c', '3'], ['d', '4']]);
      await level.close();
      await level.open();
      expect(await level.iterator().all()).toEqual([['c', '3'], ['d', '4']]);
      await level.close();
    }
  });
});

describe('durability by write', () => {
  /** Syncs of files until the action resolved. */
  async function syncsOf(level: FieldstoneLevel, syncs: () => number, action: () => Promise<void>): Promise<number> {
    const before = syncs();
    await action();
    return syncs() - before;
  }

  test('sync: true syncs, sync: false does not, neither follows the database', async () => {
    for (const durability of ['commit', 'none'] as const) {
      const db = await open(newFolder(), { durability });
      const level = new FieldstoneLevel(db);
      await level.put('x', 'makes the store');
      const syncs = (): number => db.stats().counters['io']?.['syncs'] ?? NaN;
      expect(await syncsOf(level, syncs, () => level.put('a', '1', { sync: true }))).toBe(1);
      expect(await syncsOf(level, syncs, () => level.put('a', '2', { sync: false }))).toBe(0);
      expect(await syncsOf(level, syncs, () => level.put('a', '3'))).toBe(durability === 'commit' ? 1 : 0);
      expect(await syncsOf(level, syncs, () => level.batch([{ type: 'del', key: 'a' }], { sync: true }))).toBe(1);
      await db.close();
    }
  });
});

describe('a given database', () => {
  test('stays open, and holds other things beside', async () => {
    const db = await open(':memory:');
    const level = new FieldstoneLevel(db, { store: 'mine' });
    const other = new FieldstoneLevel(db, { store: 'other' });
    await db.kv('plain').put('a', 1);
    await level.put('a', '1');
    expect(await other.get('a')).toBeUndefined();
    expect(level.location).toBeUndefined();
    await level.close();
    expect(db.isClosed).toBe(false);
    expect(db.stores()).toEqual(['mine', 'plain']);
    await level.open();
    expect(await level.get('a')).toBe('1');
    expect(await codesOf(() => new FieldstoneLevel(db, { store: 'plain' }).open())).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'SCHEMA']);
    expect(await codesOf(() => new FieldstoneLevel(db, { store: 'none', createIfMissing: false }).open())).toEqual(['LEVEL_DATABASE_NOT_OPEN', 'LEVEL_DATABASE_NOT_OPEN']);
    await db.close();
    expect(await codesOf(() => level.get('a'))).toEqual(['CLOSED', undefined]);
  });

  test('what is neither path nor database is refused at once', () => {
    expect(() => new FieldstoneLevel(7 as never)).toThrow(FieldstoneError);
  });

  test('reads from a snapshot of another kind of database are refused', async () => {
    const level = new FieldstoneLevel(':memory:');
    await level.open();
    const foreign = { ref: () => undefined, unref: () => undefined };
    expect(await codesOf(() => level.get('a', { snapshot: foreign as never }))).toEqual(['OPTION', undefined]);
    await level.close();
  });
});

describe('a walk', () => {
  test('reads what stood there when it was made, also after seek, while others write', async () => {
    const level = new FieldstoneLevel(':memory:');
    await level.batch(['a', 'b', 'c', 'd'].map((key) => ({ type: 'put', key, value: key })));
    const walk = level.iterator();
    await level.batch([{ type: 'del', key: 'c' }, { type: 'put', key: 'bb', value: 'late' }, { type: 'put', key: 'd', value: 'late' }]);
    expect(await walk.next()).toEqual(['a', 'a']);
    walk.seek('bb');
    expect(await walk.nextv(10)).toEqual([['c', 'c'], ['d', 'd']]);
    walk.seek('a');
    expect(await walk.next()).toEqual(['a', 'a']);
    await walk.close();
    expect(await level.keys().all()).toEqual(['a', 'b', 'bb', 'd']);
    await level.close();
  });

  test('over many keys gives the event loop its turns and can be cancelled on the way', async () => {
    const level = new FieldstoneLevel<string, string>(':memory:');
    const keys = Array.from({ length: 3000 }, (_, i) => String(i).padStart(5, '0'));
    await level.batch(keys.map((key) => ({ type: 'put', key, value: '' })));
    let turns = 0;
    let ended = false;
    const count = (): void => { if (!ended) { turns++; setImmediate(count); } };
    setImmediate(count);
    expect(await level.keys().all()).toEqual(keys);
    for await (const key of level.keys()) if (key === keys.at(-1)) break;
    ended = true;
    expect(turns).toBeGreaterThan(8);

    const abort = new AbortController();
    setImmediate(() => setImmediate(() => abort.abort()));
    const walk = level.keys({ signal: abort.signal });
    await expect(walk.nextv(3000)).rejects.toMatchObject({ name: 'AbortError', code: 'LEVEL_ABORTED' });
    await walk.close();
    await level.close();
  });

  test('of any range, from any place, gives what a sorted list gives', async () => {
    const level = new FieldstoneLevel<Buffer, string>(':memory:', { keyEncoding: 'buffer' });
    const bytes = fc.uint8Array({ maxLength: 3, max: 3 }).map((key) => Buffer.from(key));
    const bound = fc.option(bytes, { nil: undefined });
    await fc.assert(fc.asyncProperty(
      fc.array(bytes, { maxLength: 20 }), bound, bound, bound, bound, fc.boolean(), fc.integer({ min: -1, max: 6 }), bound,
      async (keys, gt, gte, lt, lte, reverse, limit, target) => {
        await level.clear();
        await level.batch(keys.map((key) => ({ type: 'put', key, value: key.toString('hex') })));
        const inRange = (key: Buffer): boolean => (gte !== undefined ? key.compare(gte) >= 0 : gt === undefined || key.compare(gt) > 0)
          && (lte !== undefined ? key.compare(lte) <= 0 : lt === undefined || key.compare(lt) < 0);
        const sorted = [...new Map(keys.map((key) => [key.toString('hex'), key])).values()].sort(Buffer.compare);
        if (reverse) sorted.reverse();
        const after = (key: Buffer): boolean => target === undefined || (inRange(target) && (reverse ? key.compare(target) <= 0 : key.compare(target) >= 0));
        const expected = sorted.filter((key) => inRange(key) && after(key)).slice(0, limit < 0 ? undefined : limit);
        const bounds = Object.fromEntries(Object.entries({ gt, gte, lt, lte }).filter(([, bound]) => bound !== undefined));
        const walk = level.keys({ ...bounds, reverse, limit });
        if (target !== undefined) walk.seek(target);
        expect(await walk.all()).toEqual(expected);
      },
    ), { numRuns: 150 });
    await level.close();
  });
});
