import { latin1Text } from '#storage';
import { MAX_DEPTH } from '../filter/copy-value.js';
import { reviveFields } from './document-text.js';
import { NameChain, type ChainedName } from './name-chain.js';

/** Longer texts are left to JSON.parse, which is as fast there. */
const MOST_BYTES = 2048;
/** And those with more numbers of more digits than are exact. */
const MOST_LONG_NUMBERS = 3;
/** Strings are cut out of the text of a document this short. They keep it in memory, so those of longer ones are made one by one. */
const CUT_BYTES = 256;
const NO_BYTES = new Uint8Array(0);
// Constants of this module on purpose, though its neighbours have them too: V8 does not know that imported ones never change (filters took 25 % longer).
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const EXPONENTS = [0x65, 0x45];
/** So many digits are exact in a double, and so are the powers of ten by which they are divided: the quotient is the nearest double (Clinger 1990). */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);
/** 1 for the bytes that stand for themselves within a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0));
const WORDS = [true, false, null].map((value) => ({ bytes: Buffer.from(String(value), 'latin1'), value }));

/** A name as it stands in a text, and what is to be known of it. */
class ReadName implements ChainedName<ReadName> {
  readonly name: string;
  /** The name and what stands behind it, `":`. */
  readonly bytes: Uint8Array;
  readonly isOperator: boolean;
  /** Setting it makes a property of the object itself. */
  readonly isPlain: boolean;
  following: ReadName | undefined;

  constructor(name: string) {
    this.name = name;
    this.bytes = Buffer.from(`${name}":`, 'latin1');
    this.isOperator = name.startsWith('$');
    this.isPlain = !(name in Object.prototype);
  }
}

/**
 * Reads the texts of short documents where they stand, in the form in which we write them: JSON in ASCII without blanks (RFC 8259). What comes next is
 * mostly what came next in the document before: names are compared, not made. Anything else is left to JSON.parse, which also says what is wrong.
 */
export class DocumentReader {
  readonly #names = new NameChain((name) => new ReadName(name));
  readonly #first = new ReadName('');
  #bytes: Uint8Array = NO_BYTES;
  #text: string | undefined;
  /** Where the text begins and ends. */
  #start = 0;
  #end = 0;
  /** What is read next; behind the end when the text is not to be read here. */
  #at = 0;
  #last = this.#first;
  #depth = 0;
  #hasOperator = false;
  #longNumbers = 0;

  /** Puts the fields of a text into an object; false when it is to be parsed otherwise: then the object is of no use. */
  read(bytes: Uint8Array, start: number, end: number, into: Record<string, unknown>): boolean {
    if (end - start > MOST_BYTES || bytes[start] !== OPEN) return false;
    this.#bytes = bytes;
    this.#text = end - start <= CUT_BYTES ? latin1Text(bytes, start, end) : undefined;
    this.#start = start;
    this.#end = end;
    this.#at = start;
    this.#last = this.#first;
    this.#depth = 0;
    this.#hasOperator = false;
    this.#longNumbers = 0;
    this.#fields(into);
    this.#bytes = NO_BYTES; // the page may go
    this.#text = undefined;
    if (this.#at !== end) return false;
    if (this.#hasOperator) reviveFields(into);
    return true;
  }

  /** Whatever was read before it is dropped. */
  #leave(): undefined {
    this.#at = this.#end + 1;
    return undefined;
  }

  #fields(into: Record<string, unknown>): void {
    const bytes = this.#bytes;
    if (bytes[this.#at + 1] === CLOSE) {
      this.#at += 2;
      return;
    }
    do {
      if (bytes[++this.#at] !== QUOTE) return this.#leave();
      const name = this.#name();
      if (!name.isPlain || (name.isOperator && this.#depth === 0)) return this.#leave();
      if (name.isOperator) this.#hasOperator = true;
      into[name.name] = this.#value();
      if (this.#at >= this.#end) return this.#leave(); // what stands behind the text is not gone through
    } while (bytes[this.#at] === COMMA);
    if (bytes[this.#at++] !== CLOSE) this.#leave();
  }

  /** The name whose opening quote is next, and the colon. */
  #name(): ReadName {
    const start = ++this.#at;
    const { following } = this.#last;
    if (following !== undefined) {
      const { bytes } = following;
      const { length } = bytes;
      let i = 0;
      while (i < length && bytes[i] === this.#bytes[start + i]) i++;
      if (i === length) {
        this.#at = start + length;
        return this.#last = following;
      }
    }
    return this.#last = this.#otherName(start);
  }

  #otherName(start: number): ReadName {
    const bytes = this.#bytes;
    let end = start;
    while (PLAIN[bytes[end] ?? 0] === 1) end++;
    if (bytes[end] !== QUOTE || bytes[end + 1] !== COLON) {
      this.#leave();
      return this.#first;
    }
    this.#at = end + 2;
    return this.#names.after(this.#last, this.#cut(start, end));
  }

  #cut(start: number, end: number): string {
    const text = this.#text;
    return text === undefined ? latin1Text(this.#bytes, start, end) : text.substring(start - this.#start, end - this.#start);
  }

  #value(): unknown {
    switch (this.#bytes[this.#at]) {
      case QUOTE: return this.#string();
      case OPEN: return this.#object();
      case OPEN_LIST: return this.#list();
      case 0x74: case 0x66: case 0x6e: return this.#word();
      default: return this.#number();
    }
  }

  #string(): string | undefined {
    const bytes = this.#bytes;
    const start = ++this.#at;
    let end = start;
    while (PLAIN[bytes[end] ?? 0] === 1) end++;
    if (bytes[end] !== QUOTE) return this.#escaped(start, end);
    this.#at = end + 1;
    return this.#cut(start, end);
  }

  /** A string with characters that are written otherwise. */
  #escaped(start: number, from: number): string | undefined {
    const bytes = this.#bytes;
    let end = from;
    while (bytes[end] !== QUOTE) {
      if (bytes[end] === BACKSLASH) end++;
      else if (PLAIN[bytes[end] ?? 0] !== 1) return this.#leave();
      end++;
    }
    if (end >= this.#end) return this.#leave();
    this.#at = end + 1;
    try {
      return String(JSON.parse(this.#cut(start - 1, end + 1)));
    } catch {
      return this.#leave();
    }
  }

  #object(): Record<string, unknown> | undefined {
    if (++this.#depth >= MAX_DEPTH) return this.#leave();
    const fields: Record<string, unknown> = {};
    this.#fields(fields);
    this.#depth--;
    return fields;
  }

  #list(): unknown[] | undefined {
    const bytes = this.#bytes;
    if (++this.#depth >= MAX_DEPTH) return this.#leave();
    const list: unknown[] = [];
    if (bytes[++this.#at] !== CLOSE_LIST) {
      this.#at--;
      do {
        this.#at++;
        list.push(this.#value());
        if (this.#at >= this.#end) return this.#leave();
      } while (bytes[this.#at] === COMMA);
      if (bytes[this.#at] !== CLOSE_LIST) return this.#leave();
    }
    this.#at++;
    this.#depth--;
    return list;
  }

  #word(): boolean | null | undefined {
    for (const { bytes, value } of WORDS) {
      let i = 0;
      while (i < bytes.length && bytes[i] === this.#bytes[this.#at + i]) i++;
      if (i < bytes.length) continue;
      this.#at += i;
      return value;
    }
    return this.#leave();
  }

  #number(): number | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    const first = bytes[start] === MINUS ? start + 1 : start;
    let value = 0;
    let at = first;
    for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - ZERO) value = value * 10 + digit;
    if (at === first || (at > first + 1 && bytes[first] === ZERO)) return this.#leave();
    let digits = at - first;
    if (bytes[at] === POINT) {
      const point = at++;
      for (let digit = (bytes[at] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - ZERO) value = value * 10 + digit;
      const decimals = at - point - 1;
      if (decimals === 0) return this.#leave();
      digits += decimals;
      value /= POWERS[decimals] ?? 1;
    }
    if (digits > EXACT_DIGITS || EXPONENTS.includes(bytes[at] ?? 0)) return this.#longNumber(start, at);
    this.#at = at;
    return first === start ? value : -value;
  }

  /** One that is rounded, or has an exponent, which begins at `from`. */
  #longNumber(start: number, from: number): number | undefined {
    if (++this.#longNumbers > MOST_LONG_NUMBERS) return this.#leave();
    const bytes = this.#bytes;
    let at = from;
    if (EXPONENTS.includes(bytes[at] ?? 0)) {
      at++;
      if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
      const first = at;
      while ((bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) < COLON) at++;
      if (at === first) return this.#leave();
    }
    this.#at = at;
    return Number(this.#cut(start, at));
  }
}
