import { appendFileSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { char, memo, numeric, open, type Database } from '../../../src/main.js';

let folder: string;
let db: Database;
const SCHEMA = { aVeryLongFieldName: char(10), n: numeric(6), notes: memo() };
const path = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fieldstone-external-'));
  db = await open(folder);
  await db.createTable('t', SCHEMA);
  await db.table('t').insert({ aVeryLongFieldName: 'one', n: 1, notes: 'first' });
  await db.table('t').insert({ aVeryLongFieldName: 'two', n: 2, notes: 'second' });
});

afterEach(async () => {
  await db.close().catch(() => undefined);
  rmSync(folder, { recursive: true });
});

/** Another program overwrites the name in the first record. */
function edit(): void {
  const bytes = readFileSync(path('t.dbf'));
  bytes.write('EDIT', bytes.readUInt16LE(8) + 1, 'latin1');
  writeFileSync(path('t.dbf'), bytes);
}

/** Bytes of all files but the lock. */
function contents(): Record<string, string> {
  return Object.fromEntries(readdirSync(folder, { withFileTypes: true }).filter((e) => e.isFile()).map((e) => [e.name, readFileSync(path(e.name)).toString('base64')]));
}

/** The folder as a killed process leaves it: files, log, lock of a dead process removed. */
function copyAsCrashed(): string {
  const copy = mkdtempSync(join(tmpdir(), 'fieldstone-crashed-'));
  for (const e of readdirSync(folder, { withFileTypes: true })) if (e.isFile()) copyFileSync(path(e.name), join(copy, e.name));
  return copy;
}

describe('while closed', () => {
  test('an edited file is adopted, and counted', async () => {
    await db.close();
    edit();
    db = await open(folder);
    expect(db.table('t').get(1)).toMatchObject({ aVeryLongFieldName: 'EDIT', notes: 'first' });
    expect(db.stats().counters['recovery']).toMatchObject({ tablesAdopted: 1 });
    await db.table('t').update(2, { n: 5 });
    await db.close();
    db = await open(folder);
    expect(db.stats().counters['recovery']?.['tablesAdopted'] ?? 0).toBe(0);
    expect(db.table('t').scan().toArray()).toMatchObject([{ aVeryLongFieldName: 'EDIT' }, { n: 5 }]);
  });

  test('a table that was replaced by another with other fields is read by its own header', async () => {
    const other = mkdtempSync(join(tmpdir(), 'fieldstone-other-'));
    const donor = await open(other);
    await donor.createTable('t', { x: numeric(3), y: char(4) });
    await donor.table('t').insert({ x: 7, y: 'why' });
    await donor.close();
    await db.close();
    rmSync(path('t.fpt'));
    copyFileSync(join(other, 't.dbf'), path('t.dbf'));
    rmSync(other, { recursive: true });
    db = await open(folder);
    expect(db.table('t').get(1)).toMatchObject({ X: 7, Y: 'why' });
    await db.table('t').insert({ x: 8 });
  });

  test('a table file that is gone is no table any more, and its name is free', async () => {
    await db.close();
    rmSync(path('t.dbf'));
    rmSync(path('t.fpt'));
    db = await open(folder);
    expect(db.tables()).toEqual([]);
    expect(() => db.table('t')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    await db.createTable('t', { z: numeric(2) });
    await db.table('t').insert({ z: 1 });
    await db.close();
    db = await open(folder);
    expect(db.table('t').scan().toArray()).toEqual([{ z: 1 }]);
  });

  test('a file that came is a table', async () => {
    await db.close();
    copyFileSync(path('t.dbf'), path('COPY.DBF'));
    copyFileSync(path('t.fpt'), path('COPY.FPT'));
    db = await open(folder);
    expect(db.tables().sort()).toEqual(['COPY', 't']);
    await db.table('copy').update(1, { n: 77 });
    expect([db.table('copy').get(1)?.['N'], db.table('t').get(1)?.['n']]).toEqual([77, 1]);
  });
});

describe('while the log holds commits', () => {
  const changes: Record<string, (at: string) => void> = {
    'a header that counts other records': (at) => { const bytes = readFileSync(join(at, 't.dbf')); bytes.writeUInt32LE(1, 4); writeFileSync(join(at, 't.dbf'), bytes); },
    'a shorter file': (at) => { truncateSync(join(at, 't.dbf'), statSync(join(at, 't.dbf')).size - 5); },
    'no file': (at) => { rmSync(join(at, 't.dbf')); },
    'no memo file': (at) => { rmSync(join(at, 't.fpt')); },
  };
  test.each(Object.keys(changes))('%s: EXTERNAL_CHANGE, and nothing is changed', async (name) => {
    await db.checkpoint();
    await db.table('t').update(2, { n: 3, notes: 'changed' });
    const crashed = copyAsCrashed();
    changes[name]?.(crashed);
    const before = Object.fromEntries(readdirSync(crashed).map((f) => [f, readFileSync(join(crashed, f)).toString('base64')]));
    for (const readOnly of [false, true]) {
      await expect(open(crashed, { readOnly }), `readOnly ${readOnly}`).rejects.toThrow(expect.objectContaining({ code: 'EXTERNAL_CHANGE' }));
      expect(Object.fromEntries(readdirSync(crashed).map((f) => [f, readFileSync(join(crashed, f)).toString('base64')]))).toEqual(before);
    }
    rmSync(crashed, { recursive: true });
  });
});

describe('while open', () => {
  const changes: Record<string, () => void> = {
    'edited': () => { edit(); },
    'grown': () => { appendFileSync(path('t.dbf'), 'more'); },
    'replaced': () => { copyFileSync(path('t.dbf'), path('new')); renameSync(path('new'), path('t.dbf')); },
    'removed': () => { rmSync(path('t.dbf')); },
    'memo edited': () => { appendFileSync(path('t.fpt'), 'more'); },
    'memo replaced': () => { copyFileSync(path('t.fpt'), path('new')); renameSync(path('new'), path('t.fpt')); },
    'memo removed': () => { rmSync(path('t.fpt')); },
  };
  test.each(Object.keys(changes))('%s: the next checkpoint refuses, the log is kept, close() works', async (name) => {
    await db.checkpoint();
    await db.table('t').update(2, { n: 3 });
    await new Promise((resolve) => { setTimeout(resolve, 15); }); // a file system with coarse times must see the difference
    changes[name]?.();
    const before = contents();
    const refused = expect.objectContaining({ code: 'EXTERNAL_CHANGE', table: 't' });
    await expect(db.checkpoint()).rejects.toThrow(refused);
    await expect(db.table('t').update(2, { n: 4 })).rejects.toThrow(expect.objectContaining({ code: 'EXTERNAL_CHANGE' }));
    expect(contents()).toEqual(before);
    await db.close();
    expect(contents()).toEqual(before);
    expect(Object.keys(before).some((file) => file.endsWith('.wal'))).toBe(true);
    expect(db.isClosed).toBe(true);
  });

  test('noticed only by close(): it says so and lets go', async () => {
    await db.checkpoint();
    await db.table('t').update(2, { n: 3 });
    appendFileSync(path('t.dbf'), 'more');
    await expect(db.close()).rejects.toThrow(expect.objectContaining({ code: 'EXTERNAL_CHANGE' }));
    expect(db.isClosed).toBe(true);
    expect(readdirSync(folder).some((file) => file.endsWith('.wal'))).toBe(true);
    expect(readdirSync(folder)).not.toContain('fieldstone.lock');
  });
});
