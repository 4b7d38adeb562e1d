import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  acquireDatabaseLock, FieldstoneError, MemoryVfs, nodeEnvironment, writeFully,
  type DatabaseLock, type Environment, type LockHolder, type Vfs,
} from '#storage';
import { fakeIdentity } from '../../support/fake-identity.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const FOLDER = '/data';
const LOCK = '/data/fieldstone.lock';

function memory(): { vfs: MemoryVfs; env: Environment } {
  const vfs = new MemoryVfs();
  vfs.makeFolder(FOLDER);
  return { vfs, env: nodeEnvironment(vfs) };
}

function refusal(run: () => unknown): FieldstoneError {
  try { run(); } catch (error) {
    if (error instanceof FieldstoneError) return error;
    throw error;
  }
  throw new Error('the lock was given');
}

function put(vfs: Vfs, path: string, text: string): void {
  const file = vfs.open(path, 'create');
  writeFully(file, new TextEncoder().encode(text), 0);
  file.close();
}

function owner(changes: object): string {
  return JSON.stringify({ pid: 1, host: 'h', threadId: 0, nonce: '0'.repeat(32), openedAtMs: 0, ...changes });
}

const everybodyLives = (): boolean => true;

describe('acquireDatabaseLock', () => {
  test('leaves one readable owner file while held, and nothing after', () => {
    const { vfs, env } = memory();
    const lock = acquireDatabaseLock(env, FOLDER, fakeIdentity(1));
    expect(lock.nonce).toMatch(/^[0-9a-f]{32}$/);
    expect([...vfs.files().keys()]).toEqual([`${LOCK}/${lock.nonce}.json`]);
    const owner: unknown = JSON.parse(new TextDecoder().decode([...vfs.files().values()][0]));
    expect(owner).toMatchObject({ pid: 1, host: 'simulated', threadId: 0, nonce: lock.nonce, openedAtMs: lock.holder.openedAtMs });
    expect(lock.stillHeld()).toBe(true);
    lock.release();
    lock.release();
    expect(lock.stillHeld()).toBe(false);
    expect(vfs.list(FOLDER)).toEqual([]);
  });

  test('a missing folder is NOT_FOUND, and a file in its place too', () => {
    const { vfs, env } = memory();
    put(vfs, '/file', 'x');
    expect(refusal(() => acquireDatabaseLock(env, '/none', fakeIdentity(1))).code).toBe('NOT_FOUND');
    expect(refusal(() => acquireDatabaseLock(env, '/file', fakeIdentity(1))).code).toBe('NOT_FOUND');
  });

  test('the refusal names the holder', () => {
    const { env } = memory();
    const first = acquireDatabaseLock(env, FOLDER, fakeIdentity(41, everybodyLives));
    const error = refusal(() => acquireDatabaseLock(env, FOLDER, fakeIdentity(42, everybodyLives)));
    expect(error.code).toBe('LOCKED');
    expect(error.message).toContain('process 41 on host "simulated" since 2');
    expect(error.details).toMatchObject({ pid: 41, host: 'simulated', nonce: first.nonce });
    first.release();
    acquireDatabaseLock(env, FOLDER, fakeIdentity(42)).release();
  });

  test('a second handle of the same process is refused, even when the lock folder was removed by hand', () => {
    const { vfs, env } = memory();
    const identity = fakeIdentity(1, () => false);
    const lock = acquireDatabaseLock(env, FOLDER, identity);
    vfs.unlink(`${LOCK}/${lock.nonce}.json`);
    vfs.removeFolder(LOCK);
    const error = refusal(() => acquireDatabaseLock(env, `${FOLDER}/../data`, identity));
    expect(error.code).toBe('LOCKED');
    expect(error.message).toContain('another handle of this process');
    expect(lock.stillHeld()).toBe(false);
    lock.release();
    acquireDatabaseLock(env, FOLDER, identity).release();
  });

  test('memory databases of one path do not meet', () => {
    const identity = fakeIdentity(1);
    const locks = [memory(), memory(), memory()].map(({ env }) => acquireDatabaseLock(env, FOLDER, identity));
    expect(locks.map((lock) => lock.stillHeld())).toEqual([true, true, true]);
    locks[0]?.release();
    expect(locks.map((lock) => lock.stillHeld())).toEqual([false, true, true]);
    for (const lock of locks) lock.release();
  });

  test('takes over from the dead, and the old handle finds out', () => {
    const { env } = memory();
    const old = acquireDatabaseLock(env, FOLDER, fakeIdentity(1));
    const taken = acquireDatabaseLock(env, FOLDER, fakeIdentity(2));
    expect(taken.tookOverFrom).toMatchObject({ pid: 1, nonce: old.nonce });
    expect(old.stillHeld()).toBe(false);
    old.release();
    expect(taken.stillHeld()).toBe(true);
    taken.release();
  });

  test('an empty lock folder is free', () => {
    const { vfs, env } = memory();
    vfs.makeFolder(LOCK);
    const lock = acquireDatabaseLock(env, FOLDER, fakeIdentity(1, everybodyLives));
    expect(lock.stillHeld()).toBe(true);
    expect(lock.tookOverFrom).toBeUndefined();
    lock.release();
  });

  test.each([
    ['an empty owner file', `${'0'.repeat(32)}.json`, ''],
    ['a garbled owner file', `${'0'.repeat(32)}.json`, '{"pid":'],
    ['an owner file of another nonce', `${'0'.repeat(32)}.json`, owner({ nonce: '1'.repeat(32) })],
    ['an owner file with a wrong type', `${'0'.repeat(32)}.json`, owner({ pid: '1' })],
    ['an owner file with a negative pid', `${'0'.repeat(32)}.json`, owner({ pid: -1 })],
    ['an owner file too long to be one', `${'0'.repeat(32)}.json`, ' '.repeat(5000)],
    ['a stranger\'s file', '.DS_Store', 'x'],
  ])('a lock folder with %s is refused with a remedy, and left as it is', (_, name, content) => {
    const { vfs, env } = memory();
    vfs.makeFolder(LOCK);
    put(vfs, `${LOCK}/${name}`, content);
    const before = vfs.files();
    const error = refusal(() => acquireDatabaseLock(env, FOLDER, fakeIdentity(1)));
    expect(error.code).toBe('LOCKED');
    expect(error.message).toContain(`remove ${LOCK}`);
    expect(vfs.files()).toEqual(before);
    expect(vfs.list(FOLDER)).toEqual(['fieldstone.lock']);
  });

  test('a plain file in place of the lock folder is refused with a remedy', () => {
    const { vfs, env } = memory();
    put(vfs, LOCK, 'x');
    expect(refusal(() => acquireDatabaseLock(env, FOLDER, fakeIdentity(1)))).toMatchObject({ code: 'LOCKED' });
    expect(vfs.list(FOLDER)).toEqual(['fieldstone.lock']);
  });

  test('a random source that repeats itself does not fake identity', () => {
    const { env } = memory();
    let n = 0;
    const repeating: Environment = { ...env, random: { fill: (target) => target.fill(n++ < 3 ? 7 : n) } };
    const old = acquireDatabaseLock(repeating, FOLDER, fakeIdentity(1));
    const taken = acquireDatabaseLock(repeating, FOLDER, fakeIdentity(2));
    expect(taken.nonce).not.toBe(old.nonce);
    expect([old.stillHeld(), taken.stillHeld()]).toEqual([false, true]);
    taken.release();
  });

  test('a dropped handle with the same path and nonce does not take the lock from another', async () => {
    const fill: Environment['random'] = { fill: (target) => target.fill(7) };
    const taken = (pid: number): DatabaseLock => acquireDatabaseLock({ ...memory().env, random: fill }, FOLDER, fakeIdentity(pid));
    for (let i = 0; i < 20; i++) taken(60_000 + i);
    const kept = taken(61_000);
    for (let turn = 0; turn < 5; turn++) {
      collect();
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    expect(kept.stillHeld()).toBe(true);
    kept.release();
    expect(kept.stillHeld()).toBe(false);
  });

  test('handles that were dropped without a release leave no entry of the library once they are collected', async () => {
    const library = createRequire(import.meta.url)('proper-lockfile/lib/lockfile.js') as { getLocks(): object };
    const count = (): number => Object.keys(library.getLocks()).length;
    const before = count();
    const drop = (pid: number): void => { acquireDatabaseLock(memory().env, FOLDER, fakeIdentity(pid)); };
    for (let i = 0; i < 50; i++) drop(50_000 + i);
    expect(count()).toBe(before + 50);
    for (let turn = 0; turn < 100 && count() > before; turn++) {
      collect();
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    expect(count()).toBeLessThanOrEqual(before + 1); // the collector may keep what it found on the stack
  });

  test('many openings leak no listener, no registry entry and no entry of the library', () => {
    const { vfs, env } = memory();
    const identity = fakeIdentity(1);
    acquireDatabaseLock(env, FOLDER, identity).release();
    const listeners = (): number => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const library = createRequire(import.meta.url)('proper-lockfile/lib/lockfile.js') as { getLocks(): object };
    const registry = Reflect.get(globalThis, Symbol.for('fieldstone.locks')) as Map<string, LockHolder>;
    const before = [listeners(), Object.keys(library.getLocks()).length, registry.size];
    for (let i = 0; i < 500; i++) {
      acquireDatabaseLock(env, FOLDER, identity).release();
      const lock: DatabaseLock = acquireDatabaseLock(env, FOLDER, identity);
      refusal(() => acquireDatabaseLock(env, FOLDER, fakeIdentity(2, everybodyLives)));
      lock.release();
    }
    expect([listeners(), Object.keys(library.getLocks()).length, registry.size]).toEqual(before);
    expect(vfs.list(FOLDER)).toEqual([]);
  });
});
