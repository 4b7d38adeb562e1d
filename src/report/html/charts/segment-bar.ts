import { ratio, shareText } from '../../format/units.js';
import { text, type Markup } from '../markup.js';
import { percent } from './line-chart.js';

/** A part of a whole. */
export interface Segment {
  readonly label: string;
  readonly value: number;
  /** Class of a colour: `c1`, `o-storage`. */
  readonly color: string;
}

/** A row of such bars: what it is of, the figures beside it, the parts. */
export interface SegmentRow {
  readonly name: string;
  readonly figures: string;
  readonly segments: readonly Segment[];
}

const NAMED_SHARE = 0.12;

/** Bars that are cut into parts, one below the other, with one legend for all. */
export function segmentBars(rows: readonly SegmentRow[], show: (value: number) => string): Markup {
  if (rows.length === 0) return '';
  const known = new Map(rows.flatMap((row) => row.segments.filter((s) => s.value > 0).map((s) => [s.label, s.color] as const)));
  const legend = [...known].map(([label, color]) => `<li><i class="${color}"></i>${text(label)}</li>`).join('');
  const bars = rows.map((row) => {
    const whole = row.segments.reduce((sum, segment) => sum + segment.value, 0);
    const parts = row.segments.filter((segment) => segment.value > 0).map(({ label, value, color }) => {
      const share = ratio(value, whole);
      const words = `${label}: ${show(value)}, ${shareText(share)}`;
      return `<span class="${color}" style="width:${percent(share)}" title="${text(words)}">${share < NAMED_SHARE ? '' : text(shareText(share))}</span>`;
    }).join('');
    return `<div class="segrow"><b>${text(row.name)}</b><small>${text(row.figures)}</small><div class="seg">${parts}</div></div>`;
  }).join('\n');
  return `<div class="segs"><ul class="legend">${legend}</ul>${bars}</div>`;
}
