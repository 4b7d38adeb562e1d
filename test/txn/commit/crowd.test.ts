import { expect, test } from 'vitest';
import { hasCode, type Vfs } from '#storage';
import { numeric } from '../../../src/main.js';
import type { Database } from '../../../src/database.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { seededRandom } from '../../support/sim-clock.js';
import { crashStates } from '../../support/sim/crash-states.js';
import { FaultVfs } from '../../support/sim/fault-vfs.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { simEnvironmentOf, SimScheduler } from '../../support/sim/sim-scheduler.js';

const COMMITTERS = 64;
const COMMITS = 8;
const SEED = Number(process.env['SEED'] ?? 1);
const AGAIN = 'again: SEED=<seed> npx vitest run test/txn/commit/crowd.test.ts';
let pids = 5_000_000;

function openOn(vfs: Vfs, scheduler: SimScheduler, seed: number): Promise<Database> {
  return openIn({ ...simEnvironmentOf(vfs, scheduler, seed), random: seededRandom(++pids) }, '/db', {}, fakeIdentity(pids));
}

async function withRows(db: Database): Promise<void> {
  const table = await db.createTable('a', { n: numeric(8) });
  await db.transaction((tx) => { for (let i = 0; i < COMMITTERS; i++) tx.table(table).insert({ n: 0 }); });
}

/** All committers at once, each in its own row; `acknowledged` gets every value as it is acknowledged. */
async function crowd(db: Database, acknowledged: number[], onCommit: () => void | Promise<void>): Promise<unknown[]> {
  const table = db.table('a');
  const done = await Promise.allSettled(Array.from({ length: COMMITTERS }, async (_, i) => {
    for (let n = 1; n <= COMMITS; n++) {
      await table.update(i + 1, { n });
      acknowledged[i] = n;
      await onCommit();
    }
  }));
  return done.flatMap((one) => one.status === 'rejected' ? [one.reason] : []);
}

const valuesOf = (db: Database): number[] => [...db.table('a').scan()].map((row) => Number(row['n']));

test('many commits at once share few syncs, and no power loss takes an acknowledged one back', async () => {
  for (let seed = SEED; seed < SEED + 5; seed++) {
    const scheduler = new SimScheduler(seed);
    const disk = new SimDisk({ scheduler });
    const random = seededRandom(seed);
    const acknowledged = new Array<number>(COMMITTERS).fill(0);
    const loseThePower = async (): Promise<void> => {
      if (!random.chance(0.03)) return;
      const promised = [...acknowledged];
      for (const crash of crashStates(disk.start, disk.trace, { seed, from: disk.trace.length, kinds: ['power'], budget: 2 })) {
        const later = new SimScheduler();
        const again = await openOn(new SimDisk({ start: crash.disk(), scheduler: later }), later, seed);
        const lost = valuesOf(again).flatMap((n, i) => n < (promised[i] ?? 0) ? [`row ${i + 1}: ${promised[i]} became ${n}`] : []);
        expect(lost, `seed ${seed}; ${AGAIN}`).toEqual([]);
      }
    };
    await scheduler.settle((async () => {
      const db = await openOn(disk, scheduler, seed);
      await withRows(db);
      const before = db.stats().counters['wal'];
      expect(await crowd(db, acknowledged, loseThePower), `seed ${seed}; ${AGAIN}`).toEqual([]);
      const after = db.stats().counters['wal'];
      expect(Number(after?.['groups']) - Number(before?.['groups'])).toBe(COMMITS);
      expect(valuesOf(db)).toEqual(new Array<number>(COMMITTERS).fill(COMMITS));
      await db.close();
    })());
  }
});

test.each(['syncLost', 'syncRevert', 'EIO'] as const)('%s in the sync of many commits: nobody is told wrong, nobody is left waiting', async (fault) => {
  for (let at = 1; at <= COMMITS; at++) {
    const scheduler = new SimScheduler(SEED);
    const disk = new SimDisk({ scheduler });
    const acknowledged = new Array<number>(COMMITTERS).fill(0);
    await scheduler.settle((async () => {
      const first = await openOn(disk, scheduler, SEED);
      await withRows(first);
      await first.close();
      let armed = false;
      const faults = new FaultVfs(disk, { disk, plan: { fault, at, kinds: ['sync'], path: () => armed } });
      const db = await openOn(faults.vfs, scheduler, SEED);
      await db.table('a').update(1, { n: 0 }); // the first write also makes files
      armed = true;
      const failures = await crowd(db, acknowledged, () => undefined);
      expect(faults.fired, `${fault} at ${at}`).toBeGreaterThan(0);
      expect(failures.length, `${fault} at ${at}`).toBeGreaterThan(0);
      expect(failures.filter((e) => !hasCode(e, 'COMMIT_UNKNOWN') && !hasCode(e, 'POISONED'))).toEqual([]);
      await db.close().catch(() => undefined); // it is poisoned
      const later = new SimScheduler();
      const again = await openOn(new SimDisk({ start: disk.state(), scheduler: later }), later, SEED);
      const lost = valuesOf(again).flatMap((n, i) => n < (acknowledged[i] ?? 0) || n > COMMITS ? [`row ${i + 1}: ${acknowledged[i]} became ${n}`] : []);
      expect(lost, `${fault} at sync ${at}; ${AGAIN}`).toEqual([]);
    })());
  }
});
