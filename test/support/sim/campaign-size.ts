import { timeLimitMs } from '../time-limit.js';

/** Distinct crash states to check: CRASH_STATES of the environment, else the short form's number, CRASH_SCALE times. */
export function statesToCheck(short: number): number {
  return Number(process.env['CRASH_STATES'] ?? short * Number(process.env['CRASH_SCALE'] ?? 1));
}

/** Limit of a test that runs a campaign: none (0) for one that the environment made longer than in `npm test`. */
export const CAMPAIGN_TIMEOUT_MS = timeLimitMs(1_800_000, 'CRASH_STATES', 'CRASH_SCALE', 'CRASH_LONG', 'FAULT_POINTS');
