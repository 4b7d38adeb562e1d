import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open } from '../../../src/main.js';
import { dbfImage } from '../../support/dbf-image.js';
import { cli, inFolder } from './run-cli.js';

const CSV = 'name,born,salary,notes\r\n"Lovelace, Ada",1815-12-10,100.50,"two\nlines"\r\nZoë,,7,\r\nDel,2000-01-01,3.25,x\r\n';

async function withShop(body: (folder: string, data: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const data = join(folder, 'data');
    writeFileSync(join(folder, 'people.csv'), CSV);
    expect(await cli(['import', join(folder, 'people.csv'), data])).toEqual({ status: 0, out: '3 rows imported into people\n', err: '' });
    const db = await open(data);
    await db.table('people').delete(3);
    await db.close();
    await body(folder, data);
  });
}

describe('reading', () => {
  test('info: of a folder, a table, a file', () => withShop(async (_folder, data) => {
    const all = await cli(['info', data]);
    expect(all.out).toMatch(/^table +dialect[^\n]*\npeople +vfp +cp1252 +3 +4 /);
    const one = await cli(['info', data, 'PEOPLE']);
    expect(one.out).toMatch(/records +3 of/);
    expect(one.out).toMatch(/salary +N +6 +2/);
    const file = await cli(['info', join(data, 'people.dbf'), '--json']);
    expect(JSON.parse(file.out)).toMatchObject({ name: 'people', dialect: 'vfp', recordCount: 3, fields: [{ name: 'NAME', type: 'C' }, {}, {}, {}] });
    expect(JSON.parse((await cli(['info', data, '--json'])).out)).toMatchObject({ tables: [{ name: 'people', fields: 4 }] });
  }));

  test('cat: text, JSON lines, options', () => withShop(async (_folder, data) => {
    expect((await cli(['cat', data])).out).toBe(
      '#   name           born        salary  notes\n1   Lovelace, Ada  1815-12-10   100.5  two lines\n2   Zoë                             7\n',
    );
    expect((await cli(['cat', data, 'people', '--deleted', '--reverse', '--limit', '2', '--fields', 'NOTES,name'])).out).toBe(
      `#   notes${' '.repeat(37)}name\n3*  x${' '.repeat(41)}Del\n2   ${' '.repeat(42)}Zoë\n`,
    );
    expect((await cli(['cat', join(data, 'people.dbf'), '--from', '2', '--to', '3', '--json', '--deleted'])).out).toBe(
      '{"$recno":2,"NAME":"Zoë","BORN":null,"SALARY":7,"NOTES":""}\n{"$recno":3,"$deleted":true,"NAME":"Del","BORN":"2000-01-01","SALARY":3.25,"NOTES":"x"}\n',
    );
    expect((await cli(['cat', data, '--limit', '0'])).out.split('\n')).toHaveLength(2);
    expect(await cli(['cat', data, '--fields', 'nmae'])).toMatchObject({ status: 1, err: expect.stringMatching(/nearest: name/) });
  }));

  test('find: filter, sort, fields, count, plan', () => withShop(async (_folder, data) => {
    const filter = '{"born": {"$lt": {"$date": "1900-01-01"}}}';
    expect((await cli(['find', data, 'people', '--filter', filter, '--fields', 'salary,NAME'])).out).toBe(
      '#   salary  name\n1    100.5  Lovelace, Ada\n',
    );
    expect((await cli(['find', join(data, 'people.dbf'), '--sort', 'salary:desc', '--skip', '1', '--json', '--fields', 'name'])).out).toBe('{"$recno":2,"name":"Zoë"}\n');
    expect((await cli(['find', data, '--count'])).out).toBe('2\n');
    expect((await cli(['find', data, '--filter', '{"name": "x"}', '--explain'])).out).toContain('full scan; an index on (name) would serve it');
    expect(JSON.parse((await cli(['find', data, '--filter', filter, '--analyze', '--json'])).out)).toMatchObject({ fullScan: true, actual: { rows: 1 } });
    for (const bad of ['{', '[]', '{"a": {"$date": "x"}}']) expect(await cli(['find', data, '--filter', bad])).toMatchObject({ status: 2 });
    expect(await cli(['find', data, '--filter', '{"nmae": 1}'])).toMatchObject({ status: 1, err: expect.stringMatching(/nearest: name/) });
    expect(await cli(['find', data, '--filter', '{"name": {"$foo": 1}}'])).toMatchObject({ status: 1 });
  }));

  test('a file cannot move the cursor', () => inFolder(async (folder) => {
    writeFileSync(join(folder, 't.dbf'), dbfImage([{ name: 'A', type: 'C', length: 6 }], { records: [' \x1b[2Jab'] }));
    for (const args of [['cat', folder], ['dump', join(folder, 't.dbf')]]) expect((await cli(args)).out).not.toContain('\x1b');
  }));

  test('export and import again: the same rows in each format', () => withShop(async (folder, data) => {
    const rows = (await cli(['cat', data, '--json'])).out;
    for (const format of ['csv', 'ndjson', 'json']) {
      const file = join(folder, `out.${format}`);
      expect(await cli(['export', data, 'people', file])).toMatchObject({ status: 0, out: `2 rows written to ${file}\n` });
      expect((await cli(['export', data, 'people', '--format', format])).out).toBe(readFileSync(file, 'utf8'));
      expect(await cli(['export', data, 'people', file])).toMatchObject({ status: 1, err: expect.stringMatching(/exists already; --force/) });
      expect(await cli(['export', data, 'people', file, '--force', '--json'])).toMatchObject({ status: 0 });
      const again = join(folder, `again-${format}`);
      expect((await cli(['import', file, again, 'people', '--schema', '{"name":"char(20)","born":"date","salary":"numeric(8,2)","notes":"memo"}'])).status).toBe(0);
      expect((await cli(['cat', again, '--json'])).out).toBe(rows);
    }
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
  }));

  test('dump explains, and says what is wrong by its status', () => withShop(async (_folder, data) => {
    const table = await cli(['dump', join(data, 'people.dbf')]);
    expect(table).toMatchObject({ status: 0, out: expect.stringMatching(/record count = 3/) });
    expect((await cli(['dump', join(data, 'people.fpt'), '--json', '--limit', '2'])).out.split('\n')).toHaveLength(3);
    expect(await cli(['dump', data])).toMatchObject({ status: 1, err: expect.stringMatching(/is a folder/) });
    const readme = join(data, 'x.wal');
    writeFileSync(readme, 'not a log');
    expect((await cli(['dump', readme])).status).toBe(1);
  }));
});

describe('import', () => {
  test('shows its guess, takes a schema from a file, appends, reads standard input', () => inFolder(async (folder) => {
    const data = join(folder, 'data');
    const file = join(folder, '2024 people.csv');
    const schema = join(folder, 'schema.json');
    writeFileSync(file, 'a;b\n1;x\n');
    writeFileSync(schema, '{"a":"numeric(5)","b":"char(5)"}');
    expect(JSON.parse((await cli(['import', file, data, '--dry-run'])).out)).toEqual({ a: 'numeric(1)', b: 'char(1)' });
    expect(existsSync(data)).toBe(false);
    expect((await cli(['import', file, data, '--schema', schema, '--dialect', 'dbase3', '--encoding', 'cp437', '--json'])).out)
      .toBe('{"table":"t_2024_people","rows":1,"fields":{"a":"numeric(5)","b":"char(5)"}}\n');
    expect(await cli(['import', '-', data, 't_2024_people', '--append', '--format', 'ndjson'], { stdin: ['{"A":2,"b":"y"}\n{"b":', '"ü"}'] }))
      .toMatchObject({ status: 0, out: '2 rows added to t_2024_people\n' });
    expect((await cli(['cat', data, '--json'])).out).toBe('{"$recno":1,"a":1,"b":"x"}\n{"$recno":2,"a":2,"b":"y"}\n{"$recno":3,"a":null,"b":"ü"}\n');
    expect(JSON.parse((await cli(['info', data, '--json'])).out)).toMatchObject({ tables: [{ dialect: 'dbase3', encoding: 'cp437' }] });
  }));

  test.each<[name: string, csv: string, args: string[], message: RegExp]>([
    ['a value that does not fit', `n\n${'1\n'.repeat(20)}x\n`, ['--schema', '{"n":"numeric(3)"}'], /line 22: field "n" takes a number/],
    ['a value the sample did not foresee', `n\n${'1\n'.repeat(200_000)}${'9'.repeat(30)}\n`, ['--sample', '1'], /nothing was imported: let --sample 0 look at all rows/],
    ['a character outside the code page', 'n\n世界\n', [], /not in cp1252; nothing was imported: choose a code page with --encoding/],
    ['an open quote', 'n\n"abc\n', [], /line 2: a quote is opened/],
    ['nothing', '', [], /no records/],
    ['no file', '\0', [], /there is no file/],
  ])('%s: an error, and no table', (name, csv, args, message) => inFolder(async (folder) => {
    const data = join(folder, 'data');
    const file = join(folder, 't.csv');
    if (name !== 'no file') writeFileSync(file, csv);
    const run = await cli(['import', file, data, ...args]);
    expect(run.err).toMatch(message);
    expect(run).toMatchObject({ status: 1, out: '' });
    if (existsSync(data)) expect(readdirSync(data).filter((one) => one !== 'fieldstone.json')).toEqual([]);
  }));

  test('a table that is there stays', () => withShop(async (folder, data) => {
    const before = readFileSync(join(data, 'people.dbf'));
    expect(await cli(['import', join(folder, 'people.csv'), data])).toMatchObject({ status: 1, err: expect.stringMatching(/table "people" exists already/) });
    expect(readFileSync(join(data, 'people.dbf')).equals(before)).toBe(true);
  }));
});

describe('looking after a folder', () => {
  test('check, repair, pack, backup', () => withShop(async (folder, data) => {
    expect(await cli(['check', data])).toEqual({ status: 0, out: '1 table, 3 records: fine (0 errors, 0 warnings, 0 notes)\n', err: '' });
    writeFileSync(join(data, 'bad.dbf'), dbfImage([{ name: 'A', type: 'C', length: 3 }], { records: [' abc', ' def'], count: 9 }));
    const found = await cli(['check', data]);
    expect(found.status).toBe(1);
    expect(found.out).toMatch(/^error +COUNT_TOO_LARGE +the header counts 9 records, the file holds 2/m);
    expect(JSON.parse((await cli(['check', join(data, 'bad.dbf'), '--json'])).out)).toMatchObject({ ok: false, tables: 1, records: 2 });
    expect(await cli(['repair', data])).toMatchObject({ status: 0, out: expect.stringMatching(/bad: repaired\n {2}count of 9 corrected.*\n {2}originals kept: bad\.dbf\.bak-1\npeople: fine\n/) });
    expect((await cli(['check', data, '-q'])).status).toBe(0);
    expect((await cli(['pack', data, 'people'])).out).toBe('people: 1 removed, 2 kept\n');
    const target = join(folder, 'copy');
    expect(await cli(['backup', data, target])).toMatchObject({ status: 0, out: expect.stringMatching(/^2 tables, 4 records, .* copied to/) });
    expect((await cli(['cat', target, 'people', '--json'])).out).toBe((await cli(['cat', data, 'people', '--json'])).out);
    expect(await cli(['backup', data, target])).toMatchObject({ status: 1, err: expect.stringMatching(/not an empty folder/) });
  }));

  test('a folder in use: reading goes on, writing is refused', () => withShop(async (_folder, data) => {
    const db = await open(data);
    await db.table('people').insert({ name: 'In the log' });
    expect((await cli(['cat', data, '--from', '4'])).out).toMatch(/In the log/);
    expect((await cli(['info', data])).status).toBe(0);
    expect((await cli(['check', data])).out).toMatch(/4 records: fine/);
    for (const args of [['pack', data], ['repair', data]]) {
      expect(await cli(args)).toMatchObject({ status: 1, err: expect.stringMatching(/LOCKED/) });
    }
    await db.close();
  }));

  test.each([['info'], ['cat'], ['check'], ['repair'], ['pack'], ['backup']])('%s: a missing folder', (name) => inFolder(async (folder) => {
    const missing = join(folder, 'nope');
    const run = await cli([name, missing, ...(name === 'backup' ? [join(folder, 'b')] : [])]);
    expect(run).toMatchObject({ status: 1, out: '', err: expect.stringMatching(/NOT_FOUND/) });
    expect(existsSync(missing)).toBe(false);
    expect(JSON.parse((await cli([name, missing, '--json', ...(name === 'backup' ? [join(folder, 'b')] : [])])).out)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  }));

  test('an interrupted command says so and changes nothing', () => withShop(async (folder, data) => {
    const signal = AbortSignal.abort(new Error('interrupted'));
    for (const args of [['import', join(folder, 'people.csv'), data, 'other'], ['pack', data], ['backup', data, join(folder, 'b')], ['check', data], ['cat', data]]) {
      expect(await cli(args, { signal }), args[0]).toMatchObject({ status: 1, err: 'fieldstone: interrupted; nothing was changed\n' });
    }
    expect(existsSync(join(folder, 'b'))).toBe(false);
    expect((await cli(['info', data, '--json'])).out).not.toContain('other');
  }));
});
