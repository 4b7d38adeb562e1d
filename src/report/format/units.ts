const BYTE_UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];
const COUNT_UNITS = ['', ' k', ' M', ' G', ' T'];

/** What a figure is of; decides how it is written and where an axis has its ticks. */
export type Unit = 'ns' | 'ms' | 'bytes' | 'count' | 'share';

/** Three significant digits, no exponent, no zeros behind the point that say nothing. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** 1234567 as `1,234,567`; fractions with up to two digits. */
export function countText(n: number): string {
  if (!Number.isFinite(n)) return '?';
  const [whole = '', fraction] = (Number.isInteger(n) ? String(n) : n.toFixed(2).replace(/\.?0+$/, '')).split('.');
  const grouped = whole.includes('e') ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 wait`, `2 waits`; `plural` for what does not take an s. */
export function countOf(n: number, noun: string, plural = `${noun}s`): string { return `${countText(n)} ${n === 1 ? noun : plural}`; }

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (Math.abs(rest) >= step * 0.9995 && unit < units.length - 1) { rest /= step; unit++; }
  return `${threeDigits(rest)}${units[unit] ?? ''}`;
}

/** 1234567 as `1.23 M`: for axes and cells with little room. */
export function shortCount(n: number): string { return Number.isFinite(n) ? scaled(n, 1000, COUNT_UNITS) : '?'; }

/** 1536 as `1.5 KB` (1 KB = 1024 bytes, as in the options). */
export function bytesText(bytes: number): string {
  return Number.isFinite(bytes) ? scaled(bytes, 1024, BYTE_UNITS.map((unit) => ` ${unit}`)) : '?';
}

/** Nanoseconds as `850 ns`, `12.3 µs`, `4.56 ms`, `1.23 s`, `2 min 5 s`, `3 h 20 min`. */
export function durationText(ns: number): string {
  if (!Number.isFinite(ns)) return '?';
  if (ns < 999.5) return `${threeDigits(ns)} ns`;
  if (ns < 999.5e3) return `${threeDigits(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${threeDigits(ns / 1e6)} ms`;
  if (ns < 59.95e9) return `${threeDigits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return parts(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function parts(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${countText(large)} ${largeUnit}` : `${countText(large)} ${largeUnit} ${small} ${smallUnit}`;
}

/** 0.1234 as `12.3 %`. */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return '?';
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  if (percent < 100 && percent > 99.99) return '> 99.99 %';
  return `${threeDigits(percent)} %`;
}

/** `part / whole`, 0 when there is no whole. */
export function ratio(part: number, whole: number): number { return whole > 0 ? part / whole : 0; }

/** A figure of any unit, short. */
export function unitText(value: number, unit: Unit): string {
  switch (unit) {
    case 'ns': return durationText(value);
    case 'ms': return durationText(value * 1e6);
    case 'bytes': return bytesText(value);
    case 'share': return shareText(value);
    case 'count': return shortCount(value);
  }
}

/** Milliseconds since 1970 as `2026-11-29 20:47:12 UTC`. */
export function momentText(ms: number): string {
  const moment = new Date(ms);
  return Number.isNaN(moment.getTime()) ? '?' : `${moment.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
