import { FieldstoneError } from '#storage';
import { MAX_DEPTH } from '../filter/copy-value.js';
import { isFields } from '../filter/value-type.js';

/** Text of the largest document. */
export const MAX_DOCUMENT_BYTES = 16 << 20;

const NOT_ASCII = /[^\x00-\x7f]/;
const WIDE = /[\u0080-\uffff]/g;
const INT64 = 63;

/**
 * Fields as JSON text in ASCII, so that it reads the same in every code page. What JSON does not know is written as MongoDB's
 * Extended JSON does: `{"$date": ...}`, `{"$binary": ...}`, `{"$numberLong": ...}`, `{"$numberDouble": "NaN"}`; a bigint beyond 64 bits
 * as `{"$bigint": ...}`; an object with a name that begins with $ stands inside `{"$literal": ...}`. Throws LIMIT above 16 MB or 100 levels.
 *
 * @example
 * documentText({ at: new Date(0) }); // {"at":{"$date":"1970-01-01T00:00:00.000Z"}}
 */
export function documentText(fields: Readonly<Record<string, unknown>>): string {
  const text = asciiText(JSON.stringify(plainFields(fields, 0)));
  if (text.length > MAX_DOCUMENT_BYTES) throw documentTooLong(text.length);
  return text;
}

/** The text of one checked value as it stands in such a text. */
export function textOfValue(value: unknown): string { return asciiText(JSON.stringify(plain(value, 0))); }

export function documentTooLong(sizeBytes: number): FieldstoneError {
  return new FieldstoneError('LIMIT', `a document takes ${sizeBytes} bytes; at most ${MAX_DOCUMENT_BYTES} are allowed`, { details: { sizeBytes } });
}

function asciiText(json: string): string { return NOT_ASCII.test(json) ? json.replace(WIDE, escaped) : json; }

function escaped(unit: string): string { return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`; }

function plain(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'number': return Number.isFinite(value) && !Object.is(value, -0) ? value : { $numberDouble: Object.is(value, -0) ? '-0' : String(value) };
    case 'bigint': return BigInt.asIntN(INT64 + 1, value) === value ? { $numberLong: String(value) } : { $bigint: String(value) };
    case 'object': return value === null ? null : plainObject(value, depth);
    default: return value;
  }
}

function plainObject(value: object, depth: number): unknown {
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $binary: { base64: Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'), subType: '00' } };
  if (depth >= MAX_DEPTH) throw new FieldstoneError('LIMIT', `a document is nested deeper than ${MAX_DEPTH} levels`, { details: { maxDepth: MAX_DEPTH } });
  if (Array.isArray(value)) return value.map((element) => plain(element, depth + 1));
  return isFields(value) ? plainFields(value, depth) : null;
}

function plainFields(fields: Readonly<Record<string, unknown>>, depth: number): unknown {
  const result: Record<string, unknown> = {};
  let isLiteral = false;
  for (const name of Object.keys(fields)) {
    if (name.startsWith('$')) isLiteral = true;
    result[name] = plain(fields[name], depth + 1);
  }
  return isLiteral ? { $literal: result } : result;
}

/** The fields of such a text. Throws CORRUPT_MEMO when it is none: another program may have written it. */
export function parseDocumentText(text: string): Record<string, unknown> {
  const value = parseDocumentValue(text);
  if (!isFields(value)) throw new FieldstoneError('CORRUPT_MEMO', 'the text of a document is JSON, but no object');
  return value;
}

/** A value in such a text, made anew. Throws CORRUPT_MEMO. */
export function parseDocumentValue(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (e) {
    throw new FieldstoneError('CORRUPT_MEMO', `a document is no JSON text: ${e instanceof Error ? e.message : String(e)}`, { cause: e });
  }
  // Most documents have none of these: then what JSON made is the document. One character is found much faster than two.
  return text.includes('$') && text.includes('"$') ? revived(parsed, 0) : parsed;
}

function revived(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH * 2) throw new FieldstoneError('LIMIT', `a document is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revived(value[i], depth + 1);
    return value;
  }
  const fields: Record<string, unknown> = value as Record<string, unknown>; // JSON makes nothing but plain objects
  const [name, ...more] = Object.keys(fields);
  if (name !== undefined && more.length === 0 && name.startsWith('$')) return special(name, fields[name], depth);
  return revivedFields(fields, depth);
}

/** The fields of a text that JSON.parse or a reader made, of which some are written as Extended JSON; they are changed. */
export function reviveFields(fields: Record<string, unknown>): void { revivedFields(fields, 0); }

function revivedFields(fields: Record<string, unknown>, depth: number): Record<string, unknown> {
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (typeof value === 'object' && value !== null) fields[name] = revived(value, depth + 1);
  }
  return fields;
}

function special(name: string, value: unknown, depth: number): unknown {
  switch (name) {
    case '$date': return dateOf(value);
    case '$binary': return bytesOf(value);
    case '$numberLong': case '$bigint': return bigintOf(value);
    case '$numberDouble': return typeof value === 'string' ? Number(value) : unknownForm(name);
    case '$literal': return isFields(value) ? revivedFields({ ...value }, depth) : unknownForm(name);
    default: return unknownForm(name);
  }
}

function unknownForm(name: string): never {
  throw new FieldstoneError('CORRUPT_MEMO', `the text of a document holds ${name.slice(0, 64)} in a form that is not known`);
}

function dateOf(value: unknown): Date {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? unknownForm('$date') : date;
}

function bytesOf(value: unknown): Uint8Array {
  const base64 = isFields(value) ? value['base64'] : undefined;
  return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : unknownForm('$binary');
}

function bigintOf(value: unknown): bigint {
  // A limit on digits, because making a number of them takes a time that grows faster than they do.
  return typeof value === 'string' && /^-?[0-9]{1,10000}$/.test(value) ? BigInt(value) : unknownForm('$numberLong');
}
