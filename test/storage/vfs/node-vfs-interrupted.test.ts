import type * as NodeFs from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { nodeVfs, readFully } from '#storage';

const faults = vi.hoisted(() => ({ read: [] as string[], write: [] as string[], close: [] as string[], reads: 0, closes: 0 }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof NodeFs>();
  const fail = (codes: string[]): void => {
    const code = codes.shift();
    if (code !== undefined) throw Object.assign(new Error(code), { code });
  };
  return {
    ...fs,
    readSync: (...args: Parameters<typeof fs.readSync>) => { faults.reads++; fail(faults.read); return fs.readSync(...args); },
    writeSync: (fd: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
      fail(faults.write);
      return fs.writeSync(fd, bytes, offset, length, position);
    },
    closeSync: (fd: number) => { faults.closes++; fs.closeSync(fd); fail(faults.close); },
  };
});

const root = mkdtempSync(join(tmpdir(), 'fieldstone-eintr-'));
const path = join(root, 'a');
writeFileSync(path, 'content');
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => { faults.reads = faults.closes = 0; });

describe('nodeVfs under faults of single calls', () => {
  test('an interrupted read is repeated', () => {
    const file = nodeVfs().open(path, 'read');
    faults.read = ['EINTR', 'EINTR'];
    const target = new Uint8Array(7);
    readFully(file, target, 0);
    expect(Buffer.from(target).toString()).toBe('content');
    expect(faults.reads).toBe(3);
    file.close();
  });

  test('any other error of a read is not', () => {
    const file = nodeVfs().open(path, 'read');
    faults.read = ['EIO'];
    expect(() => file.readAt(new Uint8Array(1), 3)).toThrow(expect.objectContaining({ code: 'IO', offset: 3 }));
    expect(faults.reads).toBe(1);
    file.close();
  });

  test('a full disk is FULL, with the place', () => {
    const file = nodeVfs().open(path, 'write');
    faults.write = ['ENOSPC'];
    expect(() => file.writeAt(new Uint8Array(1), 3)).toThrow(expect.objectContaining({ code: 'FULL', offset: 3 }));
    file.close();
  });

  test('an interrupted close is not repeated and is no error; any other is', () => {
    const file = nodeVfs().open(path, 'read');
    faults.close = ['EINTR'];
    file.close();
    file.close();
    expect(faults.closes).toBe(1);
    const other = nodeVfs().open(path, 'read');
    faults.close = ['EIO'];
    expect(() => other.close()).toThrow(expect.objectContaining({ code: 'IO' }));
  });
});
