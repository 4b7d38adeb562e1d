import { describe, expect, test } from 'vitest';
import { crc32, MemoryVfs, RECORD_HEADER_BYTES, WAL_HEADER_BYTES } from '#storage';
import { chainStart, RecordHeaderEncoder, segmentSalt } from '../../../storage/wal/wal-format.js';
import { seededRandom } from '../../support/sim-clock.js';
import {
  buildWal, bytesOf, databaseId, EXPECT, otherDatabaseId, PATH, readBytes, readWal, SEGMENT, walHeader, wrongReading, type BuiltWal,
} from './wal-kit.js';

const SYNCED: BuiltWal = buildWal([[bytesOf('one')], [bytesOf('two'), new Uint8Array(0)], [bytesOf('three, longer than the others')], [bytesOf('four'), bytesOf('five')]]);
const UNSYNCED: BuiltWal = buildWal([[bytesOf('one')], [bytesOf('two')], [bytesOf('three')]], { sync: false });
const random = seededRandom(20260901);
const OLDER = { databaseId, segment: SEGMENT };

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const recordAt = (built: BuiltWal, i: number): Uint8Array => built.content.subarray(built.offsets[i], built.offsets[i + 1]);

describe('truncation', () => {
  test.each([['synced', SYNCED], ['not synced', UNSYNCED]])('at every length leaves the whole records before it (%s)', (_, built) => {
    for (let size = 0; size < built.content.length; size++) {
      const result = readBytes(built.content.subarray(0, size));
      expect(result.failed, `cut to ${size}`).toBeUndefined();
      expect(wrongReading(built, result), `cut to ${size}`).toBeUndefined();
      const whole = built.offsets.filter((offset) => offset <= size).length - 1;
      expect(result.records.length, `cut to ${size}`).toBe(Math.max(0, whole));
      const clean = built.offsets.includes(size);
      expect(result.end, `cut to ${size}`).toEqual({ offset: size < WAL_HEADER_BYTES ? 0 : built.offsets[whole], torn: !clean });
    }
  });

  test('within the header of an older segment is refused', () => {
    for (let size = 0; size < WAL_HEADER_BYTES; size++) expect(readBytes(SYNCED.content.subarray(0, size), OLDER).failed).toBe('CORRUPT_WAL');
  });
});

describe('one flipped bit', () => {
  test.each([['synced', SYNCED], ['not synced', UNSYNCED]])('gives a prefix or a refusal, at every bit (%s)', (_, built) => {
    const content = built.content.slice();
    for (let bit = 0; bit < content.length * 8; bit++) {
      const at = bit >>> 3;
      const mask = 1 << (bit & 7);
      content[at] = content[at]! ^ mask;
      const result = readBytes(content);
      const label = `bit ${bit & 7} of byte ${at}`;
      expect(wrongReading(built, result), label).toBeUndefined();
      if (at < built.promisedBytes) expect(result.failed, label).toBe('CORRUPT_WAL');
      else expect(result.records.length, label).toBe(built.offsets.filter((offset) => offset <= at).length - 1);
      content[at] = content[at]! ^ mask;
    }
    expect(readBytes(content).records.length).toBe(built.bodies.length);
  });

  test('in the header of a log without records is an unfinished header', () => {
    const { content } = buildWal([]);
    content[20] = content[20]! ^ 4;
    expect(readBytes(content)).toMatchObject({ records: [], end: { offset: 0, torn: true } });
    expect(readBytes(content, OLDER).failed).toBe('CORRUPT_WAL');
  });

  test('the refusal names file, place and commit', () => {
    const content = SYNCED.content.slice();
    const at = SYNCED.offsets[1]!;
    content[at + 9] = content[at + 9]! ^ 1;
    const { error, records } = readBytes(content);
    expect(records.length).toBe(1);
    expect(error).toMatchObject({ code: 'CORRUPT_WAL', file: PATH, offset: at, details: { sequence: 42 } });
    expect(error?.message).toMatch(/damaged at \d+ \(commit 42\)/);
  });
});

describe('what a crash can leave behind the last record', () => {
  const tails: [string, Uint8Array][] = [
    ['zeros and one other byte', Uint8Array.of(...new Uint8Array(3000), 1)],
    ['ones', new Uint8Array(700).fill(0xff)],
    ['record marks', new Uint8Array(700).fill(0xf5)],
    ['random bytes', new Uint8Array(5000).map(() => random.int(256))],
    ['half of a record', recordAt(SYNCED, 3).subarray(0, 30)],
    ['the log itself again', SYNCED.content],
  ];
  test.each(tails)('%s is a torn end', (_, tail) => {
    const result = readBytes(join(SYNCED.content, tail));
    expect(result.failed).toBeUndefined();
    expect(result.records.length).toBe(SYNCED.bodies.length);
    expect(result.end).toEqual({ offset: SYNCED.content.length, torn: true });
  });

  test.each([1, RECORD_HEADER_BYTES, 5000, 3 << 20])('%d zeros are room for records, not a torn end', (count) => {
    const result = readBytes(join(SYNCED.content, new Uint8Array(count)));
    expect(result).toMatchObject({ failed: undefined, end: { offset: SYNCED.content.length, torn: false } });
    expect(result.records.length).toBe(SYNCED.bodies.length);
  });

  test('a hole before a later record of the same unsynced stretch is a torn end: disks write out of order', () => {
    const content = UNSYNCED.content.slice();
    content.fill(0, UNSYNCED.offsets[1], UNSYNCED.offsets[2]);
    const result = readBytes(content);
    expect(result).toMatchObject({ failed: undefined, end: { offset: UNSYNCED.offsets[1], torn: true } });
    expect(result.records.length).toBe(1);
  });

  test('the same hole is damage when a later record was made after it was on disk', () => {
    const content = SYNCED.content.slice();
    content.fill(0, SYNCED.offsets[1], SYNCED.offsets[2]);
    expect(readBytes(content).failed).toBe('CORRUPT_WAL');
  });
});

describe('records that do not belong', () => {
  test('the stale tail of an older segment, at its own place, is not read', () => {
    const older = buildWal(SYNCED.bodies.map((body) => [body]), { header: walHeader({ segment: SEGMENT - 1 }) });
    const newer = buildWal([[SYNCED.bodies[0]!]]);
    const mixed = join(newer.content, older.content.subarray(newer.content.length));
    const result = readBytes(mixed);
    expect(result).toMatchObject({ failed: undefined, end: { offset: newer.content.length, torn: true } });
    expect(result.records.length).toBe(1);
  });

  test('records of another database, and of another life of the same segment, are not read', () => {
    for (const changes of [{ databaseId: otherDatabaseId }, { fence: new Uint8Array(16) }]) {
      const foreign = buildWal(SYNCED.bodies.map((body) => [body]), { header: walHeader(changes) });
      const newer = buildWal([[SYNCED.bodies[0]!]]);
      const result = readBytes(join(newer.content, foreign.content.subarray(newer.content.length)));
      expect(wrongReading(newer, result)).toBeUndefined();
      expect(result.records.length).toBe(1);
    }
  });

  test('two records that changed places are refused', () => {
    const equal = buildWal([[bytesOf('aaaa')], [bytesOf('bbbb')], [bytesOf('cccc')], [bytesOf('dddd')]]);
    const swapped = join(equal.content.subarray(0, equal.offsets[1]), recordAt(equal, 2), recordAt(equal, 1), recordAt(equal, 3));
    const result = readBytes(swapped);
    expect(result.failed).toBe('CORRUPT_WAL');
    expect(result.records.length).toBe(1);
  });

  test('a record left out or doubled is refused', () => {
    const equal = buildWal([[bytesOf('aaaa')], [bytesOf('bbbb')], [bytesOf('cccc')], [bytesOf('dddd')]]);
    const doubled = join(equal.content.subarray(0, equal.offsets[2]), recordAt(equal, 1), equal.content.subarray(equal.offsets[2]));
    expect(wrongReading(equal, readBytes(doubled))).toBeUndefined();
    expect(readBytes(doubled).records.length).toBeLessThanOrEqual(2);
    const left = equal.content.slice();
    left.copyWithin(equal.offsets[1]!, equal.offsets[2]!, equal.offsets[3]!);
    expect(readBytes(left).failed).toBe('CORRUPT_WAL');
  });

  test('a record with right checksums and a wrong number is refused', () => {
    for (const sequence of [40, 42]) {
      const { content } = buildWal([]);
      const encoder = new RecordHeaderEncoder(segmentSalt(databaseId, SEGMENT));
      const body = bytesOf('body');
      encoder.encode(content.length, sequence, body, 0, body.length, content.length, chainStart(content));
      expect(readBytes(join(content, encoder.bytes, body))).toMatchObject({ failed: 'CORRUPT_WAL', records: [], error: { details: { sequence: 41 } } });
    }
  });

  test('the image of a log inside a record is not taken for its continuation', () => {
    const inner = SYNCED.content;
    const outer = buildWal([[inner], [inner]]);
    expect(readBytes(outer.content).records.map(({ body }) => body)).toEqual([inner, inner]);
    // Torn inside the first body: the records that its image shows are not later records.
    const torn = outer.content.slice(0, outer.offsets[1]);
    torn[outer.offsets[0]! + RECORD_HEADER_BYTES] = 0;
    expect(readBytes(torn)).toMatchObject({ failed: undefined, records: [], end: { torn: true } });
  });
});

describe('a file that is not the log looked for', () => {
  test('another database, another segment', () => {
    const other = readBytes(SYNCED.content, { ...EXPECT, databaseId: otherDatabaseId });
    expect(other).toMatchObject({ failed: 'CORRUPT_WAL', records: [] });
    expect(other.error?.message).toContain('another database');
    const renamed = readBytes(SYNCED.content, { ...EXPECT, segment: 8 });
    expect(renamed.error?.message).toContain('segment 7, not 8');
  });

  test('a newer version, when the checksum says that it is meant', () => {
    const content = SYNCED.content.slice();
    content[8] = 2;
    expect(readBytes(content).failed).toBe('CORRUPT_WAL');
    new DataView(content.buffer).setUint32(WAL_HEADER_BYTES - 4, crc32(content.subarray(0, WAL_HEADER_BYTES - 4)), true);
    expect(readBytes(content).failed).toBe('VERSION');
  });

  test('a damaged header with anything behind it is refused even in the last segment', () => {
    const content = SYNCED.content.slice();
    content[3] = 0;
    expect(readBytes(content).failed).toBe('CORRUPT_WAL');
    content.fill(0);
    expect(readBytes(content).failed).toBe('CORRUPT_WAL');
  });

  test('a missing file', () => {
    expect(readWal(new MemoryVfs()).failed).toBe('NOT_FOUND');
  });
});

test('reading damaged logs changes no file', () => {
  for (const content of [SYNCED.content.subarray(0, 200), join(SYNCED.content, new Uint8Array(100)), SYNCED.content.slice().fill(0, 100, 120)]) {
    const vfs = new MemoryVfs([[PATH, content]]);
    const before = vfs.stat(PATH);
    readWal(vfs);
    expect(vfs.files().get(PATH)).toEqual(content.slice());
    expect(vfs.stat(PATH)).toEqual(before);
  }
});
