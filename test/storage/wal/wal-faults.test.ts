import { describe, expect, test } from 'vitest';
import { createWalSegment, MemoryVfs, type WalWriter } from '#storage';
import { FaultVfs, type Fault } from '../../support/sim/fault-vfs.js';
import { codeOf } from '../../support/vfs-conformance.js';
import { bytesOf, PATH, readWal, walHeader } from './wal-kit.js';

const ROUNDS = 6;
/** Writes of a new segment: its header, the first records, room behind them, the records of each later flush. */
const ROOM = 3;

interface Outcome { readonly kept: string[]; readonly errors: string[] }

/** Commits of two records each; a commit whose flush fails is given up, and the next one takes its numbers. */
function commitAll(wal: WalWriter, outcome: Outcome): void {
  for (let round = 0; round < ROUNDS; round++) {
    const bodies = [`round ${round} a`, `round ${round} b, which is longer`];
    const sizeBefore = wal.sizeBytes;
    const code = codeOf(() => {
      for (const body of bodies) wal.append(wal.lastSequence + 1, bytesOf(body));
      wal.flush();
    });
    if (code === 'none') {
      outcome.kept.push(...bodies);
      continue;
    }
    outcome.errors.push(code);
    if (!wal.broken) expect(wal.sizeBytes).toBe(sizeBefore);
  }
}

function run(fault: Fault, at: number, sticky: boolean): Outcome & { inner: MemoryVfs; wal: WalWriter | undefined; fired: number } {
  const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
  const faults = new FaultVfs(inner, { plan: { fault, at, sticky, kinds: ['write'] } });
  const outcome: Outcome = { kept: [], errors: [] };
  let wal: WalWriter | undefined;
  const code = codeOf(() => { wal = createWalSegment(faults.vfs, PATH, walHeader()); });
  if (wal !== undefined) commitAll(wal, outcome);
  else outcome.errors.push(code);
  return { ...outcome, inner, wal, fired: faults.fired };
}

describe('a failed write', () => {
  const faults: [Fault, string][] = [['ENOSPC', 'FULL'], ['EDQUOT', 'FULL'], ['EIO', 'IO'], ['halfENOSPC', 'FULL'], ['halfEIO', 'IO']];
  test.each(faults)('%s at each write leaves exactly the commits that were reported', (fault, expected) => {
    for (let at = 1; at <= ROUNDS + 2; at++) {
      for (const sticky of [false, true]) {
        const { kept, errors, inner, wal, fired } = run(fault, at, sticky);
        const label = `${fault} at write ${at}${sticky ? ' and later' : ''}`;
        expect(fired, label).toBeGreaterThan(0);
        const isHarmless = at === ROOM && expected === 'FULL';
        expect(new Set(errors), label).toEqual(new Set(isHarmless && !sticky ? [] : [expected]));
        if (at === 1) {
          expect(wal, label).toBeUndefined();
          expect(inner.stat(PATH), label).toBeUndefined();
          continue;
        }
        const before = at < ROOM ? 0 : at - ROOM + (isHarmless ? 1 : 0);
        expect(kept.length, label).toBe(2 * (sticky ? before : isHarmless ? ROUNDS : ROUNDS - 1));
        const result = readWal(inner);
        expect(result.records.map(({ body }) => new TextDecoder().decode(body)), label).toEqual(kept);
        expect(result.end, label).toEqual({ offset: wal?.flushedBytes, torn: false });
      }
    }
  });

  test('short writes are continued', () => {
    for (let at = 1; at <= ROUNDS + 1; at++) {
      const { kept, errors, inner } = run('shortWrite', at, true);
      expect(errors).toEqual([]);
      expect(kept.length).toBe(2 * ROUNDS);
      expect(readWal(inner).records.length).toBe(2 * ROUNDS);
    }
  });

  test.each(['truncate', 'sync'] as const)('whose cut cannot be made sure (%s) breaks the writer', (kind) => {
    const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
    const writes = new FaultVfs(inner, { plan: { fault: 'halfENOSPC', at: ROOM + 1, kinds: ['write'] } });
    // The first sync is of the header.
    const cuts = new FaultVfs(writes.vfs, { plan: { fault: 'EIO', at: kind === 'sync' ? 2 : 1, kinds: [kind] } });
    const wal = createWalSegment(cuts.vfs, PATH, walHeader());
    const outcome: Outcome = { kept: [], errors: [] };
    commitAll(wal, outcome);
    expect(wal.broken).toBe(true);
    expect(outcome.errors).toEqual(['FULL', 'POISONED', 'POISONED', 'POISONED', 'POISONED']);
    expect(codeOf(() => wal.datasync())).toBe('POISONED');
    const bodies = readWal(inner).records.map(({ body }) => new TextDecoder().decode(body));
    expect(bodies.slice(0, 2)).toEqual(outcome.kept);
  });
});

describe('room for records', () => {
  test.each([['ENOSPC', []], ['halfENOSPC', []], ['EIO', ['IO']]] as const)('that can not be made (%s): a full disk is none the worse for it', (fault, errors) => {
    const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
    const faults = new FaultVfs(inner, { plan: { fault, at: ROOM, kinds: ['write'] } });
    const wal = createWalSegment(faults.vfs, PATH, walHeader());
    const outcome: Outcome = { kept: [], errors: [] };
    commitAll(wal, outcome);
    expect(outcome.errors).toEqual(errors);
    if (errors.length === 0) expect(inner.stat(PATH)?.sizeBytes).toBe(wal.flushedBytes); // what room took is given back
    expect(readWal(inner).records.map(({ body }) => new TextDecoder().decode(body))).toEqual(outcome.kept);
  });

  test('is not made for records that are longer than it', () => {
    const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
    const wal = createWalSegment(inner, PATH, walHeader());
    wal.append(wal.lastSequence + 1, new Uint8Array(1 << 20));
    wal.flush();
    expect(inner.stat(PATH)?.sizeBytes).toBe(wal.flushedBytes);
  });

  test('is made in few large steps, and reads as the end of the log', () => {
    const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
    const wal = createWalSegment(inner, PATH, walHeader());
    const sizes = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      wal.append(wal.lastSequence + 1, new Uint8Array(100).fill(i));
      wal.flush();
      const sizeBytes = inner.stat(PATH)?.sizeBytes ?? 0;
      sizes.add(sizeBytes);
      expect(sizeBytes).toBeGreaterThanOrEqual(wal.flushedBytes);
      expect(sizeBytes - wal.flushedBytes).toBeLessThanOrEqual(256 << 10);
    }
    expect(sizes.size).toBeLessThan(20);
    const result = readWal(inner);
    expect(result.records.length).toBe(20_000);
    expect(result.end).toEqual({ offset: wal.flushedBytes, torn: false });
  });
});

describe('a failed sync', () => {
  test('breaks the writer', async () => {
    for (const asynchronous of [false, true]) {
      const faults = new FaultVfs(new MemoryVfs([['/db/keep', new Uint8Array(0)]]), { plan: { fault: 'EIO', at: 2, kinds: ['sync'] } });
      const wal = createWalSegment(faults.vfs, PATH, walHeader());
      wal.append(41, bytesOf('a'));
      wal.flush();
      const syncedBytes = wal.syncedBytes;
      if (asynchronous) await expect(wal.datasyncAsync()).rejects.toMatchObject({ code: 'IO' });
      else expect(codeOf(() => wal.datasync())).toBe('IO');
      expect(wal.broken).toBe(true);
      expect(wal.syncedBytes).toBe(syncedBytes);
      expect(codeOf(() => wal.append(42, bytesOf('b')))).toBe('POISONED');
      expect(codeOf(() => wal.flush())).toBe('POISONED');
      await expect(wal.datasyncAsync()).rejects.toMatchObject({ code: 'POISONED' });
    }
  });

  test('of the header leaves no segment', () => {
    const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
    const faults = new FaultVfs(inner, { plan: { fault: 'EIO', at: 1, kinds: ['sync'] } });
    expect(codeOf(() => createWalSegment(faults.vfs, PATH, walHeader()))).toBe('IO');
    expect(inner.stat(PATH)).toBeUndefined();
  });
});

test('short reads are continued', () => {
  const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
  const outcome: Outcome = { kept: [], errors: [] };
  commitAll(createWalSegment(inner, PATH, walHeader()), outcome);
  const faults = new FaultVfs(inner, { plan: { fault: 'shortRead', at: 1, sticky: true } });
  expect(readWal(faults.vfs).records.length).toBe(2 * ROUNDS);
});

test('a failed read is an error, not a torn end', () => {
  const inner = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
  commitAll(createWalSegment(inner, PATH, walHeader()), { kept: [], errors: [] });
  const faults = new FaultVfs(inner, { plan: { fault: 'EIO', at: 1, kinds: ['read'] } });
  expect(readWal(faults.vfs)).toMatchObject({ failed: 'IO', records: [] });
});
