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

// Both conversions use `| 0` in place of Math.floor: their numbers are small and never negative from year 1 on, and
// integer division is several times faster.

/**
 * The day of the calendar that is `days` after 1970-01-01, years 1 to 9999, as year * 10000 + month * 100 + day. Years
 * begin in March here, so that the leap day is the last one (Howard Hinnant, "chrono-compatible low-level date algorithms").
 */
export function calendarDay(days: number): number {
  const shifted = (days | 0) + 719_468;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const marchMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * marchMonth + 2) / 5) | 0) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 10_000 + month * 100 + day;
}

/** Days from 1970-01-01 to a day of the proleptic Gregorian calendar, years 1 to 9999 (the same source). */
export function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const m = month > 2 ? month - 3 : month + 9;
  const century = (y / 100) | 0;
  return 365 * y + ((y / 4) | 0) - century + ((century / 4) | 0) + (((153 * m + 2) / 5) | 0) + day - 719_469;
}
