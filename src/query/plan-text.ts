import type { Access, IndexAccess } from './access.js';
import type { IndexRange, IndexSource } from './index-source.js';
import { SHAPE_STYLE, valueStyle, valueText, type NodeStyle } from './node-text.js';
import { operandValue, type Params } from './params.js';

/** How a plan shows what it compares with. */
export interface PlanStyle {
  readonly node: NodeStyle;
  readonly value: (value: unknown) => string;
}

/** No value at all. */
export const SHAPE_PLAN: PlanStyle = { node: SHAPE_STYLE, value: () => '?' };
/** The values of a run. */
export function planStyle(params: Params): PlanStyle { return { node: valueStyle((operand) => operandValue(operand, params)), value: valueText }; }

/** How rows are found, in a few words and without values. */
export function accessText(access: Access): string {
  switch (access.kind) {
    case 'scan': return 'scan';
    case 'index': return `index ${access.index.name}`;
    default: return `${access.kind} of ${[...new Set(access.parts.map((part) => part.index.name))].join(', ')}`;
  }
}

const MOST_RANGES = 3;

/** The ranges of an access as plans show them: `city = "Oslo", age >= 18`. */
export function rangesText({ index, ranges }: IndexAccess, { value }: PlanStyle): string {
  if (ranges.length === 0) return 'nothing: no value can match';
  const shown = ranges.slice(0, MOST_RANGES).map((range) => rangeText(index, range, value));
  const more = ranges.length > MOST_RANGES ? ` or ${ranges.length - MOST_RANGES} more` : '';
  return `${shown.join(' or ')}${more}`;
}

function rangeText(index: IndexSource, { equal, low, high, prefix }: IndexRange, text: PlanStyle['value']): string {
  const parts = equal.map((value, i) => `${index.fields[i]?.path ?? ''} = ${text(value)}`);
  const path = index.fields[equal.length]?.path ?? '';
  if (prefix !== undefined) parts.push(`${path} begins with ${text(prefix)}`);
  if (low !== undefined) parts.push(`${path} ${low.inclusive ? '>=' : '>'} ${text(low.value)}`);
  if (high !== undefined) parts.push(`${path} ${high.inclusive ? '<=' : '<'} ${text(high.value)}`);
  return parts.length === 0 ? 'all entries' : parts.join(', ');
}
