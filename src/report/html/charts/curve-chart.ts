import { axisWithin } from '../../format/ticks.js';
import { shareText, unitText, type Unit } from '../../format/units.js';
import { text, type Markup } from '../markup.js';
import type { ChartBook } from './chart-book.js';
import { percent, round, tickText } from './line-chart.js';

/** A share (0 to 1) that depends on a size. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

/** How a curve is named, and a place on its axis that is marked. */
export interface CurveLabels {
  readonly title: string;
  readonly note: string;
  readonly unit: Unit;
  readonly mark: { readonly x: number; readonly label: string } | undefined;
}

const WIDTH = 1000;
const HEIGHT = 100;
const SHARES = [0, 0.25, 0.5, 0.75, 1];

/** A share against a size as a stepless line; nothing for fewer than three points. */
export function curveChart(book: ChartBook, points: readonly CurvePoint[], { title, note, unit, mark }: CurveLabels): Markup {
  const last = points.at(-1);
  if (points.length < 3 || last === undefined) return '';
  const reach = mark !== undefined && mark.x > last.x && mark.x < 3 * last.x ? mark.x : last.x;
  const across = (x: number): number => round(Math.min(1, x / reach) * WIDTH);
  const line = points.map(({ x, y }) => `${across(x)} ${round(HEIGHT - y * HEIGHT)}`).join('L');
  const number = book.add({
    axis: 'curve', at: points.map(({ x }) => x / reach), heads: points.map(({ x }) => unitText(x, unit)),
    series: [{ label: 'hit rate', color: 'c3', texts: points.map(({ y }) => shareText(y)) }],
  });
  const isMarked = mark !== undefined && mark.x <= reach;
  const legend = isMarked ? `<ul class="legend"><li><i class="limit"></i>${text(`${mark.label}: ${unitText(mark.x, unit)}`)}</li></ul>` : '';
  const ticks = axisWithin(reach, unit, 5).values;
  return `<figure class="chart" data-chart="${number}"><figcaption><h4>${text(title)}</h4><p>${text(note)}</p></figcaption>${legend}
<div class="plot"><div class="ys">${SHARES.map((share) => `<span style="bottom:${percent(share)}">${shareText(share)}</span>`).join('')}</div>
<div class="area" tabindex="0" role="img" aria-label="${text(`${title}: ${shareText(last.y)} at ${unitText(last.x, unit)}`)}">
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
${SHARES.map((share) => `<path class="${share === 0 ? 'base' : 'rule'}" d="M0 ${HEIGHT - share * HEIGHT}H${WIDTH}"/>`).join('')}
${isMarked ? `<path class="limit" d="M${across(mark.x)} 0V${HEIGHT}"/>` : ''}<path class="fill c3" d="M0 ${HEIGHT}L${line}L${across(last.x)} ${HEIGHT}Z"/>
<path class="line c3" d="M0 ${HEIGHT}L${line}"/></svg><i class="cross"></i></div>
<div class="xs">${ticks.map((x) => `<span style="left:${percent(x / reach)}">${tickText(x, unit)}</span>`).join('')}</div></div></figure>`;
}
