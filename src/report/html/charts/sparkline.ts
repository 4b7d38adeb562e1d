import type { Markup } from '../markup.js';
import { round } from './line-chart.js';

/** A small line without an axis; nothing for fewer than three values. */
export function sparkline(values: readonly (number | undefined)[]): Markup {
  const known = values.flatMap((value, i) => (value === undefined ? [] : [{ value, i }]));
  const most = Math.max(...known.map((one) => one.value));
  if (known.length < 3 || !(most > 0)) return '';
  const line = known.map(({ value, i }) => `${round(i / (values.length - 1) * 100)} ${round(28 - (value / most) * 26)}`).join('L');
  return '<svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">'
    + `<path class="fill c1" d="M${line}L100 30L0 30Z"/><path class="line c1" d="M${line}"/></svg>`;
}
