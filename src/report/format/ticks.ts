import type { Unit } from './units.js';

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DECIMAL_STEPS = [1, 2, 2.5, 5, 10];
const BINARY_STEPS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/** Steps of time that a reader divides by in the head. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND), ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), ...[1, 2, 3, 6, 12, 24].map((n) => n * HOUR),
];

/** An axis from 0 to `top`, with a tick at each of `values` (0 and, but for time along the page, `top` among them). */
export interface Axis {
  readonly top: number;
  readonly values: readonly number[];
}

/** The smallest round step that is at least `least`. */
function roundStep(least: number, unit: Unit): number {
  if (unit === 'ms') return roundStep(least * 1e6, 'ns') / 1e6;
  if (unit === 'ns' && least > SECOND / 2) return TIME_STEPS.find((step) => step >= least) ?? Math.ceil(least / (24 * HOUR)) * 24 * HOUR;
  if (unit === 'bytes' && least > 1) {
    const power = 1024 ** Math.floor(Math.log2(least) / 10);
    return (BINARY_STEPS.find((step) => step * power >= least) ?? 1024) * power;
  }
  const power = 10 ** Math.floor(Math.log10(least));
  const steps = unit === 'count' || unit === 'bytes' ? DECIMAL_STEPS.filter((step) => Number.isInteger(step * power)) : DECIMAL_STEPS;
  return Math.max((steps.find((step) => step * power >= least * 0.999) ?? 10) * power, unit === 'count' || unit === 'bytes' ? 1 : 0);
}

/**
 * A vertical axis with about `count` steps that ends on a tick at or above `max`.
 *
 * @example
 * axisTo(9.3e6, 'bytes', 4); // 0, 4 MB, 8 MB, 12 MB
 */
export function axisTo(max: number, unit: Unit, count = 4): Axis {
  if (!(max > 0) || !Number.isFinite(max)) return { top: 1, values: [0] };
  const step = roundStep(max / count, unit);
  const steps = Math.max(1, Math.ceil(max / step - 1e-9));
  return { top: steps * step, values: Array.from({ length: steps + 1 }, (_, i) => i * step) };
}

/** A horizontal axis of exactly `length`, with about `count` round ticks in it. */
export function axisWithin(length: number, unit: Unit, count = 6): Axis {
  if (!(length > 0) || !Number.isFinite(length)) return { top: 1, values: [0] };
  const step = roundStep(length / count, unit);
  return { top: length, values: Array.from({ length: Math.floor(length / step + 1e-9) + 1 }, (_, i) => i * step) };
}
