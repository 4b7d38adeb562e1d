import { expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment, nodeProcessIdentity } from '#storage';
import { char, memo, numeric, type Database } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { nodeRuntime } from '../../../src/profile/node-runtime.js';
import { outsideReader } from '../report/outside-reader.js';

interface Metric { readonly value?: string; readonly labels?: Record<string, string> }
interface Family { readonly name: string; readonly type: string; readonly metrics: readonly Metric[] }
type Parse = (text: string) => Family[];

async function reader(): Promise<Parse | undefined> {
  const library = await outsideReader<{ default: Parse | { default: Parse } }>('parse-prometheus-text-format');
  if (library === undefined) return undefined;
  return typeof library.default === 'function' ? library.default : library.default.default;
}

function openWith(options: object): Promise<Database> {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  return openIn(nodeEnvironment(vfs), '/db', options, nodeProcessIdentity(), nodeRuntime());
}

async function work(db: Database): Promise<void> {
  const people = await db.createTable('people', { name: char(20), age: numeric(3), notes: memo() });
  await people.insertMany(Array.from({ length: 3000 }, (_, i) => ({ name: `n${i}`, age: i % 90, notes: 'text '.repeat(i % 50) })));
  const kv = db.kv<string, string>('things', { values: 'utf8' });
  for (let i = 0; i < 60; i++) await kv.put(`k${i}`, 'so much the same '.repeat(200));
  await db.checkpoint();
  for (let i = 0; i < 60; i++) kv.get(`k${i}`);
  for (let i = 1; i <= 3000; i += 7) people.get(i);
  people.find({ age: 5 }).toArray();
}

test('metrics() parses, and says what stats() says', async () => {
  const db = await openWith({ compression: 'lz4', cacheSize: '256kb' });
  await work(db);
  const stats = db.stats();
  const text = db.metrics();
  const parse = await reader();
  if (parse === undefined) return;
  const families = new Map(parse(text).map((family) => [family.name, family]));
  const value = (name: string, labels: Record<string, string> = {}): number => {
    const metric = families.get(`fieldstone_${name}`)?.metrics.find((one) => Object.entries(labels).every(([key, label]) => one.labels?.[key] === label));
    return Number(metric?.value);
  };
  for (const kind of ['table', 'memo', 'tree'] as const) expect(value('cache_page_hits_total', { kind }), kind).toBe(stats.cache[kind].hits);
  for (const { file, reads, bytesRead, writes, bytesWritten, syncs } of stats.files.filter((io) => io.reads + io.writes + io.syncs > 0)) {
    const labels = { file };
    expect([
      value('file_reads_total', labels), value('file_read_bytes_total', labels), value('file_writes_total', labels), value('file_written_bytes_total', labels), value('file_syncs_total', labels),
    ], file).toEqual([reads, bytesRead, writes, bytesWritten, syncs]);
  }
  const { transactions, operations, wal } = stats.counters;
  expect(value('transaction_commits_total')).toBe(transactions?.['commits']);
  expect(value('log_appended_bytes_total')).toBe(wal?.['bytes']);
  for (const [operation, count] of Object.entries(operations ?? {})) {
    if (count > 0) expect(value('operation_calls_total', { operation }), operation).toBe(count);
  }
  expect(value('codec_in_bytes_total')).toBe(stats.codecs[0]?.bytesIn);
  expect(operations?.['kv.get']).toBe(60);
  await db.close();
});

test.each([['off', false], ['counts', true], ['times', true]] as const)('at level %s the share of the codec is known: %s', async (profiling, known) => {
  const db = await openWith({ compression: 'deflate', profiling });
  await work(db);
  const [codec] = db.stats().codecs;
  expect(codec).toMatchObject({ name: 'deflate' });
  expect(codec?.tried).toBeGreaterThan(50);
  expect(codec?.triedBytesOut).toBeLessThan(codec?.triedBytes ?? 0);
  expect((codec?.compressNs ?? 0) > 0).toBe(known);
  expect((codec?.cpuShare ?? 0) > 0).toBe(known);
  expect(codec?.cpuShare).toBeLessThanOrEqual(1);
  await db.close();
});

test('a trace of queries has each plan and each run, without values', async () => {
  const db = await openWith({});
  await work(db);
  const people = db.table('people');
  await people.createIndex('by_age', { on: 'age' });
  const trace = db.trace('query');
  people.find({ age: 77 }).toArray();
  people.find({ age: 78 }).count();
  trace.stop();
  people.find({ age: 79 }).toArray();
  const events = trace.events;
  expect(events.map(({ event, source, plan }) => [event, source, plan])).toEqual([
    ['plan', 'people', 'index by_age'], ['run', 'people', 'index by_age'], ['plan', 'people', 'index by_age'], ['run', 'people', 'index by_age'],
  ]);
  expect(events[1]).toMatchObject({ shape: 'age = ?', returned: 33, fullScan: false });
  expect(events.every(({ ns }) => typeof ns === 'number' && ns >= 0)).toBe(true);
  // Times may hold any digits.
  expect(JSON.stringify(events.map(({ ns, atNs, ...rest }) => [typeof ns, typeof atNs, rest]))).not.toContain('77');
  await db.close();
});
