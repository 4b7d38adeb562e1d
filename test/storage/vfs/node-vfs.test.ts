import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeVfs, readUpTo, type FieldstoneError } from '#storage';
import { renameWithRetry } from '../../../storage/vfs/rename-retry.js';
import { transpile } from '../../support/transpiled.js';
import { codeOf } from '../../support/vfs-conformance.js';

const root = mkdtempSync(join(tmpdir(), 'fieldstone-node-'));
afterAll(() => rmSync(root, { recursive: true }));
const vfs = nodeVfs();

function caught(run: () => unknown): FieldstoneError {
  try { run(); } catch (error) { return error as FieldstoneError; }
  throw new Error('nothing was thrown');
}

describe('nodeVfs', () => {
  test('follows symbolic links to files and folders', () => {
    mkdirSync(join(root, 'real'));
    writeFileSync(join(root, 'real', 'a'), 'content');
    symlinkSync(join(root, 'real'), join(root, 'link'));
    symlinkSync(join(root, 'nowhere'), join(root, 'broken'));
    expect(vfs.stat(join(root, 'link', 'a'))).toEqual(vfs.stat(join(root, 'real', 'a')));
    expect(vfs.stat(join(root, 'link'))?.kind).toBe('folder');
    expect(vfs.realPath(join(root, 'link'))).toBe(vfs.realPath(join(root, 'real')));
    expect(vfs.stat(join(root, 'broken'))).toBeUndefined();
  });

  test('refuses a FIFO or a device at once instead of waiting for it', () => {
    const fifo = join(root, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const mode of ['read', 'write', 'create'] as const) expect(codeOf(() => vfs.open(fifo, mode)), mode).toBe('IO');
    expect(codeOf(() => vfs.open('/dev/zero', 'read'))).toBe('IO');
    expect(vfs.stat(fifo)?.kind).toBe('other');
  });

  test('a refused open leaks no descriptor', () => {
    if (process.platform !== 'linux') return console.log('skipped: /proc is Linux only');
    const count = (): number => readdirSync('/proc/self/fd').length;
    const before = count();
    for (let i = 0; i < 50; i++) codeOf(() => vfs.open(root, 'read'));
    for (let i = 0; i < 50; i++) vfs.syncFolder(root);
    expect(count()).toBe(before);
  });

  test('a read error of the system is IO with its cause and place', () => {
    if (process.platform !== 'linux') return console.log('skipped: /proc is Linux only');
    const memory = vfs.open('/proc/self/mem', 'read');
    const error = caught(() => readUpTo(memory, new Uint8Array(16), 0));
    memory.close();
    expect(error).toMatchObject({ code: 'IO', file: '/proc/self/mem', offset: 0, cause: { code: 'EIO' } });
  });

  test('a file that may not grow gives a short write, then FULL', () => {
    if (process.platform === 'win32') return console.log('skipped: ulimit is POSIX only');
    const storage = transpile(['storage']);
    const script = `
      const { nodeVfs, writeFully } = await import(process.argv[1]);
      process.on('SIGXFSZ', () => {});
      const file = nodeVfs().open(process.argv[2], 'exclusive');
      const written = file.writeAt(new Uint8Array(96 * 1024), 0);
      let failure;
      try { writeFully(file, new Uint8Array(96 * 1024), 0); } catch (error) { failure = error; }
      console.log(JSON.stringify({ written, code: failure?.code, offset: failure?.offset, cause: failure?.cause?.code }));`;
    const limited = 'ulimit -f 64; exec "$0" --input-type=module -e "$1" "$2" "$3"';
    const args = [process.execPath, script, storage.url('storage/mod.js'), join(root, 'big')];
    const run = spawnSync('bash', ['-c', limited, ...args], { encoding: 'utf8' });
    storage.dispose();
    expect(JSON.parse(run.stdout), run.stderr).toEqual({ written: 65_536, code: 'FULL', offset: 65_536, cause: 'EFBIG' });
  });

  test('a path with a zero byte is an IO error, not a crash', () => {
    expect(codeOf(() => vfs.open(join(root, 'a\0b'), 'create'))).toBe('IO');
  });

  test('writes at the position it is given, never at the end', () => {
    const file = vfs.open(join(root, 'positional'), 'create');
    file.writeAt(Buffer.from('0123456789'), 0);
    file.writeAt(Buffer.from('ab'), 4);
    file.writeAt(Buffer.from('c'), 0);
    file.close();
    expect(readFileSync(join(root, 'positional'), 'latin1')).toBe('c123ab6789');
  });
});

describe('renameWithRetry', () => {
  const failing = (codes: readonly string[]): { run: () => void; calls: () => number } => {
    let calls = 0;
    return {
      run: () => {
        const code = codes[calls++];
        if (code !== undefined) throw Object.assign(new Error(code), { code });
      },
      calls: () => calls,
    };
  };

  test('on Windows a busy file is tried again, with growing pauses', () => {
    const pauses: number[] = [];
    const { run, calls } = failing(['EPERM', 'EBUSY', 'EACCES']);
    renameWithRetry(run, 'win32', (ms) => pauses.push(ms));
    expect(calls()).toBe(4);
    expect(pauses).toEqual([10, 20, 30]);
  });

  test('on Windows it gives up after ten tries, and at once for other errors', () => {
    const busy = failing(Array.from({ length: 50 }, () => 'EBUSY'));
    expect(() => renameWithRetry(busy.run, 'win32', () => {})).toThrow('EBUSY');
    expect(busy.calls()).toBe(10);
    const missing = failing(['ENOENT']);
    expect(() => renameWithRetry(missing.run, 'win32', () => {})).toThrow('ENOENT');
    expect(missing.calls()).toBe(1);
  });

  test('elsewhere the first error counts', () => {
    const { run, calls } = failing(['EBUSY']);
    expect(() => renameWithRetry(run, 'linux', () => {})).toThrow('EBUSY');
    expect(calls()).toBe(1);
  });
});
