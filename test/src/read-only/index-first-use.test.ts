import { describe, expect, test } from 'vitest';
import { hasCode, MemoryVfs, nodeEnvironment, type Vfs } from '#storage';
import { char, numeric, type Database, type OpenOptions } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { steppedVfs } from '../../support/stepped-vfs.js';

const FOLDER = '/db';
const KINDS = ['cdx', 'idx', 'ntx', 'ndx'] as const;
const ROWS = 300;
let pid = 8_000_000;

function openAt(vfs: Vfs, options: OpenOptions = {}): Promise<Database> {
  return openIn(nodeEnvironment(vfs), FOLDER, { profiling: 'off', cacheSize: '64kb', pageSize: '4kb', ...options }, fakeIdentity(++pid));
}

const nameOf = (i: number): string => `name ${String((i * 77) % ROWS).padStart(4, '0')}`;

async function folderWithIndexes(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  vfs.makeFolder(FOLDER);
  const db = await openAt(vfs);
  const t = await db.createTable('t', { name: char(12), n: numeric(6) }, { dialect: 'foxpro2' });
  await t.insertMany(Array.from({ length: ROWS }, (_, i) => ({ name: nameOf(i), n: i })));
  for (const type of KINDS) await t.createIndex(type, { on: 'name', type });
  await db.close();
  return vfs;
}

/** Every key moves, rows come and go. */
async function changeMuch(db: Database): Promise<void> {
  const t = db.table('t');
  await db.transaction((tx) => {
    for (let recno = 1; recno <= ROWS; recno += 2) tx.table(t).update(recno, { name: `moved ${recno}` });
    for (let recno = 4; recno <= ROWS; recno += 10) tx.table(t).delete(recno);
    for (let i = 0; i < 100; i++) tx.table(t).insert({ name: `late ${i}`, n: ROWS + i });
  });
}

/** All answers of one handle, or the code of the error. */
function answers(db: Database): string {
  try {
    const t = db.table('t');
    return JSON.stringify(KINDS.map((kind) => [
      t.index(kind).seek(nameOf(1))?.$recno, t.index(kind).range({ gte: 'm', lt: 'name 0100' }).toArray().map(({ $recno }) => $recno), t.find({ name: nameOf(3) }).count(),
    ]));
  } catch (e) {
    if (hasCode(e, 'EXTERNAL_CHANGE')) return e.code;
    throw e;
  }
}

describe('the first use of small xBase index files', () => {
  test.each(['opened before', 'not opened before'])('beside a checkpoint in another process, at each of its calls (table %s): the state of its opening, or EXTERNAL_CHANGE', async (how) => {
    const vfs = await folderWithIndexes();
    let onCall: (() => void) | undefined;
    const writer = await openAt(steppedVfs(vfs, () => { onCall?.(); }));
    await changeMuch(writer);
    const readers: Database[] = [];
    for (let i = 0; i < 200; i++) {
      const reader = await openAt(vfs, { readOnly: true });
      if (how === 'opened before') reader.table('t').get(1);
      readers.push(reader);
    }
    const right = answers(writer);
    let next = 0;
    const outcomes = new Map<string, number>();
    onCall = () => {
      const reader = readers[next++];
      if (reader === undefined) return;
      const outcome = answers(reader);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    await writer.checkpoint();
    onCall = undefined;
    expect(next).toBeGreaterThan(30);
    expect(next).toBeLessThan(readers.length);
    expect([...outcomes.keys()].filter((outcome) => outcome !== right)).toEqual(['EXTERNAL_CHANGE']);
    expect(outcomes.get(right)).toBeGreaterThan(5);
    expect(outcomes.get('EXTERNAL_CHANGE')).toBeGreaterThan(5);
    expect(answers(writer)).toBe(right);
    for (const [i, reader] of readers.entries()) {
      if (i % 20 === 0) {
        await reader.refresh();
        expect(answers(reader)).toBe(right);
      }
      await reader.close();
    }
    await writer.close();
  }, 120_000);

  test('amid a checkpoint of the same handle, with newer rows above and a snapshot below it: right in each turn of the event loop', async () => {
    const vfs = await folderWithIndexes();
    for (let turns = 0; turns < 12; turns++) {
      const copy = new MemoryVfs(vfs.files());
      const db = await openAt(copy);
      const snapshot = db.snapshot();
      await changeMuch(db);
      const done = db.checkpoint();
      await db.table('t').update(2, { name: 'newest' });
      for (let i = 0; i < turns; i++) await new Promise((resolve) => { setImmediate(resolve); });
      for (const kind of KINDS) {
        const ix = db.table('t').index(kind);
        expect([ix.seek('newest')?.$recno, ix.seek('moved 7')?.$recno, ix.seek('late 5')?.n]).toEqual([2, 7, ROWS + 5]);
        expect(snapshot.table('t').index(kind).range().toArray()).toHaveLength(ROWS);
      }
      await done;
      snapshot.close();
      expect((await db.check()).findings).toEqual([]);
      await db.close();
    }
  }, 120_000);

  test('inside a transaction that has written: its own rows are no damage', async () => {
    const db = await openAt(await folderWithIndexes());
    await db.transaction((tx) => {
      const t = tx.table('t');
      t.update(1, { name: 'mine' });
      for (const kind of KINDS) expect(t.index(kind).seek('mine')?.$recno).toBe(1);
      expect(t.find({ name: 'mine' }).count()).toBe(1);
    }, { isolation: 'serializable' });
    await db.close();
  });
});
