import { describe, expect, test } from 'vitest';
import type { Fault } from '../support/sim/fault-vfs.js';
import { runContract } from './engine/engine-contract.js';

const LONG = process.env['CRASH_LONG'] !== undefined;
const MOST = Number(process.env['FAULT_POINTS'] ?? (LONG ? Infinity : 5));
const FAULTS: readonly Fault[] = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EACCES', 'EROFS', 'EBUSY', 'halfEIO', 'halfENOSPC', 'shortWrite', 'shortRead', 'syncLost', 'syncLate', 'syncRevert'];

describe('what the engine says after a failed call is true', () => {
  test.each(FAULTS)('%s', async (fault) => {
    const report = await runContract({ faults: [fault], mostPoints: MOST, mostFailures: Number(process.env['MOST_FAILURES'] ?? 1) });
    console.log(`${fault}: ${report.runs} runs, ${report.fired} met the fault, ${report.poisoned} poisoned, ${[...report.codes].map(([c, n]) => `${n} ${c}`).join(', ')}`);
    expect(report.failures.join('\n')).toBe('');
    if (MOST > 0) expect(report.fired).toBeGreaterThan(0);
  });
});
