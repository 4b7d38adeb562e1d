import { describe, expect, test } from 'vitest';
import { writeFully, type VfsFile } from '#storage';
import { vfsConformance } from '../support/vfs-conformance.js';
import { decodeChoice, encodeChoice, subsets, tearPlaces } from '../support/sim/crash-choice.js';
import { crashStateAt, crashStates, newCrashCounts, type CrashOptions, type CrashState } from '../support/sim/crash-states.js';
import { imageBytes } from '../support/sim/disk-image.js';
import { DiskState } from '../support/sim/disk-state.js';
import { hashImage, sameImage } from '../support/sim/image-builder.js';
import { CallBoundHit, SimDisk } from '../support/sim/sim-disk.js';
import { SimScheduler } from '../support/sim/sim-scheduler.js';

vfsConformance('SimDisk', () => {
  const vfs = new SimDisk();
  vfs.makeFolder('/db');
  return { vfs, root: '/db' };
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (content: Uint8Array | undefined): string | undefined => content === undefined ? undefined : Buffer.from(content).toString('latin1');

function put(disk: SimDisk, path: string, content: string, position = 0): VfsFile {
  const file = disk.open(path, 'create');
  writeFully(file, bytes(content), position);
  return file;
}

/** Every different content of `path` that a power loss can leave, at the end of the trace. */
function outcomes(disk: SimDisk, path: string, options: Partial<CrashOptions> = {}): Set<string | undefined> {
  const found = new Set<string | undefined>();
  const from = disk.trace.length;
  for (const state of crashStates(disk.start, disk.trace, { seed: 1, kinds: ['power'], from, ...options })) {
    found.add(text(imageBytes(state.image).get(path)));
  }
  return found;
}

function diskWith(content: string): SimDisk { return SimDisk.withFiles([['/a', bytes(content)]]); }

describe('what a power loss leaves', () => {
  test('a synced file is there only when its folder was synced, and has its content only when itself was', () => {
    const disk = new SimDisk();
    const file = put(disk, '/a', 'x');
    for (const content of [undefined, '', 'x', '\0', '\xa5']) expect(outcomes(disk, '/a')).toContain(content);
    file.sync();
    expect(outcomes(disk, '/a')).toEqual(new Set([undefined, 'x']));
    disk.syncFolder('/');
    expect(outcomes(disk, '/a')).toEqual(new Set(['x']));
  });

  test('unsynced writes are lost, kept and reordered', () => {
    const disk = diskWith('....');
    const file = put(disk, '/a', 'A', 0);
    writeFully(file, bytes('B'), 2);
    const seen = outcomes(disk, '/a');
    for (const content of ['....', 'A...', '..B.', 'A.B.', '\0...', 'A.\xa5.']) expect(seen).toContain(content);
    file.datasync();
    expect(outcomes(disk, '/a')).toEqual(new Set(['A.B.']));
  });

  test('a torn write keeps old bytes, zeros or garbage behind the tear, and never touches its surroundings', () => {
    const disk = diskWith('..........');
    put(disk, '/a', 'ABCDEF', 2);
    const seen = outcomes(disk, '/a');
    for (const content of ['..A.......', '..A\0\0\0\0\0..', '..ABC\xa5\xa5\xa5..', '..ABCDE...']) expect(seen).toContain(content);
    for (const content of seen) expect(content?.startsWith('..') === true && content.endsWith('..')).toBe(true);
  });

  test('the size comes before the data, with it, or not at all', () => {
    const disk = diskWith('ab');
    put(disk, '/a', 'cd', 2);
    const seen = outcomes(disk, '/a');
    for (const content of ['ab', 'abcd', 'ab\0\0', 'ab\xa5\xa5', 'abc']) expect(seen).toContain(content);
  });

  test('a truncation is an operation like a write', () => {
    const disk = diskWith('abcdef');
    const file = disk.open('/a', 'write');
    file.truncate(2);
    writeFully(file, bytes('Z'), 4);
    const seen = outcomes(disk, '/a');
    for (const content of ['abcdef', 'ab', 'abcdZf', 'ab\0\0Z']) expect(seen).toContain(content);
  });

  test('tears fall on sector edges of the file and on odd places', () => {
    const write = { kind: 'write', id: 0, path: '/a', inode: 1, position: 500, bytes: new Uint8Array(4000) } as const;
    const places = tearPlaces(write);
    for (const place of [1, 7, 2000, 3999, 12, 524, 3596]) expect(places).toContain(place);
  });

  test('names: any subset of unsynced folder operations survives', () => {
    const disk = SimDisk.withFiles([['/a', bytes('old')], ['/gone', bytes('x')]]);
    put(disk, '/tmp', 'new').sync();
    disk.rename('/tmp', '/a');
    disk.unlink('/gone');
    const seen = new Set<string>();
    for (const state of crashStates(disk.start, disk.trace, { seed: 1, kinds: ['power'], from: disk.trace.length })) {
      seen.add([...imageBytes(state.image)].map(([path, content]) => `${path}=${String(text(content))}`).sort().join(' '));
    }
    expect(seen).toEqual(new Set(['/a=old /gone=x', '/a=old /gone=x /tmp=new', '/a=new /gone=x', '/a=new', '/a=old', '/a=old /tmp=new']));
    disk.syncFolder('/');
    expect(outcomes(disk, '/gone')).toEqual(new Set([undefined]));
  });

  test('what is in a folder whose own name is not durable cannot be reached', () => {
    const disk = new SimDisk();
    disk.makeFolder('/f');
    put(disk, '/f/a', 'x').sync();
    disk.syncFolder('/f');
    expect(outcomes(disk, '/f/a')).toEqual(new Set([undefined, 'x']));
    disk.syncFolder('/');
    expect(outcomes(disk, '/f/a')).toEqual(new Set(['x']));
  });
});

describe('asynchronous syncs', () => {
  test('cover what was written before they began, once they have ended', async () => {
    const waiting: (() => void)[] = [];
    const scheduler = new SimScheduler();
    scheduler.later = (run) => { waiting.push(run); };
    const disk = SimDisk.withFiles([['/a', bytes('..')]], { scheduler });
    const file = put(disk, '/a', 'A', 0);
    const synced = file.datasyncAsync();
    writeFully(file, bytes('B'), 1);
    expect(outcomes(disk, '/a')).toContain('..');
    for (const run of waiting) run();
    await synced;
    const seen = outcomes(disk, '/a');
    expect(seen).toContain('A.');
    expect(seen).toContain('AB');
    expect([...seen].every((content) => content?.startsWith('A'))).toBe(true);
  });
});

describe('failed syncs', () => {
  test.each(['lost', 'late', 'revert'] as const)('%s', (failure) => {
    const disk = diskWith('old');
    const file = put(disk, '/a', 'new');
    disk.armSyncFailure(failure);
    if (failure === 'late') file.datasync();
    else expect(() => file.datasync()).toThrow('EIO');
    const seen = new Uint8Array(3);
    file.readAt(seen, 0);
    expect(text(seen)).toBe(failure === 'revert' ? 'old' : 'new');
    if (failure === 'late') expect(() => file.datasync()).toThrow('EIO');
    else file.datasync();
    expect(outcomes(disk, '/a')).toEqual(new Set(['old']));
  });
});

describe('process death', () => {
  test('keeps everything, and what was not synced stays at risk', () => {
    const disk = diskWith('...');
    put(disk, '/a', 'ABC');
    const kills = [...crashStates(disk.start, disk.trace, { seed: 1, kinds: ['kill'], from: disk.trace.length })];
    expect(kills.map((state) => text(imageBytes(state.image).get('/a')))).toEqual(['ABC', 'A..', 'AB.']);
    const next = new SimDisk({ start: kills[0]?.disk() ?? new DiskState() });
    expect(text(imageBytes(next.image()).get('/a'))).toBe('ABC');
    expect(outcomes(next, '/a')).toContain('...');
    next.open('/a', 'write').datasync();
    expect(outcomes(next, '/a')).toEqual(new Set(['ABC']));
  });
});

describe('the generator', () => {
  /** A few hundred operations without order. */
  function busyDisk(): SimDisk {
    const disk = new SimDisk();
    for (let i = 0; i < 40; i++) {
      const file = put(disk, `/f${i % 5}`, `content ${i}`.repeat(30), i * 100);
      if (i % 3 === 0) file.datasync();
      if (i % 7 === 0) disk.syncFolder('/');
      disk.mark('step', i, i % 2 === 0);
    }
    return disk;
  }

  test('never gives the same state twice, keeps near its budget, and is the same for the same seed', () => {
    const disk = busyDisk();
    const run = (seed: number): { hashes: number[]; seen: CrashState[] } => {
      const seen = [...crashStates(disk.start, disk.trace, { seed, budget: 3000, kinds: ['power'] })];
      return { seen, hashes: seen.map((state) => hashImage(state.image)) };
    };
    const { seen, hashes } = run(1);
    expect(hashes.length).toBeGreaterThan(1500);
    expect(hashes.length).toBeLessThan(3300);
    expect(run(1).hashes).toEqual(hashes);
    expect(run(2).hashes).not.toEqual(hashes);
    const narrowings = (point: number): number => disk.trace.slice(0, point).filter((event) => event.op === 'mark' && event.narrows).length;
    expect(new Set(seen.map((state, i) => `${String(hashes[i])}/${narrowings(state.point)}`)).size).toBe(seen.length);
  });

  test('small traces are taken apart completely, and it says so', () => {
    const disk = diskWith('..');
    put(disk, '/a', 'AB');
    const counts = newCrashCounts();
    expect([...crashStates(disk.start, disk.trace, { seed: 1, budget: 1000, kinds: ['power'] }, counts)].length).toBe(counts.distinct);
    expect(counts.wholePoints).toBe(counts.points);
  });

  test('every state can be built again from its words, and its disk is that image', () => {
    const disk = busyDisk();
    let checked = 0;
    for (const state of crashStates(disk.start, disk.trace, { seed: 5, budget: 600 })) {
      const again = crashStateAt(disk.start, disk.trace, state);
      expect(sameImage(again.image, state.image), `${state.kind} ${state.point} ${state.choice}`).toBe(true);
      expect(sameImage(new SimDisk({ start: state.disk() }).image(), state.image)).toBe(true);
      checked++;
    }
    expect(checked).toBeGreaterThan(300);
  });

  test('choices survive writing and reading; a choice from another trace is refused', () => {
    const choice = { fates: ['kept', 'lost', { at: 12, fill: 'a5' }, { at: 3, fill: 'old' }], size: 'first', fill: 'random', folders: [true, false] } as const;
    expect(decodeChoice(encodeChoice(choice))).toEqual(choice);
    expect(() => decodeChoice('kq;data;z;')).toThrow(RangeError);
    expect(() => crashStateAt(new DiskState(), [], { kind: 'power', point: 0, choice: 'k;data;z;', seed: 1 })).toThrow('does not fit');
  });

  test('subsets are all when few, else each alone, all but each, all up to each', () => {
    expect(subsets(3, 8)).toHaveLength(8);
    expect(new Set(subsets(3, 8).map(String)).size).toBe(8);
    expect(subsets(10, 256)).toHaveLength(32);
  });
});

test('a program that never ends hits the bound on calls', () => {
  const disk = new SimDisk({ mostCalls: 10 });
  expect(() => { for (;;) disk.list('/'); }).toThrow(CallBoundHit);
});

test('content read back from a busy disk equals a plain model', () => {
  const disk = new SimDisk();
  const model = new Uint8Array(5000);
  let size = 0;
  const file = disk.open('/a', 'create');
  for (let i = 0; i < 300; i++) {
    const at = (i * 7919) % 4900, length = 1 + (i * 31) % 100;
    const part = new Uint8Array(length).fill(i);
    if (i % 11 === 0) {
      file.truncate(at);
      if (at < size) model.fill(0, at, size);
      size = at;
    } else {
      file.writeAt(part, at);
      model.set(part, at);
      size = Math.max(size, at + length);
    }
    if (i % 5 === 0) file.datasync();
  }
  expect(Buffer.compare(imageBytes(disk.image()).get('/a') ?? bytes(''), model.subarray(0, size))).toBe(0);
  expect(sameImage(disk.image(), disk.state().latest())).toBe(true);
});
