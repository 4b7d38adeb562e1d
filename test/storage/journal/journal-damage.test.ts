import { describe, expect, test } from 'vitest';
import { crc32, MemoryVfs, readJournal, type JournalEntry } from '#storage';
import {
  decodeTrailer, encodeEntryHeader, encodeJournalHeader, encodeTrailers, JOURNAL_HEADER_BYTES, secondTrailerAt, TRAILER_BYTES, type EntryKind,
} from '../../../storage/journal/journal-format.js';
import { bytesOf, databaseId, journalBytes, META, PATH, readBytes, type JournalResult } from './journal-kit.js';

const ENTRIES: JournalEntry[] = [
  { kind: 'rename', from: 'a.fs-2', to: 'a.dbf' }, { kind: 'unlink', file: 'b.dbf' },
  { kind: 'write', file: 'a.dbf', phase: 'body', offset: 4000, bytes: bytesOf('row 1 new') },
  { kind: 'write', file: 'a.dbf', phase: 'header', offset: 0, bytes: bytesOf('header') },
  { kind: 'truncate', file: 'c.fpt', sizeBytes: 512 },
];
const CONTENT = journalBytes(ENTRIES);
const SECOND_AT = CONTENT.length - TRAILER_BYTES;
const ENTRIES_END = decodeTrailer(CONTENT.subarray(SECOND_AT), SECOND_AT, databaseId)?.entriesEnd ?? 0;

/** Complete and right, taken for unfinished, or refused; never anything else. */
function verdict(result: JournalResult): string {
  if (result.failed !== undefined) return result.failed;
  if (result.entries === undefined) return 'unfinished';
  expect(result.entries).toEqual(ENTRIES);
  expect(result.meta).toEqual(META);
  return 'complete';
}

describe('a journal that is cut', () => {
  test('at any length is unfinished, unless the first copy of the trailer is whole', () => {
    expect(secondTrailerAt(ENTRIES_END)).toBe(SECOND_AT);
    for (let size = 0; size < CONTENT.length; size++) {
      if (size > ENTRIES_END + TRAILER_BYTES && size < SECOND_AT && size % 64 !== 0) continue; // zeros between the trailers: a sample
      expect(verdict(readBytes(CONTENT.subarray(0, size))), `cut to ${size}`).toBe(size < ENTRIES_END + TRAILER_BYTES ? 'unfinished' : 'complete');
    }
  });
});

describe('one flipped bit', () => {
  test('is refused in header, note and entries, and mended in a trailer, at every bit', () => {
    const content = CONTENT.slice();
    for (let bit = 0; bit < content.length * 8; bit++) {
      const at = bit >>> 3;
      if (at >= ENTRIES_END + TRAILER_BYTES && at < SECOND_AT && at % 64 !== 0) continue; // zeros between the trailers: a sample
      content[at] = content[at]! ^ (1 << (bit & 7));
      expect(verdict(readBytes(content)), `bit ${bit & 7} of byte ${at}`).toBe(at < ENTRIES_END ? 'CORRUPT_WAL' : 'complete');
      content[at] = content[at]! ^ (1 << (bit & 7));
    }
    expect(verdict(readBytes(content))).toBe('complete');
  });

  test('without a trailer makes it no less unfinished', () => {
    const content = CONTENT.slice(0, ENTRIES_END);
    for (let bit = 0; bit < content.length * 8; bit++) {
      content[bit >>> 3] = content[bit >>> 3]! ^ (1 << (bit & 7));
      expect(verdict(readBytes(content))).toBe('unfinished');
      content[bit >>> 3] = content[bit >>> 3]! ^ (1 << (bit & 7));
    }
  });
});

describe('other damage', () => {
  test('both trailers gone: unfinished', () => {
    const content = CONTENT.slice();
    content.fill(0, ENTRIES_END);
    expect(verdict(readBytes(content))).toBe('unfinished');
  });

  test('a sector of zeros among the entries of a complete journal', () => {
    const content = journalBytes([{ kind: 'write', file: 'a', phase: 'body', offset: 0, bytes: new Uint8Array(5000).fill(7) }]);
    content.fill(0, 1024, 1536);
    expect(readBytes(content)).toMatchObject({ failed: 'CORRUPT_WAL', error: { file: PATH } });
  });

  test('two entries that changed places', () => {
    const write = (text: string): JournalEntry => ({ kind: 'write', file: 'a', phase: 'body', offset: 0, bytes: bytesOf(text) });
    const ordered = journalBytes([write('aaaa'), write('bbbb')]);
    const size = 20 + 4 + 4;
    const end = decodeTrailer(ordered.subarray(-TRAILER_BYTES), ordered.length - TRAILER_BYTES, databaseId)!.entriesEnd;
    const swapped = ordered.slice();
    swapped.set(ordered.subarray(end - size, end), end - 2 * size);
    swapped.set(ordered.subarray(end - 2 * size, end - size), end - size);
    expect(readBytes(swapped).failed).toBe('CORRUPT_WAL');
  });

  test('empty, zeros, garbage', () => {
    for (const content of [new Uint8Array(0), new Uint8Array(5000), new Uint8Array(9000).fill(0x46), new Uint8Array(200).fill(0xff)]) {
      expect(verdict(readBytes(content))).toBe('unfinished');
    }
  });

  test('the journal of another database, complete or not', () => {
    const other = databaseId.slice().fill(9);
    for (const content of [CONTENT, CONTENT.subarray(0, ENTRIES_END)]) {
      const result = readBytes(content, other);
      expect(result.failed).toBe('CORRUPT_WAL');
      expect(result.error?.message).toContain('another database');
    }
  });

  test('a newer version', () => {
    const content = CONTENT.slice();
    content[8] = 2;
    new DataView(content.buffer).setUint32(JOURNAL_HEADER_BYTES - 4, crc32(content.subarray(0, JOURNAL_HEADER_BYTES - 4)), true);
    expect(readBytes(content).failed).toBe('VERSION');
  });

  test('reading changes nothing', () => {
    for (const content of [CONTENT, CONTENT.subarray(0, 300), CONTENT.slice().fill(1, 130, 140)]) {
      const vfs = new MemoryVfs([[PATH, content]]);
      try { readJournal(vfs, PATH, databaseId)?.close(); } catch { /* looked at elsewhere */ }
      expect(vfs.files().get(PATH)).toEqual(content.slice());
    }
  });
});

type ForgedEntry = [kind: EntryKind | number, file: number, value: number, data: Uint8Array, claimedBytes?: number];

/** A journal with right checksums whose entries are made by hand. */
function forged(...entries: ForgedEntry[]): Uint8Array { return forgedWithCount(entries.length, entries); }

function forgedWithCount(entryCount: number, entries: ForgedEntry[]): Uint8Array {
  const header = encodeJournalHeader(META);
  let chain = new DataView(header.buffer, header.byteOffset).getUint32(header.length - 4, true);
  const parts = [header];
  for (const [kind, file, value, data, claimedBytes] of entries) {
    const bytes = new Uint8Array(20 + data.length + 4);
    const view = new DataView(bytes.buffer);
    encodeEntryHeader(view, 0, typeof kind === 'number' ? 'name' : kind, file, value, claimedBytes ?? data.length);
    if (typeof kind === 'number') view.setUint32(0, kind, true);
    bytes.set(data, 20);
    chain = crc32(bytes.subarray(0, -4), chain);
    view.setUint32(bytes.length - 4, chain, true);
    parts.push(bytes);
  }
  const body = Buffer.concat(parts);
  return new Uint8Array(Buffer.concat([body, encodeTrailers(databaseId, entryCount, body.length, chain)]));
}

describe('a journal made to do harm, with right checksums', () => {
  test('the forger knows the format', () => {
    const content = forged(['name', 0, 0, bytesOf('a')], ['body', 0, 5, bytesOf('xy')]);
    expect(readBytes(content).entries).toEqual([{ kind: 'write', file: 'a', phase: 'body', offset: 5, bytes: bytesOf('xy') }]);
  });

  test.each<[string, Uint8Array]>([
    ['a name that leaves the folder', forged(['name', 0, 0, bytesOf('../a')])],
    ['an absolute name', forged(['name', 0, 0, bytesOf('/etc/passwd')])],
    ['a name of a drive', forged(['name', 0, 0, bytesOf('C:a')])],
    ['a name that is no text', forged(['name', 0, 0, Uint8Array.of(0xff, 0xfe)])],
    ['a name too long', forged(['name', 0, 0, new Uint8Array(1025).fill(0x61)])],
    ['a name with a far number', forged(['name', 4_000_000_000, 0, bytesOf('a')])],
    ['a name that changes', forged(['name', 0, 0, bytesOf('a')], ['name', 0, 0, bytesOf('b')])],
    ['a file without a name', forged(['unlink', 0, 0, new Uint8Array(0)])],
    ['a rename to a file without a name', forged(['name', 0, 0, bytesOf('a')], ['rename', 0, 1, new Uint8Array(0)])],
    ['an unknown kind', forged([7, 0, 0, new Uint8Array(0)])],
    ['a length that is a lie', forged(['name', 0, 0, bytesOf('a'), 4_000_000_000])],
    ['a length that runs into the trailer', forged(['name', 0, 0, bytesOf('a'), 60])],
    ['an offset beyond any file', forged(['name', 0, 0, bytesOf('a')], ['body', 0, 2 ** 53 + 2, bytesOf('x')])],
    ['an end beyond any file', forged(['name', 0, 0, bytesOf('a')], ['body', 0, 2 ** 53 - 1, bytesOf('xyz')])],
    ['a trailer that counts one entry more', forgedWithCount(2, [['name', 0, 0, bytesOf('a')]])],
    ['an unlink with data', forged(['name', 0, 0, bytesOf('a')], ['unlink', 0, 0, bytesOf('x')])],
  ])('%s is refused', (_, content) => {
    expect(readBytes(content).failed).toBe('CORRUPT_WAL');
  });
});
