import { bytesText, countText, durationText } from '../../format/units.js';
import { histogramChart } from '../charts/histogram-chart.js';
import { column, facts, grid, part, table, type Section } from '../markup.js';
import { counted, moment, sized, timed } from '../figures.js';
import type { ReportContext } from '../report-context.js';

/** Write-ahead log and checkpoints. */
export function logSection(context: ReportContext): Section {
  const { data: { log }, timeline, book } = context;
  const charts = [
    context.chartWithCheckpoints({
      title: 'Size of the log', note: 'what a recovery would read', unit: 'bytes', series: [{ label: 'log', color: 5, values: timeline.state((s) => s.logSizeBytes) }],
      ...(log?.checkpointBytes === undefined ? {} : { limit: { value: log.checkpointBytes, label: `checkpointSize, ${bytesText(log.checkpointBytes)}` } }),
    }),
    context.chartWithCheckpoints({
      title: 'Mean time of a sync', unit: 'ns', series: [{ label: 'sync', color: 2, values: timeline.ratio((s) => s.syncNs, (s) => s.syncs) }],
    }),
    log?.groupSize === undefined ? '' : histogramChart(book, log.groupSize, 'Commits that shared a sync'),
    log?.syncNs === undefined ? '' : histogramChart(book, log.syncNs, 'How long syncs took'),
  ];
  const totals = log === undefined ? '' : facts([
    ['Records', countText(log.records)], ['Appended', bytesText(log.bytesAppended)], ['Writes', countText(log.flushes)], ['Syncs', countText(log.syncs)],
    ['Commits a sync', log.groupSize === undefined ? undefined : countText(log.groupSize.mean)], ['Commits that waited', log.stalls === undefined ? undefined : countText(log.stalls)],
    ['They waited', log.stallNs === undefined || log.stallNs === 0 ? undefined : durationText(log.stallNs)],
  ]);
  const checkpoints = table([
    column('Checkpoint at'), column('Took', true), column('Cause'), column('Written', true), column('Journal', true), column('Tables, stores', true),
  ], (log?.checkpoints ?? []).map((one) => [
    moment(one.atMs), timed(one.durationNs), one.cause ?? '', sized(one.bytesWritten),
    sized(one.journalBytes), counted(one.stores),
  ]));
  return { id: 'log', title: 'Log and checkpoints', body: totals + part('Course', grid(charts)) + part('Checkpoints', checkpoints) };
}
