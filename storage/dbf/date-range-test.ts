import { calendarDay, DAY_MS, daysSince1970, isCalendarDay } from './calendar.js';
import type { DbfField } from './dbf-types.js';
import { digitsScreen } from './record-words.js';
import type { FieldTest, RecordTest, ValueRange } from './record-test.js';

const FIRST_DAY = daysSince1970(1, 1, 1);
const LAST_DAY = daysSince1970(9999, 12, 31);
/** Above every day, as year * 10000 + month * 100 + day. */
const AFTER_ALL = 99_999_999;

/** The days from the moment on, or after it, as the number that their digits show. */
function leastDay(ms: number, inclusive: boolean): number {
  const days = inclusive ? Math.ceil(ms / DAY_MS) : Math.floor(ms / DAY_MS) + 1;
  if (days <= FIRST_DAY) return 0;
  return days > LAST_DAY ? AFTER_ALL : calendarDay(days);
}

function greatestDay(ms: number, inclusive: boolean): number {
  const days = inclusive ? Math.floor(ms / DAY_MS) : Math.ceil(ms / DAY_MS) - 1;
  if (days < FIRST_DAY) return -1;
  return days >= LAST_DAY ? AFTER_ALL : calendarDay(days);
}

function eightDigits(day: number): string { return String(day).padStart(8, '0'); }

function timeOf(value: unknown): number | undefined {
  const ms = value instanceof Date ? value.getTime() : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Whether a D field of eight digits lies in the range; blank, zeros and days that no calendar has do not. Undefined when the range is not of
 * dates.
 */
export function dateRangeTest({ offset }: DbfField, { low, high }: ValueRange): FieldTest | undefined {
  const from = low === undefined ? -Infinity : timeOf(low.value);
  const to = high === undefined ? Infinity : timeOf(high.value);
  if (from === undefined || to === undefined) return undefined;
  const least = low === undefined ? 0 : leastDay(from, low.inclusive);
  const greatest = high === undefined ? AFTER_ALL : greatestDay(to, high.inclusive);
  const test: RecordTest = (bytes, start) => {
    let shown = 0;
    for (let i = start + offset, end = i + 8; i < end; i++) {
      const digit = (bytes[i] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return false;
      shown = shown * 10 + digit;
    }
    if (shown < least || shown > greatest) return false;
    return isCalendarDay((shown / 10_000) | 0, ((shown / 100) | 0) % 100, shown % 100);
  };
  return {
    test,
    screen: least > greatest || greatest < 0 ? () => 0 : digitsScreen(offset, eightDigits(least), eightDigits(greatest)),
    sieve: (bytes, starts, count) => {
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const start = starts[i] ?? 0;
        if (test(bytes, start)) starts[kept++] = start;
      }
      return kept;
    },
  };
}
