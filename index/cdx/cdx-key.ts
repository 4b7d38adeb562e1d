import { FieldstoneError } from '#storage';
import type { CompiledExpression } from '../expression/compile.js';
import type { ExpressionRow, LogicalOf, NumberOf, TextValue } from '../expression/value.js';
import type { KeyType, TagFacts } from '../xbase/tag-facts.js';
import { MAX_KEY_BYTES } from './cdx-header.js';

const HAS_VALUE = 0x80;
const BLANK = 0x20;
const TRUE = 0x54;
const FALSE = 0x46;
const FIXED_BYTES: Readonly<Record<Exclude<KeyType, 'C'>, number>> = { N: 8, D: 8, T: 8, Y: 8, I: 4, L: 1 };

/** What keys of an expression look like in a CDX or compact IDX. */
export interface KeyShape {
  readonly keyType: KeyType;
  /** With the byte that tells NULL. */
  readonly keyLength: number;
  readonly nullPrefix: boolean;
}

/**
 * The shape that FoxPro would give keys of this expression. `nulls`: the table's NULLs get a key of their own (not in candidate tags).
 *
 * @throws FieldstoneError LIMIT for a text of no or more than 240 bytes
 */
export function keyShapeOf(expression: CompiledExpression, nulls: boolean): KeyShape {
  const keyType = naturalType(expression);
  const nullPrefix = nulls && expression.value.mayBeNull;
  const length = (keyType === 'C' && expression.value.type === 'C' ? expression.value.length : keyType === 'C' ? 0 : FIXED_BYTES[keyType]) + (nullPrefix ? 1 : 0);
  if (length === (nullPrefix ? 1 : 0) || length > MAX_KEY_BYTES) {
    throw new FieldstoneError('LIMIT', `a key of ${length} bytes; 1 to ${MAX_KEY_BYTES} are possible: take LEFT() or PADR() of the expression`);
  }
  return { keyType, keyLength: length, nullPrefix };
}

function naturalType({ value, onlyField }: CompiledExpression): KeyType {
  if (onlyField !== undefined && (onlyField.type === 'I' || onlyField.type === '+')) return 'I';
  return onlyField?.type === 'Y' ? 'Y' : value.type;
}

/** True when keys of the expression are text: what opening a file must know (CdxOptions). */
export function hasTextKeys(expression: CompiledExpression): boolean { return expression.value.type === 'C'; }

/** A guess for a tag whose expression cannot be compiled: numbers and dates have 8 bytes, integers 4, logicals 1. */
export function guessesTextKeys({ keyLength, nullPrefix }: TagFacts): boolean {
  const length = keyLength - (nullPrefix ? 1 : 0);
  return length !== 8 && length !== 4 && length !== 1;
}

/** What a key tells of its value: text as bytes without blanks at the end, days as Julian day numbers, times as milliseconds since day 0, null for NULL. */
export interface DecodedKey {
  readonly value: Buffer | number | bigint | boolean | null;
  /** The field's value is this and nothing else; false for expressions, cut texts, and where a blank field has the same key. */
  readonly exact: boolean;
}

/**
 * Makes the keys of one tag, row by row, and reads them. Keys of machine order sort as bytes. Numbers are doubles made sortable (big-endian,
 * the top bit of positive ones set, all bits of negative ones inverted), days and times are such numbers of days.
 *
 * @example
 * const keys = new CdxKeys(compileExpression('UPPER(NAME)', { layout }), tag.facts);
 * keys.write({ bytes, start: 0, recno: 1 }, out, 0);
 */
export class CdxKeys {
  readonly keyType: KeyType;
  readonly keyLength: number;
  readonly #expression: CompiledExpression;
  readonly #nullPrefix: boolean;
  readonly #write: (row: ExpressionRow, out: Buffer, at: number) => boolean;
  readonly #machine: boolean;

  /** Throws UNSUPPORTED when keys of this expression do not have the length that the tag says, or the collation is not MACHINE. */
  constructor(expression: CompiledExpression, facts: Pick<TagFacts, 'keyLength' | 'nullPrefix' | 'collation' | 'name'>) {
    this.#expression = expression;
    this.#nullPrefix = facts.nullPrefix;
    this.#machine = facts.collation === 'MACHINE';
    this.keyLength = facts.keyLength;
    const length = facts.keyLength - (facts.nullPrefix ? 1 : 0);
    const natural = naturalType(expression);
    // Both FoxPro and Harbour take a numeric key of four bytes for an integer.
    this.keyType = natural === 'N' && length === 4 ? 'I' : natural === 'I' && length === 8 ? 'N' : natural;
    if (!this.#machine || (this.keyType !== 'C' && FIXED_BYTES[this.keyType] !== length)) {
      const why = this.#machine ? `its keys have ${length} bytes, those of the expression ${this.keyType === 'C' ? '' : FIXED_BYTES[this.keyType]}` : `of its collation ${facts.collation}`;
      throw new FieldstoneError('UNSUPPORTED', `keys of tag ${facts.name} cannot be made: ${why}`);
    }
    this.#write = this.#writer(length);
  }

  /** Writes the key of a row; false for NULL (the key of a blank value, in tags that do not tell NULL). */
  write(row: ExpressionRow, out: Buffer, at: number): boolean {
    if (!this.#nullPrefix) return this.#write(row, out, at);
    const hasValue = this.#write(row, out, at + 1);
    if (hasValue) out[at] = HAS_VALUE;
    else out.fill(0, at, at + this.keyLength);
    return hasValue;
  }

  /** What the key says. */
  decode(key: Buffer): DecodedKey {
    const from = this.#nullPrefix ? 1 : 0;
    if (this.#nullPrefix && key[0] !== HAS_VALUE) return { value: null, exact: this.#expression.onlyField !== undefined };
    const field = this.#expression.onlyField;
    const told = field !== undefined && (this.#nullPrefix || !this.#expression.value.mayBeNull);
    switch (this.keyType) {
      case 'C': {
        let end = this.keyLength;
        while (end > from && key[end - 1] === BLANK) end--;
        return { value: key.subarray(from, end), exact: told && field.length === this.keyLength - from };
      }
      case 'I': return { value: key.readUInt32BE(from) - 0x80000000, exact: told };
      case 'Y': return { value: BigInt.asIntN(64, key.readBigUInt64BE(from) ^ (1n << 63n)), exact: told };
      case 'L': return { value: key[from] === TRUE, exact: told && key[from] === TRUE };
      case 'N': {
        const value = readSortable(key, from);
        return { value, exact: told && (value !== 0 || field.type === 'B') };
      }
      case 'D': return { value: readSortable(key, from), exact: told };
      case 'T': return { value: Math.round(readSortable(key, from) * 86_400) * 1000, exact: told };
    }
  }

  #writer(length: number): (row: ExpressionRow, out: Buffer, at: number) => boolean {
    const { value, onlyField } = this.#expression;
    switch (value.type) {
      case 'C': return textWriter(value, length);
      case 'L': return logicalWriter(value.logical);
      case 'D': return doubleWriter(value.number);
      case 'T': return doubleWriter(daysOf(value.number));
      case 'N': break;
    }
    if (this.keyType === 'I') return integerWriter(value.number);
    return this.keyType === 'Y' && onlyField !== undefined ? currencyWriter(onlyField.offset, value.number) : doubleWriter(value.number);
  }
}

/** Whether a row is in a tag with this FOR expression: NULL is no. Throws QUERY when it is not logical. */
export function forFilter(expression: CompiledExpression): (row: ExpressionRow) => boolean {
  const { value } = expression;
  if (value.type !== 'L') throw new FieldstoneError('QUERY', 'a FOR expression must be logical');
  return (row) => value.logical(row) === 1;
}

/** FoxPro multiplies by the reciprocal; only so the last bit is the same. */
function daysOf(number: NumberOf): NumberOf { return (row) => wholeSeconds(number(row)) * (1 / 86_400); }

function wholeSeconds(ms: number): number { return Math.round(ms / 1000); }

function textWriter(value: TextValue, length: number): (row: ExpressionRow, out: Buffer, at: number) => boolean {
  const { text } = value;
  if (value.length <= length) {
    return (row, out, at) => {
      const written = text(row, out, at);
      for (let i = at + Math.max(0, written); i < at + length; i++) out[i] = BLANK;
      return written >= 0;
    };
  }
  const scratch = Buffer.alloc(value.length);
  return (row, out, at) => {
    const written = text(row, scratch, 0);
    for (let i = 0; i < length; i++) out[at + i] = i < written ? scratch[i] ?? 0 : BLANK;
    return written >= 0;
  };
}

function logicalWriter(logical: LogicalOf): (row: ExpressionRow, out: Buffer, at: number) => boolean {
  return (row, out, at) => {
    const value = logical(row);
    out[at] = value === 1 ? TRUE : FALSE;
    return value !== 2;
  };
}

const double = new Float64Array(1);
const bytesOfDouble = new Uint8Array(double.buffer);
const bigEndianHost = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;

/** Writes a double so that its bytes sort as the numbers do. */
export function writeSortable(value: number, out: Buffer, at: number): void {
  double[0] = value + 0;
  const flip = value < 0 ? 0xff : 0;
  for (let i = 0; i < 8; i++) out[at + i] = (bytesOfDouble[bigEndianHost ? i : 7 - i] ?? 0) ^ flip;
  if (value >= 0) out[at] = (out[at] ?? 0) | 0x80;
}

/** The double behind such bytes. */
export function readSortable(bytes: Buffer, at: number): number {
  const flip = (bytes[at] ?? 0) < 0x80 ? 0xff : 0;
  for (let i = 0; i < 8; i++) bytesOfDouble[bigEndianHost ? i : 7 - i] = (bytes[at + i] ?? 0) ^ (i === 0 && flip === 0 ? 0x80 : flip);
  return (double[0] ?? 0) + 0;
}

function doubleWriter(number: NumberOf): (row: ExpressionRow, out: Buffer, at: number) => boolean {
  return (row, out, at) => {
    const value = number(row);
    writeSortable(Number.isNaN(value) ? 0 : value, out, at);
    return !Number.isNaN(value);
  };
}

function integerWriter(number: NumberOf): (row: ExpressionRow, out: Buffer, at: number) => boolean {
  return (row, out, at) => {
    const value = number(row);
    const bits = (Math.trunc(value) | 0) ^ -0x80000000;
    out[at] = bits >>> 24;
    out[at + 1] = (bits >>> 16) & 0xff;
    out[at + 2] = (bits >>> 8) & 0xff;
    out[at + 3] = bits & 0xff;
    return !Number.isNaN(value);
  };
}

/** The int64 of the field itself: a double does not hold all of it. */
function currencyWriter(offset: number, number: NumberOf): (row: ExpressionRow, out: Buffer, at: number) => boolean {
  return (row, out, at) => {
    const isNull = Number.isNaN(number(row));
    const from = row.start + offset;
    for (let i = 0; i < 8; i++) out[at + i] = isNull ? 0 : row.bytes[from + 7 - i] ?? 0;
    out[at] = (out[at] ?? 0) ^ 0x80;
    return !isNull;
  };
}
