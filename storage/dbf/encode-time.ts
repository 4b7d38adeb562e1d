import { DAY_MS, JULIAN_1970 } from './calendar.js';
import type { DbfField } from './dbf-types.js';
import { describeValue, valueError, type FieldEncoder } from './field-encoder-type.js';

const ZERO = 0x30;

function validDate(field: DbfField, value: unknown): Date {
  if (!(value instanceof Date)) throw valueError(field, `takes a Date, got ${describeValue(value)}`);
  const year = value.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw valueError(field, Number.isNaN(year) ? 'the Date is invalid' : `year ${year} is not within 1 and 9999`);
  return value;
}

function writeDigits(target: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    target[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/**
 * D: YYYYMMDD of the UTC day. A Date with a time of day is refused: it would be cut off, and in most time zones a
 * local midnight is the day before or after.
 */
export function dateEncoder(field: DbfField): FieldEncoder {
  return (value, target, at) => {
    const date = validDate(field, value);
    if (date.getTime() % DAY_MS !== 0) {
      throw valueError(field, 'the Date has a time of day; give UTC midnight, for example new Date(Date.UTC(y, m, d))');
    }
    const from = at + field.offset;
    writeDigits(target, from, 4, date.getUTCFullYear());
    writeDigits(target, from + 4, 2, date.getUTCMonth() + 1);
    writeDigits(target, from + 6, 2, date.getUTCDate());
    return undefined;
  };
}

/** T: Julian day, then milliseconds since midnight, both u32. The milliseconds are stored; readers round to the second. */
export function julianTimeEncoder(field: DbfField): FieldEncoder {
  return (value, target, at) => {
    const ms = validDate(field, value).getTime();
    const day = Math.floor(ms / DAY_MS);
    const view = new DataView(target.buffer, target.byteOffset + at + field.offset, 8);
    view.setUint32(0, day + JULIAN_1970, true);
    view.setUint32(4, ms - day * DAY_MS, true);
    return undefined;
  };
}
