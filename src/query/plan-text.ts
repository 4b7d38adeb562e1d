import type { Access, IndexAccess } from './access.js';
import type { IndexRange, IndexSource } from './index-source.js';
import { valueText } from './node-text.js';

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
export function rangesText({ index, ranges }: IndexAccess): string {
  if (ranges.length === 0) return 'nothing: no value can match';
  const shown = ranges.slice(0, MOST_RANGES).map((range) => rangeText(index, range));
  const more = ranges.length > MOST_RANGES ? ` or ${ranges.length - MOST_RANGES} more` : '';
  return `${shown.join(' or ')}${more}`;
}

function rangeText(index: IndexSource, { equal, low, high, prefix }: IndexRange): string {
  const parts = equal.map((value, i) => `${index.fields[i]?.path ?? ''} = ${valueText(value)}`);
  const path = index.fields[equal.length]?.path ?? '';
  if (prefix !== undefined) parts.push(`${path} begins with ${valueText(prefix)}`);
  if (low !== undefined) parts.push(`${path} ${low.inclusive ? '>=' : '>'} ${valueText(low.value)}`);
  if (high !== undefined) parts.push(`${path} ${high.inclusive ? '<=' : '<'} ${valueText(high.value)}`);
  return parts.length === 0 ? 'all entries' : parts.join(', ');
}
