import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeEnvironment, nodeVfs } from '#storage';
import { NO_PROGRESS } from '../../../src/cli/progress-line.js';
import { runCli } from '../../../src/cli/run.js';
import { char, open } from '../../../src/main.js';
import { statsText } from '../../../src/cli/stats-text.js';
import { readPublishedStats, STATS_FILE } from '../../../src/profile/published-stats.js';
import { cli, inFolder } from './run-cli.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

test('top and stats show what a running database publishes, and the file goes with it', () => inFolder(async (folder) => {
  const db = await open(folder, { publishStatsMs: 50 });
  const people = await db.createTable('people', { name: char(20) });
  const kv = db.kv('things');
  await people.insertMany(Array.from({ length: 500 }, (_, i) => ({ name: `SECRET ${i}` })));
  for (let i = 0; i < 20; i++) await kv.put('SECRET', i);
  await db.checkpoint();
  for (let i = 1; i <= 500; i++) people.get(i);
  let finish = (): void => undefined;
  const hostile = db.transaction(async () => { await new Promise<void>((resolve) => { finish = resolve; }); }, { name: 'evil\u001b[2J' });
  await pause(150);
  const once = await cli(['top', folder, '--once']);
  expect(once).toMatchObject({ status: 0, err: '' });
  expect(once.out).toMatch(new RegExp(`process ${process.pid}  up .*  ok  fieldstone`));
  expect(once.out).toMatch(/table\.get\s+[\d,.]+\s+500 /);
  expect(once.out).toMatch(/people\.dbf/);
  expect(once.out).not.toContain('\u001b');
  expect(once.out).not.toContain('SECRET');
  expect(readFileSync(join(folder, STATS_FILE), 'utf8')).not.toContain('SECRET');
  const json = JSON.parse((await cli(['top', folder, '--json'])).out) as { pid: number; stats: { counters: Record<string, Record<string, number>> } };
  expect([json.pid, json.stats.counters['operations']?.['kv.put']]).toEqual([process.pid, 20]);
  expect((await cli(['stats', folder])).out).toMatch(/table\.get/);
  expect(once.out).toMatch(/evil.*\d/);
  finish();
  await hostile;
  await db.close();
  expect(readdirSync(folder).filter((name) => name.includes('stats'))).toEqual([]);
  const gone = await cli(['top', folder]);
  expect(gone.status).toBe(1);
  expect(gone.err).toMatch(/publishStatsMs/);
  const still = await cli(['stats', folder]);
  expect(still).toMatchObject({ status: 0, err: '' });
  expect(still.out).toMatch(/people\s+500/);
}));

test('a file that is not ours, or that its owner left behind, is told apart', () => inFolder(async (folder) => {
  const path = join(folder, STATS_FILE);
  for (const text of ['', '{', '{"format":2}', '[]', 'null', '\u0000\u0001']) {
    writeFileSync(path, text);
    expect((await cli(['top', folder, '--once'])).status).toBe(1);
  }
  const db = await open(folder, { publishStatsMs: 60_000 });
  const published = JSON.parse(readFileSync(path, 'utf8')) as { atMs: number };
  await db.close();
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, JSON.stringify({ ...published, atMs: published.atMs - 3_600_000 }));
  expect((await cli(['top', folder, '--once'])).out).toMatch(/NO NEWS for 1 h/);
}));

test('on a terminal the picture is drawn anew until Ctrl-C, and the screen is given back', () => inFolder(async (folder) => {
  const db = await open(folder, { publishStatsMs: 50 });
  const abort = new AbortController();
  let out = '';
  const running = runCli(['top', folder, '--interval', '50'], {
    env: nodeEnvironment(nodeVfs()), columns: 40, progress: NO_PROGRESS, signal: abort.signal, isOutputClosed: () => false, tell: () => undefined,
    print: (text) => { out += text; return Promise.resolve(); }, stdin: () => { throw new Error('not read'); },
  });
  while (out.split('\u001b[H').length < 4) await pause(20);
  abort.abort(new Error('interrupted'));
  expect(await running).toBe(0);
  await db.close();
  expect(out.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(out.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  for (const line of out.replace(/\u001b\[[?\dHJhl]*/g, '').split('\n')) expect(line.length).toBeLessThanOrEqual(40);
}));

test('profile reads a table for a second and writes the reports that were asked for', () => inFolder(async (folder) => {
  const db = await open(join(folder, 'db'));
  const people = await db.createTable('people', { name: char(200) });
  await people.insertMany(Array.from({ length: 3000 }, (_, i) => ({ name: `name ${i}` })));
  await db.close();
  const files = ['report.html', 'flame.svg', 'profile.pb.gz', 'metrics.prom'].map((name) => join(folder, name));
  const { status, out, err } = await cli(['profile', join(folder, 'db'), '--seconds', '1', '--output', files.join(',')]);
  expect([status, err]).toEqual([0, '']);
  for (const file of files) expect(out).toContain(`written: ${file}`);
  expect(readFileSync(files[0] ?? '', 'utf8')).toMatch(/^<!doctype html>/i);
  expect(readFileSync(files[3] ?? '', 'utf8')).toMatch(/fieldstone_/);
  expect((await cli(['profile', join(folder, 'db'), '-o', 'x.pdf'])).status).toBe(2);
}));

test('a picture is as high and as wide as the terminal: the head stays, tables lose their last lines, names their middle', () => inFolder(async (folder) => {
  const db = await open(folder, { publishStatsMs: 40 });
  for (const name of ['a-store-with-a-name-that-is-longer-than-most-names-are', 'b', 'c', 'd']) {
    const kv = db.kv(name);
    await kv.put('k', 1);
    kv.get('k');
  }
  await db.checkpoint();
  await pause(150);
  const published = readPublishedStats(nodeVfs(), folder);
  if (published === undefined) throw new Error('nothing was published');
  const whole = statsText(published, published.atMs, undefined).split('\n');
  for (const rows of [100, 30, 23, 15, 9, 4]) {
    const lines = statsText(published, published.atMs, 80, rows).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines[0]?.slice(0, 40)).toBe(whole[0]?.slice(0, 40));
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  }
  const small = statsText(published, published.atMs, 80, 23);
  expect(small).toMatch(/kv\.get/);
  expect(small).toMatch(/reads +bytes +writes +bytes +syncs/);
  expect(statsText(published, published.atMs, 80)).toMatch(/a-store-with-a-n…/);
  await db.close();
}));
