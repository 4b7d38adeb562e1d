import { describe, expect, test } from 'vitest';
import { LockManager } from '#txn';
import { runSchedules } from './lock-schedule.js';

const SEED = process.env.SEED;
const SCHEDULES = Number(process.env.LOCK_SCHEDULES ?? 2000);
const STEPS = 50;

describe('random schedules against the specification', () => {
  test('every step is one that the specification allows, and nothing is lost', async () => {
    if (SEED !== undefined) {
      await runSchedules(LockManager, Number(SEED), 1, STEPS);
      return;
    }
    const met = await runSchedules(LockManager, 1, SCHEDULES, STEPS);
    // The schedules must have met what they are for.
    expect(met.DEADLOCK).toBeGreaterThan(SCHEDULES / 4);
    expect(met.LOCK_TIMEOUT).toBeGreaterThan(SCHEDULES);
    expect(met.ABORTED).toBeGreaterThan(SCHEDULES / 4);
    expect(met.TXN_DONE).toBeGreaterThan(SCHEDULES / 4);
    expect(met.conversions).toBeGreaterThan(SCHEDULES);
    expect(met.granted).toBeGreaterThan(10 * SCHEDULES);
  });
});
