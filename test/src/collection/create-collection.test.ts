import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { Database } from '../../../src/database.js';
import type { CollectionOptions } from '../../../src/main.js';
import { char } from '../../../src/table/field-types.js';
import { openIn } from '../../../src/open.js';

let vfs: MemoryVfs;
let db: Database;
beforeEach(async () => {
  vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  db = await openIn(nodeEnvironment(vfs), '/db', {});
});
afterEach(() => db.close());

function make(options: unknown): Promise<unknown> { return db.createCollection('c', options as CollectionOptions); }

describe('a collection made with indexes', () => {
  test('has them, of every kind, and keeps them', async () => {
    const columns = { email: char(20) };
    const c = await db.createCollection('c', { columns, indexes: [
      { name: 'email', on: ['email'], unique: true }, { name: 'fast', on: ['n'], type: 'skiplist', sparse: true },
      { name: 'both', on: ['a.b', { field: 'n', descending: true }], where: { n: { $gt: 1 } } }, { name: 'tag', on: 'email', type: 'cdx' },
    ] });
    const kinds = [['_id', 'btree', true], ['email', 'btree', true], ['fast', 'skiplist', false], ['both', 'btree', false], ['TAG', 'cdx', false]];
    const look = (): unknown => [...db.collection('c').indexes()].map(({ name, type, unique }) => [name, type, unique]).sort();
    expect(look()).toEqual([...kinds].sort());
    await c.insertMany([{ email: 'x', n: 2, a: { b: 1 } }, { email: 'y', n: 1 }]);
    await expect(c.insert({ email: 'x' })).rejects.toMatchObject({ code: 'DUPLICATE' });
    const entries = (): number[] => ['both', 'fast'].map((name) => db.collection('c').indexes().find((each) => each.name === name)?.entryCount ?? -1);
    expect(entries()).toEqual([1, 2]);
    expect((await db.check()).findings).toEqual([]);
    await db.close();
    db = await openIn(nodeEnvironment(vfs), '/db', {});
    expect([look(), entries()]).toEqual([[...kinds].sort(), [1, 2]]);
  });

  test.each<[string, string, unknown]>([
    ['a misspelled option', 'OPTION', [{ name: 'email', on: ['email'], uniqe: true }]],
    ['one that is wrong behind one that is right', 'OPTION', [{ name: 'a', on: ['a'] }, { name: 'b' }]],
    ['no name', 'NAME', [{ on: ['email'] }]],
    ['a path alone', 'OPTION', ['email']],
    ['null', 'OPTION', [null]],
    ['no list', 'OPTION', { name: 'a', on: ['a'] }],
    ['two of one name', 'EXISTS', [{ name: 'a', on: ['a'] }, { name: 'A', on: ['b'] }]],
    ['the name of the index of ids', 'EXISTS', [{ name: '_id', on: ['a'] }]],
    ['a filter with a mistake', 'QUERY', [{ name: 'a', on: ['a'], where: { $nor: 1 } }]],
    ['an expression with a field that is not there', 'NOT_FOUND', [{ name: 'a', type: 'cdx', expression: 'UPPER(NIX)' }]],
  ])('is not made at all with %s', async (_, code, indexes) => {
    const before = [...vfs.files()].map(([name]) => name);
    await expect(make({ indexes })).rejects.toMatchObject({ code });
    expect(db.collections()).toEqual([]);
    expect([...vfs.files()].map(([name]) => name)).toEqual(before);
    await make({ indexes: [{ name: 'a', on: ['a'] }] });
    expect(db.collections()).toEqual(['c']);
  });

  test('is not made over a file that is there, and not when it was cancelled', async () => {
    const file = vfs.open('/db/c.a.fsi', 'exclusive');
    file.close();
    await expect(make({ indexes: [{ name: 'a', on: ['a'] }] })).rejects.toMatchObject({ code: 'EXISTS', file: '/db/c.a.fsi' });
    vfs.unlink('/db/c.a.fsi');
    await expect(make({ indexes: [{ name: 'a', on: ['a'], signal: AbortSignal.abort() }] })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(db.collections()).toEqual([]);
  });
});
