import { DAY_MS, daysSince1970, isCalendarDay } from './calendar.js';
import type { DbfLayout } from './dbf-types.js';

/**
 * The year byte: dBASE and Clipper write year - 1900, the Fox family year % 100. Read both:
 * 100 and more is 1900 + y, below 80 is 2000 + y, the rest 1900 + y.
 */
function yearOf(byte: number): number { return byte < 80 ? 2000 + byte : 1900 + byte; }

/** The last-update date of the three header bytes; null when they are no date. */
export function readHeaderDate(yearByte: number, month: number, day: number): Date | null {
  const year = yearOf(yearByte);
  return isCalendarDay(year, month, day) ? new Date(daysSince1970(year, month, day) * DAY_MS) : null;
}

/** True when the year byte is year % 100: the Fox family, and files whose present byte can only mean that. */
function writesShortYear(layout: Pick<DbfLayout, 'dialect' | 'headerBytes'>): boolean {
  if (layout.dialect === 'vfp' || layout.dialect === 'foxpro2') return true;
  const present = layout.headerBytes[1] ?? 0;
  const hasDate = layout.headerBytes[2] !== 0;
  return hasDate && present < 80;
}

/** The three bytes for `date` (its UTC day), by the year rule of the dialect. */
export function headerDateBytes(layout: Pick<DbfLayout, 'dialect' | 'headerBytes'>, date: Date): [number, number, number] {
  const year = date.getUTCFullYear();
  const byte = writesShortYear(layout) ? year % 100 : Math.min(Math.max(year - 1900, 0), 255);
  return [byte, date.getUTCMonth() + 1, date.getUTCDate()];
}
