import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type * as Storage from '#storage';
import { acquireDatabaseLock, hasCode, nodeEnvironment, nodeProcessIdentity, nodeVfs } from '#storage';
import { LockOpener } from '../../support/lock-opener.js';
import { transpile, type Transpiled } from '../../support/transpiled.js';

let storage: Transpiled;
let folder: string;
let openers: LockOpener[] = [];
const env = nodeEnvironment(nodeVfs());

beforeAll(() => { storage = transpile(['storage']); });
afterAll(() => storage.dispose());
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'fieldstone-lock-')); });
afterEach(() => {
  for (const opener of openers) opener.kill();
  openers = [];
  rmSync(folder, { recursive: true });
});

async function opener(path = folder): Promise<LockOpener> {
  const started = await LockOpener.start(storage.url('storage/mod.js'), path);
  openers.push(started);
  return started;
}

async function race(rivals: readonly LockOpener[]): Promise<{ winners: LockOpener[]; codes: (string | undefined)[] }> {
  const at = Date.now() + 15;
  const answers = await Promise.all(rivals.map((rival) => rival.ask(`acquireAt ${at}`)));
  return {
    winners: rivals.filter((_, i) => answers[i]?.got !== undefined),
    codes: answers.filter((answer) => answer.got === undefined).map((answer) => answer.code),
  };
}

describe('the database lock among real processes', () => {
  test('of several openers at one moment exactly one wins, on a free lock and on a dead one', async () => {
    let rivals: LockOpener[] = await Promise.all([opener(), opener(), opener(), opener()]);
    for (let round = 0; round < 16; round++) {
      const { winners, codes } = await race(rivals);
      expect(winners.length, `round ${round}: ${codes.join()}`).toBe(1);
      expect(codes, `round ${round}`).toEqual(['LOCKED', 'LOCKED', 'LOCKED']);
      const winner = winners[0] as LockOpener;
      expect((await winner.ask('held')).held).toBe(true);
      if (round % 4 === 0) {
        await winner.end('SIGKILL');
        rivals = [...rivals.filter((rival) => rival !== winner), await opener()];
      } else {
        await winner.ask('release');
      }
    }
    expect(readdirSync(folder).filter((name) => name !== 'fieldstone.lock')).toEqual([]);
  });

  test('the refusal names the process; its orderly end frees the lock', async () => {
    const [holder, other] = await Promise.all([opener(), opener()]);
    expect((await holder.ask('acquire')).pid).toBe(holder.pid);
    const refused = await other.ask('acquire');
    expect(refused.code).toBe('LOCKED');
    expect(refused.message).toContain(`process ${holder.pid} on host`);
    expect(refused.details?.pid).toBe(holder.pid);
    await holder.ask('release');
    expect((await other.ask('acquire')).got).toBeDefined();
  });

  test('the lock of a killed holder is taken over', async () => {
    const [holder, other] = await Promise.all([opener(), opener()]);
    await holder.ask('acquire');
    await holder.end('SIGKILL');
    expect(readdirSync(folder)).toEqual(['fieldstone.lock']);
    expect(await other.ask('acquire')).toMatchObject({ pid: other.pid, tookOverFrom: holder.pid });
    await other.ask('release');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a stopped holder keeps its lock', async () => {
    const [holder, other] = await Promise.all([opener(), opener()]);
    await holder.ask('acquire');
    holder.signal('SIGSTOP');
    for (let i = 0; i < 5; i++) {
      expect((await other.ask('acquire')).code).toBe('LOCKED');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    holder.signal('SIGCONT');
    expect((await holder.ask('held')).held).toBe(true);
  });

  test('an exit without a close frees the lock, is not held up, and keeps its status', async () => {
    const endings: readonly ((holder: LockOpener) => Promise<unknown>)[] = [
      async (holder) => expect(await holder.endOfCommands()).toBe(0),
      async (holder) => expect(await holder.end({ command: 'exit 3' })).toEqual({ code: 3, signal: null }),
      async (holder) => expect(await holder.end('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' }),
      async (holder) => expect(await holder.end('SIGINT')).toEqual({ code: null, signal: 'SIGINT' }),
    ];
    const other = await opener();
    for (const ending of endings) {
      const holder = await opener();
      expect((await holder.ask('acquire')).got).toBeDefined();
      await ending(holder);
      expect((await other.ask('acquire')).got).toBeDefined();
      await other.ask('release');
    }
  });

  test('a process that locks nothing gets no signal handlers', async () => {
    const reader = await opener();
    expect((await reader.ask('signals')).listeners).toBe(0);
  });

  test('a symbolic link leads to the same lock', async () => {
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    try {
      const [holder, other] = await Promise.all([opener(), opener(link)]);
      await holder.ask('acquire');
      expect((await other.ask('acquire')).code).toBe('LOCKED');
      const lock = (): unknown => acquireDatabaseLock(env, link, nodeProcessIdentity());
      expect(lock).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    } finally {
      rmSync(link);
    }
  });

  test('a second handle in one process is refused, through a link and from a second copy of the library', async () => {
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    const copy = transpile(['storage']);
    try {
      const second = await import(/* @vite-ignore */ copy.url('storage/mod.js')) as typeof Storage;
      const lock = acquireDatabaseLock(env, folder, nodeProcessIdentity());
      const attempts: readonly (() => unknown)[] = [
        () => acquireDatabaseLock(env, folder, nodeProcessIdentity()),
        () => acquireDatabaseLock(env, link, nodeProcessIdentity()),
        () => second.acquireDatabaseLock(second.nodeEnvironment(second.nodeVfs()), folder, second.nodeProcessIdentity()),
      ];
      for (const attempt of attempts) expect(attempt).toThrow(/another handle of this process/);
      lock.release();
      second.acquireDatabaseLock(second.nodeEnvironment(second.nodeVfs()), link, second.nodeProcessIdentity()).release();
    } finally {
      copy.dispose();
      rmSync(link);
    }
  });

  test('a worker thread holds a lock of its own, until it is terminated', async () => {
    if (process.platform !== 'linux') return console.log('skipped: threads are known on Linux only');
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.url).then(({ acquireDatabaseLock, nodeEnvironment, nodeProcessIdentity, nodeVfs }) => {
        acquireDatabaseLock(nodeEnvironment(nodeVfs()), workerData.folder, nodeProcessIdentity());
        parentPort.postMessage('locked');
        setInterval(() => {}, 1000);
      });`;
    const worker = new Worker(script, { eval: true, workerData: { url: storage.url('storage/mod.js'), folder } });
    await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
    const attempt = (): string => {
      try {
        const lock = acquireDatabaseLock(env, folder, nodeProcessIdentity());
        lock.release();
        return `taken over from thread ${lock.tookOverFrom?.threadId ?? 'none'}`;
      } catch (error) {
        if (hasCode(error, 'LOCKED')) return error.message;
        throw error;
      }
    };
    expect(attempt()).toContain(`process ${process.pid}, thread ${worker.threadId},`);
    const { threadId } = worker;
    await worker.terminate();
    expect(attempt()).toBe(`taken over from thread ${threadId}`);
  });

  test('a folder that was moved away no longer counts as held', () => {
    const inner = join(folder, 'db');
    mkdirSync(inner);
    const lock = acquireDatabaseLock(env, inner, nodeProcessIdentity());
    expect(lock.stillHeld()).toBe(true);
    env.vfs.rename(inner, join(folder, 'moved'));
    expect(lock.stillHeld()).toBe(false);
    lock.release();
  });
});
