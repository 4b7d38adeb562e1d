import { DAY_MS } from '#storage';
import type { BinaryOperator } from './syntax.js';
import { logicalValue, numberValue, textValue, type LogicalValue, type NumberOf, type NumberValue, type TextValue, type Value } from './value.js';

const SPACE = 0x20;
const NULL = 2;

/** The value of a binary operator; undefined when it has no meaning for these types. */
export function binaryValue(operator: BinaryOperator, left: Value, right: Value, dialect: 'foxpro' | 'clipper' | 'dbase'): Value | undefined {
  if (operator === 'AND' || operator === 'OR') return left.type === 'L' && right.type === 'L' ? connected(operator, left, right) : undefined;
  if (operator === '+' || operator === '-') return sum(operator, left, right);
  if (operator === '*' || operator === '/' || operator === '%' || operator === '^') {
    return left.type === 'N' && right.type === 'N' ? product(operator, left, right, dialect) : undefined;
  }
  if (left.type === 'C' && right.type === 'C') return compareTexts(operator, left, right);
  return operator === '$' ? undefined : compareNumbers(operator, left, right);
}

export function negated(operand: Value): Value | undefined {
  if (operand.type !== 'N') return undefined;
  const { number, mayBeNull, width, decimals, constant } = operand;
  const value = numberValue((row) => -number(row), mayBeNull, width, decimals);
  return constant === undefined ? value : { ...value, constant: -constant };
}

export function inverted(operand: Value): Value | undefined {
  if (operand.type !== 'L') return undefined;
  const { logical, mayBeNull } = operand;
  return logicalValue((row) => {
    const value = logical(row);
    return value === NULL ? NULL : 1 - value;
  }, mayBeNull);
}

/** False AND NULL is false, true OR NULL is true. */
function connected(operator: 'AND' | 'OR', left: LogicalValue, right: LogicalValue): LogicalValue {
  const decides = operator === 'AND' ? 0 : 1;
  const a = left.logical;
  const b = right.logical;
  return logicalValue((row) => {
    const first = a(row);
    if (first === decides) return decides;
    const second = b(row);
    return second === decides ? decides : first === NULL || second === NULL ? NULL : 1 - decides;
  }, left.mayBeNull || right.mayBeNull);
}

function sum(operator: '+' | '-', left: Value, right: Value): Value | undefined {
  const mayBeNull = left.mayBeNull || right.mayBeNull;
  if (left.type === 'C' && right.type === 'C') return operator === '+' ? joined(left, right) : joinedTight(left, right);
  if (left.type === 'C' || left.type === 'L' || right.type === 'C' || right.type === 'L') return undefined;
  const a = left.number;
  const b = right.number;
  const sign = operator === '+' ? 1 : -1;
  if (left.type === 'N' && right.type === 'N') {
    const decimals = Math.max(left.decimals, right.decimals);
    return numberValue((row) => a(row) + sign * b(row), mayBeNull, Math.max(left.width, right.width) + 1, decimals);
  }
  if (left.type === 'N') return operator === '+' ? shifted(right, b, a, 1, mayBeNull) : undefined;
  if (right.type === 'N') return shifted(left, a, b, sign, mayBeNull);
  if (operator === '+') return undefined;
  if (left.type === 'D' && right.type === 'D') return numberValue((row) => a(row) - b(row), mayBeNull);
  const from = left.type === 'D' ? DAY_MS : 1;
  const to = right.type === 'D' ? DAY_MS : 1;
  return numberValue((row) => (a(row) * from - b(row) * to) / 1000, mayBeNull);
}

/** A day and days, or a time and seconds. */
function shifted(value: Value, base: NumberOf, step: NumberOf, sign: number, mayBeNull: boolean): Value {
  const isTime = value.type === 'T';
  const unit = (isTime ? 1000 : 1) * sign;
  return { type: isTime ? 'T' : 'D', number: (row) => base(row) + unit * step(row), mayBeNull };
}

function joined(left: TextValue, right: TextValue): TextValue {
  const a = left.text;
  const b = right.text;
  return textValue(left.length + right.length, (row, out, at) => {
    const first = a(row, out, at);
    if (first < 0) return -1;
    const second = b(row, out, at + first);
    return second < 0 ? -1 : first + second;
  }, left.mayBeNull || right.mayBeNull);
}

/** Blanks at the end of the left text go to the end of the whole. */
function joinedTight(left: TextValue, right: TextValue): TextValue {
  const a = left.text;
  const b = right.text;
  return textValue(left.length + right.length, (row, out, at) => {
    const first = a(row, out, at);
    if (first < 0) return -1;
    let end = at + first;
    while (end > at && out[end - 1] === SPACE) end--;
    const second = b(row, out, end);
    if (second < 0) return -1;
    out.fill(SPACE, end + second, at + first + second);
    return first + second;
  }, left.mayBeNull || right.mayBeNull);
}

function product(operator: '*' | '/' | '%' | '^', left: NumberValue, right: NumberValue, dialect: string): NumberValue {
  const a = left.number;
  const b = right.number;
  const mayBeNull = left.mayBeNull || right.mayBeNull;
  const width = left.width + right.width;
  switch (operator) {
    case '*': return numberValue((row) => a(row) * b(row), mayBeNull, width, left.decimals + right.decimals);
    case '/': return numberValue((row) => divided(a(row), b(row)), mayBeNull, width, Math.max(2, left.decimals, right.decimals));
    case '^': return numberValue((row) => a(row) ** b(row), mayBeNull, width, 2);
    case '%': return numberValue((row) => remainder(a(row), b(row), dialect !== 'clipper'), mayBeNull, width, left.decimals);
  }
}

/** A division by zero gives 0: Harbour would stop, FoxPro show asterisks. */
function divided(a: number, b: number): number { return b === 0 ? 0 : a / b; }

/** The sign is that of the divisor (FoxPro, MOD()) or of the dividend (Clipper's %). */
export function remainder(a: number, b: number, signOfDivisor: boolean): number {
  if (b === 0) return signOfDivisor ? a : 0;
  const rest = a % b;
  return signOfDivisor && rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest + 0;
}

type Relation = Exclude<BinaryOperator, '+' | '-' | '*' | '/' | '%' | '^' | 'AND' | 'OR' | '$'>;

function holds(operator: Relation, order: number): number {
  switch (operator) {
    case '=': case '==': return order === 0 ? 1 : 0;
    case '<>': return order === 0 ? 0 : 1;
    case '<': return order < 0 ? 1 : 0;
    case '<=': return order <= 0 ? 1 : 0;
    case '>': return order > 0 ? 1 : 0;
    case '>=': return order >= 0 ? 1 : 0;
  }
}

function compareNumbers(operator: Relation, left: Value, right: Value): LogicalValue | undefined {
  const mayBeNull = left.mayBeNull || right.mayBeNull;
  if (left.type === 'L' && right.type === 'L') {
    const a = left.logical;
    const b = right.logical;
    return logicalValue((row) => {
      const first = a(row);
      const second = b(row);
      return first === NULL || second === NULL ? NULL : holds(operator, first - second);
    }, mayBeNull);
  }
  if (left.type === 'C' || left.type === 'L' || right.type === 'C' || right.type === 'L') return undefined;
  if ((left.type === 'N') !== (right.type === 'N')) return undefined;
  const a = left.number;
  const b = right.number;
  const from = left.type === 'D' && right.type === 'T' ? DAY_MS : 1;
  const to = left.type === 'T' && right.type === 'D' ? DAY_MS : 1;
  return logicalValue((row) => {
    const order = a(row) * from - b(row) * to;
    return Number.isNaN(order) ? NULL : holds(operator, order);
  }, mayBeNull);
}

/** `=` matches when the left text begins with the right one (SET EXACT OFF); `==` compares every byte; the others pad with blanks. */
function compareTexts(operator: Relation | '$', left: TextValue, right: TextValue): LogicalValue {
  const a = Buffer.alloc(left.length);
  const b = Buffer.alloc(right.length);
  return logicalValue((row) => {
    const first = left.text(row, a, 0);
    if (first < 0) return NULL;
    const second = right.text(row, b, 0);
    if (second < 0) return NULL;
    switch (operator) {
      case '$': return first > 0 && indexOf(b, second, a, first) >= 0 ? 1 : 0;
      case '=': return beginsWith(a, first, b, second) ? 1 : 0;
      case '<>': return beginsWith(a, first, b, second) ? 0 : 1;
      case '==': return first === second && beginsWith(a, first, b, second) ? 1 : 0;
      case '<': case '<=': case '>': case '>=': return holds(operator, paddedOrder(a, first, b, second));
    }
  }, left.mayBeNull || right.mayBeNull);
}

function beginsWith(a: Buffer, aLength: number, b: Buffer, bLength: number): boolean {
  if (bLength > aLength) return false;
  for (let i = 0; i < bLength; i++) if (a[i] !== b[i]) return false;
  return true;
}

function paddedOrder(a: Buffer, aLength: number, b: Buffer, bLength: number): number {
  for (let i = 0; i < aLength || i < bLength; i++) {
    const difference = (i < aLength ? a[i] ?? 0 : SPACE) - (i < bLength ? b[i] ?? 0 : SPACE);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Place of the first occurrence, -1 for none. */
export function indexOf(text: Buffer, textLength: number, part: Buffer, partLength: number): number {
  const at = text.subarray(0, textLength).indexOf(part.subarray(0, partLength));
  return partLength === 0 ? -1 : at;
}
