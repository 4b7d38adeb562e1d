import { describe, expect, test } from 'vitest';
import { hasCode, writeFully, type VfsFile } from '#storage';
import { codeOf, vfsConformance } from '../support/vfs-conformance.js';
import { countCalls, CrashNow, FaultVfs, KINDS_OF_FAULT, type Fault, type FaultPlan } from '../support/sim/fault-vfs.js';
import { interceptVfs } from '../support/sim/intercept-vfs.js';
import { SimDisk } from '../support/sim/sim-disk.js';

function emptyDisk(): SimDisk {
  const disk = new SimDisk();
  disk.makeFolder('/db');
  return disk;
}

vfsConformance('FaultVfs without a fault', () => ({ vfs: new FaultVfs(emptyDisk()).vfs, root: '/db' }));
vfsConformance('interceptVfs without interceptors', () => ({ vfs: interceptVfs(emptyDisk(), {}), root: '/db' }));

const TEN = Uint8Array.from({ length: 10 }, (_, i) => i + 1);

function faulty(plan: FaultPlan): { disk: SimDisk; faults: FaultVfs; file: VfsFile } {
  const disk = SimDisk.withFiles([['/db/a', TEN]]);
  const faults = new FaultVfs(disk, { disk });
  const file = faults.vfs.open('/db/a', 'write');
  const planned = new FaultVfs(disk, { disk, plan });
  return { disk, faults: planned, file: plan.kinds?.includes('open') === true ? file : planned.vfs.open('/db/a', 'write') };
}

const contentOf = (disk: SimDisk): number[] => [...disk.image().files.get('/db/a')?.bytes ?? []];

describe('errors', () => {
  test.each([['EIO', 'IO'], ['EMFILE', 'IO'], ['EACCES', 'IO'], ['ENOSPC', 'FULL'], ['EDQUOT', 'FULL']] as const)('%s comes as %s with its cause', (fault, code) => {
    const { faults } = faulty({ fault, at: 1, kinds: ['open'] });
    let caught: unknown;
    try { faults.vfs.open('/db/b', 'create'); } catch (error) { caught = error; }
    expect(hasCode(caught, code)).toBe(true);
    expect(caught).toMatchObject({ file: '/db/b', cause: { code: fault } });
    expect(faults.vfs.stat('/db/b')).toBeUndefined();
    expect(faults.fired).toBe(1);
  });

  test('the k-th call alone, or all from it on, until healed', () => {
    for (const sticky of [false, true]) {
      const { faults, file } = faulty({ fault: 'EIO', at: 2, kinds: ['write'], sticky });
      const write = (): string => codeOf(() => file.writeAt(TEN, 0));
      expect([write(), write(), write()]).toEqual(['none', 'IO', sticky ? 'IO' : 'none']);
      faults.heal();
      expect(write()).toBe('none');
    }
  });

  test('only on some paths', () => {
    const { faults, file } = faulty({ fault: 'EIO', at: 1, sticky: true, path: (path) => path.endsWith('/b') });
    expect(codeOf(() => file.writeAt(TEN, 0))).toBe('none');
    expect(codeOf(() => faults.vfs.rename('/db/a', '/db/b'))).toBe('IO');
  });

  test('half a write, then the error', () => {
    const { disk, file } = faulty({ fault: 'halfENOSPC', at: 1 });
    expect(codeOf(() => file.writeAt(new Uint8Array(6).fill(99), 0))).toBe('FULL');
    expect(contentOf(disk)).toEqual([99, 99, 99, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('short reads and writes give no error, and looping over them comes to the end', () => {
    const { file: reader } = faulty({ fault: 'shortRead', at: 1, sticky: true });
    expect(reader.readAt(new Uint8Array(10), 0)).toBe(5);
    const { disk, file } = faulty({ fault: 'shortWrite', at: 1, sticky: true });
    writeFully(file, new Uint8Array(10).fill(7), 0);
    expect(contentOf(disk)).toEqual(new Array(10).fill(7));
  });

  test('asynchronous syncs fail too', async () => {
    const { file } = faulty({ fault: 'EIO', at: 1, kinds: ['sync'] });
    await expect(file.datasyncAsync()).rejects.toMatchObject({ code: 'IO' });
    await expect(file.syncAsync()).resolves.toBeUndefined();
  });

  test('a failed sync leaves its after-effect on the disk', async () => {
    const { disk, file } = faulty({ fault: 'syncRevert', at: 1 });
    file.writeAt(new Uint8Array(10), 0);
    await expect(file.datasyncAsync()).rejects.toMatchObject({ code: 'IO' });
    expect(contentOf(disk)).toEqual([...TEN]);
  });

  test('a quota cuts a write short, then says FULL, until healed', () => {
    const disk = SimDisk.withFiles([['/db/a', TEN]]);
    const faults = new FaultVfs(disk, { quotaBytes: 4 });
    const file = faults.vfs.open('/db/a', 'write');
    expect(file.writeAt(TEN, 0)).toBe(10);
    expect(file.writeAt(TEN, 8)).toBe(6);
    expect(codeOf(() => file.writeAt(TEN, 14))).toBe('FULL');
    faults.heal();
    expect(file.writeAt(TEN, 14)).toBe(10);
  });
});

describe('death', () => {
  test.each([['dieBefore', [...TEN]], ['dieHalf', [0, 0, 0, 0, 0, 6, 7, 8, 9, 10]], ['dieAfter', new Array(10).fill(0)]] as const)('%s', async (fault, left) => {
    const { disk, faults, file } = faulty({ fault, at: 1, kinds: ['write'] });
    expect(() => file.writeAt(new Uint8Array(10), 0)).toThrow(CrashNow);
    expect(contentOf(disk)).toEqual(left);
    expect(faults.dead).toBe(true);
    faults.heal();
    for (const call of [() => faults.vfs.list('/db'), () => file.stat(), () => file.sync()]) expect(call).toThrow(CrashNow);
    await expect(file.datasyncAsync()).rejects.toThrow(CrashNow);
  });
});

test('counting gives the range of k for each fault', () => {
  const work = (disk: SimDisk) => (vfs: SimDisk | FaultVfs['vfs']): void => {
    const file = vfs.open('/db/a', 'create');
    for (let i = 0; i < 3; i++) file.writeAt(TEN, i * 10);
    file.datasync();
    vfs.syncFolder('/db');
    disk.mark('done');
  };
  const count = (fault: Fault, kinds?: FaultPlan['kinds']): number => {
    const disk = emptyDisk();
    return countCalls(disk, kinds === undefined ? { fault } : { fault, kinds }, work(disk));
  };
  expect([count('EIO'), count('EIO', ['write']), count('shortWrite'), count('syncLost'), count('dieAfter')]).toEqual([6, 3, 3, 1, 6]);
  for (const kinds of Object.values(KINDS_OF_FAULT)) expect(kinds.length).toBeGreaterThan(0);
});
