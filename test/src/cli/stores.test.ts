import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open } from '../../../src/main.js';
import { cli, inFolder } from './run-cli.js';

const keyOf = (i: number): string => `key ${String(i).padStart(5, '0')}`;

async function withStore(body: (data: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const data = join(folder, 'data');
    const db = await open(data);
    const kv = db.kv<string, string>('settings', { values: 'utf8' });
    await kv.batch(Array.from({ length: 3000 }, (_, i) => ({ type: 'put' as const, key: keyOf(i), value: `value ${i} `.repeat(8) })));
    await db.checkpoint();
    await kv.batch(Array.from({ length: 2000 }, (_, i) => ({ type: 'del' as const, key: keyOf(i) })));
    await db.close();
    await body(data);
  });
}

describe('the command line with key-value stores', () => {
  test('check: fine, by name, damaged; repair keeps the original', () => withStore(async (data) => {
    const file = join(data, 'settings.kv');
    expect((await cli(['check', data])).out).toBe('0 tables, 0 records, 1 store, 1,000 keys: fine (0 errors, 0 warnings, 0 notes)\n');
    expect((await cli(['check', data, 'SETTINGS'])).status).toBe(0);
    expect((await cli(['check', file])).out).toContain('1 store, 1,000 keys: fine');
    expect((await cli(['check', data, 'nothing'])).status).toBe(1);
    const bytes = readFileSync(file);
    const root = bytes.readUInt32LE(52);
    bytes.fill(0, root * 8192, root * 8192 + 8192);
    writeFileSync(file, bytes);
    const bad = await cli(['check', data, '--json']);
    expect(bad.status).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ ok: false, stores: 1, findings: [{ code: 'TREE_PAGE', severity: 'error' }] });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    const mended = await cli(['repair', data]);
    expect(mended).toMatchObject({ status: 0, err: '' });
    expect(mended.out).toMatch(/^settings: repaired\n {2}1000 keys kept\n[^]* {2}originals kept: settings\.kv\.bak-1\n$/);
    expect(readFileSync(`${file}.bak-1`).equals(bytes)).toBe(true);
    expect((await cli(['check', data])).out).toContain('1,000 keys: fine');
    expect((await cli(['repair', data, 'settings'])).out).toBe('settings: fine\n');
  }));

  test('info: of a folder, a store, its file', () => withStore(async (data) => {
    const file = join(data, 'settings.kv');
    const all = await cli(['info', data]);
    expect(all).toMatchObject({ status: 0, err: '' });
    expect(all.out).toMatch(/^store +file +keys +values +entries +size[^]*\nsettings +settings\.kv +utf8 +utf8 +1,000 /);
    const facts = { name: 'settings', file: 'settings.kv', keys: 'utf8', values: 'utf8', entries: 1000, sizeBytes: statSync(file).size, partsBytes: 0 };
    expect(JSON.parse((await cli(['info', data, '--json'])).out)).toMatchObject({ tables: [], stores: [facts] });
    expect(JSON.parse((await cli(['info', data, 'SETTINGS', '--json'])).out)).toEqual(facts);
    expect((await cli(['info', file])).out).toMatch(/entries +1,000\n/);
    expect((await cli(['info', join(data, 'none.kv')])).status).toBe(1);
    const bytes = readFileSync(file);
    bytes.fill(0, 0, 100);
    writeFileSync(file, bytes);
    const bad = await cli(['info', data, '--json']);
    expect(bad.status).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ stores: [{ name: 'settings', error: { code: 'CORRUPT_PAGE' } }] });
  }));

  test('pack shrinks stores too', () => withStore(async (data) => {
    const file = join(data, 'settings.kv');
    const before = statSync(file).size;
    const packed = await cli(['pack', data, '--json']);
    expect(JSON.parse(packed.out)).toMatchObject({ tables: [], stores: [{ store: 'settings', keys: 1000, bytesBefore: before, bytesAfter: statSync(file).size }] });
    expect(statSync(file).size).toBeLessThan(before);
    expect((await cli(['pack', data, 'settings'])).out).toMatch(/^settings: 1,000 keys, .+ before, .+ now\n$/);
    expect(existsSync(`${file}.bak-1`)).toBe(false);
  }));

  test('dump explains every page, and names what is damaged', () => withStore(async (data) => {
    const file = join(data, 'settings.kv');
    const fine = await cli(['dump', file]);
    expect(fine.status).toBe(0);
    expect(fine.out).toMatch(/page 0 = header/);
    expect(fine.out).toMatch(/magic = FSTNTREE/);
    expect(fine.out).toMatch(/keys = 1000\n/);
    expect(fine.out).toMatch(/"key 02999" = \d+ bytes/);
    expect(fine.out).toMatch(/= filter\n/);
    let at = 0;
    for (const line of (await cli(['dump', file, '--json'])).out.trim().split('\n')) {
      const { offset, length } = JSON.parse(line) as { offset: number; length: number };
      if (length === 0) continue;
      expect(offset).toBe(at);
      at += length;
    }
    expect(at).toBe(statSync(file).size);
    const bytes = readFileSync(file);
    for (const [from, wanted] of [[8192 + 900, /checksum is wrong/], [40, /first page/], [0, /checksum is wrong/]] as const) {
      const damaged = Buffer.from(bytes);
      damaged[from] = (damaged[from] ?? 0) ^ 0x55;
      writeFileSync(file, damaged);
      const shown = await cli(['dump', file]);
      expect(shown.status, String(from)).toBe(1);
      expect(shown.out).toMatch(wanted);
    }
    writeFileSync(file, 'no tree at all');
    expect((await cli(['dump', file])).out).toContain('no page of a tree');
    writeFileSync(file, '');
    expect((await cli(['dump', file])).out).toContain('the file is empty');
  }));
});
