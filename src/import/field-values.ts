import { FieldstoneError } from '#storage';
import { dayMs, isDay } from './guess-schema.js';

/** What a converter needs to know of a field. */
export interface ImportField {
  readonly name: string;
  readonly type: string;
  /** Numbers are handed on as text, so that no digit is lost. */
  readonly asText: boolean;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?)?Z?$/;
/** Decimal digits that a double keeps. */
const DOUBLE_DIGITS = 15;
const TRUE = /^(?:t|true|y|yes|1)$/i;
const FALSE = /^(?:f|false|n|no|0)$/i;

function refuse(field: ImportField, value: unknown, wanted: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeof value === 'object' ? JSON.stringify(value).slice(0, 40) : String(value);
  throw new FieldstoneError('VALUE', `field "${field.name}" takes ${wanted}, got ${shown}`, { field: field.name });
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function toNumber(field: ImportField, value: unknown): number | bigint | string {
  if (typeof value === 'number') return value;
  const text = typeof value === 'string' ? value.trim() : '';
  if (!NUMBER.test(text)) return refuse(field, value, 'a number');
  if (field.asText && PLAIN.test(text)) return text;
  if (text.length <= DOUBLE_DIGITS) return Number(text);
  const digits = text.replace(/e.*$/i, '').replace(/^[+-]?0*\.?0*|\D/g, '').length;
  if (digits <= DOUBLE_DIGITS) return Number(text);
  if (/^[+-]?\d+$/.test(text)) return BigInt(text);
  return refuse(field, value, 'a number of at most 15 digits, unless it is declared wider');
}

function toDate(field: ImportField, value: unknown): Date {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text.length === 10 && DAY.test(text)) {
    const ms = dayMs(text);
    if (ms !== undefined) return new Date(ms);
  }
  const iso = /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text.replace(/[T ]00:00(?::00(?:\.0+)?)?Z?$/, '');
  const ms = DAY.test(iso) ? dayMs(iso) : undefined;
  return ms === undefined ? refuse(field, value, 'a day such as 2024-12-31') : new Date(ms);
}

function toMoment(field: ImportField, value: unknown): Date {
  const match = MOMENT.exec(typeof value === 'string' ? value.trim() : '');
  const day = match?.[1];
  if (match === null || day === undefined || !isDay(day)) return refuse(field, value, 'a moment such as 2024-12-31T23:59:59');
  const made = new Date(`${day}T${match[2] ?? '00'}:${match[3] ?? '00'}:${match[4] ?? '00'}.${(match[5] ?? '').padEnd(3, '0')}Z`);
  return Number.isNaN(made.getTime()) ? refuse(field, value, 'a moment such as 2024-12-31T23:59:59') : made;
}

function toLogical(field: ImportField, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : refuse(field, value, 'true or false');
}

function toBytes(field: ImportField, value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(value)) return refuse(field, value, 'bytes as base64');
  return Buffer.from(value, 'base64');
}

/**
 * What a text or JSON value is for a field of that type; null for nothing. Numbers are decimal, days YYYY-MM-DD or
 * YYYYMMDD, moments ISO 8601 in UTC, logicals true/false, yes/no, t/f, y/n or 1/0, bytes base64. Throws VALUE.
 */
export function convertValue(field: ImportField, value: unknown): unknown {
  if (value === '' || value === null || value === undefined) return null;
  switch (field.type) {
    case 'N': case 'F': case 'I': case 'B': case 'Y': case '+': case 'O': return toNumber(field, value);
    case 'D': return toDate(field, value);
    case 'T': case '@': return toMoment(field, value);
    case 'L': return toLogical(field, value);
    case 'G': case 'P': case 'W': case 'Q': return toBytes(field, value);
    default: return toText(value);
  }
}
