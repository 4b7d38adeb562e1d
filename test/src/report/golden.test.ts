import { describe, expect, test } from 'vitest';
import { renderReport } from '../../../src/report/render-report.js';
import type { ReportFormat } from '../../../src/report/report-format.js';
import { smallProfile } from './small-profile.js';

const TEXTS: readonly (readonly [ReportFormat, string])[] = [
  ['text', 'small.txt'], ['prometheus', 'small.prom'], ['dot', 'small.dot'], ['folded', 'small.folded'], ['ndjson', 'small.ndjson'], ['svg', 'small.svg'],
];

describe('reports of a small profile are what the golden files say (npx vitest run test/src/report/golden.test.ts -u writes them)', () => {
  test.each(TEXTS)('%s', async (format, file) => {
    await expect(renderReport(smallProfile(), format)).toMatchFileSnapshot(`golden/${file}`);
  });

  test.each(['html', 'pprof', 'parquet', 'json', 'cpuprofile', 'heapprofile'] as const)('%s is the same every time', (format) => {
    expect(renderReport(smallProfile(), format)).toEqual(renderReport(smallProfile(), format));
  });
});

describe('a profile without any section', () => {
  const { schemaVersion, meta } = smallProfile();
  test.each(['html', 'svg', 'pprof', 'cpuprofile', 'heapprofile', 'json', 'prometheus', 'text', 'folded', 'dot', 'ndjson', 'parquet'] as const)('gives a %s', (format) => {
    const report = renderReport({ schemaVersion, meta }, format);
    const text = typeof report === 'string' ? report : Buffer.from(report).toString('latin1');
    expect(text.replace(/<script>[^]*?<\/script>/g, '')).not.toMatch(/undefined|NaN|Infinity|\[object/);
  });
});
