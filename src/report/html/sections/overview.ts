import type { HistogramData } from '../../../profile/data/histogram-data.js';
import type { TimelineSample } from '../../../profile/data/timeline-data.js';
import { bytesText, countOf, countText, durationText, ratio, shareText, shortCount } from '../../format/units.js';
import { treeOf } from '../../flame/flame-graph.js';
import { sparkline } from '../charts/sparkline.js';
import { text, type Markup, type Section } from '../markup.js';
import type { ReportContext } from '../report-context.js';

/** The figures that a reader looks for first, each with its course. */
export function overviewSection(context: ReportContext): Section {
  const makers = [throughput, latency, cacheRate, commits, disk, waiting, loop, memory, processor];
  const tiles = makers.map((maker) => maker(context));
  return { id: 'overview', title: 'Overview', body: `<div class="grid tiles">${tiles.filter((one) => one !== '').join('\n')}</div>` };
}

function tile(name: string, figure: string, note: string, values: readonly (number | undefined)[] = []): Markup {
  return `<div class="tile"><span>${text(name)}</span><div class="big">${text(figure)}</div><small>${text(note)}</small>${sparkline(values)}</div>`;
}

function sumOf(record: Readonly<Record<string, number>> | undefined): number | undefined {
  return record === undefined ? undefined : Object.values(record).reduce((a, b) => a + b, 0);
}

function total(samples: readonly TimelineSample[], pick: (sample: TimelineSample) => number | undefined): number {
  return samples.reduce((sum, sample) => sum + (pick(sample) ?? 0), 0);
}

function throughput({ data: { timeline = [], meta }, timeline: view }: ReportContext): Markup {
  const operations = total(timeline, (sample) => sumOf(sample.operations));
  if (operations === 0) return '';
  return tile('Operations', `${shortCount(operations / (meta.durationMs / 1000))} / s`, `${shortCount(operations)} in ${durationText(meta.durationMs * 1e6)}`, view.rate((s) => sumOf(s.operations)));
}

function latency({ data: { histograms = [] } }: ReportContext): Markup {
  const most = histograms.filter((h) => h.unit === 'ns' && h.name.startsWith('op.')).reduce<HistogramData | undefined>((a, b) => (a === undefined || b.count > a.count ? b : a), undefined);
  if (most === undefined || most.count === 0) return '';
  return tile(`Time of ${most.name.slice('op.'.length)}, 99 %`, durationText(most.p99), `half take up to ${durationText(most.p50)}, the longest took ${durationText(most.max)}`);
}

function cacheRate({ data: { cache }, timeline }: ReportContext): Markup {
  if (cache === undefined) return '';
  const [hits, misses] = [cache.kinds.reduce((sum, k) => sum + k.hits, 0), cache.kinds.reduce((sum, k) => sum + k.misses, 0)];
  if (hits + misses === 0) return '';
  const sum = (sample: TimelineSample, pick: 'hits' | 'misses'): number | undefined => (
    sample.cache === undefined ? undefined : Object.values(sample.cache).reduce((all, kind) => all + kind[pick], 0)
  );
  const values = timeline.ratio((s) => sum(s, 'hits'), (s) => (sum(s, 'hits') ?? 0) + (sum(s, 'misses') ?? 0));
  return tile('Cache hits', shareText(ratio(hits, hits + misses)), `${shortCount(misses)} of ${shortCount(hits + misses)} lookups missed`, values);
}

function commits({ data: { transactions, meta }, timeline }: ReportContext): Markup {
  if (transactions === undefined || transactions.commits === 0) return '';
  const note = transactions.conflicts === 0 ? 'no conflicts' : `${countOf(transactions.conflicts, 'conflict')}, ${shareText(ratio(transactions.conflicts, transactions.commits + transactions.conflicts))}`;
  return tile('Commits', `${shortCount(transactions.commits / (meta.durationMs / 1000))} / s`, note, timeline.rate((s) => s.commits));
}

function disk({ data: { io = [] }, timeline }: ReportContext): Markup {
  const [read, written] = [io.reduce((sum, f) => sum + f.bytesRead, 0), io.reduce((sum, f) => sum + f.bytesWritten, 0)];
  if (read + written === 0) return '';
  return tile('Read from disk', bytesText(read), `${bytesText(written)} written, ${countOf(io.reduce((sum, f) => sum + f.syncs, 0), 'sync')}`, timeline.rate((s) => (s.bytesRead ?? 0) + (s.bytesWritten ?? 0)));
}

function waiting({ data: { locks }, timeline }: ReportContext): Markup {
  if (locks === undefined) return '';
  const waits = locks.shards.reduce((sum, shard) => sum + shard.waits, 0);
  const waitNs = locks.shards.reduce((sum, shard) => sum + (shard.waitNs ?? 0), 0);
  return tile('Waiting for locks', waits === 0 ? 'none' : durationText(waitNs), waits === 0 ? 'no transaction had to wait' : `${countText(waits)} waits, all transactions together`, timeline.rate((s) => s.lockWaitNs));
}

function loop({ timeline }: ReportContext): Markup {
  const values = timeline.peak((s) => s.eventLoopDelayMaxNs);
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? '' : tile('Event loop blocked', durationText(Math.max(...known)), 'how late a timer was at most', values);
}

function memory({ data: { timeline = [] }, timeline: view }: ReportContext): Markup {
  const last = [...timeline].reverse().find((sample) => sample.rssBytes !== undefined);
  const first = timeline.find((sample) => sample.rssBytes !== undefined);
  if (last?.rssBytes === undefined || first?.rssBytes === undefined) return '';
  const grown = last.rssBytes - first.rssBytes;
  const note = `${grown >= 0 ? `${bytesText(grown)} more` : `${bytesText(-grown)} less`} than at the start`;
  return tile('Memory, resident', bytesText(last.rssBytes), note, view.state((s) => s.rssBytes));
}

function processor({ data, timeline }: ReportContext): Markup {
  const values = timeline.peak((s) => s.cpuShare);
  const known = values.filter((value) => value !== undefined);
  if (known.length > 0) return tile('Processor', shareText(known.reduce((a, b) => a + b, 0) / known.length), 'of one processor, on average', values);
  const tree = treeOf(data, 'cpu');
  return tree === undefined ? '' : tile('Processor', durationText(tree.root.total), 'busy, by the samples');
}
