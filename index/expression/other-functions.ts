import { form, type FunctionForm } from './function-type.js';
import { binaryValue } from './operators.js';
import { isLineSpace } from './text-functions.js';
import { logicalValue, numberValue, textValue, type LogicalValue, type TextValue, type Value } from './value.js';

const DELETED_MARK = 0x2a;
const NULL = 2;

/** One of two values of one type; the other is not evaluated. NULL counts as false. */
function chosen(test: LogicalValue, yes: Value, no: Value): Value | undefined {
  const { logical } = test;
  const mayBeNull = yes.mayBeNull || no.mayBeNull;
  if (yes.type === 'C' && no.type === 'C') {
    return textValue(Math.max(yes.length, no.length), (row, out, at) => (logical(row) === 1 ? yes : no).text(row, out, at), mayBeNull);
  }
  if (yes.type === 'L' && no.type === 'L') return logicalValue((row) => (logical(row) === 1 ? yes : no).logical(row), mayBeNull);
  if (yes.type === 'N' && no.type === 'N') {
    return numberValue((row) => (logical(row) === 1 ? yes : no).number(row), mayBeNull, Math.max(yes.width, no.width), Math.max(yes.decimals, no.decimals));
  }
  if ((yes.type === 'D' || yes.type === 'T') && yes.type === no.type) {
    return { type: yes.type, number: (row) => (logical(row) === 1 ? yes : no).number(row), mayBeNull };
  }
  return undefined;
}

function emptyText(value: TextValue): LogicalValue {
  if (value.memoIsEmpty !== undefined) return logicalValue(value.memoIsEmpty, value.mayBeNull);
  const scratch = Buffer.alloc(value.length);
  return logicalValue((row) => {
    const length = value.text(row, scratch, 0);
    for (let i = 0; i < length; i++) {
      const byte = scratch[i] ?? 0;
      if (byte !== 0x20 && !isLineSpace(byte)) return 0;
    }
    return length < 0 ? 0 : 1;
  }, false);
}

const EMPTY = form(1, 1, ([value]) => {
  if (value === undefined) return undefined;
  if (value.type === 'C') return emptyText(value);
  if (value.type === 'L') {
    const { logical } = value;
    return logicalValue((row) => (logical(row) === 0 ? 1 : 0), false);
  }
  const { number } = value;
  return logicalValue((row) => (number(row) === 0 ? 1 : 0), false);
});

function nullTest(value: Value): (row: Parameters<LogicalValue['logical']>[0]) => boolean {
  if (value.type === 'L') return (row) => value.logical(row) === NULL;
  if (value.type !== 'C') return (row) => Number.isNaN(value.number(row));
  const scratch = Buffer.alloc(value.length);
  return (row) => value.text(row, scratch, 0) < 0;
}

const NVL = form(2, 2, ([value, instead]) => {
  if (value === undefined || instead === undefined) return undefined;
  const isNull = nullTest(value);
  const made = chosen(logicalValue((row) => (isNull(row) ? 0 : 1), false), value, instead);
  return made === undefined ? undefined : { ...made, mayBeNull: instead.mayBeNull };
});

const BETWEEN = form(3, 3, ([value, low, high], { dialect }) => {
  if (value === undefined || low === undefined || high === undefined) return undefined;
  const above = binaryValue('>=', value, low, dialect);
  const below = binaryValue('<=', value, high, dialect);
  return above === undefined || below === undefined ? undefined : binaryValue('AND', above, below, dialect);
});

const INLIST = form(2, 26, ([value, ...list], { dialect }) => {
  let found: Value | undefined;
  for (const one of list) {
    const equal = value === undefined ? undefined : binaryValue('=', value, one, dialect);
    if (equal === undefined) return undefined;
    found = found === undefined ? equal : binaryValue('OR', found, equal, dialect);
  }
  return found;
});

/** Clipper's way to descending keys. */
const DESCEND = form(1, 1, ([value]) => {
  switch (value?.type) {
    case 'C': {
      const { text } = value;
      return textValue(value.length, (row, out, at) => {
        const length = text(row, out, at);
        for (let i = at; i < at + length; i++) out[i] = (256 - (out[i] ?? 0)) & 0xff;
        return length;
      }, value.mayBeNull);
    }
    case 'N': {
      const { number, width, decimals } = value;
      return numberValue((row) => -number(row), value.mayBeNull, width, decimals);
    }
    case 'D': {
      const { number } = value;
      return numberValue((row) => 5_231_808 - number(row), value.mayBeNull);
    }
    case 'L': {
      const { logical } = value;
      return logicalValue((row) => (logical(row) === NULL ? NULL : 1 - logical(row)), value.mayBeNull);
    }
    default: return undefined;
  }
});

const IIF = form(3, 3, ([test, yes, no]) => (test?.type === 'L' && yes !== undefined && no !== undefined ? chosen(test, yes, no) : undefined));

export const OTHER_FUNCTIONS: Readonly<Record<string, FunctionForm>> = {
  IIF,
  IF: IIF,
  EMPTY,
  ISNULL: form(1, 1, ([value]) => {
    if (value === undefined) return undefined;
    const isNull = nullTest(value);
    return logicalValue((row) => (isNull(row) ? 1 : 0), false);
  }),
  NVL,
  BETWEEN,
  INLIST,
  DESCEND,
  DELETED: form(0, 0, () => logicalValue(({ bytes, start }) => (bytes[start] === DELETED_MARK ? 1 : 0), false)),
  RECNO: form(0, 0, () => numberValue(({ recno }) => recno, false)),
};
