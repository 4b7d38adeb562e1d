import { DAY_MS } from '#storage';
import { dateOf, julianDay, writeDigits } from './days.js';
import { form, type FunctionForm } from './function-type.js';
import { numberValue, textValue, type CompileContext, type NumberOf, type Value } from './value.js';

const DAY_NAMES = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTH_NAMES = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const LONGEST_NAME = 9;
const SLASH = 0x2f;

/** The day of a day or moment; undefined for other values. */
function dayNumber(value: Value | undefined): NumberOf | undefined {
  if (value?.type === 'D') return value.number;
  if (value?.type !== 'T') return undefined;
  const { number } = value;
  return (row) => Math.floor(number(row) / DAY_MS);
}

/** A number of a day: 0 for a blank one. */
function ofDay(compute: (date: number, julian: number) => number, width: number): FunctionForm {
  return form(1, 1, ([value]) => {
    const day = dayNumber(value);
    if (day === undefined || value === undefined) return undefined;
    return numberValue((row) => {
      const julian = day(row);
      if (Number.isNaN(julian)) return NaN;
      const date = dateOf(julian);
      return date === 0 ? 0 : compute(date, julian);
    }, value.mayBeNull, width);
  });
}

/** A number of the time of day. */
function ofTime(unitMs: number, modulus: number): FunctionForm {
  return form(1, 1, ([value]) => {
    if (value?.type !== 'T') return undefined;
    const { number } = value;
    return numberValue((row) => Math.floor((number(row) % DAY_MS) / unitMs) % modulus, value.mayBeNull, 2);
  });
}

function named(names: readonly string[], place: (date: number, julian: number) => number): FunctionForm {
  return form(1, 1, ([value]) => {
    const day = dayNumber(value);
    if (day === undefined || value === undefined) return undefined;
    return textValue(LONGEST_NAME, (row, out, at) => {
      const julian = day(row);
      if (Number.isNaN(julian)) return -1;
      const date = dateOf(julian);
      const name = date === 0 ? '' : names[place(date, julian)] ?? '';
      return out.write(name, at, 'latin1');
    }, value.mayBeNull);
  });
}

/** DTOC(d, 1) is DTOS(d); without 1 the year has two digits (SET CENTURY OFF). */
const DTOC = form(1, 2, ([value, style], context) => {
  const day = dayNumber(value);
  if (day === undefined || value === undefined || (style !== undefined && !(style.type === 'N' && style.constant === 1))) return undefined;
  const sortable = style !== undefined;
  return textValue(8, (row, out, at) => {
    const julian = day(row);
    if (Number.isNaN(julian)) return -1;
    const date = dateOf(julian);
    if (sortable && date === 0) out.fill(0x20, at, at + 8);
    else if (sortable) writeDigits(date, 8, out, at);
    else writeShort(date, context, out, at);
    return 8;
  }, value.mayBeNull);
});

function writeShort(date: number, { dateOrder }: CompileContext, out: Buffer, at: number): void {
  const parts = { y: Math.floor(date / 10_000) % 100, m: Math.floor(date / 100) % 100, d: date % 100 };
  [...dateOrder].forEach((part, i) => {
    const to = at + i * 3;
    if (date === 0) out.fill(0x20, to, to + 2);
    else writeDigits(part === 'y' ? parts.y : part === 'm' ? parts.m : parts.d, 2, out, to);
    if (i < 2) out[to + 2] = SLASH;
  });
}

const TTOC = form(2, 2, ([value, style]) => {
  if (value?.type !== 'T' || style?.type !== 'N' || style.constant !== 1) return undefined;
  const { number } = value;
  return textValue(14, (row, out, at) => {
    const time = number(row);
    if (Number.isNaN(time)) return -1;
    const date = dateOf(Math.floor(time / DAY_MS));
    const seconds = Math.floor((time % DAY_MS) / 1000);
    if (date === 0) out.fill(0x20, at, at + 14);
    else {
      writeDigits(date, 8, out, at);
      writeDigits(Math.floor(seconds / 3600) * 10_000 + (Math.floor(seconds / 60) % 60) * 100 + (seconds % 60), 6, out, at + 8);
    }
    return 14;
  }, value.mayBeNull);
});

/** A day from text; blank when it is none. */
function fromText(parse: (text: string, context: CompileContext) => number): FunctionForm {
  return form(1, 1, ([value], context) => {
    if (value?.type !== 'C') return undefined;
    const scratch = Buffer.alloc(value.length);
    const { text } = value;
    return {
      type: 'D', mayBeNull: value.mayBeNull,
      number: (row) => {
        const length = text(row, scratch, 0);
        return length < 0 ? NaN : parse(scratch.toString('latin1', 0, length), context);
      },
    };
  });
}

function sortableDay(text: string): number {
  const digits = /^(\d{4})(\d\d)(\d\d)/.exec(text);
  return digits === null ? 0 : julianDay(Number(digits[1]), Number(digits[2]), Number(digits[3]));
}

/** Day and month change places when only that makes a date: the order was not recorded when the index was made. */
function writtenDay(text: string, { dateOrder }: CompileContext): number {
  const parts = /^\s*(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})\s*$/.exec(text);
  if (parts === null) return 0;
  const numbers = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const order = (parts[1]?.length ?? 0) > 2 ? 'ymd' : dateOrder;
  const of = (letter: string): number => numbers[order.indexOf(letter)] ?? 0;
  const year = of('y') < 100 ? of('y') + 1900 : of('y');
  return of('m') > 12 ? julianDay(year, of('d'), of('m')) : julianDay(year, of('m'), of('d'));
}

export const DATE_FUNCTIONS: Readonly<Record<string, FunctionForm>> = {
  YEAR: ofDay((date) => Math.floor(date / 10_000), 5),
  MONTH: ofDay((date) => Math.floor(date / 100) % 100, 3),
  DAY: ofDay((date) => date % 100, 3),
  DOW: ofDay((_, julian) => ((julian + 1) % 7) + 1, 3),
  CDOW: named(DAY_NAMES, (_, julian) => julian % 7),
  CMONTH: named(MONTH_NAMES, (date) => (Math.floor(date / 100) % 100) - 1),
  HOUR: ofTime(3_600_000, 24),
  MINUTE: ofTime(60_000, 60),
  SEC: ofTime(1000, 60),
  DTOC,
  TTOC,
  CTOD: fromText(writtenDay),
  STOD: fromText(sortableDay),
  TTOD: form(1, 1, ([value]) => {
    const day = value?.type === 'T' ? dayNumber(value) : undefined;
    return day === undefined || value === undefined ? undefined : { type: 'D', number: day, mayBeNull: value.mayBeNull };
  }),
};
