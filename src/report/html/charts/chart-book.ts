import { scriptJson, visibleText } from '../../format/escape.js';

/** What a chart tells when somebody points at it. */
export interface ChartPoints {
  /** Charts with the same axis move together. */
  readonly axis: string;
  /** Places from 0 to 1 along the chart, rising. */
  readonly at: readonly number[];
  /** Heading of each place. */
  readonly heads: readonly string[];
  readonly series: readonly { readonly label: string; readonly color: string; readonly texts: readonly string[] }[];
}

/** The figures of all charts of a page, for its script. */
export class ChartBook {
  readonly #charts: ChartPoints[] = [];
  readonly #axes = new Map<string, { at: readonly number[]; heads: readonly string[] }>();

  /** How many charts there are. */
  get size(): number { return this.#charts.length; }

  /** The number of the chart, to be written beside it. */
  add(chart: ChartPoints): number {
    this.#charts.push({ ...chart, series: chart.series.map((one) => ({ ...one, label: visibleText(one.label) })) });
    this.#axes.set(chart.axis, { at: chart.at.map((place) => Math.round(place * 1e4) / 1e4), heads: chart.heads });
    return this.#charts.length - 1;
  }

  json(): string { return scriptJson({ axes: Object.fromEntries(this.#axes), charts: this.#charts.map(({ axis, series }) => ({ axis, series })) }); }
}
