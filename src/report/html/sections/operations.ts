import { durationText } from '../../format/units.js';
import { OPERATION_PHASES, PHASE_LABELS } from '../../tree/operation-tree.js';
import { histogramChart } from '../charts/histogram-chart.js';
import { segmentBars, type SegmentRow } from '../charts/segment-bar.js';
import { grid, part, type Section } from '../markup.js';
import type { ReportContext } from '../report-context.js';

const PHASE_COLORS: Readonly<Record<(typeof OPERATION_PHASES)[number], string>> = {
  lockWait: 'c4', plan: 'c5', index: 'c3', cache: 'c1', io: 'c2', codec: 'h4', serialization: 'h3', log: 'h6', checkpoint: 'h5', other: 'c6',
};

/** How long operations take, and where the time goes. */
export function operationsSection({ data, book }: ReportContext): Section {
  const { operations = [], histograms = [] } = data;
  const rows = [...operations].sort((a, b) => b.totalNs - a.totalNs).map(({ name, count, totalNs, phases }): SegmentRow => {
    const mean = totalNs / Math.max(1, count);
    const known = OPERATION_PHASES.reduce((sum, phase) => sum + (phases[phase] ?? 0), 0);
    const segments = OPERATION_PHASES.map((phase) => (
      { label: PHASE_LABELS[phase], value: (phases[phase] ?? 0) + (phase === 'other' ? Math.max(0, totalNs - known) : 0), color: PHASE_COLORS[phase] }
    ));
    return { name, figures: `${durationText(mean)} on average, ${durationText(totalNs)} measured`, segments };
  });
  const latencies = histograms.filter((h) => h.name.startsWith('op.') && h.count > 0).sort((a, b) => b.count - a.count);
  const others = histograms.filter((h) => !h.name.startsWith('op.') && h.count > 0);
  return {
    id: 'operations', title: 'Operations',
    body: part('Where the time goes', segmentBars(rows, durationText), 'Parts are as wide as their share of the time of the operation; those with the most time come first.')
      + part('How long they take', grid(latencies.map((h) => histogramChart(book, h, h.name.slice('op.'.length))), 'small'),
        'Each column is a range of times on a logarithmic axis; dotted: median and 95 %, solid: 99 %.')
      + part('Other distributions', grid(others.map((h) => histogramChart(book, h, h.name)), 'small')),
  };
}
