import { compareBytes, compareText, compareValues, equalValues, isPlainText } from './compare-values.js';
import { RANK, rankOf } from './value-type.js';

/** Tests one value; undefined when it is missing. */
export type ValueTest = (value: unknown) => boolean;

/** Equal to the operand; null also to a missing value. */
export function equalTest(wanted: unknown): ValueTest {
  switch (typeof wanted) {
    case 'string': case 'boolean': return (value) => value === wanted;
    case 'number':
      if (Number.isNaN(wanted)) return (value) => Number.isNaN(value);
      return (value) => value === wanted || (typeof value === 'bigint' && equalValues(value, wanted));
    case 'bigint': return (value) => value === wanted || (typeof value === 'number' && equalValues(value, wanted));
    default: break;
  }
  if (wanted === null || wanted === undefined) return (value) => value === null || value === undefined;
  if (wanted instanceof Date) {
    const time = wanted.getTime();
    return (value) => value instanceof Date && value.getTime() === time;
  }
  if (wanted instanceof Uint8Array) return (value) => value instanceof Uint8Array && compareBytes(value, wanted) === 0;
  return (value) => typeof value === 'object' && equalValues(value, wanted);
}

/** Whether an order (negative, 0, positive) is what the operator asks for. */
interface Wanted { readonly below: boolean; readonly equal: boolean; readonly above: boolean }

export const ORDERS = {
  gt: { below: false, equal: false, above: true },
  gte: { below: false, equal: true, above: true },
  lt: { below: true, equal: false, above: false },
  lte: { below: true, equal: true, above: false },
} as const satisfies Record<string, Wanted>;

/** Ordered against the operand as asked, values of its own kind only; null is equal to itself and to a missing value. */
export function orderTest(op: keyof typeof ORDERS, wanted: unknown): ValueTest {
  if (typeof wanted === 'number' && !Number.isNaN(wanted)) return numberTest(op, wanted);
  if (typeof wanted === 'string') return textTest(op, wanted);
  if (wanted instanceof Date) return dateTest(op, wanted.getTime());
  const asked = ORDERS[op];
  if (wanted === null || wanted === undefined) return asked.equal ? equalTest(null) : () => false;
  // NaN is neither above nor below a number, only equal to itself.
  if (Number.isNaN(wanted)) return asked.equal ? equalTest(wanted) : () => false;
  const rank = rankOf(wanted);
  return (value) => rankOf(value) === rank && !Number.isNaN(value) && isAsked(asked, compareValues(value, wanted));
}

function isAsked(asked: Wanted, order: number): boolean { return order < 0 ? asked.below : order > 0 ? asked.above : asked.equal; }

// The order between number and bigint is exact in the language itself.
function isNumber(value: unknown): value is number | bigint { return typeof value === 'number' || typeof value === 'bigint'; }

function numberTest(op: keyof typeof ORDERS, wanted: number): ValueTest {
  switch (op) {
    case 'gt': return (value) => isNumber(value) && value > wanted;
    case 'gte': return (value) => isNumber(value) && value >= wanted;
    case 'lt': return (value) => isNumber(value) && value < wanted;
    case 'lte': return (value) => isNumber(value) && value <= wanted;
  }
}

function textTest(op: keyof typeof ORDERS, wanted: string): ValueTest {
  const asked = ORDERS[op];
  if (!isPlainText(wanted)) return (value) => typeof value === 'string' && isAsked(asked, compareText(value, wanted));
  switch (op) {
    case 'gt': return (value) => typeof value === 'string' && value > wanted;
    case 'gte': return (value) => typeof value === 'string' && value >= wanted;
    case 'lt': return (value) => typeof value === 'string' && value < wanted;
    case 'lte': return (value) => typeof value === 'string' && value <= wanted;
  }
}

function dateTest(op: keyof typeof ORDERS, wanted: number): ValueTest {
  const asked = ORDERS[op];
  return (value) => value instanceof Date && isAsked(asked, value.getTime() - wanted);
}

/** Equal to one of the operands. */
export function inTest(wanted: readonly unknown[]): ValueTest {
  const simple = new Set<unknown>();
  const others: ValueTest[] = [];
  let hasNull = false;
  for (const one of wanted) {
    if (one === null || one === undefined) hasNull = true;
    else if (typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean') simple.add(one);
    else others.push(equalTest(one));
  }
  const hasNumber = wanted.some((one) => rankOf(one) === RANK.number);
  const isOther = (value: unknown): boolean => others.some((test) => test(value));
  return (value) => {
    switch (typeof value) {
      case 'undefined': return hasNull;
      case 'string': case 'boolean': return simple.has(value);
      case 'number': return simple.has(value) || (others.length > 0 && isOther(value));
      case 'bigint': return hasNumber && (isOther(value) || isSmall(value, simple));
      default: return value === null ? hasNull : isOther(value);
    }
  };
}

/** A bigint that is also an exact number. */
function isSmall(value: bigint, numbers: ReadonlySet<unknown>): boolean {
  const number = Number(value);
  return Number.isFinite(number) && BigInt(number) === value && numbers.has(number);
}

/** Not below one, not above the other, and of their kind. */
export function betweenTest(low: unknown, high: unknown): ValueTest {
  const above = orderTest('gte', low);
  const below = orderTest('lte', high);
  return (value) => above(value) && below(value);
}
