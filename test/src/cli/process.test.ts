import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { open } from '../../../src/main.js';
import { transpile, type Transpiled } from '../../support/transpiled.js';
import { cli, inFolder } from './run-cli.js';

let js: Transpiled;
beforeAll(() => { js = transpile(['storage', 'index', 'txn', 'src']); }, 60_000);
afterAll(() => js.dispose());

function run(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [fileURLToPath(js.url('src/cli/main.js')), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

async function writeLarge(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  for (let i = 0; i < rows; i += 1000) {
    let piece = i === 0 ? 'id,name,note\n' : '';
    for (let k = i; k < i + 1000; k++) piece += `${k},customer number ${k},some text that makes the row longer ${k}\n`;
    if (!file.write(piece)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

test('Ctrl-C in the middle of an import: status 1, no table, the folder as it was', () => inFolder(async (folder) => {
  const data = join(folder, 'data');
  const csv = join(folder, 'big.csv');
  writeFileSync(join(folder, 'small.csv'), 'a\n1\n');
  expect((await cli(['import', join(folder, 'small.csv'), data])).status).toBe(0);
  const before = readdirSync(data);
  await writeLarge(csv, 600_000);
  const child = run(['import', csv, data]);
  const err = text(child.stderr);
  const out = text(child.stdout);
  // The temporary file of the new table shows that rows are being written.
  while (!readdirSync(data).some((name) => name.includes('.fs-')) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGINT');
  const [status] = await once(child, 'close');
  expect([status, await out, await err]).toEqual([1, '', 'fieldstone: interrupted; nothing was changed\n']);
  expect(readdirSync(data)).toEqual(before);
  expect((await cli(['check', data])).status).toBe(0);
}));

test('a reader that goes away ends cat and export in silence', () => inFolder(async (folder) => {
  const csv = join(folder, 'big.csv');
  await writeLarge(csv, 100_000);
  expect((await cli(['import', csv, join(folder, 'data')])).status).toBe(0);
  for (const args of [['cat', join(folder, 'data')], ['export', join(folder, 'data'), 'big', '--format', 'ndjson']]) {
    const child = run(args);
    const err = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [status] = await once(child, 'close');
    expect([status, await err], args[0]).toEqual([0, '']);
  }
}));

test('no progress line in a pipe; status and output as in the process', () => inFolder(async (folder) => {
  const csv = join(folder, 'big.csv');
  await writeLarge(csv, 50_000);
  const child = run(['import', csv, join(folder, 'data'), '--json']);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(JSON.parse(out)).toMatchObject({ table: 'big', rows: 50_000 });
  expect(err).toBe('');
  expect(existsSync(join(folder, 'data', 'big.dbf'))).toBe(true);
  const wrong = run(['cat', join(folder, 'data'), '--limt', '1']);
  const [status] = await once(wrong, 'close');
  expect(status).toBe(2);
}));

test('a second process is told who holds the folder, and may read', () => inFolder(async (folder) => {
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'small.csv'), 'a\n1\n');
  expect((await cli(['import', join(folder, 'small.csv'), data])).status).toBe(0);
  const db = await open(data);
  await db.table('small').insert({ a: 2 });
  const packing = run(['pack', data]);
  const [err, [status]] = await Promise.all([text(packing.stderr), once(packing, 'close')]);
  expect(err).toMatch(new RegExp(`${process.pid}[^]*LOCKED`));
  expect(status).toBe(1);
  const reading = run(['cat', data, '--json']);
  expect(await text(reading.stdout)).toBe('{"$recno":1,"a":1}\n{"$recno":2,"a":2}\n');
  await db.close();
}));
