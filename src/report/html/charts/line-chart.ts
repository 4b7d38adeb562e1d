import { axisTo, axisWithin, type Axis } from '../../format/ticks.js';
import { durationText, unitText, type Unit } from '../../format/units.js';
import { text, type Markup } from '../markup.js';
import type { ChartBook } from './chart-book.js';

/** Values over time: one for each place of the axis, undefined where nothing was measured. */
export interface Series {
  readonly label: string;
  readonly values: readonly (number | undefined)[];
  /** Number of a colour of the page, from 1. */
  readonly color: number;
}

/** A stretch of time to be marked. */
export interface Band {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A chart of values over time. */
export interface LineChart {
  readonly title: string;
  /** A few words below the title. */
  readonly note?: string;
  readonly unit: Unit;
  /** Behind each figure, as in `12.3 MB / s`. */
  readonly per?: string;
  readonly atMs: readonly number[];
  readonly durationMs: number;
  readonly series: readonly Series[];
  /** Areas one on top of the other instead of lines. */
  readonly stacked?: boolean;
  readonly bands?: readonly Band[];
  readonly bandLabel?: string;
  /** A line across, with its meaning. */
  readonly limit?: { readonly value: number; readonly label: string };
}

const WIDTH = 1000;
const HEIGHT = 100;

/** The chart as a figure; nothing when there is no value at all. */
export function lineChart(book: ChartBook, chart: LineChart): Markup {
  const series = chart.series.filter((one) => one.values.some((value) => value !== undefined));
  if (series.length === 0 || chart.atMs.length < 2) return '';
  const tops = chart.stacked === true ? stackTops(series, chart.atMs.length) : series.map((one) => one.values);
  const { axis, base } = verticalAxis(chart, tops);
  const height = (value: number): number => round(HEIGHT - ((value - base) / (axis.top - base)) * HEIGHT);
  const across = (ms: number): number => round((ms / chart.durationMs) * WIDTH);
  const xs = chart.atMs.map(across);
  const number = book.add({
    axis: 'time', at: chart.atMs.map((ms) => ms / chart.durationMs), heads: chart.atMs.map((ms) => durationText(ms * 1e6)),
    series: series.map(({ label, color, values }) => ({
      label, color: `c${color}`, texts: values.map((value) => (value === undefined ? '' : figureText(value, chart))),
    })),
  });
  const shapes = series.map((one, i) => (chart.stacked === true
    ? areaPath(one.color, xs, tops[i] ?? [], tops[i - 1], height)
    : linePath(one.color, xs, one.values, height, series.length === 1 ? height(base) : undefined))).reverse().join('');
  return `<figure class="chart" data-chart="${number}"><figcaption><h4>${text(chart.title)}</h4>${chart.note === undefined ? '' : `<p>${text(chart.note)}</p>`}</figcaption>
${legend(chart, series)}<div class="plot"><div class="ys">${axis.values.filter((value) => value >= base).map((value) => (
    `<span style="bottom:${percent((value - base) / (axis.top - base))}">${tickText(value, chart.unit)}</span>`)).join('')}</div>
<div class="area" tabindex="0" aria-label="${text(summary(chart, series))}" role="img"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
${bands(chart, across)}${gridLines(axis, base, height)}${shapes}${limitLine(chart, height)}</svg><i class="cross"></i></div>
${timeLabels(chart.durationMs)}</div></figure>`;
}

function figureText(value: number, { unit, per }: LineChart): string { return `${unitText(value, unit)}${per === undefined ? '' : ` ${per}`}`; }

/** Shares that are all large get an axis that does not begin at 0, so that a change can be seen. */
function verticalAxis(chart: LineChart, tops: readonly (readonly (number | undefined)[])[]): { axis: Axis; base: number } {
  const values = tops.flat().filter((value) => value !== undefined);
  const most = Math.max(...values, chart.limit !== undefined && chart.limit.value < 2 * Math.max(...values) ? chart.limit.value : 0);
  if (chart.unit !== 'share' || most > 1 || most < 0.5) return { axis: axisTo(most, chart.unit), base: 0 };
  const least = Math.min(...values);
  const base = least > 0.5 ? Math.floor(least * 10) / 10 - (least * 10 % 1 === 0 ? 0.1 : 0) : 0;
  const step = base >= 0.8 ? 0.05 : base >= 0.5 ? 0.1 : 0.25;
  const count = Math.round((1 - base) / step);
  return { axis: { top: 1, values: Array.from({ length: count + 1 }, (_, i) => base + i * step) }, base };
}

function stackTops(series: readonly Series[], length: number): number[][] {
  const sums = new Array<number>(length).fill(0);
  return series.map((one) => {
    for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) + (one.values[i] ?? 0);
    return [...sums];
  });
}

type Values = readonly (number | undefined)[];
type Height = (value: number) => number;

function linePath(color: number, xs: readonly number[], values: Values, height: Height, floor?: number): Markup {
  let d = '';
  let isOpen = false;
  values.forEach((value, i) => {
    if (value !== undefined) d += `${isOpen ? 'L' : 'M'}${xs[i] ?? 0} ${height(value)}`;
    isOpen = value !== undefined;
  });
  const isWhole = values.every((value) => value !== undefined);
  const fill = floor === undefined || !isWhole ? '' : `<path class="fill c${color}" d="${d}L${xs.at(-1) ?? 0} ${floor}L${xs[0] ?? 0} ${floor}Z"/>`;
  return `${fill}<path class="line c${color}" d="${d}"/>`;
}

function areaPath(color: number, xs: readonly number[], tops: Values, below: Values | undefined, height: Height): Markup {
  const up = xs.map((x, i) => `${x} ${height(tops[i] ?? 0)}`);
  const down = xs.map((x, i) => `${x} ${height(below?.[i] ?? 0)}`).reverse();
  return `<path class="stack c${color}" d="M${[...up, ...down].join('L')}Z"/>`;
}

function gridLines(axis: Axis, base: number, height: Height): Markup {
  const values = axis.values.filter((value) => value >= base);
  return values.map((value) => `<path class="${value === base ? 'base' : 'rule'}" d="M0 ${height(value)}H${WIDTH}"/>`).join('');
}

function bands({ bands: all = [], durationMs }: LineChart, across: (ms: number) => number): Markup {
  return all.map(({ fromMs, toMs }) => {
    const from = across(Math.max(0, fromMs));
    return `<rect class="band" x="${from}" y="0" width="${Math.max(2, round(across(Math.min(toMs, durationMs)) - from))}" height="${HEIGHT}"/>`;
  }).join('');
}

function limitLine({ limit }: LineChart, height: Height): Markup {
  const y = limit === undefined ? -1 : height(limit.value);
  return y < 0 || y > HEIGHT ? '' : `<path class="limit" d="M0 ${y}H${WIDTH}"/>`;
}

function legend({ bands: all = [], bandLabel, limit }: LineChart, series: readonly Series[]): Markup {
  const items = [
    ...(series.length > 1 ? series.map(({ label, color }) => `<li><i class="c${color}"></i>${text(label)}</li>`) : []),
    ...(all.length > 0 && bandLabel !== undefined ? [`<li><i class="band"></i>${text(bandLabel)}</li>`] : []),
    ...(limit === undefined ? [] : [`<li><i class="limit"></i>${text(limit.label)}</li>`]),
  ];
  return items.length === 0 ? '' : `<ul class="legend">${items.join('')}</ul>`;
}

/** Labels of a time axis; every second one is left out where there is little room. */
export function timeLabels(durationMs: number): Markup {
  const { values } = axisWithin(durationMs, 'ms', 6);
  const labels = values.map((ms, i) => {
    const place = [...(i % 2 === 1 ? ['odd'] : []), ...(ms > 0.94 * durationMs ? ['end'] : [])].join(' ');
    return `<span${place === '' ? '' : ` class="${place}"`} style="left:${percent(ms / durationMs)}">${tickText(ms, 'ms')}</span>`;
  });
  return `<div class="xs">${labels.join('')}</div>`;
}

/** A figure on an axis: zero needs no unit. */
export function tickText(value: number, unit: Unit): Markup { return value === 0 ? '0' : text(unitText(value, unit)); }

/** What the chart shows, for those who do not see it. */
function summary(chart: LineChart, series: readonly Series[]): string {
  const parts = series.map(({ label, values }) => {
    const known = values.filter((value) => value !== undefined);
    return `${label} from ${figureText(Math.min(...known), chart)} to ${figureText(Math.max(...known), chart)}`;
  });
  return `${chart.title} over ${durationText(chart.durationMs * 1e6)}: ${parts.join('; ')}`;
}

/** Two digits behind the point are finer than any screen. */
export function round(value: number): number { return Math.round(value * 100) / 100; }

/** 0.25 as `25%`, for styles. */
export function percent(share: number): string { return `${round(share * 100)}%`; }
