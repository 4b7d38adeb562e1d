import { DAY_MS, daysSince1970, isCalendarDay, JULIAN_1970, ORDINAL_1970 } from './calendar.js';
import type { DbfField } from './dbf-types.js';
import type { FieldDecoder } from './field-decoder-type.js';
import { u32 } from './header-bytes.js';

const SECOND_MS = 1000;

function validDate(ms: number): Date | null {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** The number of `count` digits at `at`; not a number between 0 and 9999 when one is no digit. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** D: YYYYMMDD; blank, zeros and days that no calendar has are null. Harbour and SIX also store a Julian day in 3 or 4 bytes. */
export function dateDecoder({ offset, length }: DbfField): FieldDecoder {
  if (length === 3 || length === 4) {
    return (bytes, start) => {
      const at = start + offset;
      const julian = length === 4 ? u32(bytes, at) : u32(bytes, at) & 0xffffff;
      return julian === 0 || julian === 0x202020 || julian === 0x20202020 ? null : validDate((julian - JULIAN_1970) * DAY_MS);
    };
  }
  if (length < 8) return () => null;
  return (bytes, start) => {
    const at = start + offset;
    const first = (bytes[at] ?? 0) - 0x30;
    if (first < 0 || first > 9) return null;
    const year = digits(bytes, at, 4);
    const month = digits(bytes, at + 4, 2);
    const day = digits(bytes, at + 6, 2);
    return isCalendarDay(year, month, day) ? new Date(daysSince1970(year, month, day) * DAY_MS) : null;
  };
}

/**
 * T (and Harbour's @ and =): Julian day, then milliseconds since midnight, both u32. Visual FoxPro computes in floating
 * point and stores hh:mm:ss.999 for the next second, so `toSecond` rounds. The 4-byte form has no day.
 */
export function julianTimeDecoder({ offset, length }: DbfField, toSecond: boolean): FieldDecoder {
  return (bytes, start) => {
    const at = start + offset;
    const julian = length === 8 ? u32(bytes, at) : JULIAN_1970;
    const ms = u32(bytes, length === 8 ? at + 4 : at);
    if (length === 8 ? julian === 0 : ms === 0) return null;
    if (ms > DAY_MS) return null;
    return validDate((julian - JULIAN_1970) * DAY_MS + (toSecond ? Math.round(ms / SECOND_MS) * SECOND_MS : ms));
  };
}

/** dBASE 7 @: big-endian double, milliseconds; day 1 is 0001-01-01. */
export function dbase7TimestampDecoder({ offset }: DbfField): FieldDecoder {
  return (bytes, start) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start + offset, 8);
    const ms = view.getFloat64(0, false);
    return ms === 0 ? null : validDate(Math.round(ms) - ORDINAL_1970 * DAY_MS);
  };
}
