import { grid, type Section } from '../markup.js';
import { seriesOf, type ReportContext } from '../report-context.js';

/** What went on, second by second. */
export function timeLinesSection(context: ReportContext): Section {
  const { timeline } = context;
  const names = timeline.names((s) => s.operations, (s, name) => s.operations?.[name] ?? 0);
  const charts = [
    context.chartWithCheckpoints({ title: 'Operations per second', unit: 'count', per: '/ s', stacked: true, series: seriesOf(names, (name) => timeline.rate((s) => s.operations?.[name])) }),
    context.chartWithCheckpoints({
      title: 'Commits per second', unit: 'count', per: '/ s',
      series: [
        { label: 'commits', color: 1, values: timeline.rate((s) => s.commits) }, { label: 'refused by a conflict', color: 2, values: timeline.rate((s) => s.conflicts) },
      ],
    }),
    context.chartWithCheckpoints({
      title: 'Disk, bytes per second', unit: 'bytes', per: '/ s',
      series: [{ label: 'read', color: 1, values: timeline.rate((s) => s.bytesRead) }, { label: 'written', color: 2, values: timeline.rate((s) => s.bytesWritten) }],
    }),
    context.chartWithCheckpoints({
      title: 'Event loop, how late', note: 'the worst of each interval, and the mean', unit: 'ns',
      series: [
        { label: 'longest', color: 2, values: timeline.peak((s) => s.eventLoopDelayMaxNs) }, { label: 'mean', color: 1, values: timeline.peak((s) => s.eventLoopDelayMeanNs) },
      ],
    }),
    context.chartWithCheckpoints({
      title: 'Time spent waiting for locks', note: 'seconds of waiting per second, all transactions together', unit: 'ns', per: '/ s',
      series: [{ label: 'waiting', color: 4, values: timeline.rate((s) => s.lockWaitNs) }],
    }),
    context.chart({
      title: 'Processor and event loop', unit: 'share',
      series: [
        { label: 'processor, of one', color: 1, values: timeline.peak((s) => s.cpuShare) }, { label: 'event loop busy', color: 5, values: timeline.peak((s) => s.eventLoopUtilization) },
      ],
    }),
  ];
  return { id: 'time', title: 'Time lines', lead: 'Point at a chart: all of them show the same moment.', body: grid(charts) };
}
