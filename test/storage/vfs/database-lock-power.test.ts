import { describe, expect, test } from 'vitest';
import { acquireDatabaseLock, nodeEnvironment } from '#storage';
import { fakeIdentity } from '../../support/fake-identity.js';
import { crashStates } from '../../support/sim/crash-states.js';
import { SimDisk } from '../../support/sim/sim-disk.js';

const FOLDER = '/db';

/** Locks, dies, is taken over, gives up, locks again: everything that changes names. */
function workload(): SimDisk {
  const disk = new SimDisk();
  disk.makeFolder(FOLDER);
  disk.syncFolder('/');
  const env = nodeEnvironment(disk);
  acquireDatabaseLock(env, FOLDER, fakeIdentity(1));
  acquireDatabaseLock(env, FOLDER, fakeIdentity(2)).release();
  acquireDatabaseLock(env, FOLDER, fakeIdentity(3));
  return disk;
}

describe('the database lock under power loss', () => {
  test('whatever is left of it, the next opener gets it, and leaves nothing behind', () => {
    const disk = workload();
    let states = 0;
    for (const state of crashStates(disk.start, disk.trace, { seed: 1, budget: 4000, from: 2 })) {
      const after = new SimDisk({ start: state.disk() });
      const where = `${state.kind} at ${state.point}, choice ${state.choice}`;
      if (after.stat(FOLDER) === undefined) continue;
      states++;
      // After the reboot everybody of before is dead; the pid is a new one.
      const lock = acquireDatabaseLock(nodeEnvironment(after), FOLDER, fakeIdentity(1000 + states));
      expect(lock.stillHeld(), where).toBe(true);
      lock.release();
      expect(after.list(FOLDER), where).toEqual([]);
    }
    expect(states).toBeGreaterThan(100);
  });
});
