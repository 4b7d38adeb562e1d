import { ByteMemory, FieldstoneError } from '#storage';
import { copyValue, isPlain, MAX_DEPTH, MAX_VALUES, ownData } from '../filter/copy-value.js';
import { documentTooLong, MAX_DOCUMENT_BYTES, textOfValue } from './document-text.js';
import { DOCUMENT_VALUES } from './document-values.js';
import { FieldName } from './field-name.js';
import { NameChain } from './name-chain.js';

const FIRST_BYTES = 1 << 14;
/** A buffer that one long document needed is not kept for the next ones. */
const KEPT_BYTES = 1 << 20;
/** Longer texts are looked at by the regular expression engine and copied in one go. */
const SHORT_TEXT = 48;
/** Characters that stand in JSON as they are. */
const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
/** Not 0: JSON writes the character in another way, or it is no ASCII. */
const ODD = Uint8Array.from({ length: 256 }, (_, code) => (PLAIN_TEXT.test(String.fromCharCode(code)) ? 0 : 1));
const LITERAL = '{"$literal":';

/** Bits of characters that no byte has. */
const NO_BYTE = 0xff00;
/** In each of four bytes. */
const ONES = 0x01010101;
const SPACES = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const HIGH_BITS = 0x80808080 | 0;

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const MOST_DIGITS = 10;
const WORD_BYTES = 4;
/** The first four characters of each, the first in the lowest bits. */
const NULL = 0x6c6c756e;
const TRUE = 0x65757274;
const FALS = 0x736c6166;
const LETTER_E = 0x65;
const { hasOwnProperty: hasOwn } = Object.prototype;
/**
 * Reads an element of a list of the user. Where lists of numbers and of other things come by, V8 turns the numbers of a list that is read as `list[i]` into
 * objects first, for good: three times as slow, and the user's list takes more memory from then on. A constant of this file: V8 folds none that is imported.
 */
const { at: elementAt } = Array.prototype;

/**
 * Writes values of the user as the text of a document, in one walk that checks, copies and encodes: the bytes are those of
 * `documentText(copyDocument(...))`. Each value is read once, so getters may do what they like. Memory is used again by the next document.
 *
 * Whoever writes is told where to and says where it ended: a place in a variable is passed on faster than one in a field. Fields and elements are written
 * with a comma before them, and what opens the object or the list takes the place of the first comma.
 */
export class DocumentWriter {
  /** The text stands in memory.bytes[start .. end): memory of the caller as long as that is enough. */
  memory = new ByteMemory(Buffer.allocUnsafeSlow(FIRST_BYTES));
  start = 0;
  end = 0;
  /** Of the value that was written last, when it was text that JSON takes as it is: where its characters begin; they end before the last byte. Else -1. */
  plainStart = -1;
  #own = this.memory;
  #count = 0;
  readonly names = new NameChain((name) => new FieldName(name));
  #last = new FieldName('');

  /** A new document; its fields follow. It goes to memory.bytes[start ..] when it fits. */
  begin(memory?: ByteMemory, start = 0): void {
    if (this.#own.bytes.length > KEPT_BYTES) this.#own = new ByteMemory(Buffer.allocUnsafeSlow(FIRST_BYTES));
    this.memory = memory ?? this.#own;
    this.start = this.end = start;
    this.#count = 0;
  }

  /** One field at the top; undefined is left out. Throws VALUE, LIMIT. */
  field(name: string, value: unknown): void { this.named(this.names.of(name), value); }

  /** The same for a name that was looked up before. */
  named(name: FieldName, value: unknown): void {
    if (value === undefined) return;
    this.#last = name;
    this.end = this.#value(value, this.#name(name, this.end), 1);
  }

  /** No more fields; returns the length of the text. Throws LIMIT above 16 MB. */
  finish(): number {
    const { start } = this;
    let { end } = this;
    if (end === start) end++;
    const bytes = this.#room(end, 1);
    bytes[start] = OPEN;
    bytes[end++] = CLOSE;
    this.end = end;
    if (end - start > MAX_DOCUMENT_BYTES) throw documentTooLong(end - start);
    return end - start;
  }

  /** Counts values, to bound them. Throws LIMIT. */
  step(count: number): void {
    this.#count += count + 1;
    if (this.#count > MAX_VALUES) throw new FieldstoneError('LIMIT', `a document holds more than ${MAX_VALUES} values`);
  }

  #value(value: unknown, at: number, depth: number): number {
    // Not a switch: V8 would make the name of the type each time.
    if (typeof value === 'string') return this.#text(value, at);
    if (typeof value === 'number') return this.#number(value, at);
    if (value === null || value === undefined) return this.#word(NULL, at);
    if (typeof value === 'object') return this.#object(value, at, depth);
    if (typeof value !== 'boolean') return this.#odd(value, at);
    if (value) return this.#word(TRUE, at);
    const end = this.#word(FALS, at);
    this.memory.bytes[end] = LETTER_E;
    return end + 1;
  }

  /** What JSON has no word for, and what is refused. */
  #odd(value: unknown, at: number): number { return this.#raw(textOfValue(copyValue(value, DOCUMENT_VALUES)), at); }

  #object(value: object, at: number, depth: number): number {
    if (Array.isArray(value)) return this.#array(value, at, depth);
    return isPlain(value) ? this.#fields(value, at, depth) : this.#odd(value, at);
  }

  #array(value: readonly unknown[], from: number, depth: number): number {
    assertDepth(depth);
    const { length } = value;
    this.step(length);
    let at = from;
    for (let i = 0; i < length; i++) {
      this.#room(at, 1)[at] = COMMA;
      at = this.#value(elementAt.call(value, i), at + 1, depth + 1);
    }
    this.plainStart = -1;
    return this.#close(from, at, OPEN_LIST, CLOSE_LIST);
  }

  #fields(value: Readonly<Record<string, unknown>>, from: number, depth: number): number {
    assertDepth(depth);
    let at = from;
    let count = 0;
    let isLiteral = false;
    for (const name in value) {
      if (!hasOwn.call(value, name)) continue;
      count++;
      const one = name === '__proto__' ? ownData(value, name, DOCUMENT_VALUES) : value[name];
      if (one === undefined) continue;
      const known = this.#last = this.names.after(this.#last, name);
      isLiteral ||= known.isOperator;
      at = this.#value(one, this.#name(known, at), depth + 1);
    }
    this.step(count);
    this.plainStart = -1;
    at = this.#close(from, at, OPEN, CLOSE);
    return isLiteral ? this.#wrap(from, at) : at;
  }

  /** What was written from `from` on begins with a comma, unless it is empty. */
  #close(from: number, end: number, open: number, close: number): number {
    const at = end === from ? end + 1 : end;
    const bytes = this.#room(at, 1);
    bytes[from] = open;
    bytes[at] = close;
    return at + 1;
  }

  /** Names that begin with $ stand inside of a literal. */
  #wrap(start: number, end: number): number {
    const bytes = this.#room(end, LITERAL.length + 1);
    bytes.copyWithin(start + LITERAL.length, start, end);
    bytes.write(LITERAL, start, 'latin1');
    bytes[end + LITERAL.length] = CLOSE;
    return end + LITERAL.length + 1;
  }

  /** Four bytes at once: what follows is written over those too many. */
  #name({ words, lengthBytes }: FieldName, at: number): number {
    const count = words.length;
    this.#room(at, count * WORD_BYTES);
    const view = this.memory.words;
    for (let i = 0; i < count; i++) view.setInt32(at + i * WORD_BYTES, words[i] ?? 0, true);
    return at + lengthBytes;
  }

  #text(value: string, from: number): number {
    const count = value.length;
    if (count > SHORT_TEXT) return this.#longText(value, from);
    const bytes = this.#room(from, count + 2);
    const start = from + 1;
    const view = this.memory.words;
    let odd = 0;
    let i = 0;
    for (; i + WORD_BYTES <= count; i += WORD_BYTES) {
      const a = value.charCodeAt(i);
      const b = value.charCodeAt(i + 1);
      const c = value.charCodeAt(i + 2);
      const d = value.charCodeAt(i + 3);
      const word = a | (b << 8) | (c << 16) | (d << 24);
      odd |= oddBytes(word) | ((a | b | c | d) & NO_BYTE);
      view.setInt32(start + i, word, true);
    }
    for (; i < count; i++) {
      const code = value.charCodeAt(i);
      odd |= (code & NO_BYTE) | (ODD[code & 0xff] ?? 0);
      bytes[start + i] = code;
    }
    if (odd !== 0) return this.#raw(textOfValue(value), from);
    bytes[from] = QUOTE;
    bytes[start + count] = QUOTE;
    this.plainStart = start;
    return start + count + 1;
  }

  #longText(value: string, at: number): number {
    if (!PLAIN_TEXT.test(value)) return this.#raw(textOfValue(value), at);
    const count = value.length;
    const bytes = this.#room(at, count + 2);
    bytes[at] = QUOTE;
    bytes.write(value, at + 1, 'latin1');
    bytes[at + 1 + count] = QUOTE;
    this.plainStart = at + 1;
    return at + count + 2;
  }

  #number(value: number, at: number): number {
    this.plainStart = -1;
    const whole = value | 0;
    if (whole !== value || whole < 0 || (whole === 0 && Object.is(value, -0))) {
      return Number.isFinite(value) && value !== 0 ? this.#raw(String(value), at) : this.#odd(value, at);
    }
    const bytes = this.#room(at, MOST_DIGITS);
    if (whole < 10) {
      bytes[at] = ZERO + whole;
      return at + 1;
    }
    let end = at + 2;
    for (let above = 100; above <= whole; above *= 10) end++;
    let rest = whole;
    for (let i = end - 1; i > at; i--) {
      const tenth = (rest / 10) | 0;
      bytes[i] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    bytes[at] = ZERO + rest;
    return end;
  }

  /** Four characters at once. There is room for one more behind them. */
  #word(characters: number, at: number): number {
    this.plainStart = -1;
    this.#room(at, WORD_BYTES + 1);
    this.memory.words.setInt32(at, characters, true);
    return at + WORD_BYTES;
  }

  #raw(ascii: string, at: number): number {
    this.plainStart = -1;
    const count = ascii.length;
    const bytes = this.#room(at, count);
    if (count > SHORT_TEXT) bytes.write(ascii, at, 'latin1');
    else for (let i = 0; i < count; i++) bytes[at + i] = ascii.charCodeAt(i);
    return at + count;
  }

  /** Memory with room for `count` bytes from `at` on. */
  #room(at: number, count: number): Buffer {
    const { bytes } = this.memory;
    return at + count <= bytes.length ? bytes : this.#grown(at, at + count);
  }

  /** What was written keeps its place, so that nobody has to know. */
  #grown(at: number, needed: number): Buffer {
    // Twice as long while it is small: what no document may hold is not gathered up first.
    const sizeBytes = needed - this.start;
    if (sizeBytes > MAX_DOCUMENT_BYTES * 2) throw documentTooLong(sizeBytes);
    const grown = Buffer.allocUnsafeSlow(needed + Math.max(sizeBytes, FIRST_BYTES));
    this.memory.bytes.copy(grown, this.start, this.start, at);
    this.memory = this.#own = new ByteMemory(grown);
    return grown;
  }
}

/**
 * Not 0: one of four bytes is below 0x20, a quote, a backslash, or above 0x7e. Each is looked for as in S. Anderson, Bit Twiddling Hacks, "Determine if a
 * word has a byte less than n": what borrows from a neighbour is itself one of them.
 */
function oddBytes(word: number): number {
  const quote = word ^ QUOTES;
  const backslash = word ^ BACKSLASHES;
  const below = ((word - SPACES) & ~word) | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash);
  return (below | word | (word + ONES)) & HIGH_BITS;
}

function assertDepth(depth: number): void {
  if (depth < MAX_DEPTH) return;
  throw new FieldstoneError('LIMIT', `a document is nested deeper than ${MAX_DEPTH} levels, or in a circle`, { details: { maxDepth: MAX_DEPTH } });
}
