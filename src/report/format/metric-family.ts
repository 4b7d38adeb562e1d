import { visibleText } from './escape.js';

/** Names and values that tell samples of a family apart. */
export type MetricLabels = Readonly<Record<string, string>>;

/** One number of a family. */
export interface MetricSample {
  readonly labels?: MetricLabels;
  readonly value: number;
}

/** A distribution: how many values are at or below each bound, rising; `count` and `sum` of all. */
export interface MetricHistogram {
  readonly labels?: MetricLabels;
  readonly buckets: readonly (readonly [bound: number, cumulative: number])[];
  readonly count: number;
  readonly sum: number;
}

/** A family of metrics: one name, one meaning, one type. */
export interface MetricFamily {
  /** Without a unit's prefix, in base units: `fieldstone_io_read_bytes_total`. Characters that may not stand in it become `_`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples?: readonly MetricSample[];
  readonly histograms?: readonly MetricHistogram[];
}

/**
 * Families as text in the exposition format of Prometheus, version 0.0.4. Families without samples are left out; a name
 * that comes twice is written once, the first one.
 *
 * @example
 * formatMetrics([{ name: 'fieldstone_commits_total', help: 'Commits.', type: 'counter', samples: [{ value: 3 }] }]);
 */
export function formatMetrics(families: readonly MetricFamily[]): string {
  const written = new Set<string>();
  let text = '';
  for (const family of families) {
    const name = metricName(family.name);
    const lines = [
      ...(family.samples ?? []).map((sample) => line(name, sample.labels, sample.value)), ...(family.histograms ?? []).flatMap((h) => histogramLines(name, h)),
    ];
    if (lines.length === 0 || written.has(name)) continue;
    written.add(name);
    text += `# HELP ${name} ${helpText(family.help)}\n# TYPE ${name} ${family.type}\n${lines.join('\n')}\n`;
  }
  return text;
}

function histogramLines(name: string, { labels = {}, buckets, count, sum }: MetricHistogram): string[] {
  return [
    ...buckets.map(([bound, cumulative]) => line(`${name}_bucket`, { ...labels, le: numberText(bound) }, cumulative)),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count), line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count),
  ];
}

function line(name: string, labels: MetricLabels | undefined, value: number): string {
  const written = Object.entries(labels ?? {}).map(([label, text]) => `${labelName(label)}="${labelValue(text)}"`);
  return `${name}${written.length === 0 ? '' : `{${written.join(',')}}`} ${numberText(value)}`;
}

/** Letters, digits, `_` and `:`; no digit first. */
export function metricName(name: string): string { return name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(?=\d)/, '_'); }

function labelName(name: string): string { return name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'); }

function labelValue(text: string): string { return visibleText(text).replace(/[\\"]/g, '\\$&'); }

function helpText(text: string): string { return visibleText(text).replace(/\\/g, '\\\\'); }

function numberText(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}
