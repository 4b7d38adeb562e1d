import { expect, test } from 'vitest';
import { calendarDay, daysSince1970, isCalendarDay } from '../../../storage/dbf/calendar.js';

const FIRST = -719_162;
const LAST = 2_932_896;

test('every day from 0001-01-01 to 9999-12-31 goes to the calendar and back', () => {
  let previous = 0;
  let wrong = 0;
  for (let days = FIRST; days <= LAST; days++) {
    const packed = calendarDay(days);
    const [year, month, day] = [Math.floor(packed / 10_000), Math.floor(packed / 100) % 100, packed % 100];
    if (!isCalendarDay(year, month, day) || daysSince1970(year, month, day) !== days || packed <= previous) wrong++;
    previous = packed;
  }
  expect(wrong).toBe(0);
});

test('agrees with Date', () => {
  for (let days = FIRST; days <= LAST; days += 7919) {
    expect(String(calendarDay(days)).padStart(8, '0')).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', ''));
  }
  const noDays = [[1900, 2, 29], [2023, 2, 29], [0, 1, 1], [2024, 13, 1], [2024, 0, 1], [2024, 4, 31], [2024, 1, 0]] as const;
  for (const [year, month, day] of noDays) expect(isCalendarDay(year, month, day)).toBe(false);
});
