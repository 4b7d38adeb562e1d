/** Milliseconds in a day. */
export const DAY_MS = 86_400_000;
/** Julian day number of 1970-01-01. */
export const JULIAN_1970 = 2_440_588;
/** Days from 0001-01-01 (day 1, proleptic Gregorian) to 1970-01-01. */
export const ORDINAL_1970 = 719_163;

const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeap(year: number): boolean { return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0); }

/** True for a day of the proleptic Gregorian calendar, years 1 to 9999. */
export function isCalendarDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= (MONTH_DAYS[month] ?? 0) || (month === 2 && day === 29 && isLeap(year));
}

/**
 * Days from 1970-01-01 to a day of the proleptic Gregorian calendar. Years begin in March here, so that the leap
 * day is the last one (Howard Hinnant, "chrono-compatible low-level date algorithms").
 */
export function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = month > 2 ? month - 3 : month + 9;
  const century = Math.floor(y / 100);
  return 365 * y + Math.floor(y / 4) - century + Math.floor(century / 4) + Math.floor((153 * m + 2) / 5) + day - 719_469;
}
