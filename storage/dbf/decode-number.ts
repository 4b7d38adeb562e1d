import type { DbfField } from './dbf-types.js';
import type { FieldDecoder, NumberForm } from './field-decoder-type.js';
import type { FieldValue } from './row.js';
import { bigintOfText, numberText, parseNumber } from './number-text.js';

const CURRENCY_SCALE = 10_000;

/** N and F: text. As bigint it is rounded half away from zero, as string it is the text without its padding. */
export function numericDecoder({ offset, length }: DbfField, form: NumberForm | undefined): FieldDecoder {
  if (form === undefined) return (bytes, start) => parseNumber(bytes, start + offset, start + offset + length);
  return (bytes, start) => {
    const text = numberText(bytes, start + offset, start + offset + length);
    if (text === undefined) return null;
    return form === 'string' ? text : bigintOfText(text);
  };
}

function inForm(value: bigint, form: NumberForm | undefined): number | bigint | string {
  if (form === 'bigint') return value;
  return form === 'string' ? value.toString() : Number(value);
}

/** Four bytes, big-endian with the sign bit flipped; four zero bytes are a blank. */
function dbase7Integer(offset: number, shown: (n: number) => FieldValue): FieldDecoder {
  return (bytes, start) => {
    const at = start + offset;
    const raw = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    return raw === 0 ? null : shown(raw ^ -0x80000000);
  };
}

/**
 * I, +, 2, 4 and ^: little-endian two's complement of 1 to 8 bytes, which Harbour divides by a power of ten when the
 * field has decimals. dBASE 7 has its own form.
 */
export function integerDecoder(field: DbfField, dbase7: boolean, form: NumberForm | undefined): FieldDecoder {
  const { decimals, length, offset, type } = field;
  const width = Math.min(length, 8);
  if (width === 0) return () => null;
  const shown = (n: number): FieldValue => (form === undefined ? n : inForm(BigInt(n), form));
  if (dbase7 && width === 4) return dbase7Integer(offset, shown);
  const power = decimals > 0 && decimals <= 15 && form === undefined ? 10 ** decimals : 1;
  if (width <= 4) {
    const unused = 32 - 8 * width;
    return (bytes, start) => {
      let raw = 0;
      for (let i = start + offset + width - 1; i >= start + offset; i--) raw = (raw << 8) | (bytes[i] ?? 0);
      return shown(((raw << unused) >> unused) / power);
    };
  }
  const signed = type !== '^';
  return (bytes, start) => {
    let raw = 0n;
    for (let i = start + offset + width - 1; i >= start + offset; i--) raw = (raw << 8n) | BigInt(bytes[i] ?? 0);
    const value = signed ? BigInt.asIntN(width * 8, raw) : raw;
    return power === 1 ? inForm(value, form) : Number(value) / power;
  };
}

/** The ten-thousandths as text with four decimals. */
function currencyText(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(5, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

/** Y: int64 of ten-thousandths; a number in units of currency, or the ten-thousandths themselves as bigint. */
export function currencyDecoder({ offset }: DbfField, form: NumberForm | undefined): FieldDecoder {
  return (bytes, start) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start + offset, 8);
    if (form === 'bigint') return view.getBigInt64(0, true);
    if (form === 'string') return currencyText(view.getBigInt64(0, true));
    const high = view.getInt32(4, true);
    return (high * 0x1_0000_0000 + view.getUint32(0, true)) / CURRENCY_SCALE;
  };
}

/**
 * B is a little-endian double. O, in tables of any dialect, is big-endian in an order that sorts as bytes: positive numbers
 * have the top bit set, negative ones all bits inverted, eight zero bytes are a blank. NaN and infinities are null.
 */
export function binaryNumberDecoder({ offset }: DbfField, sortable: boolean): FieldDecoder {
  const scratch = new DataView(new ArrayBuffer(8));
  return (bytes, start) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start + offset, 8);
    if (!sortable) {
      const value = view.getFloat64(0, true);
      return Number.isFinite(value) ? value + 0 : null;
    }
    const high = view.getUint32(0, false);
    const low = view.getUint32(4, false);
    if (high === 0 && low === 0) return null;
    const positive = high >= 0x80000000;
    scratch.setUint32(0, positive ? high & 0x7fffffff : ~high, false);
    scratch.setUint32(4, positive ? low : ~low, false);
    const value = scratch.getFloat64(0, false);
    return Number.isFinite(value) ? value + 0 : null;
  };
}
