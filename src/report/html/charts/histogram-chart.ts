import type { HistogramData } from '../../../profile/data/histogram-data.js';
import { countText, ratio, shareText, unitText } from '../../format/units.js';
import { text, type Markup } from '../markup.js';
import type { ChartBook } from './chart-book.js';
import { percent, round } from './line-chart.js';

const BINS_PER_OCTAVE = 4;
/** Empty columns on either side of one that is alone. */
const LONELY = 4;
const WIDTH = 1000;
const HEIGHT = 100;
const MOST_LABELS = 6;
/** Labels are at least so far apart, as a share of the width of a narrow chart. */
const LABEL_SHARE = 0.2;

interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * A distribution on a logarithmic axis, with the median and the tail marked; figures below it. Without buckets only the
 * figures.
 */
export function histogramChart(book: ChartBook, histogram: HistogramData, title: string): Markup {
  if (histogram.count === 0) return '';
  const { unit } = histogram;
  const bins = binsOf(histogram);
  const figures = ([['median', histogram.p50], ['95 %', histogram.p95], ['99 %', histogram.p99], ['longest', histogram.max]] as const)
    .map(([name, value]) => `<div><dt>${unit === 'ns' || name !== 'longest' ? name : 'largest'}</dt><dd>${text(unitText(value, unit))}</dd></div>`).join('');
  return `<figure class="chart histogram"${bins.length === 0 ? '' : ` data-chart="${addPoints(book, bins, histogram)}"`}><figcaption><h4>${text(title)}</h4>`
    + `<p>${text(countText(histogram.count))} measured</p></figcaption>${bins.length === 0 ? '' : plot(bins, histogram, title)}<dl class="figures">${figures}</dl></figure>`;
}

function binsOf({ buckets = [] }: HistogramData): Bin[] {
  const counts = new Map<number, number>();
  for (const [upper, count] of buckets) {
    const bin = Math.ceil(Math.log2(Math.max(1, upper)) * BINS_PER_OCTAVE - 1e-9);
    counts.set(bin, (counts.get(bin) ?? 0) + count);
  }
  if (counts.size === 0) return [];
  let [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
  if (first === last) [first, last] = [first - LONELY, last + LONELY];
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const bin = first + i;
    return { from: 2 ** ((bin - 1) / BINS_PER_OCTAVE), to: 2 ** (bin / BINS_PER_OCTAVE), count: counts.get(bin) ?? 0 };
  });
}

function addPoints(book: ChartBook, bins: readonly Bin[], { unit, count }: HistogramData): number {
  let below = 0;
  const texts = bins.map((bin) => {
    below += bin.count;
    return `${countText(bin.count)} (${shareText(ratio(below, count))} up to here)`;
  });
  return book.add({
    axis: `histogram ${book.size}`, at: bins.map((_, i) => (i + 0.5) / bins.length),
    heads: bins.map((bin) => `${unitText(bin.from, unit)} to ${unitText(bin.to, unit)}`), series: [{ label: 'values', color: 'c1', texts }],
  });
}

function plot(bins: readonly Bin[], { unit, p50, p95, p99, count }: HistogramData, title: string): Markup {
  const most = Math.max(...bins.map((bin) => bin.count));
  const step = WIDTH / bins.length;
  const bars = bins.map((bin, i) => {
    const height = bin.count === 0 ? 0 : Math.max(1.2, (bin.count / most) * HEIGHT);
    return height === 0 ? '' : `M${round(i * step + step * 0.06)} ${HEIGHT}v${round(-height)}h${round(step * 0.88)}v${round(height)}z`;
  }).join('');
  const low = bins[0]?.from ?? 1;
  const high = bins.at(-1)?.to ?? 2;
  const across = (value: number): number => Math.min(1, Math.max(0, Math.log2(Math.max(value, low) / low) / Math.log2(high / low)));
  const marks = ([['median', p50], ['95 %', p95], ['99 %', p99]] as const).map(([, value], i) => (
    `<path class="mark m${i}" d="M${round(across(value) * WIDTH)} 0V${HEIGHT}"/>`
  )).join('');
  const label = `${title}: half up to ${unitText(p50, unit)}, 99 % up to ${unitText(p99, unit)}, of ${countText(count)}`;
  return `<div class="plot bare"><div class="area" tabindex="0" role="img" aria-label="${text(label)}"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
<path class="bars c1" d="${bars}"/>${marks}<path class="base" d="M0 ${HEIGHT}H${WIDTH}"/></svg><i class="cross"></i></div><div class="xs">${apart(roundValues(low, high, unit), across).map((value) => (
    `<span${across(value) > 0.94 ? ' class="end"' : ''} style="left:${percent(across(value))}">${text(unitText(value, unit))}</span>`)).join('')}</div></div>`;
}

/** Round values in the range, few enough to be read: powers of ten in a wide one, of two for bytes, else 1, 2, 5, 10 ... */
function roundValues(low: number, high: number, unit: HistogramData['unit']): number[] {
  const steps = high / low >= 100 ? [1] : unit === 'ns' ? [1, 2, 5] : [];
  const values: number[] = [];
  if (steps.length === 0) for (let value = 2 ** Math.ceil(Math.log2(low) - 1e-9); value <= high * 1.001; value *= 2) values.push(value);
  const first = 10 ** Math.floor(Math.log10(low));
  for (let decade = first; steps.length > 0 && decade <= high; decade *= 10) values.push(...steps.map((step) => step * decade));
  const shown = values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  const skip = Math.max(1, Math.ceil(shown.length / MOST_LABELS));
  return shown.filter((_, i) => i % skip === 0);
}

/** Those that have room beside the one before. */
function apart(values: readonly number[], across: (value: number) => number): number[] {
  let last = -Infinity;
  return values.filter((value) => {
    if (across(value) - last < LABEL_SHARE) return false;
    last = across(value);
    return true;
  });
}
