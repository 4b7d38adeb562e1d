import { describe, expect, test } from 'vitest';
import { applyJournal, JournalWriter, MemoryVfs, readJournal, type JournalEntry, type Vfs } from '#storage';
import { FaultVfs } from '../../support/sim/fault-vfs.js';
import { codeOf } from '../../support/vfs-conformance.js';
import { apply, bytesOf, databaseId, FOLDER, META, PATH, writeJournal } from './journal-kit.js';

const ENTRIES: JournalEntry[] = [
  { kind: 'write', file: 'people.dbf', phase: 'header', offset: 0, bytes: bytesOf('HEADER2') },
  { kind: 'write', file: 'people.dbf', phase: 'body', offset: 10, bytes: bytesOf('BODY2') },
  { kind: 'write', file: 'people.fpt', phase: 'body', offset: 4, bytes: bytesOf('MEMO2') },
  { kind: 'rename', from: 'cities.dbf.fs-3', to: 'cities.dbf' },
  { kind: 'write', file: 'cities.dbf', phase: 'body', offset: 2, bytes: bytesOf('zz') },
  { kind: 'unlink', file: 'old.dbf' },
  { kind: 'truncate', file: 'people.fpt', sizeBytes: 12 },
];

const START: [string, Uint8Array][] = [
  ['/db/people.dbf', bytesOf('header1...body1.......')], ['/db/people.fpt', bytesOf('HEADmemo1 and a long tail')],
  ['/db/cities.dbf', bytesOf('old cities')], ['/db/cities.dbf.fs-3', bytesOf('new cities')], ['/db/old.dbf', bytesOf('old')],
];

function tables(vfs: MemoryVfs): Record<string, string> {
  return Object.fromEntries([...vfs.files()].filter(([path]) => path !== PATH).map(([path, bytes]) => [path.slice(4), new TextDecoder().decode(bytes)]));
}

const AFTER = { 'people.dbf': 'HEADER2...BODY2.......', 'people.fpt': 'HEADMEMO2 an', 'cities.dbf': 'nezzcities' };

function start(entries = ENTRIES): MemoryVfs {
  const vfs = new MemoryVfs(START);
  writeJournal(vfs, entries);
  return vfs;
}

describe('applying a journal', () => {
  test('makes its changes, in the order that recovery relies on', () => {
    const vfs = start();
    const log: string[] = [];
    const journal = readJournal(vfs, PATH, databaseId);
    for (const step of applyJournal(recording(vfs, log), FOLDER, journal!)) {
      log.push(step.kind === 'sync' ? `sync ${step.file.path.slice(4)}` : step.kind);
    }
    expect(tables(vfs)).toEqual(AFTER);
    expect(log).toEqual([
      'rename cities.dbf.fs-3', 'unlink old.dbf', 'syncFolder',
      'write people.dbf 10', 'write people.fpt 4', 'write cities.dbf 2', 'sync people.dbf', 'sync people.fpt', 'sync cities.dbf',
      'write people.dbf 0', 'sync people.dbf', 'truncate people.fpt', 'sync people.fpt',
    ]);
  });

  test('twice gives the same', () => {
    const vfs = start();
    apply(vfs);
    apply(vfs);
    expect(tables(vfs)).toEqual(AFTER);
  });

  test('again after it stopped at any step gives the same', () => {
    const steps = apply(start()).length;
    for (let stopAfter = 1; stopAfter <= steps; stopAfter++) {
      const vfs = start();
      apply(vfs, stopAfter);
      apply(vfs);
      expect(tables(vfs), `stopped after step ${stopAfter}`).toEqual(AFTER);
    }
  });

  test('again after the process died in any call gives the same', () => {
    for (const fault of ['dieBefore', 'dieHalf', 'dieAfter'] as const) {
      const counter = new FaultVfs(start(), { plan: { fault, at: 0 } });
      apply(counter.vfs);
      expect(counter.met).toBeGreaterThanOrEqual(4);
      for (let at = 1; at <= counter.met; at++) {
        const vfs = start();
        expect(() => apply(new FaultVfs(vfs, { plan: { fault, at } }).vfs)).toThrow(/died/);
        apply(vfs);
        expect(tables(vfs), `${fault} at call ${at}`).toEqual(AFTER);
      }
    }
  });

  test('yields about every megabyte, and syncs no folder and no phase that has nothing', () => {
    const bytes = new Uint8Array(5_000_000).fill(9);
    const vfs = start([{ kind: 'write', file: 'people.dbf', phase: 'body', offset: 0, bytes }]);
    const steps = apply(vfs);
    expect(steps.length).toBeGreaterThanOrEqual(3);
    expect(steps).toEqual([...Array<string>(steps.length - 1).fill('work'), 'sync']);
    expect(Buffer.compare(vfs.files().get('/db/people.dbf')!, bytes)).toBe(0);
  });

  test('never lengthens a file by a truncation', () => {
    const vfs = start([{ kind: 'truncate', file: 'old.dbf', sizeBytes: 100 }]);
    apply(vfs);
    expect(tables(vfs)['old.dbf']).toBe('old');
  });

  test('short writes are continued', () => {
    const vfs = start();
    apply(new FaultVfs(vfs, { plan: { fault: 'shortWrite', at: 1, sticky: true } }).vfs);
    expect(tables(vfs)).toEqual(AFTER);
  });
});

describe('a journal that cannot be applied', () => {
  test('a file to be renamed that is gone with its target', () => {
    const vfs = start();
    vfs.unlink('/db/cities.dbf');
    vfs.unlink('/db/cities.dbf.fs-3');
    const before = tables(vfs);
    expect(codeOf(() => apply(vfs))).toBe('CORRUPT_WAL');
    expect(tables(vfs)).toEqual(before);
  });

  test('a file to be written that is gone', () => {
    const vfs = start();
    vfs.unlink('/db/people.fpt');
    expect(codeOf(() => apply(vfs))).toBe('CORRUPT_WAL');
    vfs.open('/db/people.fpt', 'create').writeAt(bytesOf('HEADmemo1 and a long tail'), 0);
    apply(vfs);
    expect(tables(vfs)).toEqual(AFTER);
  });

  test('closes every file, also when it fails or is left', () => {
    for (const [fault, at] of [['EIO', 2], ['ENOSPC', 3], ['EIO', 0]] as const) {
      const faults = new FaultVfs(start(), { plan: { fault, at, kinds: ['write', 'truncate'] } });
      const code = codeOf(() => apply(faults.vfs, at === 0 ? 4 : Infinity));
      expect(code).toBe(at === 0 ? 'none' : fault === 'EIO' ? 'IO' : 'FULL');
      expect(faults.counts.get('close')).toBe(faults.counts.get('open'));
    }
  });
});

test('a journal is applied beside open handles of the same files', () => {
  const vfs = start();
  const reader = vfs.open('/db/people.dbf', 'read');
  apply(vfs);
  const head = new Uint8Array(7);
  reader.readAt(head, 0);
  expect(new TextDecoder().decode(head)).toBe('HEADER2');
});

test('a journal in the making can be given up', () => {
  const vfs = new MemoryVfs(START);
  JournalWriter.create(vfs, PATH, META).abandon();
  expect(tables(vfs)).toEqual(tables(new MemoryVfs(START)));
  expect(vfs.stat(PATH)).toBeUndefined();
});

function recording(inner: MemoryVfs, log: string[]): Vfs {
  return {
    open: (path, mode) => {
      const file = inner.open(path, mode);
      const write = file.writeAt.bind(file), truncate = file.truncate.bind(file);
      file.writeAt = (source, position) => { log.push(`write ${path.slice(4)} ${position}`); return write(source, position); };
      file.truncate = (sizeBytes) => { log.push(`truncate ${path.slice(4)}`); truncate(sizeBytes); };
      return file;
    },
    stat: (path) => inner.stat(path),
    rename: (from, to) => { log.push(`rename ${from.slice(4)}`); inner.rename(from, to); },
    unlink: (path) => { log.push(`unlink ${path.slice(4)}`); inner.unlink(path); },
    makeFolder: (path) => inner.makeFolder(path), removeFolder: (path) => inner.removeFolder(path),
    list: (folder) => inner.list(folder), syncFolder: (folder) => inner.syncFolder(folder), realPath: (path) => inner.realPath(path),
  };
}
