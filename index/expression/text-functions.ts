import { form, type FunctionForm } from './function-type.js';
import { writeDay } from './days.js';
import { writeNumber } from './number-text.js';
import { MAX_TEXT_BYTES, numberValue, textValue, type CompileContext, type ExpressionRow, type NumberValue, type TextValue, type Value } from './value.js';
import { indexOf } from './operators.js';

const SPACE = 0x20;

/** Changes a text in place; returns its new length. */
type Edit = (out: Buffer, at: number, length: number) => number;

function edited(edit: (context: CompileContext) => Edit): FunctionForm {
  return form(1, 1, ([value], context) => {
    if (value?.type !== 'C') return undefined;
    const change = edit(context);
    const { text } = value;
    return textValue(value.length, (row, out, at) => {
      const length = text(row, out, at);
      return length < 0 ? -1 : change(out, at, length);
    }, value.mayBeNull);
  });
}

function trimRight(out: Buffer, at: number, length: number): number {
  let end = length;
  while (end > 0 && out[at + end - 1] === SPACE) end--;
  return end;
}

/** Harbour and Clipper also cut tabs and line ends at the beginning. */
function trimLeft(out: Buffer, at: number, length: number, alsoControls: boolean): number {
  let from = 0;
  while (from < length && (out[at + from] === SPACE || (alsoControls && isLineSpace(out[at + from] ?? 0)))) from++;
  out.copyWithin(at, at + from, at + length);
  return length - from;
}

export function isLineSpace(byte: number): boolean { return byte === 0x09 || byte === 0x0a || byte === 0x0d; }

function proper({ upper, lower }: CompileContext): Edit {
  return (out, at, length) => {
    lower(out, at, at + length);
    for (let i = at; i < at + length; i++) if (i === at || out[i - 1] === SPACE) upper(out, i, i + 1);
    return length;
  };
}

/** From where, and how many bytes; undefined for NULL. */
type Cut = (row: ExpressionRow, length: number) => readonly [from: number, count: number] | undefined;

/** The part of a text of which `cut` tells place and length; `most` is the static length. */
function part(value: TextValue, most: number, cut: Cut, mayBeNull: boolean): TextValue {
  const scratch = Buffer.alloc(value.length);
  return textValue(Math.max(0, most), (row, out, at) => {
    const length = value.text(row, scratch, 0);
    const place = length < 0 ? undefined : cut(row, length);
    if (place === undefined) return -1;
    const from = Math.max(0, Math.min(place[0], length));
    const to = Math.max(from, Math.min(from + place[1], length));
    scratch.copy(out, at, from, to);
    return to - from;
  }, mayBeNull);
}

function numberOr(value: Value | undefined, row: ExpressionRow, missing: number): number {
  return value?.type === 'N' ? Math.trunc(value.number(row)) : missing;
}

function side(fromRight: boolean): FunctionForm {
  return form(2, 2, ([value, count]) => {
    if (value?.type !== 'C' || count?.type !== 'N') return undefined;
    const most = count.constant === undefined ? value.length : Math.min(value.length, Math.trunc(count.constant));
    return part(value, most, (row, length) => {
      const n = numberOr(count, row, 0);
      return Number.isNaN(n) ? undefined : [fromRight ? Math.max(0, length - Math.max(0, n)) : 0, n];
    }, value.mayBeNull || count.mayBeNull);
  });
}

const SUBSTR = form(2, 3, ([value, start, count]) => {
  if (value?.type !== 'C' || start?.type !== 'N' || (count !== undefined && count.type !== 'N')) return undefined;
  const { length } = value;
  const first = start.constant === undefined || start.constant < 1 ? 0 : Math.trunc(start.constant) - 1;
  const most = Math.min(length - first, count?.constant ?? length);
  return part(value, Math.trunc(most), (row, held) => {
    const from = numberOr(start, row, 1);
    const n = numberOr(count, row, held);
    if (Number.isNaN(from) || Number.isNaN(n)) return undefined;
    return [from > 0 ? from - 1 : from === 0 ? 0 : Math.max(0, held + from), n];
  }, value.mayBeNull || start.mayBeNull || count?.mayBeNull === true);
});

/** PADL, PADR, PADC: too long texts lose their right end. */
function padded(leftShare: (room: number) => number): FunctionForm {
  return form(2, 3, ([given, count, filler], context) => {
    const value = given === undefined ? undefined : asText(given, context);
    if (value === undefined || count?.type !== 'N' || count.constant === undefined || (filler !== undefined && filler.type !== 'C')) return undefined;
    const width = Math.max(0, Math.trunc(count.constant));
    if (width > MAX_TEXT_BYTES) return textValue(width, () => 0, false);
    const scratch = Buffer.alloc(value.length);
    const fill = Buffer.alloc(Math.max(1, filler?.length ?? 1), SPACE);
    return textValue(width, (row, out, at) => {
      const length = value.text(row, scratch, 0);
      if (length < 0 || (filler !== undefined && filler.text(row, fill, 0) < 0)) return -1;
      const kept = Math.min(length, width);
      const left = leftShare(width - kept);
      out.fill(fill[0] ?? SPACE, at, at + width);
      scratch.copy(out, at + left, 0, kept);
      return width;
    }, value.mayBeNull || filler?.mayBeNull === true);
  });
}

/** How PADL and its kind see a value that is no text. */
function asText(value: Value, context: CompileContext): TextValue | undefined {
  if (value.type === 'C') return value;
  if (value.type !== 'N') return undefined;
  const width = Math.max(20, value.width);
  return textValue(width, (row, out, at) => {
    const number = value.number(row);
    if (Number.isNaN(number)) return -1;
    writeNumber(number, width, Number.isInteger(number) && context.dialect === 'foxpro' ? 0 : value.decimals, true, out, at);
    return trimLeft(out, at, width, false);
  }, value.mayBeNull);
}

function written(value: NumberValue, width: number, decimals: number, shrinks: boolean, zeros: boolean): TextValue {
  return textValue(width, (row, out, at) => {
    const number = value.number(row);
    if (Number.isNaN(number)) return -1;
    writeNumber(number, width, decimals, shrinks, out, at);
    if (zeros) leadWithZeros(out, at, width);
    return width;
  }, value.mayBeNull);
}

/** "  -5" becomes "-005". */
function leadWithZeros(out: Buffer, at: number, width: number): void {
  let i = at;
  while (i < at + width && out[i] === SPACE) out[i++] = 0x30;
  if (i > at && out[i] === 0x2d) {
    out[i] = 0x30;
    out[at] = 0x2d;
  }
}

function str(zeros: boolean): FunctionForm {
  return form(1, 3, ([value, width, decimals], { dialect }) => {
    if (value?.type !== 'N' || (width !== undefined && width.type !== 'N') || (decimals !== undefined && decimals.type !== 'N')) return undefined;
    const clipper = dialect === 'clipper';
    const usual = clipper ? value.width : 10;
    if ((width !== undefined && width.constant === undefined) || (decimals !== undefined && decimals.constant === undefined)) return undefined;
    const n = Math.trunc(width?.constant ?? 0) > 0 ? Math.trunc(width?.constant ?? 0) : usual;
    const d = decimals?.constant ?? (width === undefined && clipper ? value.decimals : 0);
    return n > MAX_TEXT_BYTES ? textValue(n, () => 0, false) : written(value, n, Math.max(0, Math.trunc(d)), dialect === 'foxpro', zeros);
  });
}

/** A text whose length does not depend on the row. */
function repeated(make: (args: readonly Value[]) => { readonly unit: TextValue | undefined; readonly count: NumberValue } | undefined): FunctionForm {
  return form(1, 2, (args) => {
    const parts = make(args);
    if (parts?.count.constant === undefined) return undefined;
    const { unit } = parts;
    const count = Math.max(0, Math.trunc(parts.count.constant));
    const most = count * (unit?.length ?? 1);
    if (most > MAX_TEXT_BYTES) return textValue(most, () => 0, false);
    return textValue(most, (row, out, at) => {
      if (unit === undefined) {
        out.fill(SPACE, at, at + count);
        return count;
      }
      let length = 0;
      for (let i = 0; i < count; i++) {
        const more = unit.text(row, out, at + length);
        if (more < 0) return -1;
        length += more;
      }
      return length;
    }, unit?.mayBeNull === true);
  });
}

const AT = form(2, 2, ([sought, value]) => {
  if (sought?.type !== 'C' || value?.type !== 'C') return undefined;
  const a = Buffer.alloc(sought.length);
  const b = Buffer.alloc(value.length);
  return numberValue((row) => {
    const partLength = sought.text(row, a, 0);
    const length = value.text(row, b, 0);
    return partLength < 0 || length < 0 ? NaN : indexOf(b, length, a, partLength) + 1;
  }, sought.mayBeNull || value.mayBeNull);
});

/** A number of a text. */
function measured(measure: (bytes: Buffer, length: number) => number): FunctionForm {
  return form(1, 1, ([value]) => {
    if (value?.type !== 'C') return undefined;
    const scratch = Buffer.alloc(value.length);
    return numberValue((row) => {
      const length = value.text(row, scratch, 0);
      return length < 0 ? NaN : measure(scratch, length);
    }, value.mayBeNull);
  });
}

const CHR = form(1, 1, ([code]) => (code?.type !== 'N' ? undefined : textValue(1, (row, out, at) => {
  const byte = code.number(row);
  if (Number.isNaN(byte)) return -1;
  out[at] = byte & 0xff;
  return 1;
}, code.mayBeNull)));

const DTOS = form(1, 1, ([value]) => {
  if (value?.type !== 'D' && value?.type !== 'T') return undefined;
  const unit = value.type === 'T' ? 86_400_000 : 1;
  return textValue(8, (row, out, at) => {
    const day = value.number(row);
    if (Number.isNaN(day)) return -1;
    writeDay(Math.floor(day / unit), out, at);
    return 8;
  }, value.mayBeNull);
});

export const TEXT_FUNCTIONS: Readonly<Record<string, FunctionForm>> = {
  UPPER: edited(({ upper }) => (out, at, length) => {
    upper(out, at, at + length);
    return length;
  }),
  LOWER: edited(({ lower }) => (out, at, length) => {
    lower(out, at, at + length);
    return length;
  }),
  PROPER: edited(proper),
  TRIM: edited(() => trimRight),
  RTRIM: edited(() => trimRight),
  LTRIM: edited(({ dialect }) => (out, at, length) => trimLeft(out, at, length, dialect === 'clipper')),
  ALLTRIM: edited(({ dialect }) => (out, at, length) => trimLeft(out, at, trimRight(out, at, length), dialect === 'clipper')),
  LEFT: side(false),
  RIGHT: side(true),
  SUBSTR: SUBSTR,
  PADL: padded((room) => room),
  PADR: padded(() => 0),
  PADC: padded((room) => Math.floor(room / 2)),
  STR: str(false),
  STRZERO: str(true),
  SPACE: repeated(([count]) => (count?.type === 'N' ? { unit: undefined, count } : undefined)),
  REPLICATE: repeated(([unit, count]) => (unit?.type === 'C' && count?.type === 'N' ? { unit, count } : undefined)),
  CHR,
  DTOS,
  AT,
  LEN: measured((_, length) => length),
  ASC: measured((bytes, length) => (length === 0 ? 0 : bytes[0] ?? 0)),
};
