import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MemoryVfs } from '#storage';
import type { Database } from '../../../src/database.js';
import { seededRandom } from '../../support/sim-clock.js';
import { bytesOf, filesOf, FOLDER, memoryFolder, openMemory } from './memory-folder.js';

const SEED = Number(process.env['SEED'] ?? 311);
const PAGE = 8192;
const keyOf = (i: number): string => `key ${String(i).padStart(5, '0')}`;
let vfs: MemoryVfs;
let db: Database;

beforeEach(async () => {
  vfs = memoryFolder();
  db = await openMemory(vfs, { compression: 'none' });
});
afterEach(() => db.close());

async function fill(count: number): Promise<Map<string, string>> {
  const kv = db.kv<string, string>('s', { values: 'utf8' });
  const truth = new Map(Array.from({ length: count }, (_, i) => [keyOf(i), i % 97 === 0 ? `${i} `.repeat(4000) : `value ${i}`]));
  await kv.batch([...truth].map(([key, value]) => ({ type: 'put' as const, key, value })));
  await db.checkpoint();
  for (let i = 0; i < count; i += 3) truth.delete(keyOf(i));
  await kv.batch(Array.from({ length: Math.ceil(count / 3) }, (_, i) => ({ type: 'del' as const, key: keyOf(i * 3) })));
  await db.checkpoint();
  return truth;
}

/** Changes bytes of a file where it lies. */
function change(file: string, edit: (bytes: Buffer) => void): void {
  const path = `${FOLDER}/${file}`;
  const bytes = bytesOf(vfs, path);
  edit(bytes);
  const handle = vfs.open(path, 'write');
  handle.writeAt(bytes, 0);
  handle.close();
}

const pagesOf = (bytes: Buffer, type: number): number[] => {
  const pages = Array.from({ length: bytes.length / PAGE }, (_, i) => i);
  return pages.filter((i) => bytes[i * PAGE + 12] === type);
};
const codesOf = async (): Promise<string[]> => [...new Set((await db.check()).findings.filter((f) => f.severity !== 'note').map((f) => f.code))];
const pairs = (): [string, string][] => db.kv<string, string>('s').entries().toArray();
/** Pages that the tree leads to. */
function liveLeaves(bytes: Buffer): number[] {
  const root = bytes.readUInt32LE(32 + 20);
  const at = root * PAGE;
  const count = bytes.readUInt16LE(at + 32);
  const offsets = at + 36 + bytes.readUInt16LE(at + 34) + count * 4;
  return Array.from({ length: count }, (_, i) => {
    const start = at + bytes.readUInt16LE(offsets + i * 2);
    return bytes.readUInt32LE(start + 2 + Math.max(0, (bytes.readUInt16LE(start) & 0x1fff) - 4));
  });
}

describe('check', () => {
  test('counts stores and keys, and finds a sound one fine', async () => {
    const truth = await fill(3000);
    const result = await db.check();
    expect(result).toMatchObject({ ok: true, findings: [], stores: 1, keys: truth.size, tables: 0 });
    expect(await db.check({ stores: ['S'] })).toMatchObject({ ok: true, stores: 1, tables: 0 });
    expect(await db.check({ tables: [] })).toMatchObject({ stores: 0 });
    await expect(db.check({ stores: ['t'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('sees on the disk what the cache still hides', async () => {
    await fill(3000);
    expect(pairs().length).toBe(2000);
    const leaf = liveLeaves(bytesOf(vfs, `${FOLDER}/s.kv`))[1] ?? 0;
    change('s.kv', (bytes) => { bytes[leaf * PAGE + 500] = (bytes[leaf * PAGE + 500] ?? 0) ^ 1; });
    const { ok, findings } = await db.check();
    expect(ok).toBe(false);
    expect(findings[0]).toMatchObject({ code: 'TREE_PAGE', severity: 'error', offset: leaf * PAGE, file: `${FOLDER}/s.kv` });
  });

  test('changes nothing, and works beside a writer and on read-only handles', async () => {
    await fill(3000);
    await db.close();
    const before = filesOf(vfs);
    db = await openMemory(vfs, { readOnly: true });
    expect(await db.check()).toMatchObject({ ok: true, keys: 2000 });
    expect(filesOf(vfs)).toEqual(before);
  });

  test('goes on while checkpoints move the pages', async () => {
    await fill(6000);
    const kv = db.kv<string, string>('s');
    const writes: Promise<void>[] = [];
    let n = 0;
    const { ok, findings } = await db.check({ onProgress: () => { writes.push(kv.put(keyOf(n * 7), `new ${n++}`).then(() => db.checkpoint())); } });
    await Promise.all(writes);
    expect(findings).toEqual([]);
    expect(ok).toBe(true);
  });

  test('names parts that are missing and parts that nobody has', async () => {
    const kv = db.kv<string, Uint8Array>('s', { values: 'binary' });
    await kv.put('big', new Uint8Array(9 << 20));
    await db.close();
    const [early, earlyParts] = ['s.kv', 's.parts.kv'].map((file) => bytesOf(vfs, `${FOLDER}/${file}`));
    db = await openMemory(vfs);
    await db.kv<string, Uint8Array>('s').put('other', new Uint8Array(5 << 20));
    await db.close();
    const [late, lateParts] = ['s.kv', 's.parts.kv'].map((file) => bytesOf(vfs, `${FOLDER}/${file}`));
    const catalog = bytesOf(vfs, `${FOLDER}/fieldstone.json`);
    for (const [tree, parts, code, status] of [[early, lateParts, 'PARTS_ORPHANED', ['fine', 'repaired']], [late, earlyParts, 'PARTS_MISSING', ['repaired', 'fine']]] as const) {
      vfs = memoryFolder({ 's.kv': tree ?? new Uint8Array(0), 's.parts.kv': parts ?? new Uint8Array(0), 'fieldstone.json': catalog });
      db = await openMemory(vfs);
      expect(await codesOf()).toEqual([code]);
      const { stores } = await db.repair();
      expect(stores.map((s) => s.status)).toEqual(status);
      expect(await codesOf()).toEqual([]);
      expect(db.kv<string, Uint8Array>('s').entries().toArray().map(([key, value]) => [key, value.length])).toEqual([['big', 9 << 20]]);
      await db.close();
    }
    db = await openMemory(vfs);
  });
});

describe('repair', () => {
  test('leaves a sound store alone', async () => {
    await fill(300);
    const before = bytesOf(vfs, `${FOLDER}/s.kv`);
    expect(await db.repair()).toEqual({ tables: [], stores: [{ store: 's', status: 'fine', actions: [], kept: [] }] });
    expect(bytesOf(vfs, `${FOLDER}/s.kv`).equals(before)).toBe(true);
  });

  test.each([false, true])('a damaged leaf costs its own keys alone (reopened: %s)', async (reopened) => {
    const truth = await fill(3000);
    const before = pairs();
    expect(before).toHaveLength(truth.size);
    if (reopened) await db.close();
    const leaf = liveLeaves(bytesOf(vfs, `${FOLDER}/s.kv`))[2] ?? 0;
    change('s.kv', (bytes) => { bytes[leaf * PAGE + 700] = (bytes[leaf * PAGE + 700] ?? 0) ^ 255; });
    const damaged = bytesOf(vfs, `${FOLDER}/s.kv`);
    if (reopened) db = await openMemory(vfs, { compression: 'none' });
    else await db.kv<string, string>('s').put('in the log', 'kept');
    const { stores } = await db.repair();
    expect(stores[0]).toMatchObject({ status: 'repaired', kept: ['s.kv.bak-1'] });
    expect(bytesOf(vfs, `${FOLDER}/s.kv.bak-1`).equals(damaged)).toBe(true);
    expect(await codesOf()).toEqual([]);
    const after = new Map(pairs());
    if (!reopened) expect(after.get('in the log')).toBe('kept');
    after.delete('in the log');
    expect(after.size).toBeLessThan(truth.size);
    expect(after.size).toBeGreaterThan(truth.size - 400);
    for (const [key, value] of after) expect(truth.get(key)).toBe(value);
    await db.kv<string, string>('s').put('later', 'works');
    await db.checkpoint();
    expect(await codesOf()).toEqual([]);
  });

  test('a damaged root loses nothing: its leaves are found again, freed ones are not', async () => {
    const truth = await fill(3000);
    await db.close();
    const root = bytesOf(vfs, `${FOLDER}/s.kv`).readUInt32LE(52);
    change('s.kv', (bytes) => { bytes.fill(0, root * PAGE, root * PAGE + PAGE); });
    db = await openMemory(vfs, { compression: 'none' });
    expect(await codesOf()).toContain('TREE_PAGE');
    const { stores } = await db.repair();
    expect(stores[0]).toMatchObject({ status: 'repaired' });
    expect(new Map(pairs())).toEqual(truth);
  });

  test('a damaged first page loses nothing either', async () => {
    const truth = await fill(3000);
    await db.close();
    change('s.kv', (bytes) => { bytes.fill(0xee, 0, PAGE); });
    db = await openMemory(vfs, { compression: 'none' });
    expect(() => db.kv('s')).toThrow(/no key-value store|first page/);
    expect((await db.check()).ok).toBe(false);
    const { stores } = await db.repair();
    expect(stores[0]).toMatchObject({ status: 'repaired', kept: ['s.kv.bak-1'] });
    expect(new Map(pairs())).toEqual(truth);
    expect(await codesOf()).toEqual([]);
    await db.close();
    db = await openMemory(vfs);
    expect(new Map(pairs())).toEqual(truth);
  });

  test('first page, root and list of free pages damaged at once: newer leaves win over freed ones', async () => {
    const truth = await fill(3000);
    await db.kv<string, string>('s').batch([...truth].slice(0, 1200).map(([key]) => ({ type: 'put' as const, key, value: 'newer' })));
    for (const key of [...truth.keys()].slice(0, 1200)) truth.set(key, 'newer');
    await db.checkpoint();
    await db.close();
    change('s.kv', (bytes) => {
      const root = bytes.readUInt32LE(52);
      bytes.fill(1, 0, PAGE);
      bytes.fill(1, root * PAGE, root * PAGE + PAGE);
      for (const page of pagesOf(bytes, 5)) bytes.fill(1, page * PAGE, page * PAGE + PAGE);
    });
    db = await openMemory(vfs, { compression: 'none' });
    expect((await db.repair()).stores[0]).toMatchObject({ status: 'repaired' });
    const after = new Map(pairs());
    for (const [key, value] of truth) expect(after.get(key)).toBe(value);
    expect(after.size).toBeLessThan(truth.size * 1.05);
  });

  test('whatever bytes are damaged: what remains is true, and the store works', async () => {
    const random = seededRandom(SEED);
    const truth = await fill(2000);
    await db.close();
    const sound = bytesOf(vfs, `${FOLDER}/s.kv`);
    const catalog = bytesOf(vfs, `${FOLDER}/fieldstone.json`);
    let whole = 0;
    for (let round = 0; round < 25; round++) {
      vfs = memoryFolder({ 's.kv': sound, 'fieldstone.json': catalog });
      const hits = 1 + random.int(3);
      change('s.kv', (bytes) => {
        for (let k = 0; k < hits; k++) {
          const at = random.int(bytes.length - 4);
          bytes.fill(random.int(256), at, Math.min(bytes.length, at + 1 + random.int(600)));
        }
      });
      db = await openMemory(vfs);
      const { stores } = await db.repair();
      const label = `round ${round}, SEED=${SEED}: ${JSON.stringify(stores)}`;
      expect(stores[0]?.status, label).not.toBe('failed');
      expect(await codesOf(), label).toEqual([]);
      const after = pairs();
      for (const [key, value] of after) expect(truth.get(key), `${label} ${key}`).toBe(value);
      if (after.length === truth.size) whole++;
      await db.kv<string, string>('s').put('z', 'new');
      await db.close();
      db = await openMemory(vfs);
      expect(pairs(), label).toHaveLength(after.length + 1);
      await db.close();
    }
    expect(whole).toBeLessThan(25);
    db = await openMemory(vfs);
  });

  test('says so when nothing can be found', async () => {
    await fill(300);
    await db.close();
    change('s.kv', (bytes) => { bytes.fill(3); });
    db = await openMemory(vfs);
    const { stores } = await db.repair();
    expect(stores[0]).toMatchObject({ status: 'failed', error: { code: 'CORRUPT_PAGE' }, kept: [] });
    expect(vfs.list(FOLDER)).not.toContain('s.kv.bak-1');
  });

  test('cancelled changes nothing', async () => {
    await fill(6000);
    const leaf = liveLeaves(bytesOf(vfs, `${FOLDER}/s.kv`))[2] ?? 0;
    change('s.kv', (bytes) => { bytes[leaf * PAGE + 700] = (bytes[leaf * PAGE + 700] ?? 0) ^ 255; });
    const before = bytesOf(vfs, `${FOLDER}/s.kv`);
    const control = new AbortController();
    let calls = 0;
    await expect(db.repair({ signal: control.signal, onProgress: () => { if (++calls > 2) control.abort(); } })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(bytesOf(vfs, `${FOLDER}/s.kv`).equals(before)).toBe(true);
    expect(vfs.list(FOLDER).filter((name) => name.includes('.bak-') || name.includes('.fs-'))).toEqual([]);
  });
});
