import { describe, expect, test } from 'vitest';
import { createWalSegment, MemoryVfs, type Vfs, type WalWriter } from '#storage';
import { crashStates, newCrashCounts, type CrashState } from '../../support/sim/crash-states.js';
import { imageBytes } from '../../support/sim/disk-image.js';
import { FaultVfs } from '../../support/sim/fault-vfs.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { codeOf } from '../../support/vfs-conformance.js';
import { bytesOf, PATH, readWal, walHeader } from './wal-kit.js';

/** What may be read after a crash here: all of `sure`, then any further beginning of `maybe`. */
interface Allowed { readonly sure: readonly string[]; readonly maybe: readonly string[] }

type Step = 'sync' | 'grow' | string[];

function runSteps(disk: SimDisk, vfs: Vfs, steps: readonly Step[]): void {
  disk.makeFolder('/db');
  disk.syncFolder('/');
  let sure: string[] = [];
  let flushed: string[] = [];
  const say = (maybe: string[]): void => disk.mark('allowed', { sure, maybe } satisfies Allowed);
  say([]);
  const wal: WalWriter = createWalSegment(vfs, PATH, walHeader());
  vfs.syncFolder('/db');
  for (const step of steps) {
    if (step === 'sync') {
      wal.datasync();
      sure = flushed;
      say(flushed);
      continue;
    }
    const bodies = step === 'grow' ? ['x'.repeat(1500)] : step;
    for (const body of bodies) wal.append(wal.lastSequence + 1, bytesOf(body));
    say([...flushed, ...bodies]);
    if (codeOf(() => wal.flush()) === 'none') flushed = [...flushed, ...bodies];
    say(flushed);
  }
  wal.close();
}

function check(state: CrashState, allowed: Allowed): string | undefined {
  const files = imageBytes(state.image);
  if (!files.has(PATH)) return allowed.sure.length > 0 ? 'the log is gone' : undefined;
  const { failed, records } = readWal(new MemoryVfs(files));
  const read = records.map(({ body }) => new TextDecoder().decode(body));
  if (failed !== undefined) return `refused: ${failed}`;
  if (read.length < allowed.sure.length) return `only ${read.length} of ${allowed.sure.length} durable records`;
  return read.every((body, i) => body === allowed.maybe[i]) ? undefined : `read ${JSON.stringify(read)}`;
}

function exploreCrashes(steps: readonly Step[], fault: ConstructorParameters<typeof FaultVfs>[1] = {}, budget = 1500): number {
  const seed = Number(process.env['SEED'] ?? 7);
  const disk = new SimDisk();
  runSteps(disk, new FaultVfs(disk, fault).vfs, steps);
  const counts = newCrashCounts();
  for (const state of crashStates(disk.start, disk.trace, { seed, budget }, counts)) {
    const mark = disk.trace.slice(0, state.point).filter((event) => event.op === 'mark').at(-1);
    const allowed = mark !== undefined ? mark.data as Allowed : { sure: [], maybe: [] };
    const problem = check(state, allowed);
    expect(problem, `SEED=${seed} ${state.kind} point ${state.point} choice ${state.choice}`).toBeUndefined();
  }
  return counts.distinct;
}

describe('after a crash the log reads as a prefix that holds all that was durable', () => {
  test('commits that are synced each', () => {
    expect(exploreCrashes([['a'], 'sync', ['b', 'c'], 'sync', 'grow', 'sync', ['d'], 'sync'])).toBeGreaterThan(100);
  });

  test('commits that wait for one sync, so that a later one may arrive before an earlier one', () => {
    expect(exploreCrashes([['a'], ['b'], 'grow', ['c', 'd'], 'grow', 'sync', ['e'], 'grow', ['f']])).toBeGreaterThan(200);
  });

  test('a commit that was refused for lack of space does not come back', () => {
    const plan = { fault: 'halfENOSPC', at: 3, kinds: ['write'] } as const;
    expect(exploreCrashes([['a'], ['refused 1', 'refused 2'], ['c'], 'sync', ['d']], { plan })).toBeGreaterThan(50);
  });
});
