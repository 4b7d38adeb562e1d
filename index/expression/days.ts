import { calendarDay, DAY_MS, daysSince1970, isCalendarDay, JULIAN_1970 } from '#storage';

const FIRST_DAY = 1_721_426;
const LAST_DAY = 5_373_484;

/** Julian day number; 0 for a day that no calendar of the years 1 to 9999 has. */
export function julianDay(year: number, month: number, day: number): number {
  return isCalendarDay(year, month, day) ? daysSince1970(year, month, day) + JULIAN_1970 : 0;
}

/** year * 10000 + month * 100 + day; 0 for blank and for days outside the years 1 to 9999. */
export function dateOf(julian: number): number {
  return julian >= FIRST_DAY && julian <= LAST_DAY ? calendarDay(Math.floor(julian) - JULIAN_1970) : 0;
}

/** The day of a moment. */
export function dayOf(time: number): number { return Math.floor(time / DAY_MS); }

export function writeDigits(value: number, count: number, out: Buffer, at: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    out[i] = 0x30 + (rest - next * 10);
    rest = next;
  }
}

/** YYYYMMDD, or eight blanks. */
export function writeDay(julian: number, out: Buffer, at: number): void {
  const date = dateOf(julian);
  if (date === 0) out.fill(0x20, at, at + 8);
  else writeDigits(date, 8, out, at);
}
