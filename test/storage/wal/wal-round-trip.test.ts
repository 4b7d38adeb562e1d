import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError, createWalSegment, MemoryVfs, openWalForReading, Probe, RECORD_HEADER_BYTES, WAL_HEADER_BYTES, walCounters } from '#storage';
import { FaultVfs } from '../../support/sim/fault-vfs.js';
import { codeOf } from '../../support/vfs-conformance.js';
import { buildWal, bytesOf, commit, databaseId, EXPECT, fence, FIRST_SEQUENCE, PATH, readBytes, readWal, SEGMENT, walHeader } from './wal-kit.js';

const folder = (): MemoryVfs => new MemoryVfs([['/db/keep', new Uint8Array(0)]]);

describe('a log segment', () => {
  test('gives back its header and its records in order', () => {
    const vfs = folder();
    const wal = createWalSegment(vfs, PATH, walHeader());
    wal.append(41, bytesOf('first'));
    wal.append(42, new Uint8Array(0));
    wal.append(43, bytesOf('packed'), 2, 5000);
    wal.flush();
    wal.close();
    const reader = openWalForReading(vfs, PATH, EXPECT);
    expect(reader.header).toEqual({ databaseId, fence, segment: SEGMENT, firstSequence: FIRST_SEQUENCE });
    expect([...reader]).toEqual([
      { sequence: 41, body: bytesOf('first'), codecId: 0, originalBytes: 5, offset: WAL_HEADER_BYTES },
      { sequence: 42, body: new Uint8Array(0), codecId: 0, originalBytes: 0, offset: WAL_HEADER_BYTES + RECORD_HEADER_BYTES + 5 },
      { sequence: 43, body: bytesOf('packed'), codecId: 2, originalBytes: 5000, offset: WAL_HEADER_BYTES + 2 * RECORD_HEADER_BYTES + 5 },
    ]);
    expect(reader.end).toEqual({ offset: WAL_HEADER_BYTES + 3 * RECORD_HEADER_BYTES + 11, torn: false });
  });

  test('without records is empty, not torn', () => {
    const { content } = buildWal([]);
    expect(content.length).toBe(WAL_HEADER_BYTES);
    expect(readBytes(content)).toMatchObject({ failed: undefined, records: [], end: { offset: WAL_HEADER_BYTES, torn: false } });
    expect(readBytes(content, { databaseId, segment: SEGMENT })).toMatchObject({ failed: undefined, records: [] });
  });

  test('must not exist before', () => {
    const vfs = new MemoryVfs([[PATH, bytesOf('something')]]);
    expect(codeOf(() => createWalSegment(vfs, PATH, walHeader()))).toBe('EXISTS');
    expect(vfs.files().get(PATH)).toEqual(bytesOf('something'));
  });

  test('takes bodies of any size around the reading window, in groups of any size', () => {
    const sizes = fc.oneof(fc.nat(40), fc.nat(5000), fc.constantFrom(524_000, 524_288, 524_289, 1_048_575, 1_048_576, 1_048_577, 2_500_000));
    fc.assert(fc.property(fc.array(fc.array(sizes, { maxLength: 5 }), { maxLength: 4 }), (groups) => {
      let fill = 0;
      const built = buildWal(groups.map((group) => group.map((size) => new Uint8Array(size).fill(++fill))));
      const result = readBytes(built.content);
      expect(result.failed).toBeUndefined();
      expect(result.end).toEqual({ offset: built.content.length, torn: false });
      expect(result.records.map(({ offset }) => offset)).toEqual(built.offsets.slice(0, -1));
      expect(result.records.every(({ body }, i) => Buffer.compare(body, built.bodies[i]!) === 0)).toBe(true);
    }), { numRuns: 40 });
  });

  test('hands out bodies that stay as they are while reading goes on', () => {
    const built = buildWal([Array.from({ length: 3000 }, (_, i) => new Uint8Array(1000).fill(i))]);
    const kept = readBytes(built.content).records;
    expect(kept.every(({ body }, i) => body.every((byte) => byte === (i & 0xff)))).toBe(true);
  });

  test('is read as long as it was when it was opened', () => {
    const vfs = folder();
    const wal = createWalSegment(vfs, PATH, walHeader());
    commit(wal, bytesOf('a'));
    const reader = openWalForReading(vfs, PATH, EXPECT);
    commit(wal, bytesOf('b'));
    expect([...reader].map(({ sequence }) => sequence)).toEqual([41]);
    expect(reader.end.torn).toBe(false);
  });

  test('is closed when the reader stops early', () => {
    const vfs = folder();
    commit(createWalSegment(vfs, PATH, walHeader()), bytesOf('a'), bytesOf('b'));
    const faults = new FaultVfs(vfs);
    const reader = openWalForReading(faults.vfs, PATH, EXPECT);
    for (const _ of reader) break;
    expect(faults.counts.get('close')).toBe(faults.counts.get('open'));
    expect(() => [...reader]).toThrow(AssertionError);
  });
});

describe('a log writer', () => {
  test('knows what is pending, flushed and synced', () => {
    const vfs = folder();
    const wal = createWalSegment(vfs, PATH, walHeader());
    const record = RECORD_HEADER_BYTES + 3;
    expect([wal.sizeBytes, wal.flushedBytes, wal.syncedBytes, wal.lastSequence]).toEqual([WAL_HEADER_BYTES, WAL_HEADER_BYTES, WAL_HEADER_BYTES, 40]);
    wal.append(41, bytesOf('abc'));
    expect([wal.sizeBytes, wal.flushedBytes, wal.lastSequence]).toEqual([WAL_HEADER_BYTES + record, WAL_HEADER_BYTES, 41]);
    expect(vfs.files().get(PATH)?.length).toBe(WAL_HEADER_BYTES);
    wal.flush();
    expect([wal.flushedBytes, wal.syncedBytes]).toEqual([WAL_HEADER_BYTES + record, WAL_HEADER_BYTES]);
    wal.append(42, bytesOf('def'));
    wal.datasync();
    expect([wal.sizeBytes, wal.flushedBytes, wal.syncedBytes]).toEqual([WAL_HEADER_BYTES + 2 * record, WAL_HEADER_BYTES + record, WAL_HEADER_BYTES + record]);
    wal.discardPending();
    expect([wal.sizeBytes, wal.lastSequence]).toEqual([WAL_HEADER_BYTES + record, 41]);
    wal.append(42, bytesOf('ghi'));
    wal.flush();
    expect(readWal(vfs).records.map(({ body }) => body)).toEqual([bytesOf('abc'), bytesOf('ghi')]);
  });

  test('an asynchronous sync covers only what was flushed before it began', async () => {
    const wal = createWalSegment(folder(), PATH, walHeader());
    wal.append(41, bytesOf('a'));
    wal.flush();
    const before = wal.flushedBytes;
    const sync = wal.datasyncAsync();
    wal.append(42, bytesOf('b'));
    wal.flush();
    await sync;
    expect(wal.syncedBytes).toBe(before);
    await wal.datasyncAsync();
    expect(wal.syncedBytes).toBe(wal.flushedBytes);
  });

  test('copies the body at once', () => {
    const vfs = folder();
    const wal = createWalSegment(vfs, PATH, walHeader());
    const body = bytesOf('before');
    wal.append(41, body);
    body.fill(0);
    wal.flush();
    expect(readWal(vfs).records[0]?.body).toEqual(bytesOf('before'));
  });

  test('refuses gaps in the numbering and bodies beyond the limit', () => {
    const wal = createWalSegment(folder(), PATH, walHeader());
    expect(() => wal.append(42, bytesOf('a'))).toThrow(AssertionError);
    expect(() => wal.append(40, bytesOf('a'))).toThrow(AssertionError);
    expect(codeOf(() => wal.append(41, bytesOf('a'), 1, 2 ** 30 + 1))).toBe('LIMIT');
    expect(wal.lastSequence).toBe(40);
  });

  test('counts', () => {
    const probe = new Probe();
    const vfs = folder();
    const wal = createWalSegment(vfs, PATH, walHeader(), walCounters(probe));
    commit(wal, bytesOf('abc'), bytesOf('d'));
    wal.flush();
    expect(probe.snapshot().counters['wal']).toEqual({ records: 2, bytesAppended: 2 * RECORD_HEADER_BYTES + 4, flushes: 1, syncs: 1, cutBacks: 0 });
  });
});
