import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { Database } from '../../../src/database.js';
import { char, date, integer, logical, numeric } from '../../../src/table/field-types.js';
import { param } from '../../../src/filter/param.js';
import { openIn } from '../../../src/open.js';

let vfs: MemoryVfs;
let db: Database;
const open = (): Promise<Database> => openIn(nodeEnvironment(vfs), '/db', {});
const reopen = async (): Promise<void> => {
  await db.close();
  db = await open();
};
const code = (expected: string) => expect.objectContaining({ code: expected });

interface User { _id?: string; name: string; tags?: string[]; age?: number; profile?: { email?: string; city?: string } }

beforeEach(async () => {
  vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  db = await open();
});
afterEach(() => db.close());

describe('a collection', () => {
  test('keeps documents, through checkpoints and reopening', async () => {
    const users = await db.createCollection<User>('users');
    expect([db.collections(), db.tables()]).toEqual([['users'], ['users']]);
    const ada = await users.insert({ name: 'Ada', tags: ['x', 'y'], profile: { email: 'ada@example.org' } });
    expect(ada).toMatch(/^[0-9A-Z]{26}$/);
    const [bob] = await users.insertMany([{ _id: 'bob', name: 'Bob', age: 5 }, { name: 'Zoë 漢字', age: 7 }]);
    expect(bob).toBe('bob');
    const all = [{ _id: ada, name: 'Ada', tags: ['x', 'y'], profile: { email: 'ada@example.org' } }, { _id: 'bob', name: 'Bob', age: 5 }];
    const look = (): void => {
      const c = db.collection<User>('users');
      expect([c.get(ada), c.get('bob'), c.get('nobody')]).toEqual([...all, undefined]);
      expect(c.find({ age: { $gt: 5 } }).toArray().map(({ name }) => name)).toEqual(['Zoë 漢字']);
      expect(c.findOne({ tags: 'y' })?._id).toBe(ada);
      expect(c.find({ 'profile.email': { $startsWith: 'ada@' } }, { fields: ['profile.email'] }).toArray()).toEqual([{ _id: ada, profile: { email: 'ada@example.org' } }]);
      expect(c.find({}, { sort: { age: -1 }, limit: 2 }).toArray().map(({ age }) => age)).toEqual([7, 5]);
      expect([c.count(), c.count({ age: { $exists: false } })]).toEqual([3, 1]);
    };
    look();
    await db.checkpoint();
    look();
    await reopen();
    look();
  });

  test('returns copies', async () => {
    const users = await db.createCollection<User>('users');
    const given = { _id: 'a', name: 'Ada', tags: ['x'] };
    await users.insert(given);
    given.tags.push('changed');
    users.get('a')?.tags?.push('changed');
    users.findOne({})?.tags?.push('changed');
    expect(users.get('a')?.tags).toEqual(['x']);
  });

  test('changes documents', async () => {
    const users = await db.createCollection<User>('users');
    await users.insertMany([{ _id: 'a', name: 'Ada', age: 1 }, { _id: 'b', name: 'Bob', age: 1 }, { _id: 'c', name: 'Cyd' }]);
    expect(await users.update('a', { $inc: { age: 1 }, $push: { tags: 'x' } })).toEqual({ matched: 1, modified: 1 });
    expect(users.get('a')).toEqual({ _id: 'a', name: 'Ada', age: 2, tags: ['x'] });
    expect(await users.update({ name: 'Bob' }, { name: 'Robert' })).toEqual({ matched: 1, modified: 1 });
    expect(users.get('b')).toEqual({ _id: 'b', name: 'Robert' });
    expect(await users.update({}, { $set: { age: 2 } }, { multi: true })).toEqual({ matched: 3, modified: 2 });
    expect(await users.update('nobody', { $set: { age: 2 } })).toEqual({ matched: 0, modified: 0 });
    expect(await users.update({ name: 'Dan' }, { $set: { age: 4 } }, { upsert: true })).toMatchObject({ matched: 0, upsertedId: expect.stringMatching(/^\w{26}$/) });
    expect(await users.update('e', { $set: { name: 'Eve' } }, { upsert: true })).toEqual({ matched: 0, modified: 0, upsertedId: 'e' });
    expect(users.find({ age: { $ne: 2 } }).toArray().map(({ name }) => name)).toEqual(['Dan', 'Eve']);
    expect(await users.delete({ age: 2 })).toBe(1);
    expect(await users.delete({ age: 2 }, { multi: true })).toBe(2);
    expect(await users.delete('e')).toBe(1);
    expect(await users.delete('e')).toBe(0);
    expect(users.count()).toBe(1);
  });

  test.each(['x', 5])('takes a filter that asks for %j alone as that id', async (id) => {
    const any = await db.createCollection<{ _id: string | number; n: number }>('any');
    await any.insertMany([{ _id: id, n: 1 }, { _id: 'other', n: 1 }]);
    expect(await any.update({ _id: id }, { $set: { n: 2 } })).toEqual({ matched: 1, modified: 1 });
    expect(await any.update({ _id: id, n: 1 }, { $set: { n: 3 } })).toEqual({ matched: 0, modified: 0 });
    expect(await any.update({ _id: 'none' }, { $set: { n: 3 } })).toEqual({ matched: 0, modified: 0 });
    expect(await any.update({ _id: 'new' }, { $set: { n: 4 } }, { upsert: true })).toEqual({ matched: 0, modified: 0, upsertedId: 'new' });
    expect(await any.update(Object.create({ _id: id }), { $set: { n: 5 } }, { multi: true })).toEqual({ matched: 3, modified: 3 }); // no field of its own
    expect(await any.delete({ _id: id, n: 4 })).toBe(0);
    expect(await any.delete({ _id: 'none' })).toBe(0);
    expect(await any.delete({ _id: id })).toBe(1);
    expect(await any.delete({ _id: id })).toBe(0);
    await expect(any.update({ _id: Number.NaN }, { $set: { n: 6 } })).resolves.toEqual({ matched: 0, modified: 0 });
    expect(any.find().toArray()).toEqual([{ _id: 'other', n: 5 }, { _id: 'new', n: 5 }]);
  });

  test('keeps ids unique', async () => {
    const things = await db.createCollection('things');
    const ids = ['5', 5, '#5', ' a', 'é', new Date(5), new Uint8Array([5]), 'x'.repeat(500), 2n ** 200n];
    for (const _id of ids) await things.insert({ _id: _id as string, n: 1 });
    await reopen();
    const c = db.collection('things');
    for (const _id of ids) {
      expect(c.get(_id as string)?.['_id']).toEqual(_id);
      await expect(c.insert({ _id: _id as string })).rejects.toEqual(code('DUPLICATE'));
    }
    await expect(c.insertMany([{ _id: 'new' }, { _id: '5' }])).rejects.toEqual(code('DUPLICATE'));
    await expect(c.insert({ _id: 5n as unknown as string })).rejects.toEqual(code('DUPLICATE')); // as a value it is 5
    expect(c.get('new')).toBeUndefined();
    await c.delete('5');
    await c.insert({ _id: '5', n: 2 });
    expect(c.get('5')).toEqual({ _id: '5', n: 2 });
    for (const bad of [null, true, NaN, {}, []]) await expect(c.insert({ _id: bad as unknown as string })).rejects.toEqual(code('VALUE'));
  });

  test('finds by indexes what a scan finds', async () => {
    const users = await db.createCollection<User>('users', { indexes: [{ name: 'age', on: ['age'] }] });
    await users.createIndex('email', { on: ['profile.email'], unique: true, sparse: true });
    await users.createIndex('tags', { on: ['tags', 'age'] });
    expect(users.indexes().map(({ name, unique, sparse }) => [name, unique, sparse])).toEqual([
      ['_id', true, false], ['age', false, false], ['email', true, true], ['tags', false, false],
    ]);
    for (let i = 0; i < 50; i++) {
      await users.insert({ _id: `u${i}`, name: `n${i}`, age: i % 5, tags: [`t${i % 3}`, `t${i % 7}`], ...(i % 2 === 0 ? { profile: { email: `e${i}` } } : {}) });
    }
    await db.checkpoint();
    await users.update('u1', { $set: { age: 99, tags: ['t0', 't0'] } });
    await users.delete('u0');
    const q = users.find({ tags: 't0', age: 99 });
    expect(q.toArray().map(({ _id }) => _id)).toEqual(['u1']);
    expect(q.explain().text).toContain('tags');
    expect(users.find({ 'profile.email': 'e4' }).toArray().map(({ _id }) => _id)).toEqual(['u4']);
    expect(users.find({ age: { $gte: 3, $lte: 4 } }).count()).toBe(20);
    await expect(users.insert({ name: 'x', profile: { email: 'e4' } })).rejects.toEqual(code('DUPLICATE'));
    await expect(users.createIndex('name', { on: ['age'], unique: true })).rejects.toEqual(code('DUPLICATE'));
    await users.dropIndex('tags');
    await expect(users.dropIndex('_id')).rejects.toEqual(code('OPTION'));
    await expect(users.dropIndex('nix')).rejects.toEqual(code('NOT_FOUND'));
  });

  test('runs prepared queries', async () => {
    const users = await db.createCollection<User>('users');
    await users.insertMany([{ _id: 'a', name: 'A', age: 1 }, { _id: 'b', name: 'B', age: 2 }]);
    const q = users.prepare({ age: { $gte: param('min') } });
    expect([q.run({ min: 2 }).count(), q.run({ min: 0 }).count()]).toEqual([1, 2]);
    expect(() => users.find({ age: param('x') })).toThrowError(code('QUERY'));
  });
});

describe('columns', () => {
  const columns = { email: char(20), born: date(), points: numeric(8, 2), active: logical(), longFieldNameOfMine: integer() };

  test('hold their fields, also for other programs, and take what these write', async () => {
    const c = await db.createCollection('people', { columns });
    const born = new Date(Date.UTC(2000, 0, 2));
    await c.insertMany([
      { _id: 'a', email: 'a@x', born, points: 1.25, active: true, longFieldNameOfMine: 7, other: 1 },
      { _id: 'b', email: null, more: [1] }, { _id: 'c', email: '' },
    ]);
    const documents = [
      { _id: 'a', email: 'a@x', born, points: 1.25, active: true, longFieldNameOfMine: 7, other: 1 }, { _id: 'b', email: null, more: [1] }, { _id: 'c', email: '' },
    ];
    expect(c.find().toArray()).toEqual(documents);
    await reopen();
    const again = db.collection('people');
    expect(again.find().toArray()).toEqual(documents);
    const table = db.table('people');
    expect(table.get(1)).toMatchObject({ _ID: 'a', email: 'a@x', born, points: 1.25, active: true, longFieldNameOfMine: 7, _DOC: '{"other":1}' });
    await table.update(1, { email: 'new@x', active: null });
    await table.update(2, { email: 'now' });
    expect(again.get('a')).toEqual({ _id: 'a', email: 'new@x', born, points: 1.25, longFieldNameOfMine: 7, other: 1 });
    expect(again.get('b')).toEqual({ _id: 'b', email: 'now', more: [1] });
    expect(again.find({ email: 'new@x' }).count()).toBe(1);
    expect(again.find({ email: { $exists: false } }).count()).toBe(0);
    expect(again.find({ active: null }).count()).toBe(3);
  });

  test('refuse what they would change', async () => {
    const c = await db.createCollection('people', { columns });
    for (const bad of [{ email: 5 }, { email: 'x'.repeat(21) }, { email: 'a ' }, { email: '漢' }, { born: new Date(5) }, { points: 1.234 }, { points: 'x' }, { active: 1 }]) {
      await expect(c.insert(bad)).rejects.toEqual(code('VALUE'));
    }
    expect(c.count()).toBe(0);
    for (const name of ['_id', '_doc', 'a.b', '$a']) await expect(db.createCollection('x', { columns: { [name]: char(5) } })).rejects.toEqual(code('SCHEMA'));
  });

  test('are indexed like any field', async () => {
    const c = await db.createCollection('people', { columns, indexes: [{ name: 'email', on: ['email'], unique: true }] });
    await c.insert({ email: 'a' });
    await expect(c.insert({ email: 'a' })).rejects.toEqual(code('DUPLICATE'));
    expect(c.find({ email: { $gte: 'a' } }, { sort: { email: 1 } }).explain().text).toContain('email');
  });
});

describe('together with others', () => {
  test('in one transaction', async () => {
    const users = await db.createCollection<User>('users');
    const kv = db.kv<string, number>('n');
    await db.transaction((tx) => {
      const c = tx.collection(users);
      const id = c.insert({ name: 'A' });
      tx.kv(kv).put('count', 1);
      expect(c.get(id)?.name).toBe('A');
      expect(c.update({ name: 'A' }, { $set: { age: 3 } }).modified).toBe(1);
      expect(c.find({ age: 3 }).count()).toBe(1);
      expect(users.count()).toBe(0);
    });
    expect([users.count(), kv.get('count')]).toEqual([1, 1]);
    await expect(db.transaction((tx) => {
      tx.collection('users').insert({ name: 'B' });
      throw new Error('no');
    })).rejects.toThrow('no');
    expect(users.count()).toBe(1);
  });

  test('a snapshot stays as it was', async () => {
    const users = await db.createCollection<User>('users');
    await users.insert({ _id: 'a', name: 'A' });
    using snap = db.snapshot();
    await users.update('a', { $set: { name: 'B' } });
    await users.insert({ name: 'C' });
    await db.checkpoint();
    const then = snap.collection(users);
    expect([then.get('a')?.name, then.count(), then.findOne({ name: 'B' })]).toEqual(['A', 1, undefined]);
    expect(users.get('a')?.name).toBe('B');
  });

  test('upserts at the same time insert once', async () => {
    const c = await db.createCollection('hits');
    await Promise.all(Array.from({ length: 20 }, (_, i) => c.update({ page: 'home' }, { $inc: { n: 1 }, $set: { last: i } }, { upsert: true })));
    expect(c.find().toArray()).toMatchObject([{ page: 'home', n: 20 }]);
    await Promise.all(Array.from({ length: 20 }, () => c.update('k', { $inc: { n: 1 } }, { upsert: true })));
    expect(c.get('k')).toEqual({ _id: 'k', n: 20 });
  });
});

test('compressed documents come back, and take less room when they are long', async () => {
  const plain = await db.createCollection('plain');
  const packed = await db.createCollection('packed', { compression: 'deflate' });
  const document = { _id: 'a', text: 'the same words again and again. '.repeat(500), at: new Date(5) };
  for (const c of [plain, packed]) await c.insertMany([document, { _id: 'b' }, { _id: 'c', short: 1 }]);
  await reopen();
  for (const name of ['plain', 'packed']) {
    const c = db.collection(name);
    expect(c.find().toArray()).toEqual([document, { _id: 'b' }, { _id: 'c', short: 1 }]);
    await c.update('a', { $set: { n: 1 } });
    expect(c.get('a')).toEqual({ ...document, n: 1 });
  }
  await db.close();
  expect(vfs.stat('/db/packed.fpt')!.sizeBytes * 5).toBeLessThan(vfs.stat('/db/plain.fpt')!.sizeBytes);
  db = await open();
});

test('a folder that lost its catalog is read by scanning, and gets its index of ids back at the first write', async () => {
  const c = await db.createCollection('c');
  await c.insertMany([{ _id: 'a', n: 1 }, { _id: 'b', n: 2 }]);
  await db.close();
  vfs.unlink('/db/fieldstone.json');
  vfs.unlink('/db/c._id.fsi');
  db = await open();
  const again = db.collection('c');
  expect([again.get('b'), again.indexes()]).toEqual([{ _id: 'b', n: 2 }, []]);
  await expect(again.insert({ _id: 'a' })).rejects.toEqual(code('DUPLICATE'));
  await again.update('b', { $inc: { n: 1 } });
  expect([again.get('b'), again.indexes().map(({ name }) => name)]).toEqual([{ _id: 'b', n: 3 }, ['_id']]);
});

test('what is refused', async () => {
  const c = await db.createCollection('c');
  await expect(db.createCollection('c')).rejects.toEqual(code('EXISTS'));
  expect((await db.createCollection('C', { ifNotExists: true })).name).toBe('c');
  await expect(db.createCollection('d', { compression: 'zip' as 'lz4' })).rejects.toEqual(code('OPTION'));
  await db.createTable('t', { a: char(5) });
  expect(() => db.collection('t')).toThrowError(code('SCHEMA'));
  expect(() => db.collection('nix')).toThrowError(code('NOT_FOUND'));
  expect(() => c.find({ $where: 'x' } as never)).toThrowError(code('QUERY'));
  await expect(c.insert({ $set: 1 })).rejects.toEqual(code('VALUE'));
  await expect(c.insert({ a: () => 1 })).rejects.toEqual(code('VALUE'));
  await expect(c.insertMany(5 as never)).rejects.toEqual(code('VALUE'));
  await expect(c.update({}, { a: 1 }, { multi: true })).rejects.toEqual(code('QUERY'));
  await expect(c.insert({ a: 'x'.repeat(17 << 20) })).rejects.toEqual(code('LIMIT'));
  expect(c.count()).toBe(0);
});
