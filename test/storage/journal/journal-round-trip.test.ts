import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError, JournalWriter, MemoryVfs, readJournal, readJournalInSlices, type JournalEntry } from '#storage';
import { FaultVfs } from '../../support/sim/fault-vfs.js';
import { codeOf } from '../../support/vfs-conformance.js';
import { bytesOf, databaseId, journalBytes, META, PATH, readBytes, readEntries, writeJournal } from './journal-kit.js';

const folder = (): MemoryVfs => new MemoryVfs([['/db/keep', new Uint8Array(0)]]);

const name = fc.constantFrom('a.dbf', 'b.fpt', 'Ünïcode name.dbf', 'c.dbf.fs-3', 'x');
const size = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 1, arbitrary: fc.constantFrom(1_048_511, 1_048_512, 1_048_513, 2_200_000) },
);
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  { weight: 4, arbitrary: fc.record({
    kind: fc.constant('write' as const), file: name, phase: fc.constantFrom('body' as const, 'header' as const),
    offset: fc.oneof(fc.nat(5000), fc.constant(2 ** 40 + 17)), bytes: size.map((bytes) => new Uint8Array(bytes).fill(bytes)),
  }) },
  fc.record({ kind: fc.constant('rename' as const), from: name, to: name }),
  fc.record({ kind: fc.constant('unlink' as const), file: name }),
  fc.record({ kind: fc.constant('truncate' as const), file: name, sizeBytes: fc.nat(2 ** 45) }),
);

/** Long writes come back in pieces: put neighbouring pieces together again. */
function joined(entries: readonly JournalEntry[]): JournalEntry[] {
  const all: JournalEntry[] = [];
  for (const one of entries) {
    const last = all.at(-1);
    if (one.kind === 'write' && last?.kind === 'write' && last.bytes.length >= 1_048_512 && last.file === one.file && last.phase === one.phase
      && last.offset + last.bytes.length === one.offset) all[all.length - 1] = { ...last, bytes: Buffer.concat([last.bytes, one.bytes]) };
    else all.push(one);
  }
  return all.map((one) => (one.kind === 'write' ? { ...one, bytes: new Uint8Array(one.bytes) } : one));
}

describe('a journal', () => {
  test('gives back what was written, in order', () => {
    fc.assert(fc.property(fc.array(entry, { maxLength: 12 }), fc.uint8Array({ maxLength: 3000 }), (entries, note) => {
      const result = readBytes(journalBytes(entries, { ...META, note }));
      expect(result.failed).toBeUndefined();
      expect(result.meta).toEqual({ ...META, note });
      const read = joined(result.entries ?? []);
      expect(read.length).toBe(entries.length);
      for (const [i, one] of entries.entries()) {
        const other = read[i];
        if (one.kind !== 'write' || other?.kind !== 'write') {
          expect(other).toEqual(one);
          continue;
        }
        expect({ ...other, bytes: undefined }).toEqual({ ...one, bytes: undefined });
        expect(Buffer.compare(other.bytes, one.bytes)).toBe(0);
      }
    }), { numRuns: 40 });
  });

  test('without entries is complete; a missing one is none', () => {
    expect(readBytes(journalBytes([])).entries).toEqual([]);
    expect(readJournal(folder(), PATH, databaseId)).toBeUndefined();
  });

  test('replaces a leftover', () => {
    const vfs = folder();
    writeJournal(vfs, [{ kind: 'unlink', file: 'a' }]);
    writeJournal(vfs, [], { ...META, checkpoint: 13 });
    const journal = readJournal(vfs, PATH, databaseId);
    expect(journal?.meta.checkpoint).toBe(13);
    expect(journal && readEntries(journal)).toEqual([]);
  });

  test('is read in slices of about a megabyte, with an end at any of them', () => {
    const faults = new FaultVfs(folder());
    writeJournal(faults.vfs, [{ kind: 'write', file: 'a', phase: 'body', offset: 0, bytes: new Uint8Array(5_000_000) }]);
    const opened = (faults.counts.get('open') ?? 0) - (faults.counts.get('close') ?? 0);
    const reading = readJournalInSlices(faults.vfs, PATH, databaseId);
    let slices = 0;
    for (let step = reading.next(); step.done !== true; step = reading.next()) slices++;
    expect(slices).toBeGreaterThanOrEqual(3);
    const given = readJournalInSlices(faults.vfs, PATH, databaseId);
    given.next();
    given.return(undefined);
    expect((faults.counts.get('open') ?? 0) - (faults.counts.get('close') ?? 0)).toBe(opened + 1); // the whole journal is still open
  });

  test('sums its bytes by phase', () => {
    const vfs = folder();
    writeJournal(vfs, [
      { kind: 'write', file: 'a', phase: 'header', offset: 0, bytes: bytesOf('head') },
      { kind: 'write', file: 'a', phase: 'body', offset: 32, bytes: new Uint8Array(3_000_000) },
      { kind: 'truncate', file: 'a', sizeBytes: 9 }, { kind: 'rename', from: 'b', to: 'c' },
    ]);
    const journal = readJournal(vfs, PATH, databaseId);
    expect(journal?.phaseBytes).toEqual({ body: 3_000_000, header: 4 });
    expect(journal?.truncations).toEqual([{ kind: 'truncate', file: 'a', sizeBytes: 9 }]);
    expect(journal?.folderEntries).toEqual([{ kind: 'rename', from: 'b', to: 'c' }]);
    expect(journal?.sizeBytes).toBe(vfs.stat(PATH)?.sizeBytes);
  });
});

describe('a journal writer', () => {
  test.each(['', '.', '..', 'a/b', '../a', 'a\\b', 'C:a', 'a\0', '/a'])('refuses the name %j', (bad) => {
    const writer = JournalWriter.create(folder(), PATH, META);
    expect(() => writer.unlink(bad)).toThrow(AssertionError);
    expect(() => writer.write(bad, 'body', 0, bytesOf('x'))).toThrow(AssertionError);
    expect(() => writer.rename('a', bad)).toThrow(AssertionError);
    expect(() => writer.truncate(bad, 0)).toThrow(AssertionError);
  });

  test('refuses offsets and sizes that are no place in a file', () => {
    const writer = JournalWriter.create(folder(), PATH, META);
    for (const bad of [-1, 0.5, NaN, 2 ** 53]) {
      expect(() => writer.write('a', 'body', bad, bytesOf('x'))).toThrow(AssertionError);
      expect(() => writer.truncate('a', bad)).toThrow(AssertionError);
    }
  });

  test('takes nothing after finish()', () => {
    const writer = JournalWriter.create(folder(), PATH, META);
    writer.finish();
    expect(() => writer.unlink('a')).toThrow(AssertionError);
  });

  test('buffers: a thousand small writes are one write', () => {
    const faults = new FaultVfs(folder());
    const writer = JournalWriter.create(faults.vfs, PATH, META);
    for (let i = 0; i < 1000; i++) writer.write('a.dbf', 'body', i * 80, new Uint8Array(80));
    expect(faults.counts.get('write')).toBe(1);
    writer.finish();
    expect(faults.counts.get('write')).toBe(3);
    expect(writer.entryCount).toBe(1001);
  });

  test('syncs the entries before it writes the trailer, unless that was done', async () => {
    const faults = new FaultVfs(folder());
    const writer = JournalWriter.create(faults.vfs, PATH, META);
    writer.write('a', 'body', 0, bytesOf('x'));
    await writer.syncAsync();
    writer.finish();
    expect(faults.counts.get('sync')).toBe(1);
    const other = JournalWriter.create(faults.vfs, PATH, META);
    other.write('a', 'body', 0, bytesOf('x'));
    other.finish();
    expect(faults.counts.get('sync')).toBe(2);
  });

  test('abandon() leaves nothing, after any failure', () => {
    for (let at = 1; at <= 4; at++) {
      const inner = folder();
      const faults = new FaultVfs(inner, { plan: { fault: 'halfENOSPC', at, sticky: true } });
      let writer: JournalWriter | undefined;
      const code = codeOf(() => {
        writer = JournalWriter.create(faults.vfs, PATH, META);
        writer.write('a', 'body', 0, new Uint8Array(1_500_000));
        writer.finish();
      });
      expect(code, `write ${at}`).toBe('FULL');
      writer?.abandon();
      expect(inner.stat(PATH)).toBeUndefined();
    }
  });
});
