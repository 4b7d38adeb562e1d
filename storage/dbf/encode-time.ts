import { calendarDay, DAY_MS, JULIAN_1970 } from './calendar.js';
import type { DbfField } from './dbf-types.js';
import { describeValue, valueError, type FieldEncoder } from './field-encoder-type.js';

const ZERO = 0x30;

const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

/** Milliseconds of a Date in the years 1 to 9999; throws VALUE for everything else. */
function millisecondsOf(field: DbfField, value: unknown): number {
  if (!(value instanceof Date)) throw valueError(field, `takes a Date, got ${describeValue(value)}`);
  const ms = value.getTime();
  if (ms >= FIRST_MS && ms <= LAST_MS) return ms;
  throw valueError(field, Number.isNaN(ms) ? 'the Date is invalid' : `year ${value.getUTCFullYear()} is not within 1 and 9999`);
}

function writeDigits(target: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    target[i] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}

/**
 * D: YYYYMMDD of the UTC day. A Date with a time of day is refused: it would be cut off, and in most time zones a
 * local midnight is the day before or after.
 */
export function dateEncoder(field: DbfField): FieldEncoder {
  return (value, target, at) => {
    const days = millisecondsOf(field, value) / DAY_MS;
    if (!Number.isInteger(days)) {
      throw valueError(field, 'the Date has a time of day; give UTC midnight, for example new Date(Date.UTC(y, m, d))');
    }
    writeDigits(target, at + field.offset, 8, calendarDay(days));
    return undefined;
  };
}

/** T: Julian day, then milliseconds since midnight, both u32. The milliseconds are stored; readers round to the second. */
export function julianTimeEncoder(field: DbfField): FieldEncoder {
  return (value, target, at) => {
    const ms = millisecondsOf(field, value);
    const day = Math.floor(ms / DAY_MS);
    const view = new DataView(target.buffer, target.byteOffset + at + field.offset, 8);
    view.setUint32(0, day + JULIAN_1970, true);
    view.setUint32(4, ms - day * DAY_MS, true);
    return undefined;
  };
}
