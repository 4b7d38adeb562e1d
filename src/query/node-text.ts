import type { FilterNode, Operand } from '../filter/filter-node.js';

/** How operands and patterns are written. */
export interface NodeStyle {
  readonly operand: (operand: Operand) => string;
  readonly pattern: (source: string, flags: string) => string;
}

const operandShape = (operand: Operand): string => (operand.kind === 'param' && operand.isGiven !== true ? `:${operand.name}` : '?');
const patternText = (source: string, flags: string): string => `/${source}/${flags}`;

/** No value at all: for people and reports. */
export const SHAPE_STYLE: NodeStyle = { operand: operandShape, pattern: () => '?' };
/** The same, but patterns as they are: filters with different ones are planned differently. */
export const KEY_STYLE: NodeStyle = { operand: operandShape, pattern: patternText };
/** With values, those of parameters as `valueOf` gives them. */
export function valueStyle(valueOf: (operand: Operand) => unknown, show: (value: unknown) => string = valueText): NodeStyle {
  return { operand: (operand) => show(valueOf(operand)), pattern: patternText };
}

const MOST_TEXT = 64;

/** A value as text that tells it from every other; long texts are whole. */
export function valueKey(value: unknown): string {
  switch (typeof value) {
    case 'string': return JSON.stringify(value);
    case 'number': return Object.is(value, -0) ? '0' : String(value);
    case 'bigint': return `${value}n`;
    case 'object': return value === null ? 'null' : objectKey(value);
    default: return String(value);
  }
}

function objectKey(value: object): string {
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Uint8Array) return `bytes(${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')})`;
  if (Array.isArray(value)) return `[${value.map(valueKey).join(',')}]`;
  return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${valueKey(one)}`).join(',')}}`;
}

/** A value as plans show it: dates readable, long texts cut. */
export function valueText(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  const text = valueKey(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

const SYMBOLS: Readonly<Record<string, string>> = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

/** The filter as one line of text. In SHAPE_STYLE, filters of one shape give one text. */
export function nodeText(node: FilterNode, style: NodeStyle): string {
  const { operand: text, pattern } = style;
  switch (node.op) {
    case 'true': case 'false': return node.op;
    case 'and': case 'or': return `(${node.parts.map((part) => nodeText(part, style)).join(` ${node.op} `)})`;
    case 'nor': return `not (${node.parts.map((part) => nodeText(part, style)).join(' or ')})`;
    case 'not': return `not ${nodeText(node.part, style)}`;
    case 'in': case 'nin': case 'all': return `${node.path} ${node.op} [${listText(node.operands, text)}]`;
    case 'between': return `${node.path} between ${text(node.low)} and ${text(node.high)}`;
    case 'exists': return `${node.path} ${node.present ? 'exists' : 'is missing'}`;
    case 'type': return `${node.path} is ${node.types.join(' or ')}`;
    case 'regex': return `${node.path} matches ${pattern(node.source, node.flags)}`;
    case 'startsWith': case 'size': return `${node.path} ${node.op} ${text(node.operand)}`;
    case 'elemMatch': return `${node.path} elemMatch ${nodeText(node.part, style)}`;
    default: return `${node.path} ${SYMBOLS[node.op] ?? node.op} ${text(node.operand)}`;
  }
}

/** A list of anonymous operands is one mark, however long it is. */
function listText(operands: readonly Operand[], text: NodeStyle['operand']): string {
  const texts = operands.map(text);
  return texts.every((one) => one === '?') ? '?' : texts.join(', ');
}
