import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeProcessIdentity, type LockHolder } from '#storage';
import { judge } from '../../../storage/vfs/process-identity.js';
import type { LockClaimant } from '../../../storage/vfs/lock-holder.js';

const linux = process.platform === 'linux';
const me: LockClaimant = {
  pid: 10, host: 'db1', threadId: 0, startTime: '1', bootId: 'boot', machineId: 'machine', pidNamespace: 'pid:[1]', netNamespace: 'net:[1]',
};
const claim = (changes: Partial<LockHolder>): LockHolder => ({ ...me, pid: 20, nonce: '0'.repeat(32), openedAtMs: 0, ...changes });

describe('judge', () => {
  const CASES: readonly [name: string, holder: Partial<LockHolder>, inProcessTable: boolean, alive: boolean][] = [
    ['same boot, process runs', {}, true, true],
    ['same boot, process gone', {}, false, false],
    ['same boot, other host name (the host was renamed), process runs', { host: 'db2' }, true, true],
    ['same boot, other host name, process gone', { host: 'db2' }, false, false],
    ['the machine was booted again', { bootId: 'before' }, true, false],
    ['another machine', { host: 'db2', bootId: 'there' }, false, true],
    ['another machine of the same name', { bootId: 'there', machineId: 'other' }, false, true],
    ['booted again, machine ids unknown', { bootId: 'before', machineId: undefined }, false, false],
    ['a container of the same name, started again', { pidNamespace: 'pid:[2]', netNamespace: 'net:[2]' }, false, false],
    ['a container beside us on the network of the host', { pidNamespace: 'pid:[2]' }, false, true],
    ['a container of another name', { host: 'db2', pidNamespace: 'pid:[2]', netNamespace: 'net:[2]' }, false, true],
    ['no boot known there, same host, process runs', { bootId: undefined }, true, true],
    ['no boot known there, same host, process gone', { bootId: undefined }, false, false],
    ['no boot known there, another host', { bootId: undefined, host: 'db2' }, false, true],
  ];
  test.each(CASES)('%s', (_, changes, inProcessTable, alive) => {
    expect(judge(me, claim(changes), () => inProcessTable)).toBe(alive);
  });
});

describe('nodeProcessIdentity', () => {
  const identity = nodeProcessIdentity();
  const self = (changes: Partial<LockHolder> = {}): LockHolder => {
    const { isAlive: _, ...claimant } = identity;
    return { ...claimant, nonce: '0'.repeat(32), openedAtMs: 0, ...changes };
  };

  test('this process is alive', () => {
    expect(identity.pid).toBe(process.pid);
    expect(identity.isAlive(self())).toBe(true);
  });

  test('a process that ended is gone, and its pid with another start time too', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    expect(identity.isAlive(self({ pid: child.pid ?? 0, startTime: undefined, taskId: undefined }))).toBe(false);
    if (!linux) return console.log('skipped: start times are known on Linux only');
    expect(identity.startTime).toMatch(/^\d+$/);
    expect(identity.isAlive(self({ startTime: '1' }))).toBe(false);
    expect(identity.isAlive(self({ bootId: 'another' }))).toBe(false);
  });

  test('a thread that ended is gone while its process lives', () => {
    if (!linux) return console.log('skipped: threads are known on Linux only');
    expect(identity.taskId).toBeDefined();
    expect(identity.isAlive(self({ taskId: '999999999' }))).toBe(false);
    expect(identity.isAlive(self({ taskStartTime: '1' }))).toBe(false);
    expect(identity.isAlive(self({ taskId: '../../1' }))).toBe(true);
  });

  test('a killed process that its parent has not collected is gone', async () => {
    if (!linux) return console.log('skipped: /proc is Linux only');
    // The shell becomes a program that waits for no child; before that it would collect one that ends.
    const parent = spawn('bash', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = await new Promise<number>((resolve) => { parent.stdout.once('data', (data: Buffer) => { resolve(Number(data.toString())); }); });
      await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8').trim(), { timeout: 20_000 }).toBe('sleep');
      process.kill(pid, 'SIGKILL');
      const stateOf = (): string => execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      await expect.poll(stateOf, { timeout: 20_000 }).toBe('Z'); // a busy machine delivers the signal late
      expect(identity.isAlive(self({ pid, startTime: undefined, taskId: undefined }))).toBe(false);
    } finally {
      parent.kill();
    }
  });

  test('a process of another user counts as alive', () => {
    expect(identity.isAlive(self({ pid: 1, startTime: undefined, taskId: undefined }))).toBe(true);
  });
});
