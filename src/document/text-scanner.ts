import { latin1Text } from '#storage';
import { MAX_DEPTH } from '../filter/copy-value.js';
import { IN_LIST } from '../filter/item-reader.js';
import { parseDocumentValue } from './document-text.js';

// Constants of this module on purpose, though its neighbours have them too: V8 does not know that imported ones never change (filters took 25 % longer).
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const DOLLAR = 0x24;
const ZERO = 0x30;
/** 1 for bytes that stand for themselves within a text, and for those of numbers, true, false and null. */
const PLAIN = bytesLike(/[ !#-[\]-~]/);
const WORD = bytesLike(/[0-9a-zE.+-]/);
/** Whole numbers of so many digits are read without a text in between. */
const MOST_DIGITS = 9;

const enum Text { Odd, Plain, Escaped }

/** A name on the paths that are looked for. */
interface Branch {
  readonly name: Uint8Array;
  /** Where the value is noted; -1 when only what is in it is asked for. */
  slot: number;
  readonly below: Branch[];
}

/**
 * Finds values in the text of a document without parsing it: one walk over the bytes notes where the values of some paths stand, and only those
 * that are asked for are made. Understands what `documentText` writes, as far as names have no escapes and no extended forms lie on the way;
 * what it does not understand it leaves to the parser.
 */
export class TextScanner {
  readonly #top: Branch[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #depth = 0;
  /** Some text of the document has escapes. */
  #hasEscapes = false;

  /** A path to look for; returns the number of its slot, undefined when it can not be looked for. */
  add(names: readonly string[]): number | undefined {
    if (!names.every((name) => /^[ !#%-[\]-~][ !#-[\]-~]*$/.test(name))) return undefined;
    let branches = this.#top;
    let branch: Branch | undefined;
    for (const text of names) {
      const name = Buffer.from(text, 'latin1');
      branch = branches.find((one) => one.name.length === name.length && name.equals(one.name));
      if (branch === undefined) branches.push(branch = { name, slot: -1, below: [] });
      branches = branch.below;
    }
    if (branch === undefined) return undefined;
    if (branch.slot < 0) branch.slot = this.#starts.push(0) - 1;
    return branch.slot;
  }

  /** Walks the text bytes[start .. end). False when it is not understood: nothing may be asked for then. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#depth = 0;
    this.#hasEscapes = false;
    for (let i = 0; i < this.#starts.length; i++) this.#starts[i] = -1;
    return this.#fields(this.#top) && this.#at === end;
  }

  /** The value of a slot; undefined when missing. Objects are fresh ones. */
  value(slot: number): unknown {
    const start = this.#starts[slot] ?? -1;
    if (start < 0) return start === -1 ? undefined : IN_LIST;
    const end = this.#ends[slot] ?? 0;
    const bytes = this.#bytes;
    switch (bytes[start]) {
      case QUOTE: return this.#hasEscapes ? parseDocumentValue(latin1Text(bytes, start, end)) : latin1Text(bytes, start + 1, end - 1);
      case 0x74: case 0x66: case 0x6e: case OPEN: case OPEN_LIST: return parseDocumentValue(latin1Text(bytes, start, end));
      default: return this.#number(start, end);
    }
  }

  #number(start: number, end: number): unknown {
    const bytes = this.#bytes;
    if (end - start <= MOST_DIGITS) {
      let value = 0;
      let at = start;
      for (; at < end; at++) {
        const digit = (bytes[at] ?? 0) - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (at === end) return value;
    }
    return parseDocumentValue(latin1Text(bytes, start, end));
  }

  /** An object, whose fields are looked for among the branches. */
  #fields(branches: readonly Branch[]): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== OPEN || ++this.#depth > MAX_DEPTH) return false;
    this.#at++;
    if (bytes[this.#at] === CLOSE) {
      this.#depth--;
      this.#at++;
      return true;
    }
    for (;;) {
      const nameStart = this.#at + 1;
      if ((bytes[nameStart] === DOLLAR && branches.length > 0) || this.#text() !== Text.Plain) return false;
      const nameEnd = this.#at - 1;
      if (bytes[this.#at] !== COLON) return false;
      this.#at++;
      const start = this.#at;
      const branch = branches.length === 0 ? undefined : this.#branch(branches, nameStart, nameEnd);
      const isObject = branch !== undefined && branch.below.length > 0 && bytes[start] === OPEN;
      if (isObject) this.#none(branch.below, -1);
      if (!(isObject ? this.#fields(branch.below) : this.#skip())) return false;
      if (branch !== undefined) this.#found(branch, start, isObject);
      const next = bytes[this.#at++];
      if (next === CLOSE) {
        this.#depth--;
        return this.#at <= this.#end;
      }
      if (next !== COMMA || this.#at >= this.#end) return false;
    }
  }

  #branch(branches: readonly Branch[], start: number, end: number): Branch | undefined {
    const bytes = this.#bytes;
    for (const branch of branches) {
      const { name } = branch;
      if (name.length !== end - start) continue;
      let i = 0;
      while (i < name.length && name[i] === bytes[start + i]) i++;
      if (i === name.length) return branch;
    }
    return undefined;
  }

  /** Of a name that comes twice the last value counts. */
  #found(branch: Branch, start: number, isObject: boolean): void {
    if (branch.slot >= 0) {
      this.#starts[branch.slot] = start;
      this.#ends[branch.slot] = this.#at;
    }
    if (!isObject && branch.below.length > 0) this.#none(branch.below, this.#bytes[start] === OPEN_LIST ? -2 : -1);
  }

  #none(branches: readonly Branch[], mark: number): void {
    for (const { slot, below } of branches) {
      if (slot >= 0) this.#starts[slot] = mark;
      this.#none(below, mark);
    }
  }

  #text(): Text {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at++] !== QUOTE) return Text.Odd;
    while (PLAIN[bytes[at] ?? 0] === 1) at++;
    if (bytes[at] !== QUOTE || at >= this.#end) return this.#escaped(at);
    this.#at = at + 1;
    return Text.Plain;
  }

  /** The rest of a text with escapes. */
  #escaped(from: number): Text {
    const bytes = this.#bytes;
    const end = this.#end;
    this.#hasEscapes = true;
    for (let at = from; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return Text.Escaped;
      }
      if (byte === BACKSLASH) at++;
      else if (PLAIN[byte] !== 1) return Text.Odd;
    }
    return Text.Odd;
  }

  /** Past a value of any kind. */
  #skip(): boolean {
    switch (this.#bytes[this.#at]) {
      case QUOTE: return this.#text() !== Text.Odd;
      case OPEN: return this.#fields(NOTHING);
      case OPEN_LIST: return this.#list();
      default: return this.#word();
    }
  }

  #list(): boolean {
    const bytes = this.#bytes;
    if (++this.#depth > MAX_DEPTH) return false;
    this.#at++;
    if (bytes[this.#at] === CLOSE_LIST) {
      this.#depth--;
      this.#at++;
      return true;
    }
    for (;;) {
      if (!this.#skip()) return false;
      const next = bytes[this.#at++];
      if (next === CLOSE_LIST) {
        this.#depth--;
        return true;
      }
      if (next !== COMMA || this.#at >= this.#end) return false;
    }
  }

  /** Past a number, true, false or null. */
  #word(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    while (WORD[bytes[at] ?? 0] === 1) at++;
    this.#at = at;
    return at > start;
  }
}

const NOTHING: readonly Branch[] = [];

function bytesLike(one: RegExp): Uint8Array { return Uint8Array.from({ length: 256 }, (_, byte) => (one.test(String.fromCharCode(byte)) ? 1 : 0)); }
