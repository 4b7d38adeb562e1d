import { hasCode, MemoryVfs, nodeEnvironment } from '#storage';
import { char, type Database, type TableFor } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { Session } from '../../isolation/session.js';
import { fakeIdentity } from '../../support/fake-identity.js';

const FOLDER = '/db';
let pid = 9_500_000;

const FIELDS = { name: char(12) };
type Names = TableFor<typeof FIELDS>;

function newTable(db: Database): Promise<Names> { return db.createTable('t', FIELDS, { dialect: 'foxpro2' }); }

async function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'ok', (e: unknown) => (['CONFLICT', 'DUPLICATE'] as const).find((code) => hasCode(e, code)) ?? String(e));
}

/** Two transactions that see neither row of the other. */
async function both(db: Database, names: readonly [string, string]): Promise<[Session, Session]> {
  const sessions: [Session, Session] = [new Session(db), new Session(db)];
  for (const [i, session] of sessions.entries()) await session.step((tx) => tx.table('t').insert({ name: names[i] ?? '' }));
  return sessions;
}

const CASES: Record<string, (db: Database, t: Names) => Promise<string>> = {
  /** The keys were proven before somebody else committed one of them. */
  'committed in between ok,CONFLICT': async (db) => {
    const [first, second] = await both(db, ['k', 'k']);
    return [await outcome(first.commit()), await outcome(second.commit())].join();
  },
  'loaded in between ok,CONFLICT': async (db, t) => {
    const session = new Session(db);
    await session.step((tx) => tx.table('t').insert({ name: 'k' }));
    return [await outcome(t.insertMany([{ name: 'j' }, { name: 'k' }], { direct: true })), await outcome(session.commit())].join();
  },
  /** Neither is committed when the other is proven. */
  'at once CONFLICT,ok': async (db) => {
    const [first, second] = await both(db, ['k', 'k']);
    return (await Promise.all([outcome(first.commit()), outcome(second.commit())])).sort().join();
  },
  'at once, other keys ok,ok': async (db) => {
    const [first, second] = await both(db, ['k', 'l']);
    return (await Promise.all([outcome(first.commit()), outcome(second.commit())])).join();
  },
  'twice in one transaction DUPLICATE,ok': async (db) => {
    const session = new Session(db);
    await session.step((tx) => tx.table('t').insert({ name: 'k' }));
    return [await outcome(session.step((tx) => tx.table('t').insert({ name: 'k' }))), await outcome(session.commit())].join();
  },
  'inserted, changed and inserted DUPLICATE,ok,DUPLICATE,ok': async (db) => {
    const session = new Session(db);
    await session.step((tx) => {
      const t = tx.table('t');
      t.insert({ name: 'k' });
      t.update(1, { name: 'l' });
    });
    const insert = (name: string): Promise<string> => outcome(session.step((tx) => tx.table('t').insert({ name })));
    return [await insert('l'), await insert('a'), await insert('k'), await outcome(session.commit())].join();
  },
  'inserted, refused and taken back ok,ok,DUPLICATE,ok,ok': async (db) => {
    const session = new Session(db);
    const insert = (name: string): Promise<string> => outcome(session.step((tx) => tx.table('t').insert({ name })));
    await session.step((tx) => { tx.savepoint('s'); });
    const first = [await insert('j'), await insert('k'), await insert('a')];
    await session.step((tx) => { tx.rollbackTo('s'); });
    return [...first, await insert('k'), await outcome(session.commit())].join();
  },
  'given up by another row ok,ok': async (db) => {
    const session = new Session(db);
    const swapped = outcome(session.step((tx) => {
      const t = tx.table('t');
      t.update(1, { name: 'c' });
      t.update(2, { name: 'a' });
      t.update(1, { name: 'b' });
    }));
    return [await swapped, await outcome(session.commit())].join();
  },
  'taken back to a savepoint DUPLICATE,ok': async (db) => {
    const session = new Session(db);
    await session.step((tx) => {
      const t = tx.table('t');
      t.insert({ name: 'k' });
      tx.savepoint('s');
      t.update(1, { name: 'c' });
      t.insert({ name: 'a' });
      tx.rollbackTo('s');
    });
    return [await outcome(session.step((tx) => tx.table('t').insert({ name: 'a' }))), await outcome(session.commit())].join();
  },
};

/** Rows that were written before the index was there were never looked at, whatever is written after it. */
async function laterIndexProblem(more: boolean): Promise<string | undefined> {
  const db = await opened();
  const t = await newTable(db);
  await t.insert({ name: 'a' });
  const session = new Session(db);
  await session.step((tx) => { for (const name of ['k', 'k']) tx.table('t').insert({ name }); });
  const made = await outcome(t.createIndex('ix', { on: 'name', type: 'btree', unique: true }));
  if (more) await session.step((tx) => tx.table('t').insert({ name: 'l' }));
  const got = `${made},${await outcome(session.commit())}`;
  const names = t.find().toArray().map(({ name }) => name).join('');
  await db.close();
  return got === 'ok,CONFLICT' && names === 'a' ? undefined : `keys that were written twice before the index was made: ${got}, rows ${names}`;
}

/** A serializable transaction looks for an id that is on its way to the log. */
async function phantomProblem(): Promise<string | undefined> {
  const db = await opened();
  const c = await db.createCollection<{ _id: string; seen?: boolean }>('c');
  await c.insert({ _id: 'a' });
  const [inserting, looking] = [new Session(db, { isolation: 'serializable' }), new Session(db, { isolation: 'serializable' })];
  await looking.step((tx) => {
    const docs = tx.collection(c);
    docs.update('a', { $set: { seen: docs.get('k') !== undefined } });
  });
  await inserting.step((tx) => tx.collection(c).insert({ _id: 'k' }));
  const got = (await Promise.all([outcome(inserting.commit()), outcome(looking.commit())])).join();
  await db.close();
  return got === 'ok,CONFLICT' ? undefined : `a document that was looked for is inserted at the same time: ${got}`;
}

function opened(): Promise<Database> {
  const vfs = new MemoryVfs();
  vfs.makeFolder(FOLDER);
  return openIn(nodeEnvironment(vfs), FOLDER, { profiling: 'off', cacheSize: '64kb', pageSize: '4kb' }, fakeIdentity(++pid));
}

/** A unique key is had by one row, whoever writes it, when and how. */
export async function uniqueRaceProblem(): Promise<string | undefined> {
  for (const type of ['btree', 'skiplist'] as const) {
    for (const [title, run] of Object.entries(CASES)) {
      const db = await opened();
      const t = await newTable(db);
      await t.createIndex('ix', { on: 'name', type, unique: true });
      await t.insertMany([{ name: 'a' }, { name: 'b' }]);
      const got = await run(db, t);
      const names = t.find().toArray().map(({ name }) => name);
      await db.close();
      if (!title.endsWith(` ${got}`)) return `a unique ${type}, ${title}: ${got}`;
      if (new Set(names).size !== names.length) return `a unique ${type}, ${title}: rows ${names.join()}`;
    }
  }
  return await laterIndexProblem(false) ?? await laterIndexProblem(true) ?? phantomProblem();
}
