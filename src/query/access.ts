import { compareValues } from '../filter/compare-values.js';
import { excludesNull, MOST_POINTS, pointValues, rangeBounds } from './bind-condition.js';
import type { Condition, PathCondition } from './conditions.js';
import type { IndexRange, IndexSource } from './index-source.js';
import { conditionsUsed, type IndexTemplate } from './index-template.js';
import { operandValue, type Params } from './params.js';
import { impliesWhere } from './partial-filter.js';

/** Ranges of one index that hold all rows of some conditions. */
export interface IndexAccess {
  readonly kind: 'index';
  readonly index: IndexSource;
  readonly ranges: readonly IndexRange[];
  /** Entries in the ranges, about. */
  readonly entries: number;
  /** Conditions that bound the ranges. */
  readonly used: readonly PathCondition[];
  /** Those of them that every entry meets. */
  readonly proved: readonly PathCondition[];
  /** The way that was bound; undefined when the whole index is walked for its order. */
  readonly template: IndexTemplate | undefined;
}

/** Several accesses: rows of any of them, or of all. */
export interface CombinedAccess {
  readonly kind: 'union' | 'intersection';
  readonly parts: readonly IndexAccess[];
  readonly entries: number;
  /** Rows after combining, about. */
  readonly rows: number;
}

/** Every row. */
export interface ScanAccess { readonly kind: 'scan' }

/** Where the rows of a plan come from. */
export type Access = ScanAccess | IndexAccess | CombinedAccess;

const MOST_ESTIMATES = 8;
const NO_CONDITIONS: readonly PathCondition[] = [];

/**
 * The template with the values of this run; undefined when the index can not serve them. `conditions` are all that hold; `known`: how many entries to
 * reckon with, instead of asking the index. */
export function bindTemplate(
  template: IndexTemplate, index: IndexSource, conditions: readonly Condition[], params: Params, known?: number,
): IndexAccess | undefined {
  const used = conditionsUsed(template);
  if (index.where !== undefined && !impliesWhere(conditions, index.where, params)) return undefined;
  if (index.sparse && !used.some((one) => excludesNull(one, params))) return undefined;
  if (index.multikey && !used.every((one) => excludesNull(one, params))) return undefined;
  const equals = equalValues(template, params);
  const tail = equals === undefined ? undefined : tailOf(template, params);
  if (equals === undefined || tail === undefined) return undefined;
  const ranges = tail === 'empty' ? [] : equals.map((equal): IndexRange => ({ equal, ...tail }));
  if (!ranges.every((range) => index.accepts(range))) return undefined;
  const exact = ranges.every((range) => index.exact(range));
  const proved = exact ? used.filter((one) => isProved(one, template)) : NO_CONDITIONS;
  return { kind: 'index', index, ranges, entries: known ?? entriesOf(index, ranges), used, proved, template };
}

/** The whole index, for its order alone; undefined when rows are missing from it. */
export function wholeIndex(index: IndexSource, conditions: readonly Condition[], params: Params): IndexAccess | undefined {
  if (index.multikey || index.sparse || !index.ordered) return undefined;
  if (index.where !== undefined && !impliesWhere(conditions, index.where, params)) return undefined;
  const range: IndexRange = { equal: [] };
  if (!index.accepts(range)) return undefined;
  return { kind: 'index', index, ranges: [range], entries: index.entryCount, used: NO_CONDITIONS, proved: NO_CONDITIONS, template: undefined };
}

function isProved(condition: PathCondition, { low, high }: IndexTemplate): boolean {
  if (!condition.proves) return false;
  if (condition.kind !== 'range') return true;
  return (condition.low === undefined || condition === low) && (condition.high === undefined || condition === high);
}

/** Every combination of the points; undefined when there are too many, or one can not be looked up. */
function equalValues({ points }: IndexTemplate, params: Params): readonly (readonly unknown[])[] | undefined {
  let rows: readonly (readonly unknown[])[] = [[]];
  for (const point of points) {
    const values = pointValues(point, params);
    if (values === undefined || rows.length * values.length > MOST_POINTS) return undefined;
    const [only] = values;
    const [first] = rows;
    rows = values.length === 1 && rows.length === 1 && first !== undefined ? [[...first, only]] : rows.flatMap((row) => values.map((value) => [...row, value]));
  }
  return rows;
}

const NO_TAIL = {};

function tailOf({ low, high, prefix }: IndexTemplate, params: Params): Pick<IndexRange, 'low' | 'high' | 'prefix'> | 'empty' | undefined {
  if (prefix !== undefined) {
    const text = operandValue(prefix.operand, params);
    return typeof text === 'string' ? { prefix: text } : undefined;
  }
  const below = low === undefined ? undefined : rangeBounds(low, params);
  const above = high === undefined ? undefined : rangeBounds(high, params);
  if ((low !== undefined && below === undefined) || (high !== undefined && above === undefined)) return undefined;
  const from = below?.low;
  const to = above?.high;
  if (from === undefined && to === undefined) return NO_TAIL;
  if (from !== undefined && to !== undefined) {
    const order = compareValues(from.value, to.value);
    if (order > 0 || (order === 0 && !(from.inclusive && to.inclusive))) return 'empty';
  }
  return { ...(from === undefined ? {} : { low: from }), ...(to === undefined ? {} : { high: to }) };
}

function entriesOf(index: IndexSource, ranges: readonly IndexRange[]): number {
  const [only] = ranges;
  if (only === undefined) return 0;
  if (ranges.length === 1) return estimated(index, only);
  const asked = ranges.slice(0, MOST_ESTIMATES);
  const sum = asked.reduce((total, range) => total + estimated(index, range), 0);
  return sum * ranges.length / asked.length;
}

function estimated(index: IndexSource, range: IndexRange): number {
  // An equal value in every field of a unique index: at most one entry, no need to look.
  if (index.unique && range.equal.length === index.fields.length && !range.equal.includes(null)) return 1;
  return index.estimate(range);
}
