import { describe, expect, test } from 'vitest';
import { folderProblem } from '../support/sim/folder-check.js';
import { imageFromFiles } from '../support/sim/disk-image.js';
import { JournalRuleBroken, type JournalRuleOptions } from '../support/sim/journal-rule.js';
import {
  dbfPublishedEnd, dbt3PublishedEnd, dbt4PublishedEnd, foxproOpenProblem, fptPublishedEnd, publishedEndByName, smtPublishedEnd,
} from '../support/sim/published-end.js';
import { SimDisk } from '../support/sim/sim-disk.js';

const HEADER = 65, RECORD = 16;

/** A table with one field of 15 characters and `count` rows of dots. */
function table(count: number, rows = count): Uint8Array {
  const bytes = new Uint8Array(HEADER + rows * RECORD + 1).fill(0x2e);
  bytes.fill(0, 0, HEADER);
  const view = new DataView(bytes.buffer);
  bytes[0] = 3;
  view.setUint32(4, count, true);
  view.setUint16(8, HEADER, true);
  view.setUint16(10, RECORD, true);
  bytes.set([0x56], 32);
  bytes[43] = 0x43;
  bytes[48] = 15;
  bytes[64] = 0x0d;
  bytes[bytes.length - 1] = 0x1a;
  return bytes;
}

/** In this test a journal is the text of the places it covers: `t.dbf:65:16`. */
const rule: JournalRuleOptions = {
  baseFile: (path) => path.endsWith('.dbf'),
  journalFile: (path) => path.endsWith('/journal'),
  journalCovers: (journal, path, offset, bytes) => Buffer.from(journal).toString().split(' ').includes(`${path.slice(1)}:${offset}:${bytes.length}`),
  journalCoversName: (journal, change) => Buffer.from(journal).toString().includes(`${change.op}=${change.path.slice(1)}`),
};

function start(): SimDisk { return SimDisk.withFiles([['/t.dbf', table(2)]], { journalRule: rule }); }

function writeJournal(disk: SimDisk, text: string, synced = true, named = true): void {
  const file = disk.open('/journal', 'create');
  file.truncate(0);
  file.writeAt(Buffer.from(text), 0);
  if (synced) file.sync();
  if (named) disk.syncFolder('/');
}

const ROW = new Uint8Array(RECORD).fill(1);
const overwrite = (disk: SimDisk, offset = HEADER): void => { disk.open('/t.dbf', 'write').writeAt(ROW, offset); };

describe('the journal rule', () => {
  test('a published byte may be overwritten only with what a synced, named journal holds', () => {
    expect(() => overwrite(start())).toThrow(JournalRuleBroken);
    for (const [synced, named] of [[false, true], [true, false]] as const) {
      const disk = start();
      writeJournal(disk, 't.dbf:65:16', synced, named);
      expect(() => overwrite(disk)).toThrow('without a synced journal');
    }
    const disk = start();
    writeJournal(disk, 't.dbf:65:16');
    overwrite(disk);
    expect(() => overwrite(disk, HEADER + RECORD)).toThrow(JournalRuleBroken);
  });

  test('a journal that was changed, removed or never synced again covers nothing', () => {
    const disk = start();
    writeJournal(disk, 't.dbf:65:16');
    disk.open('/journal', 'write').writeAt(Buffer.from('x'), 100);
    expect(() => overwrite(disk)).toThrow(JournalRuleBroken);
    writeJournal(disk, 't.dbf:65:16');
    disk.unlink('/journal');
    expect(() => overwrite(disk)).toThrow(JournalRuleBroken);
  });

  test('a journal may be written under another name first', () => {
    const disk = start();
    const file = disk.open('/journal.tmp', 'create');
    file.writeAt(Buffer.from('t.dbf:65:16'), 0);
    file.sync();
    disk.rename('/journal.tmp', '/journal');
    expect(() => overwrite(disk)).toThrow(JournalRuleBroken);
    disk.syncFolder('/');
    overwrite(disk);
  });

  test('growth past the published end is free, the end mark included; what straddles the end is judged by its published part', () => {
    const disk = start();
    overwrite(disk, HEADER + 2 * RECORD);
    overwrite(disk, HEADER + 3 * RECORD);
    expect(() => overwrite(disk, HEADER + 2 * RECORD - 4)).toThrow('4 published bytes');
    writeJournal(disk, `t.dbf:${HEADER + 2 * RECORD - 4}:4`);
    overwrite(disk, HEADER + 2 * RECORD - 4);
  });

  test('the header decides what is published, as it stands before the write', () => {
    const disk = start();
    const file = disk.open('/t.dbf', 'write');
    overwrite(disk, HEADER + 2 * RECORD);
    writeJournal(disk, 't.dbf:4:1');
    file.writeAt(Uint8Array.of(3), 4);
    expect(() => overwrite(disk, HEADER + 2 * RECORD)).toThrow(JournalRuleBroken);
    expect(() => file.truncate(HEADER + 2 * RECORD)).toThrow('truncated below its published end');
    file.writeAt(Uint8Array.of(2), 4);
    file.truncate(HEADER + 2 * RECORD);
  });

  test('names of base files change only as the journal says; files under other names are free', () => {
    const disk = start();
    disk.open('/t.dbf.fs-1', 'create').writeAt(table(9), 0);
    expect(() => disk.rename('/t.dbf.fs-1', '/t.dbf')).toThrow('rename of a base file');
    expect(() => disk.unlink('/t.dbf')).toThrow('unlink of a base file');
    writeJournal(disk, 'rename=t.dbf');
    disk.rename('/t.dbf.fs-1', '/t.dbf');
    expect(disk.journalRule?.breaches).toHaveLength(2);
  });

  test('an asynchronous sync covers what was there when it began', async () => {
    const disk = start();
    const file = disk.open('/journal', 'create');
    disk.syncFolder('/');
    file.writeAt(Buffer.from('t.dbf:65:16'), 0);
    await file.syncAsync();
    overwrite(disk);
  });
});

function bytesWith(length: number, put: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  put(new DataView(bytes.buffer));
  return bytes;
}

describe('published ends', () => {
  test('tables: header and rows, without the end mark', () => {
    expect(dbfPublishedEnd(table(2, 5))).toBe(HEADER + 2 * RECORD);
    expect(dbfPublishedEnd(table(2), true)).toBe(HEADER + 2 * RECORD + 1);
    expect(dbfPublishedEnd(new Uint8Array(20))).toBe(20);
    const dbase2 = bytesWith(1000, (view) => { view.setUint8(0, 2); view.setUint16(1, 3, true); view.setUint16(6, 10, true); });
    expect(dbfPublishedEnd(dbase2)).toBe(551);
  });

  test('memo files: the next free block', () => {
    expect(fptPublishedEnd(bytesWith(960, (view) => { view.setUint32(0, 15); view.setUint16(6, 64); }))).toBe(960);
    expect(dbt3PublishedEnd(bytesWith(2048, (view) => view.setUint32(0, 3, true)))).toBe(1536);
    expect(smtPublishedEnd(bytesWith(4140, (view) => { view.setUint32(0, 65, true); view.setUint32(4, 64, true); }))).toBe(4160);
  });

  test('DBT of dBASE IV: the end of the list of free runs; a broken list publishes everything', () => {
    const file = (first: number): Uint8Array => bytesWith(16 * 1024, (view) => {
      view.setUint32(0, first, true);
      view.setUint16(18, 0x0102, true);
      view.setUint16(20, 1024, true);
      view.setUint32(2 * 1024, 6, true);
      view.setUint32(6 * 1024, 16, true);
      view.setUint32(9 * 1024, 9, true);
    });
    expect(dbt4PublishedEnd(file(2))).toBe(16 * 1024);
    expect(dbt4PublishedEnd(file(16))).toBe(16 * 1024);
    expect(dbt4PublishedEnd(file(9))).toBe(16 * 1024);
    expect(publishedEndByName('/m.dbt', file(20))).toBe(20 * 1024);
    expect(publishedEndByName('/x.bin', new Uint8Array(7))).toBe(7);
  });
});

describe('other programs', () => {
  test('what FoxPro refuses', () => {
    expect(foxproOpenProblem(table(2))).toBeUndefined();
    expect(foxproOpenProblem(table(2, 5))).toBeUndefined();
    expect(foxproOpenProblem(table(3, 2))).toContain('promises 3 records, the file holds 2');
    expect(foxproOpenProblem(new Uint8Array(10))).toContain('no header');
    const change = (at: number, value: number): string | undefined => {
      const bytes = table(2);
      bytes[at] = value;
      return foxproOpenProblem(bytes);
    };
    expect([change(9, 9), change(10, 1), change(48, 14), change(64, 0), change(32, 0x0d)]).toEqual([
      expect.stringContaining('header length'), expect.stringContaining('record length 1'), expect.stringContaining('add up'),
      expect.stringContaining('no end'), 'no fields',
    ]);
  });

  test('what close() may leave in a folder', () => {
    const problem = (files: [string, Uint8Array][]): string | undefined => folderProblem(imageFromFiles(files), '/db');
    expect(problem([['/db/t.dbf', table(2)], ['/db/fieldstone.json', ROW], ['/db/t.fpt', ROW], ['/elsewhere/x.wal', ROW]])).toBeUndefined();
    expect(problem([['/db/fieldstone-1.wal', ROW]])).toBe('fieldstone-1.wal was left behind');
    expect(problem([['/db/t.dbf.fs-2', ROW]])).toContain('left behind');
    expect(problem([['/db/t.dbf', table(2, 4)]])).toContain('33 bytes behind its last row');
    expect(problem([['/db/t.dbf', table(4, 2)]])).toContain('promises 4 records');
  });
});
