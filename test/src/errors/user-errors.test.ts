import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { char, date, logical, memo, numeric, open, type AnyInput, type Database, type OpenOptions, type TableSchema } from '../../../src/main.js';

const withCode = (code: string, text = ''): unknown => expect.objectContaining({ code, message: expect.stringContaining(text) });

let folder: string;
let db: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fieldstone-errors-'));
  db = await open(folder);
  await db.createTable('people', { name: char(10), salary: numeric(8, 2), born: date(), active: logical(), notes: memo() });
  await db.table('people').insert({ name: 'Ada', salary: 5 });
});

afterEach(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});

describe('slips', () => {
  test('in an option name the nearest one', async () => {
    await expect(open(folder, { cacheSise: '1mb' } as OpenOptions)).rejects.toThrow(withCode('OPTION', 'cacheSize'));
    await expect(db.transaction(() => 1, { isolatoin: 'snapshot' } as object)).rejects.toThrow(withCode('OPTION', 'isolation'));
    expect(() => db.table('people').scan({ revers: true } as object)).toThrow(withCode('OPTION', 'reverse'));
    await expect(db.table('people').insertMany([], { dircet: true } as object)).rejects.toThrow(withCode('OPTION', 'direct'));
    await expect(db.createTable('x', { a: char(1) }, { dialekt: 'vfp' } as object)).rejects.toThrow(withCode('OPTION', 'dialect'));
  });

  test('in a field or table name too', async () => {
    await expect(db.table('people').insert({ nam: 'x' })).rejects.toThrow(withCode('NOT_FOUND', 'name'));
    await expect(db.table('people').update(1, { salry: 1 })).rejects.toThrow(withCode('NOT_FOUND', 'salary'));
    expect(() => [...db.table('people').scan({ fields: ['borm'] })]).toThrow(withCode('NOT_FOUND', 'born'));
    expect(() => db.table('poeple')).toThrow(withCode('NOT_FOUND', 'people'));
    await expect(db.dropTable('peopel')).rejects.toThrow(withCode('NOT_FOUND', 'people'));
    expect(db.table('PEOPLE').get(1)).toMatchObject({ name: 'Ada' });
  });

  test('names that leave the folder or that systems reserve are refused, and no file is made', async () => {
    const before = readdirSync(folder).sort();
    for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', '/etc/x', 'a\0', 'x.dbf', 'CON', 'nul', 'lpt1', 'fieldstone', '__proto__.x', ' x', 'x '.repeat(40), 'ä']) {
      await expect(db.createTable(name, { a: char(1) }), name).rejects.toThrow(withCode('NAME'));
      await expect(db.renameTable('people', name), name).rejects.toThrow(withCode('NAME'));
      expect(() => db.table(name), name).toThrow(withCode('NOT_FOUND'));
    }
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

test('__proto__ is a name like any other, nowhere a prototype', async () => {
  const row: unknown = JSON.parse('{"__proto__": {"polluted": true}, "name": "x"}');
  await expect(db.table('people').insert(row as AnyInput)).rejects.toThrow(withCode('NOT_FOUND', '__proto__'));
  await expect(db.table('people').update(1, row as AnyInput)).rejects.toThrow(withCode('NOT_FOUND', '__proto__'));
  await expect(open(folder, JSON.parse('{"__proto__": {"readOnly": true}}') as OpenOptions)).rejects.toThrow(withCode('OPTION'));
  await expect(db.transaction(() => 1, JSON.parse('{"__proto__": {"retries": 1}}') as object)).rejects.toThrow(withCode('OPTION'));
  const t = await db.createTable('__proto__', JSON.parse('{"constructor": {"type": "C", "length": 4, "decimals": 0}}') as { constructor: ReturnType<typeof char> });
  await t.insert({ constructor: 'mine' } as never);
  expect(Object.hasOwn(db.table('__proto__').get(1) ?? {}, 'constructor')).toBe(true);
  await db.createTable('odd', JSON.parse('{"__proto__": {"type": "C", "length": 4, "decimals": 0}, "hasOwnProperty": {"type": "C", "length": 4, "decimals": 0}}') as TableSchema).then(
    async () => { await db.table('odd').insert(JSON.parse('{"__proto__": "x"}') as AnyInput); },
    (error: unknown) => { expect(error).toMatchObject({ code: 'SCHEMA' }); },
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  await db.close();
  db = await open(folder);
  expect(db.tables()).toContain('__proto__');
  expect(db.table('__proto__').recordCount).toBe(1);
});

test('values of the wrong type are refused and nothing is written', async () => {
  for (const row of [
    { name: 5 }, { name: {} }, { name: 'x'.repeat(11) }, { name: 'кириллица' }, { salary: '5' }, { salary: NaN }, { salary: Infinity }, { salary: 1e9 }, { born: 'yesterday' },
    { born: new Date(NaN) }, { born: new Date('12345-01-01') }, { active: 'yes' }, { active: 1 }, { notes: 7 }, { notes: new Uint8Array(3) }, { name: Symbol('x') }, { name: 1n },
  ]) {
    await expect(db.table('people').insert(row as AnyInput), JSON.stringify(Object.keys(row))).rejects.toThrow(withCode('VALUE'));
    await expect(db.table('people').insertMany([{ name: 'fine' }, row as AnyInput]), JSON.stringify(Object.keys(row))).rejects.toThrow(withCode('VALUE'));
    await expect(db.table('people').insertMany([{ name: 'fine' }, row as AnyInput], { direct: true })).rejects.toThrow(withCode('VALUE'));
    await expect(db.table('people').update(1, row as AnyInput)).rejects.toThrow(withCode('VALUE'));
  }
  expect(db.table('people').recordCount).toBe(1);
  expect(await db.table('people').insert({ name: 'next' })).toBe(2);
});

test('what can not be opened says why', async () => {
  const file = join(folder, 'plain');
  writeFileSync(file, 'x');
  await expect(open(file)).rejects.toThrow(withCode('NOT_FOUND', 'openDbf'));
  await expect(open(join(file, 'below'))).rejects.toThrow(expect.objectContaining({ code: expect.stringMatching(/^(IO|NOT_FOUND)$/) }));
  await expect(open(join(folder, 'nothing'), { create: false })).rejects.toThrow(withCode('NOT_FOUND'));
  for (const path of ['', 'a\0b', 5, null, undefined, {}]) await expect(open(path as string)).rejects.toThrow(withCode('NAME'));
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'bad.dbf'), 'this is no table');
  const other = await open(broken);
  expect(other.tables()).toEqual(['bad']);
  expect(() => other.table('bad')).toThrow(withCode('CORRUPT_DBF'));
  await other.close();
});

test('after close() every method throws CLOSED', async () => {
  const people = db.table('people');
  const snapshot = db.snapshot();
  const view = snapshot.table('people');
  const rows = people.scan();
  const begun = people.scan()[Symbol.iterator]();
  begun.next();
  await db.close();
  const calls: (() => unknown)[] = [
    () => db.tables(), () => db.stores(), () => db.table('people'), () => db.kv('k'),
    () => db.snapshot(), () => db.createTable('x', { a: char(1) }), () => db.dropTable('people'),
    () => db.renameTable('people', 'x'), () => db.alterTable('people', {}), () => db.transaction(() => 1), () => db.transactionSync(() => 1), () => db.checkpoint(),
    () => db.refresh(), () => db.importTable('x', { a: char(1) }, []), () => db.check(), () => db.repair(), () => db.backup(join(folder, 'backup')),
    () => people.fields, () => people.recordCount, () => people.info(),
    () => people.get(1), () => people.getMany([1]), () => people.scan().toArray(), () => rows.toArray(),
    () => begun.next(), () => people.insert({}), () => people.insertMany([{}]), () => people.insertMany([{}], { direct: true }), () => people.update(1, {}),
    () => people.delete(1), () => people.recall(1), () => people.pack(), () => people.zap(), () => snapshot.table('people'), () => view.get(1), () => view.recordCount, () => view.scan().toArray(),
  ];
  for (const call of calls) await expect((async () => call())(), String(call)).rejects.toThrow(withCode('CLOSED'));
  snapshot.close();
  await db.close();
  expect(db.isClosed).toBe(true);
  expect(db.options.readOnly).toBe(false);
  expect(db.stats()).toBeDefined();
  expect(readdirSync(folder).sort()).toEqual(['fieldstone.json', 'people.dbf', 'people.fpt']);
});

test('a closed snapshot throws CLOSED while the database goes on', () => {
  const snapshot = db.snapshot();
  const view = snapshot.table('people');
  snapshot.close();
  for (const call of [() => snapshot.table('people'), () => view.get(1), () => view.getMany([1]), () => view.recordCount, () => view.scan().toArray()]) {
    expect(call, String(call)).toThrow(withCode('CLOSED'));
  }
  snapshot.close();
  expect(db.table('people').get(1)).toMatchObject({ name: 'Ada' });
});
