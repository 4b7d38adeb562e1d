import type { MetricFamily } from '../format/metric-family.js';
import { snakeCase } from './histogram-metric.js';

// Fields of counter groups that tell a state instead of counting up.
const STATE = /^(?:bytes|count|free|held|open|outstanding|waiting|active|frozen|level|entries|pages|keys|limit)$|^(?:max|longest|oldest|peak|current)|(?:Age|Ms|Limit|Size|Open|Now)$/;

/** The group whose names are a label of one family. */
const LABELLED = 'operations';

/**
 * A family for each field of each group of counters: `io.bytesRead` is `fieldstone_io_bytes_read_total`. What tells a
 * state (bytes in use, ages, greatest values) is a gauge and has no `_total`.
 *
 * @example
 * formatMetrics([...counterFamilies(db.stats().counters), ...histogramFamilies(histograms)]);
 */
export function counterFamilies(counters: Readonly<Record<string, Readonly<Record<string, number>>>>): MetricFamily[] {
  const groups = Object.entries(counters).filter(([group]) => group !== LABELLED);
  return groups.flatMap(([group, fields]) => Object.entries(fields).map(([field, value]): MetricFamily => {
    const isState = STATE.test(field);
    return {
      name: `fieldstone_${snakeCase(group)}_${snakeCase(field)}${isState ? '' : '_total'}`, help: `${group}.${field}, a ${isState ? 'state' : 'count'} of the engine.`,
      type: isState ? 'gauge' : 'counter', samples: [{ value }],
    };
  }));
}
