import { describe, expect, test } from 'vitest';
import { formatMetrics } from '../../../src/report/format/metric-family.js';
import { prometheusReport } from '../../../src/report/prometheus/prometheus.js';
import { hostileProfile } from './hostile-profile.js';
import { outsideReader } from './outside-reader.js';
import { sampleProfile } from './sample-profile.js';
import { smallProfile } from './small-profile.js';

interface ParsedFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly ParsedMetric[];
}

interface ParsedMetric {
  readonly value?: string;
  readonly labels?: Record<string, string>;
}

type Parse = (text: string) => ParsedFamily[];

async function parse(text: string): Promise<Map<string, ParsedFamily> | undefined> {
  const library = await outsideReader<{ default: Parse | { default: Parse } }>('parse-prometheus-text-format');
  if (library === undefined) return undefined;
  const read = typeof library.default === 'function' ? library.default : library.default.default;
  return new Map(read(text).map((family) => [family.name, family]));
}

describe('Prometheus text', () => {
  test.each([['small', smallProfile], ['large', sampleProfile], ['hostile', hostileProfile]])('of a %s profile parses, with help and type for every family', async (_, make) => {
    const text = prometheusReport(make());
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);
    expect(new Set(names).size).toBe(names.length);
    const families = await parse(text);
    if (families === undefined) return;
    expect([...families.keys()].sort()).toEqual([...names].sort());
    for (const family of families.values()) {
      expect(family.help, family.name).not.toBe('');
      expect(['COUNTER', 'GAUGE', 'HISTOGRAM'], family.name).toContain(family.type);
      expect(family.metrics.length, family.name).toBeGreaterThan(0);
      if (family.type === 'COUNTER') expect(family.name).toMatch(/_total$/);
    }
  });

  test('gives the figures of the profile', async () => {
    const families = await parse(prometheusReport(smallProfile()));
    if (families === undefined) return;
    const value = (name: string, labels: Record<string, string> = {}): number => Number(families.get(name)?.metrics.find((metric) => (
      Object.entries(labels).every(([label, text]) => metric.labels?.[label] === text)))?.value);
    expect(value('fieldstone_cache_page_hits_total', { kind: 'table' })).toBe(90);
    expect(value('fieldstone_cache_page_misses_total', { kind: 'table', reason: 'evicted' })).toBe(5);
    expect(value('fieldstone_file_read_bytes_total', { file: 'people.dbf' })).toBe(98_304);
    expect(value('fieldstone_lock_wait_seconds_total', { shard: '0' })).toBe(0.003);
    expect(value('fieldstone_io_bytes_read_total')).toBe(98_304);
    expect(value('fieldstone_locks_held')).toBe(2);
  });

  test('writes times as cumulative buckets in seconds', () => {
    // The parser reads no histograms that have labels: this is checked line by line.
    const lines = prometheusReport(smallProfile()).split('\n').filter((line) => line.startsWith('fieldstone_operation_duration_seconds'));
    const name = 'fieldstone_operation_duration_seconds';
    const counts = lines.filter((line) => line.startsWith(`${name}_bucket{operation="get",le="`)).map((line) => /le="(.*)"\} (\d+)$/.exec(line)!.slice(1).map(Number));
    expect(counts.slice(0, 6)).toEqual([[1e-6, 1], [2.5e-6, 2], [5e-6, 3], [1e-5, 3], [2.5e-5, 3], [5e-5, 4]]);
    expect(lines.slice(-3)).toEqual([`${name}_bucket{operation="get",le="+Inf"} 4`, `${name}_sum{operation="get"} 0.000046`, `${name}_count{operation="get"} 4`]);
  });

  test('hostile labels come back as what can be seen of them', async () => {
    const label = 'a"b\\c\nd\u0007<e>';
    const text = formatMetrics([{ name: 'bad name-1', help: 'two\nlines \\', type: 'gauge', samples: [{ labels: { 'l-1': label }, value: Infinity }, { value: Number.NaN }] }]);
    expect(text).toBe('# HELP bad_name_1 two\\\\nlines \\\\\n# TYPE bad_name_1 gauge\nbad_name_1{l_1="a\\"b\\\\c\\\\nd\\\\x07<e>"} +Inf\nbad_name_1 NaN\n');
    const families = await parse(text);
    if (families === undefined) return;
    expect(families.get('bad_name_1')?.metrics[0]?.labels).toEqual({ l_1: 'a"b\\c\\nd\\x07<e>' });
  });
});
