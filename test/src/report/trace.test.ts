import { expect, test } from 'vitest';
import { traceNdjsonReport } from '../../../src/report/trace-ndjson.js';
import { traceParquetReport } from '../../../src/report/trace-parquet.js';
import { hostileProfile } from './hostile-profile.js';
import { outsideReader } from './outside-reader.js';
import { sampleProfile } from './sample-profile.js';
import { smallProfile } from './small-profile.js';

interface Hyparquet {
  parquetReadObjects(options: { file: ArrayBuffer }): Promise<Record<string, unknown>[]>;
  parquetMetadata(file: ArrayBuffer): { num_rows: bigint; created_by?: string };
}

type Access = Record<'atUs' | 'file' | 'kind' | 'page' | 'outcome', unknown>;

function arrayBuffer(bytes: Uint8Array): ArrayBuffer { return Uint8Array.from(bytes).buffer; }

test.each([['small', smallProfile], ['large', sampleProfile], ['hostile', hostileProfile]])('the trace of a %s profile is the same as NDJSON and as Parquet', async (_, make) => {
  const lines = traceNdjsonReport(make()).trimEnd().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as Access);
  expect(rows).toHaveLength(make().cacheTrace!.atUs.length);
  const library = await outsideReader<Hyparquet>('hyparquet');
  if (library === undefined) return;
  const file = arrayBuffer(traceParquetReport(make()));
  expect(library.parquetMetadata(file).num_rows).toBe(BigInt(rows.length));
  const read = await library.parquetReadObjects({ file });
  expect(read).toHaveLength(rows.length);
  read.forEach((row, i) => {
    expect(Number(row.at_us)).toBe(rows[i]!.atUs);
    expect(Number(row.page)).toBe(rows[i]!.page);
    if (make !== hostileProfile) expect([row.file, row.kind, row.outcome]).toEqual([rows[i]!.file, rows[i]!.kind, rows[i]!.outcome]);
    expect(`${String(row.file)}${String(row.kind)}`).not.toMatch(/[\u0000-\u001f]/);
  });
});

test('a trace of many files keeps them apart', async () => {
  const library = await outsideReader<Hyparquet>('hyparquet');
  if (library === undefined) return;
  const files = Array.from({ length: 300 }, (_, i) => `file ${i}`);
  const small = smallProfile();
  const places = files.map((_, i) => i);
  const columns = { atUs: places.map((i) => i * 2 ** 40), file: places, kind: places.map(() => 0), page: places, outcome: places.map((i) => i % 4) };
  const trace = { ...small.cacheTrace!, files, ...columns };
  const read = await library.parquetReadObjects({ file: arrayBuffer(traceParquetReport({ ...small, cacheTrace: trace })) });
  expect(read.map((row) => row.file)).toEqual(files);
  expect(read.map((row) => Number(row.at_us))).toEqual(trace.atUs);
  expect(read.map((row) => row.outcome)).toEqual(places.map((i) => trace.outcomes[i % 4]));
});

test('without a trace both are empty and can be read', async () => {
  const { cacheTrace, ...rest } = smallProfile();
  expect(cacheTrace).toBeDefined();
  expect(traceNdjsonReport(rest)).toBe('');
  const library = await outsideReader<Hyparquet>('hyparquet');
  if (library !== undefined) expect(await library.parquetReadObjects({ file: arrayBuffer(traceParquetReport(rest)) })).toEqual([]);
});
