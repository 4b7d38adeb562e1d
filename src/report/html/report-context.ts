import type { ProfileData } from '../../profile/profile-data.js';
import type { ChartBook } from './charts/chart-book.js';
import { lineChart, type Band, type LineChart, type Series } from './charts/line-chart.js';
import type { Markup } from './markup.js';
import { TimelineView } from './timeline-view.js';

/** What every section of the page works with. */
export class ReportContext {
  readonly data: ProfileData;
  readonly book: ChartBook;
  readonly timeline: TimelineView;
  readonly checkpoints: readonly Band[];

  constructor(data: ProfileData, book: ChartBook) {
    this.data = data;
    this.book = book;
    this.timeline = new TimelineView(data.timeline ?? []);
    this.checkpoints = (data.log?.checkpoints ?? []).map(({ atMs, durationNs }) => ({ fromMs: atMs, toMs: atMs + durationNs / 1e6 }));
  }

  /** A chart over the time of the profile. */
  chart(chart: Omit<LineChart, 'atMs' | 'durationMs'>): Markup {
    const { atMs } = this.timeline;
    return lineChart(this.book, { ...chart, atMs, durationMs: Math.max(this.data.meta.durationMs, atMs.at(-1) ?? 0) });
  }

  /** The same, with the checkpoints marked. */
  chartWithCheckpoints(chart: Omit<LineChart, 'atMs' | 'durationMs' | 'bands' | 'bandLabel'>): Markup {
    return this.chart({ ...chart, bands: this.checkpoints, bandLabel: 'checkpoint' });
  }
}

const COLORS = 6;

/** A series for each of the names, in the colours of the page; more than there are colours are left out. */
export function seriesOf(names: readonly string[], values: (name: string) => Series['values']): Series[] {
  return names.slice(0, COLORS).map((name, i) => ({ label: name, values: values(name), color: i + 1 }));
}
