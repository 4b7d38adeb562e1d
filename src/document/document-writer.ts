import { FieldstoneError } from '#storage';
import { copyValue, isPlain, MAX_DEPTH, MAX_VALUES, ownData } from '../filter/copy-value.js';
import { documentTooLong, MAX_DOCUMENT_BYTES, textOfValue } from './document-text.js';
import { DOCUMENT_VALUES } from './document-values.js';

const FIRST_BYTES = 1 << 14;
/** A buffer that one long document needed is not kept for the next ones. */
const KEPT_BYTES = 1 << 20;
/** Longer texts are looked at by the regular expression engine and copied in one go. */
const SHORT_TEXT = 48;
/** Characters that stand in JSON as they are. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
/** Spellings of field names that are kept. */
const MOST_NAMES = 4096;
const LITERAL = '{"$literal":';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;

/**
 * Writes values of the user as the text of a document, in one walk that checks, copies and encodes: the bytes are those of
 * `documentText(copyDocument(...))`. Each value is read once, so getters may do what they like. Memory is used again by the next document.
 */
export class DocumentWriter {
  /** The text stands in bytes[0 .. length). */
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  length = 0;
  #count = 0;
  readonly #names = new Map<string, Uint8Array>();

  /** A new document; its fields follow. */
  begin(): void {
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#count = 0;
    this.length = 0;
    this.#byte(0x7b);
  }

  /** One field at the top; undefined is left out. Throws VALUE, LIMIT. */
  field(name: string, value: unknown): void {
    if (value === undefined) return;
    if (this.length > 1) this.#byte(0x2c);
    this.#name(name);
    this.#value(value, 1);
  }

  /** No more fields; returns the length of the text. Throws LIMIT above 16 MB. */
  end(): number {
    this.#byte(0x7d);
    if (this.length > MAX_DOCUMENT_BYTES) throw documentTooLong(this.length);
    return this.length;
  }

  /** Counts values, to bound them. Throws LIMIT. */
  step(count: number): void {
    this.#count += count + 1;
    if (this.#count > MAX_VALUES) throw new FieldstoneError('LIMIT', `a document holds more than ${MAX_VALUES} values`);
  }

  #value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string': this.#text(value); return;
      case 'number': this.#number(value); return;
      case 'boolean': this.#raw(value ? 'true' : 'false'); return;
      case 'undefined': this.#raw('null'); return;
      case 'object':
        if (value === null) this.#raw('null');
        else this.#object(value, depth);
        return;
      default: this.#odd(value);
    }
  }

  /** What JSON has no word for, and what is refused. */
  #odd(value: unknown): void { this.#raw(textOfValue(copyValue(value, DOCUMENT_VALUES))); }

  #object(value: object, depth: number): void {
    if (value instanceof Date || value instanceof Uint8Array) {
      this.#odd(value);
      return;
    }
    if (depth >= MAX_DEPTH) {
      throw new FieldstoneError('LIMIT', `a document is nested deeper than ${MAX_DEPTH} levels, or in a circle`, { details: { maxDepth: MAX_DEPTH } });
    }
    if (Array.isArray(value)) this.#array(value, depth);
    else if (isPlain(value)) this.#fields(value, depth);
    else this.#odd(value);
  }

  #array(value: readonly unknown[], depth: number): void {
    const { length } = value;
    this.step(length);
    this.#byte(0x5b);
    for (let i = 0; i < length; i++) {
      if (i > 0) this.#byte(0x2c);
      this.#value(value[i], depth + 1);
    }
    this.#byte(0x5d);
  }

  #fields(value: Readonly<Record<string, unknown>>, depth: number): void {
    const names = Object.keys(value);
    this.step(names.length);
    const start = this.length;
    let isFirst = true;
    let isLiteral = false;
    this.#byte(0x7b);
    for (const name of names) {
      const one = name === '__proto__' ? ownData(value, name, DOCUMENT_VALUES) : value[name];
      if (one === undefined) continue;
      if (name.startsWith('$')) isLiteral = true;
      if (!isFirst) this.#byte(0x2c);
      isFirst = false;
      this.#name(name);
      this.#value(one, depth + 1);
    }
    this.#byte(0x7d);
    if (isLiteral) this.#wrap(start);
  }

  /** Names that begin with $ stand inside of a literal. */
  #wrap(start: number): void {
    const end = this.length;
    this.#room(LITERAL.length + 1);
    this.bytes.copyWithin(start + LITERAL.length, start, end);
    this.bytes.write(LITERAL, start, 'latin1');
    this.length = end + LITERAL.length;
    this.#byte(0x7d);
  }

  #name(name: string): void {
    let text = this.#names.get(name);
    if (text === undefined) {
      text = Buffer.from(`${textOfValue(name)}:`, 'latin1');
      if (this.#names.size >= MOST_NAMES) this.#names.clear();
      this.#names.set(name, text);
    }
    const count = text.length;
    this.#room(count);
    const { bytes, length } = this;
    for (let i = 0; i < count; i++) bytes[length + i] = text[i] ?? 0;
    this.length = length + count;
  }

  #text(value: string): void {
    const count = value.length;
    if (count > SHORT_TEXT) {
      if (PLAIN_TEXT.test(value)) this.#quoted(value);
      else this.#raw(textOfValue(value));
      return;
    }
    this.#room(count + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < count; i++) {
      const code = value.charCodeAt(i);
      if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) {
        this.#raw(textOfValue(value));
        return;
      }
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.length = at;
  }

  #quoted(value: string): void {
    this.#room(value.length + 2);
    this.bytes[this.length] = QUOTE;
    this.bytes.write(value, this.length + 1, 'latin1');
    this.length += value.length + 2;
    this.bytes[this.length - 1] = QUOTE;
  }

  #number(value: number): void {
    const whole = value | 0;
    if (whole !== value || whole < 0 || (whole === 0 && Object.is(value, -0))) {
      if (Number.isFinite(value) && value !== 0) this.#raw(String(value));
      else this.#odd(value);
      return;
    }
    this.#room(10);
    let digits = 1;
    for (let above = 10; above <= whole; above *= 10) digits++;
    let rest = whole;
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const tenth = (rest / 10) | 0;
      this.bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += digits;
  }

  #raw(ascii: string): void {
    const count = ascii.length;
    this.#room(count);
    const { bytes, length } = this;
    if (count > SHORT_TEXT) bytes.write(ascii, length, 'latin1');
    else for (let i = 0; i < count; i++) bytes[length + i] = ascii.charCodeAt(i);
    this.length = length + count;
  }

  #byte(byte: number): void {
    if (this.length === this.bytes.length) this.#room(1);
    this.bytes[this.length++] = byte;
  }

  #room(count: number): void {
    const needed = this.length + count;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    // Twice as long while it is small: what no document may hold is not gathered up first.
    if (needed > MAX_DOCUMENT_BYTES * 2) throw documentTooLong(needed);
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
