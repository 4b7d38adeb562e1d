import { cacheCurve } from '../../cache-curve.js';
import { bytesText, countText, ratio, shareText, shortCount } from '../../format/units.js';
import { segmentBars, type SegmentRow } from '../charts/segment-bar.js';
import { curveChart } from '../charts/curve-chart.js';
import { column, grid, part, table, type Section } from '../markup.js';
import { counted, sized } from '../figures.js';
import { seriesOf, type ReportContext } from '../report-context.js';

/** What the page cache did, by kind of page, and what a larger one would have done. */
export function cacheSection(context: ReportContext): Section {
  const { data: { cache, cacheTrace }, timeline, book } = context;
  const kinds = cache?.kinds.filter((kind) => kind.hits + kind.misses > 0) ?? [];
  const rows = kinds.map((kind): SegmentRow => {
    const { hits, misses, missesCold = 0, missesEvicted = 0, missesInvalidated = 0 } = kind;
    return {
      name: kind.kind, figures: `${shareText(ratio(hits, hits + misses))} of ${shortCount(hits + misses)} lookups hit`,
      segments: [
        { label: 'hit', value: hits, color: 'c1' }, { label: 'missed, never read before', value: missesCold, color: 'c5' },
        { label: 'missed, had to leave', value: missesEvicted, color: 'c2' }, { label: 'missed, replaced', value: missesInvalidated, color: 'c4' },
        { label: 'missed', value: Math.max(0, misses - missesCold - missesEvicted - missesInvalidated), color: 'c6' },
      ],
    };
  });
  const names = timeline.names((s) => s.cache, (s, name) => (s.cache?.[name]?.hits ?? 0) + (s.cache?.[name]?.misses ?? 0));
  const rate = context.chart({
    title: 'Hit rate over time', unit: 'share',
    series: seriesOf(names, (name) => timeline.ratio((s) => s.cache?.[name]?.hits, (s) => (s.cache?.[name]?.hits ?? 0) + (s.cache?.[name]?.misses ?? 0))),
  });
  const curve = cacheTrace === undefined ? undefined : cacheCurve(cacheTrace);
  const pageBytes = cacheTrace?.pageBytes;
  const points = curve?.points.map((point) => ({ x: point.pages * (pageBytes ?? 1), y: point.hitRate }));
  const size = curveChart(book, points ?? [], {
    title: 'Hit rate against size', note: 'what a cache of each size would have answered, by the trace; the first lookup of a page always misses',
    unit: pageBytes === undefined ? 'count' : 'bytes', mark: cache === undefined || pageBytes === undefined ? undefined : { x: cache.limitBytes, label: 'cacheSize now' },
  });
  const figures = table([column('Kind'), column('Hits', true), column('Misses', true), column('Evictions', true), column('Bytes at the end', true)], kinds.map((kind) => [
    kind.kind, counted(kind.hits), counted(kind.misses), counted(kind.evictions), sized(kind.bytes),
  ]));
  const held = cache?.kinds.reduce((sum, kind) => sum + kind.bytes, 0) ?? 0;
  return {
    id: 'cache', title: 'Page cache', body: segmentBars(rows, countText) + part('Course and size', grid([rate, size])) + part('Figures', figures),
    ...(cache === undefined ? {} : { lead: `At the end it held ${bytesText(held)} of ${bytesText(cache.limitBytes)} (option cacheSize).` }),
  };
}
