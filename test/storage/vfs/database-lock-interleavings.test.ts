import { describe, expect, test } from 'vitest';
import { acquireDatabaseLock, hasCode, MemoryVfs, nodeEnvironment, simulatedError, type DatabaseLock, type Vfs } from '#storage';
import { fakeIdentity } from '../../support/fake-identity.js';
import { steppedVfs } from '../../support/stepped-vfs.js';

const FOLDER = '/data';

/** Some processes on one memory disk; each lives until it is killed. */
class World {
  readonly disk = new MemoryVfs();
  readonly #dead = new Set<number>();

  constructor() { this.disk.makeFolder(FOLDER); }

  open(pid: number, before: (step: number) => void = () => {}): DatabaseLock | undefined {
    const vfs: Vfs = steppedVfs(this.disk, before);
    try {
      return acquireDatabaseLock(nodeEnvironment(vfs), FOLDER, fakeIdentity(pid, (holder) => !this.#dead.has(holder.pid)));
    } catch (error) {
      if (hasCode(error, 'LOCKED')) return undefined;
      throw error;
    }
  }

  /** The process dies ahead of its step number `at`; false when it came through before that. */
  openAndDie(pid: number, at: number): boolean {
    const killed = new Error('killed');
    this.#dead.add(pid);
    try {
      this.open(pid, (step) => { if (step >= at) throw killed; });
      return false;
    } catch (error) {
      if (error !== killed) throw error;
      return true;
    }
  }

  kill(pid: number): void { this.#dead.add(pid); }
}

const EMPTY = (): void => {};
const STARTS: readonly [name: string, prepare: (world: World) => void][] = [
  ['a free folder', EMPTY],
  ['an empty lock folder', (world) => world.disk.makeFolder(`${FOLDER}/fieldstone.lock`)],
  ['the lock of a dead process', (world) => { world.open(90); world.kill(90); }],
];

describe.each(STARTS)('openers of %s', (_, prepare) => {
  test('killed ahead of any step, they leave a lock that the next one takes, and no litter', () => {
    let kills = 0;
    for (let at = 1; ; at++) {
      const world = new World();
      prepare(world);
      if (!world.openAndDie(1, at)) break;
      kills++;
      const next = world.open(2);
      expect(next?.stillHeld(), `killed ahead of step ${at}`).toBe(true);
      next?.release();
      expect(world.disk.list(FOLDER), `killed ahead of step ${at}`).toEqual([]);
    }
    expect(kills).toBeGreaterThan(10);
  });

  test('killed, and the next one killed too, the third takes the lock', () => {
    for (let first = 1; new World().openAndDie(1, first); first++) {
      for (let second = 1; ; second++) {
        const world = new World();
        prepare(world);
        world.openAndDie(1, first);
        if (!world.openAndDie(2, second)) break;
        const third = world.open(3);
        expect(third?.stillHeld(), `killed ahead of ${first} and ${second}`).toBe(true);
        third?.release();
        expect(world.disk.list(FOLDER), `killed ahead of ${first} and ${second}`).toEqual([]);
      }
    }
  });

  test('killed during release, the next one takes the lock', () => {
    for (let at = 1; ; at++) {
      const world = new World();
      prepare(world);
      let limit = Infinity;
      let steps = 0;
      const killed = new Error('killed');
      const lock = world.open(1, () => { if (++steps > limit) throw killed; });
      limit = steps + at - 1;
      world.kill(1);
      let died = false;
      try { lock?.release(); } catch (error) { if (error !== killed) throw error; died = true; }
      const next = world.open(2);
      expect(next?.stillHeld(), `killed ahead of step ${at} of release`).toBe(true);
      next?.release();
      expect(world.disk.list(FOLDER)).toEqual([]);
      if (!died) break;
    }
  });

  test('another one running at any step: exactly one holds it', () => {
    for (let at = 1; ; at++) {
      const world = new World();
      prepare(world);
      let other: DatabaseLock | undefined;
      let ran = false;
      const one = world.open(1, (step) => {
        if (step !== at) return;
        ran = true;
        other = world.open(2);
      });
      const held = [one, other].map((lock) => lock?.stillHeld() === true);
      expect(held.filter(Boolean).length, `other at step ${at}`).toBe(1);
      expect([one, other].filter((lock) => lock !== undefined).length, `other at step ${at}`).toBe(1);
      one?.release();
      other?.release();
      expect(world.disk.list(FOLDER), `other at step ${at}`).toEqual([]);
      if (!ran) break;
    }
  });

  test('three in each other at any pair of steps: exactly one holds it', () => {
    for (let at = 1, outer = true; outer; at++) {
      for (let deep = 1, inner = true; inner; deep++) {
        const world = new World();
        prepare(world);
        const got: (DatabaseLock | undefined)[] = [];
        outer = inner = false;
        got.push(world.open(1, (step) => {
          if (step !== at) return;
          outer = true;
          got.push(world.open(2, (step2) => {
            if (step2 !== deep) return;
            inner = true;
            got.push(world.open(3));
          }));
        }));
        const winners = got.filter((lock) => lock !== undefined);
        expect(winners.length, `steps ${at} and ${deep}`).toBe(1);
        expect(winners[0]?.stillHeld(), `steps ${at} and ${deep}`).toBe(true);
      }
    }
  });

  test('another one that takes and gives up at any step leaves the way free', () => {
    for (let at = 1; ; at++) {
      const world = new World();
      prepare(world);
      let ran = false;
      const one = world.open(1, (step) => {
        if (step !== at) return;
        ran = true;
        world.open(2)?.release();
      });
      expect(one?.stillHeld(), `other at step ${at}`).toBe(true);
      one?.release();
      expect(world.disk.list(FOLDER)).toEqual([]);
      if (!ran) break;
    }
  });

  // What a winner that died in the middle of its clearing up can leave of a candidate that it could not read.
  test.each([false, true])('a candidate emptied (and removed: %s) at any step is made again', (removed) => {
    let emptied = 0;
    for (let at = 1, ran = true; ran; at++) {
      for (let after = 1; after <= 8; after++) {
        const world = new World();
        prepare(world);
        let other: DatabaseLock | undefined;
        ran = false;
        const lock = world.open(1, (step) => {
          if (step === at) {
            ran = true;
            emptied += emptyCandidates(world, removed);
          }
          if (step === at + after) other = world.open(2);
        });
        expect([lock, other].filter((one) => one !== undefined).length, `emptied at step ${at}, other ${after} later`).toBe(1);
        expect((lock ?? other)?.stillHeld(), `emptied at step ${at}, other ${after} later`).toBe(true);
        lock?.release();
        other?.release();
        expect(world.disk.list(FOLDER)).toEqual([]);
      }
    }
    expect(emptied).toBeGreaterThan(20);
  });
});

function emptyCandidates(world: World, removed: boolean): number {
  const candidates = world.disk.list(FOLDER).filter((name) => name.startsWith('fieldstone.lock.')).map((name) => `${FOLDER}/${name}`);
  for (const candidate of candidates) {
    for (const file of world.disk.list(candidate)) world.disk.unlink(`${candidate}/${file}`);
    if (removed) world.disk.removeFolder(candidate);
  }
  return candidates.length;
}

describe('faults of the disk while the lock is taken', () => {
  test.each(['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE'])('%s at any step: a typed error or the lock, and never one that stays shut', (errno) => {
    for (const sticky of [false, true]) {
      for (let at = 1; ; at++) {
        const world = new World();
        let failed = false;
        let lock: DatabaseLock | undefined;
        try {
          lock = world.open(1, (step) => {
            if (step !== at && !(sticky && step > at)) return;
            failed = true;
            throw simulatedError(errno, 'do something with', 'the disk');
          });
        } catch (error) {
          expect(hasCode(error, errno === 'ENOSPC' ? 'FULL' : 'IO'), `${errno} at step ${at}: ${String(error)}`).toBe(true);
        }
        if (!failed) break;
        // Sticky faults still bite in stillHeld(), so the lock is only given up by death here.
        if (sticky) world.kill(1);
        else lock?.release();
        if (!sticky && lock === undefined) world.kill(1);
        const next = world.open(2);
        expect(next?.stillHeld(), `${errno} at step ${at}, ${sticky ? 'sticky' : 'once'}`).toBe(true);
        next?.release();
        expect(world.disk.list(FOLDER)).toEqual([]);
      }
    }
  });
});
