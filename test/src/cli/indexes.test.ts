import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { char, numeric, open } from '../../../src/main.js';
import { cli, inFolder } from './run-cli.js';

async function withIndexes(body: (data: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const data = join(folder, 'data');
    const db = await open(data);
    const people = await db.createTable('people', { name: char(20), n: numeric(8) }, { dialect: 'foxpro2' });
    await people.insertMany(Array.from({ length: 500 }, (_, i) => ({ name: `name ${String(i * 7 % 500).padStart(3, '0')}`, n: i })));
    await people.createIndex('by_n', { on: 'n', unique: true });
    await people.createIndex('upper', { expression: 'UPPER(NAME)', for: 'N>10', type: 'cdx' });
    await people.createIndex('names', { on: 'name', type: 'ntx' });
    await db.close();
    await body(data);
  });
}

/** Another key in place of the first `name 250` of an index file: `name 251`. */
function damage(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf('name 250', 1024, 'latin1');
  expect(at).toBeGreaterThan(0);
  bytes.write('name 9', at, 'latin1');
  writeFileSync(file, bytes);
}

describe('the command line with indexes', () => {
  test('info names them: of a folder how many, of a table each', () => withIndexes(async (data) => {
    const all = await cli(['info', data]);
    expect(all.out).toMatch(/^table +dialect +encoding +records +fields +size +memo +indexes +oddities\npeople +dbase3 +\S+ +500 +2 +\S+ KB +3\n$/);
    const { out } = await cli(['info', data, 'people']);
    expect(out).toMatch(/\nindex +kind +on +entries +file\n/);
    expect(out).toMatch(/\nby_n +btree +n, unique +500 +people\.by_n\.fsi\n/);
    expect(out).toMatch(/\nUPPER +cdx +UPPER\(NAME\) for N>10 +about \d+ +people\.cdx\n/i);
    expect(out).toMatch(/\nnames +ntx +name +about \d+ +names\.ntx\n/i);
    expect(JSON.parse((await cli(['info', data, 'people', '--json'])).out)).toMatchObject({ indexes: expect.arrayContaining([{ name: 'by_n', kind: 'btree', on: 'n, unique', entryCount: 500, file: 'people.by_n.fsi' }]) as unknown });
  }));

  test('dump explains each kind of file', () => withIndexes(async (data) => {
    for (const [name, words] of [['people.cdx', 'root page, byte offset'], ['names.ntx', 'root'], ['people.by_n.fsi', 'page']] as const) {
      const { status, out, err } = await cli(['dump', join(data, name)]);
      expect([name, status, err]).toEqual([name, 0, '']);
      expect(out).toContain(words);
    }
  }));

  test('check finds a wrong key, reindex makes all indexes anew', () => withIndexes(async (data) => {
    damage(join(data, 'names.ntx'));
    const bad = await cli(['check', data]);
    expect(bad.status).toBe(1);
    expect(bad.out).toMatch(/^error +CORRUPT_INDEX +names: /im);
    const done = await cli(['reindex', data]);
    expect(done).toMatchObject({ status: 0, err: '' });
    expect(done.out).toMatch(/^people: .*by_n \(500\)/);
    expect((await cli(['check', data])).out).toContain('fine (0 errors');
  }));

  test('repair says that it made an index file anew, once', () => withIndexes(async (data) => {
    damage(join(data, 'names.ntx'));
    const mended = await cli(['repair', data]);
    expect(mended).toMatchObject({ status: 0, err: '' });
    expect(mended.out).toMatch(/^people: repaired\n {2}index file names\.ntx .*made anew.*\n$/);
    expect((await cli(['repair', data])).out).toBe('people: fine\n');
    expect((await cli(['check', data])).out).toContain('fine (0 errors');
  }));
});
