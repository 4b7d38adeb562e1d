import type { GcPause } from '../../../profile/data/timeline-data.js';
import type { ProfileData } from '../../../profile/profile-data.js';
import { flameSvg, treeOf } from '../../flame/flame-graph.js';
import { ratio } from '../../format/units.js';
import { column, grid, part, table, type Section } from '../markup.js';
import { counted, moment, shared, timed } from '../figures.js';
import { seriesOf, type ReportContext } from '../report-context.js';

const LISTED_PAUSES = 12;

/** Memory over time, by component, its allocations, and the pauses of the collector. */
export function memorySection(context: ReportContext): Section {
  const { data, timeline } = context;
  const names = timeline.names((s) => s.componentBytes, (s, name) => s.componentBytes?.[name] ?? 0);
  const charts = [
    context.chart({
      title: 'Memory of the process', unit: 'bytes',
      series: [
        { label: 'resident', color: 6, values: timeline.state((s) => s.rssBytes) }, { label: 'heap, in use', color: 1, values: timeline.state((s) => s.heapUsedBytes) },
        { label: 'heap, reserved', color: 3, values: timeline.state((s) => s.heapTotalBytes) }, { label: 'outside of the heap', color: 2, values: timeline.state((s) => s.externalBytes) },
      ],
    }),
    context.chart({ title: 'Memory of the engine by component', unit: 'bytes', stacked: true, series: seriesOf(names, (name) => timeline.state((s) => s.componentBytes?.[name])) }),
    context.chart({ title: 'Garbage collection', note: 'share of the time that it took', unit: 'share', series: [{ label: 'pauses', color: 2, values: timeline.rate((s) => (s.gcPauseNs === undefined ? undefined : s.gcPauseNs / 1e9)) }] }),
  ];
  const durationNs = data.meta.durationMs * 1e6;
  const kinds = table([column('Collection'), column('Pauses', true), column('Time', true), column('Share of the time', true), column('Longest', true)], (data.gc?.kinds ?? []).map((kind) => [
    kind.kind, counted(kind.count), timed(kind.totalNs), shared(ratio(kind.totalNs, durationNs)), timed(kind.maxNs),
  ]));
  const pauses = table([column('At'), column('Collection'), column('Pause, the longest ones', true)], longestPauses(data).map((pause) => [
    moment(pause.atMs), pause.kind, timed(pause.durationNs),
  ]));
  const heap = treeOf(data, 'heap');
  return {
    id: 'memory', title: 'Memory',
    body: grid(charts) + part('Collections', grid([kinds, pauses].filter((one) => one !== '').map((one) => `<div>${one}</div>`)))
      + (heap === undefined ? '' : part('Who allocated what is in use', `<div class="flame">${flameSvg(heap, 'Memory in use, by who allocated it', 'estimated from samples')}</div>`)),
  };
}

/** In the order of time. */
function longestPauses({ gc }: ProfileData): GcPause[] {
  return [...gc?.pauses ?? []].sort((a, b) => b.durationNs - a.durationNs).slice(0, LISTED_PAUSES).sort((a, b) => a.atMs - b.atMs);
}
