import type { LockData } from '../../../profile/data/lock-data.js';
import { countOf, countText, durationText } from '../../format/units.js';
import { text, type Markup } from '../markup.js';
import type { ChartBook } from './chart-book.js';
import { percent, timeLabels } from './line-chart.js';

const LEVELS = 6;
const MOST_ROWS = 64;
const MOST_COLUMNS = 120;

interface Cells {
  /** counts[row][column]. */
  readonly counts: readonly (readonly number[])[];
  readonly names: readonly string[];
  readonly untilMs: readonly number[];
}

/** Lock waits, shards down, time across, darker for more; beside each shard a bar of its sum. */
export function lockHeatMap(book: ChartBook, locks: LockData, durationMs: number): Markup {
  const { heat } = locks;
  if (heat === undefined || heat.untilMs.length < 2 || heat.waits.length === 0) return '';
  const cells = merge(heat.waits, heat.untilMs);
  const most = Math.max(...cells.counts.flat());
  if (!(most > 0)) return '<p class="note">No lock had to be waited for.</p>';
  const sums = cells.counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const mostInRow = Math.max(...sums);
  const columns = cells.untilMs.length;
  const rowHeight = cells.counts.length <= 20 ? 18 : 10;
  const number = book.add({
    axis: 'heat', at: cells.untilMs.map((_, i) => (i + 0.5) / columns), heads: cells.untilMs.map((ms) => `up to ${durationText(ms * 1e6)}`),
    series: cells.counts.map((row, i) => ({ label: cells.names[i] ?? '', color: 'h5', texts: row.map((count) => countOf(count, 'wait')) })),
  });
  const total = sums.reduce((sum, count) => sum + count, 0);
  return `<figure class="chart heat" data-chart="${number}" data-rows="${cells.counts.length}"><figcaption><h4>Waits by shard and time</h4>
<p>${text(countText(total))} in all; each row is a shard of the lock manager</p></figcaption>${legend(most)}
<div class="plot heatplot" style="--h:${cells.counts.length * rowHeight}px"><div class="ys">${labels(cells.names)}</div>
<div class="area" tabindex="0" role="img" aria-label="${text(`Lock waits in ${cells.counts.length} shards over time, ${countText(total)} in all`)}">
<svg viewBox="0 0 ${columns} ${cells.counts.length}" preserveAspectRatio="none" aria-hidden="true">${paths(cells.counts, most)}</svg><i class="cross"></i></div>
<div class="sums" aria-hidden="true">${sums.map((sum) => `<i style="width:${percent(sum / mostInRow)}"></i>`).join('')}</div>${timeLabels(durationMs)}</div></figure>`;
}

/** Neighbours together, where there are too many to be seen. */
function merge(waits: readonly (readonly number[])[], untilMs: readonly number[]): Cells {
  const rowStep = Math.ceil(waits.length / MOST_ROWS);
  const columnStep = Math.ceil(untilMs.length / MOST_COLUMNS);
  const rows = Math.ceil(waits.length / rowStep);
  const columns = Math.ceil(untilMs.length / columnStep);
  const counts = Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  waits.forEach((row, shard) => {
    const target = counts[Math.floor(shard / rowStep)];
    row.forEach((count, i) => {
      const column = Math.floor(i / columnStep);
      if (target !== undefined && column < columns) target[column] = (target[column] ?? 0) + count;
    });
  });
  const names = counts.map((_, i) => (rowStep === 1 ? `shard ${i}` : `shards ${i * rowStep} to ${Math.min(waits.length, (i + 1) * rowStep) - 1}`));
  return { counts, names, untilMs: Array.from({ length: columns }, (_, i) => untilMs[Math.min(untilMs.length - 1, (i + 1) * columnStep - 1)] ?? 0) };
}

/** 0 for none, then by the root of the share of the most: few waits can be told from none, and many from very many. */
function levelOf(count: number, most: number): number { return count <= 0 ? 0 : Math.min(LEVELS, 1 + Math.floor(Math.sqrt(count / most) * LEVELS * 0.999)); }

function paths(counts: Cells['counts'], most: number): Markup {
  const byLevel = new Map<number, string>();
  counts.forEach((row, y) => row.forEach((count, x) => {
    const level = levelOf(count, most);
    if (level > 0) byLevel.set(level, `${byLevel.get(level) ?? ''}M${x} ${y}h1v1h-1z`);
  }));
  return [...byLevel].sort((a, b) => a[0] - b[0]).map(([level, d]) => `<path class="h${level}" d="${d}"/>`).join('');
}

function labels(names: Cells['names']): Markup {
  const every = names.length <= 20 ? 1 : names.length <= 40 ? 4 : 8;
  return names.map((name, i) => (i % every === 0 ? `<span style="top:${percent((i + 0.5) / names.length)}">${text(name.replace(/^shards? (\d+).*/, '$1'))}</span>` : '')).join('');
}

function legend(most: number): Markup {
  const bounds = Array.from({ length: LEVELS }, (_, i) => Math.max(1, Math.ceil(most * (i / LEVELS) ** 2)));
  const items = bounds.map((bound, i) => `<i class="h${i + 1}" title="from ${bound}"></i>`).join('');
  return `<ul class="legend"><li class="ramp">few ${items} many (${text(countText(most))})</li></ul>`;
}
