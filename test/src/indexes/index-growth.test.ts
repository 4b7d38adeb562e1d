import { appendFileSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { char, open } from '../../../src/main.js';

const name = (i: number): string => `name ${String((i * 7919) % 1000).padStart(5, '0')}`;

test.each(['cdx', 'idx', 'ntx', 'ndx'] as const)('blocks that a killed checkpoint put behind an index file are cut off: %s', async (type) => {
  const base = mkdtempSync(join(tmpdir(), 'fieldstone-growth-'));
  const folder = join(base, 'db');
  const crashed = join(base, 'crashed');
  const db = await open(folder);
  const t = await db.createTable('t', { name: char(20) }, { dialect: 'foxpro2' });
  await t.createIndex('tag', { on: 'name', type });
  await t.insertMany(Array.from({ length: 400 }, (_, i) => ({ name: name(i) })));
  await db.checkpoint();
  const file = type === 'cdx' ? 't.cdx' : `tag.${type}`;
  const { size } = statSync(join(folder, file));
  await t.insert({ name: 'only in the log' });

  cpSync(folder, crashed, { recursive: true, filter: (path) => !path.includes('fieldstone.lock') }); // what stands there when the process is killed
  await db.close();
  appendFileSync(join(crashed, file), Buffer.alloc(2048, 0x5a));
  const again = await open(crashed);
  expect((await again.check()).findings).toEqual([]);
  expect(again.table('t').index('tag').seek('only in the log')?.['name']).toBe('only in the log');
  expect(statSync(join(crashed, file)).size).toBe(size);
  await again.close();
  rmSync(base, { recursive: true, force: true });
});

test.each(['cdx', 'idx', 'ntx', 'ndx'] as const)('blocks that a failed checkpoint left are cut off by the next one: %s', async (type) => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-growth-'));
  const db = await open(folder);
  const t = await db.createTable('t', { name: char(20) }, { dialect: 'foxpro2' });
  await t.createIndex('tag', { on: 'name', type });
  await t.insertMany(Array.from({ length: 400 }, (_, i) => ({ name: name(i) })));
  await db.checkpoint();
  const file = join(folder, type === 'cdx' ? 't.cdx' : `tag.${type}`);
  const { size } = statSync(file);
  appendFileSync(file, Buffer.alloc(2048, 0x5a));
  await t.update(1, { name: 'name 00001' });
  await db.checkpoint();
  expect(statSync(file).size).toBe(size);
  expect((await db.check()).findings).toEqual([]);
  await db.close();
  const again = await open(folder);
  expect((await again.check()).findings).toEqual([]);
  expect(again.table('t').index('tag').entries().toArray()).toHaveLength(400);
  await again.close();
  rmSync(folder, { recursive: true, force: true });
});
