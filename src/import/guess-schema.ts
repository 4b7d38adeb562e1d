import { codePage, type CodePage, type WritableDialect } from '#storage';
import { char, date, datetime, double, logical, memo, numeric, type FieldType } from '../table/field-types.js';

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)\.\d+$/;
const LOGICAL = /^(?:true|false)$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?Z?$/;
const MAX_CHAR_BYTES = 254;
const MAX_NUMBER_CHARS = 19;
/** Digits that a double keeps. */
const DOUBLE_DIGITS = 15;

export interface GuessOptions {
  readonly dialect: WritableDialect;
  readonly encoding: string;
  /** The sample is all there is: widths need no room for more. */
  readonly complete: boolean;
}

/** What the values of a column have in common. Feed it the sample, then ask for the type. */
export class ColumnGuess {
  #seen = 0;
  #integers = 0;
  #decimals = 0;
  #logicals = 0;
  #dates = 0;
  #moments = 0;
  #numbers = 0;
  #multiline = false;
  #wholeChars = 0;
  #decimalChars = 0;
  #bytes = 0;
  readonly #page: CodePage;

  constructor(encoding: string) { this.#page = codePage(encoding); }

  /** A value as text of a CSV file, or as JSON gave it. Empty ones say nothing. */
  note(value: unknown): void {
    if (value === '' || value === null || value === undefined) return;
    this.#seen++;
    const text = typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
    this.#bytes = Math.max(this.#bytes, this.#page.encode(text)?.length ?? text.length);
    if (!this.#multiline && text.includes('\n')) this.#multiline = true;
    if (typeof value === 'boolean') this.#logicals++;
    else if (typeof value === 'number') this.#noteNumber(text, true);
    else if (typeof value === 'string') this.#noteText(text);
  }

  /** JSON has numbers and booleans of its own: its strings are not looked into for them. */
  noteJson(value: unknown): void {
    if (typeof value === 'string' && (INTEGER.test(value) || DECIMAL.test(value) || LOGICAL.test(value))) {
      this.#seen++;
      this.#bytes = Math.max(this.#bytes, value.length);
    } else this.note(value);
  }

  #noteNumber(text: string, isNumber: boolean): void {
    if (isNumber) this.#numbers++;
    if (INTEGER.test(text)) this.#integers++;
    else if (DECIMAL.test(text)) this.#decimals++;
    else return;
    const point = text.indexOf('.');
    this.#wholeChars = Math.max(this.#wholeChars, point < 0 ? text.length : point);
    if (point >= 0) this.#decimalChars = Math.max(this.#decimalChars, text.length - point - 1);
  }

  #noteText(text: string): void {
    const first = text.charCodeAt(0);
    if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
      if (DATE.test(text)) {
        if (isDay(text)) this.#dates++;
      } else if (MOMENT.test(text)) {
        if (isDay(text.slice(0, 10))) this.#moments++;
      } else this.#noteNumber(text, false);
    } else if (LOGICAL.test(text)) this.#logicals++;
  }

  /** The narrowest type that holds the whole sample. */
  type(o: GuessOptions): FieldType {
    const seen = this.#seen;
    if (seen > 0) {
      if (this.#logicals === seen) return logical();
      if (this.#dates === seen) return date();
      if (this.#moments === seen && o.dialect === 'vfp') return datetime();
      if (this.#integers + this.#decimals === seen) {
        const number = this.#number(o);
        if (number !== undefined) return number;
      }
      if (this.#numbers === seen && o.dialect === 'vfp') return double();
    }
    const bytes = o.complete ? Math.max(1, this.#bytes) : Math.ceil((this.#bytes * 3) / 2) + 4;
    return bytes > MAX_CHAR_BYTES || this.#multiline ? memo() : char(bytes);
  }

  #number(o: GuessOptions): FieldType | undefined {
    const decimals = this.#decimalChars;
    const room = o.complete ? 0 : 2;
    const least = this.#wholeChars + (decimals > 0 ? decimals + 1 : 0);
    if (least > MAX_NUMBER_CHARS || decimals > 15) return undefined;
    const length = Math.min(MAX_NUMBER_CHARS, Math.max(least + room, decimals > 0 ? decimals + 2 : 1));
    return length > DOUBLE_DIGITS + (decimals > 0 ? 1 : 0) && least > DOUBLE_DIGITS ? numeric(length, decimals, { as: 'string' }) : numeric(length, decimals);
  }
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (text.charCodeAt(i) - 0x30);
  return value;
}

/** Milliseconds since 1970 of a day of the calendar that is written YYYY-MM-DD; undefined when there is no such day. */
export function dayMs(text: string): number | undefined {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (year < 1 || day < 1 || day > (DAYS[month - 1] ?? 0) || (month === 2 && day === 29 && !isLeap)) return undefined;
  // Date.UTC takes years below 100 for 19xx.
  return year < 100 ? Date.parse(`${text.slice(0, 10)}T00:00:00Z`) : Date.UTC(year, month - 1, day);
}

/** True for a day of the calendar, written YYYY-MM-DD. */
export function isDay(text: string): boolean { return dayMs(text) !== undefined; }
