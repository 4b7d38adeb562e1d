import { describe, expect, test } from 'vitest';
import { countingVfs, MemoryVfs, Probe, readFully, writeFully, type Clock } from '#storage';
import { codeOf } from '../../support/vfs-conformance.js';

function tickingClock(): { clock: Clock; asked: () => number } {
  let asked = 0;
  return { clock: { nowMs: () => 0, monotonicNs: () => (asked++) * 1000 }, asked: () => asked };
}

async function someWork(probe: Probe, clock: Clock): Promise<void> {
  const vfs = countingVfs(new MemoryVfs(), probe, clock);
  const file = vfs.open('/a', 'create');
  writeFully(file, new Uint8Array(100), 0);
  writeFully(file, new Uint8Array(50), 100);
  readFully(file, new Uint8Array(30), 0);
  file.datasync();
  file.sync();
  await file.datasyncAsync();
  await file.syncAsync();
  file.close();
  vfs.rename('/a', '/b');
  vfs.syncFolder('/');
  vfs.unlink('/b');
}

describe('countingVfs', () => {
  test('counts calls and bytes, and times every sync', async () => {
    const probe = new Probe('counts');
    const { clock, asked } = tickingClock();
    await someWork(probe, clock);
    const seen = probe.snapshot();
    expect(seen.counters['io']).toEqual({
      reads: 1, bytesRead: 30, writes: 2, bytesWritten: 150, syncs: 4, folderSyncs: 1, opens: 1, renames: 1, unlinks: 1,
    });
    expect(seen.histograms['io.syncNs']).toMatchObject({ count: 4, min: 1000, max: 1000 });
    expect(seen.histograms['io.readNs']?.count).toBe(0);
    expect(asked()).toBe(8);
  });

  test('times reads and writes at the level times', async () => {
    const probe = new Probe('times');
    await someWork(probe, tickingClock().clock);
    const seen = probe.snapshot();
    expect(seen.histograms['io.readNs']).toMatchObject({ count: 1, sum: 1000 });
    expect(seen.histograms['io.writeNs']).toMatchObject({ count: 2, sum: 2000 });
    expect(seen.counters['io']).toMatchObject({ reads: 1, writes: 2 });
  });

  test('a call that fails is not counted', () => {
    const probe = new Probe();
    const vfs = countingVfs(new MemoryVfs(), probe, tickingClock().clock);
    expect(codeOf(() => vfs.open('/none', 'read'))).toBe('NOT_FOUND');
    expect(codeOf(() => vfs.unlink('/none'))).toBe('NOT_FOUND');
    expect(codeOf(() => vfs.rename('/none', '/x'))).toBe('NOT_FOUND');
    expect(Object.values(probe.snapshot().counters['io'] ?? {}).every((n) => n === 0)).toBe(true);
  });

  test('two file systems over one probe share the group', () => {
    const probe = new Probe();
    const { clock } = tickingClock();
    for (let i = 0; i < 2; i++) countingVfs(new MemoryVfs(), probe, clock).open('/a', 'create').close();
    expect(probe.snapshot().counters['io']).toMatchObject({ opens: 2 });
  });
});
