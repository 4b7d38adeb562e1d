import { form, type FunctionForm } from './function-type.js';
import { numberIn, roundTo } from './number-text.js';
import { remainder } from './operators.js';
import { numberValue, textValue, type NumberValue, type Value } from './value.js';

function one(compute: (x: number) => number, decimals?: number): FunctionForm {
  return form(1, 1, ([value]) => {
    if (value?.type !== 'N') return undefined;
    const { number } = value;
    return numberValue((row) => compute(number(row)), value.mayBeNull, value.width, decimals ?? value.decimals);
  });
}

function two(compute: (x: number, y: number) => number): FunctionForm {
  return form(2, 2, ([left, right]) => {
    if (left?.type !== 'N' || right?.type !== 'N') return undefined;
    const a = left.number;
    const b = right.number;
    return numberValue((row) => {
      const x = a(row);
      const y = b(row);
      return Number.isNaN(x) || Number.isNaN(y) ? NaN : compute(x, y);
    }, left.mayBeNull || right.mayBeNull, left.width, left.decimals);
  });
}

/** MAX and MIN: of numbers, or of days. */
function extreme(pick: (x: number, y: number) => number): FunctionForm {
  return form(2, 26, (args) => {
    const first = args[0];
    if (first === undefined || first.type === 'C' || first.type === 'L') return undefined;
    const numbers: NumberValue['number'][] = [];
    for (const arg of args) {
      if (arg.type === 'C' || arg.type === 'L' || arg.type !== first.type) return undefined;
      numbers.push(arg.number);
    }
    const number: NumberValue['number'] = (row) => numbers.reduce((best, next) => (Number.isNaN(best) ? best : pick(best, next(row))), first.number(row));
    const mayBeNull = args.some((arg) => arg.mayBeNull);
    return first.type === 'N' ? numberValue(number, mayBeNull, first.width, first.decimals) : { type: first.type, number, mayBeNull };
  });
}

const VAL = form(1, 1, ([value]) => {
  if (value?.type !== 'C') return undefined;
  const scratch = Buffer.alloc(value.length);
  return numberValue((row) => {
    const length = value.text(row, scratch, 0);
    return length < 0 ? NaN : numberIn(scratch, 0, length);
  }, value.mayBeNull);
});

/** Sortable integers and doubles as text. */
function bintoc(value: Value | undefined, width: Value | undefined): Value | undefined {
  if (value?.type !== 'N' || (width !== undefined && (width.type !== 'N' || ![1, 2, 4, 8].includes(width.constant ?? 0)))) return undefined;
  const bytes = width?.constant ?? 4;
  const { number } = value;
  if (bytes === 8) return sortableDouble(value);
  const top = 2 ** (bytes * 8 - 1);
  return textValue(bytes, (row, out, at) => {
    const n = number(row);
    if (Number.isNaN(n)) return -1;
    out.writeUIntBE(Math.max(0, Math.min(2 * top - 1, Math.trunc(n) + top)), at, bytes);
    return bytes;
  }, value.mayBeNull);
}

function sortableDouble({ number, mayBeNull }: NumberValue): Value {
  return textValue(8, (row, out, at) => {
    const n = number(row);
    if (Number.isNaN(n)) return -1;
    out.writeDoubleBE(n + 0, at);
    if (n < 0) for (let i = at; i < at + 8; i++) out[i] = ~(out[i] ?? 0) & 0xff;
    else out[at] = (out[at] ?? 0) | 0x80;
    return 8;
  }, mayBeNull);
}

/** Little-endian two's complement. */
function littleEndian(bytes: 2 | 4): FunctionForm {
  return form(1, 1, ([value]) => {
    if (value?.type !== 'N') return undefined;
    const { number } = value;
    const span = 2 ** (bytes * 8);
    return textValue(bytes, (row, out, at) => {
      const n = number(row);
      if (Number.isNaN(n)) return -1;
      out.writeUIntLE(((Math.trunc(n) % span) + span) % span, at, bytes);
      return bytes;
    }, value.mayBeNull);
  });
}

export const NUMBER_FUNCTIONS: Readonly<Record<string, FunctionForm>> = {
  VAL,
  INT: one(Math.trunc, 0),
  ABS: one(Math.abs),
  SIGN: one(Math.sign, 0),
  SQRT: one((x) => (x < 0 ? 0 : Math.sqrt(x)), 2),
  LOG: one((x) => (x <= 0 ? 0 : Math.log(x)), 2),
  EXP: one(Math.exp, 2),
  CEILING: one(Math.ceil, 0),
  FLOOR: one(Math.floor, 0),
  MOD: two((x, y) => remainder(x, y, true)),
  ROUND: two((x, y) => roundTo(x, Math.trunc(y))),
  MAX: extreme(Math.max),
  MIN: extreme(Math.min),
  BINTOC: form(1, 2, ([value, width]) => bintoc(value, width)),
  I2BIN: littleEndian(2),
  L2BIN: littleEndian(4),
};
