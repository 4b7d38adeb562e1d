import { FieldstoneError } from '#storage';
import { shown } from '../../arguments.js';
import type { RegexNode } from './regex-node.js';

/** Characters in a pattern. */
export const MAX_PATTERN_CHARS = 1000;
/** Groups inside groups. */
const MAX_GROUPS_DEEP = 100;

const FLAGS = /^[imsu]*$/;
const QUANTIFIER = /^(?:([*+?])|\{(\d{1,4})(,(\d{0,4}))?\})\??/;
const UNSUPPORTED_GROUP = /^\?(?:<?[=!]|[a-z-]+:)/;

/**
 * Parses a pattern of JavaScript's syntax. Throws QUERY for a mistake, and for what cannot be matched in time that grows
 * with the text alone: backreferences, lookahead and lookbehind.
 */
export function parseRegex(source: string, flags: string): RegexNode {
  if (!FLAGS.test(flags) || new Set(flags).size !== flags.length) {
    throw new FieldstoneError('QUERY', `flags of $regex are i, m, s and u, each once; got ${shown(flags)}`);
  }
  if (source.length > MAX_PATTERN_CHARS) throw new FieldstoneError('QUERY', `a pattern has at most ${MAX_PATTERN_CHARS} characters, this one ${source.length}`);
  try {
    void new RegExp(source, flags);
  } catch (e) {
    throw new FieldstoneError('QUERY', `$regex ${shown(source)} is no pattern: ${e instanceof Error ? e.message : String(e)}`, { cause: e });
  }
  return new RegexParser(source, flags.includes('u')).whole();
}

/** Reads what JavaScript has accepted already, so that it looks for meaning, not for mistakes. */
class RegexParser {
  readonly #source: string;
  readonly #unicode: boolean;
  #at = 0;
  #deep = 0;

  constructor(source: string, unicode: boolean) {
    this.#source = source;
    this.#unicode = unicode;
  }

  whole(): RegexNode { return this.#alternatives(); }

  #alternatives(): RegexNode {
    const parts = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      parts.push(this.#sequence());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'alt', parts };
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#source.length && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      parts.push(this.#repeated(this.#atom()));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'seq', parts };
  }

  #repeated(part: RegexNode): RegexNode {
    const found = QUANTIFIER.exec(this.#source.slice(this.#at, this.#at + 16));
    if (found === null) return part;
    this.#at += found[0].length;
    const [, sign, least, comma, most] = found;
    if (sign !== undefined) return { kind: 'repeat', part, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity };
    const min = Number(least);
    return { kind: 'repeat', part, min, max: comma === undefined ? min : most === '' || most === undefined ? Infinity : Number(most) };
  }

  #atom(): RegexNode {
    const char = this.#source[this.#at] ?? '';
    switch (char) {
      case '(': return this.#group();
      case '[': return this.#taken(this.#classLength());
      case '\\': return this.#escape();
      case '.': return this.#taken(1);
      case '^': case '$':
        this.#at++;
        return { kind: 'assert', source: char };
      default: return this.#literal();
    }
  }

  /** The next `length` characters of the pattern as a set of characters. */
  #taken(length: number): RegexNode {
    const source = this.#source.slice(this.#at, this.#at + length);
    this.#at += length;
    return { kind: 'char', source };
  }

  #literal(): RegexNode {
    const code = this.#unicode ? this.#source.codePointAt(this.#at) ?? 0 : this.#source.charCodeAt(this.#at);
    this.#at += code > 0xffff ? 2 : 1;
    return literalNode(code);
  }

  #group(): RegexNode {
    this.#at++;
    const head = this.#source.slice(this.#at, this.#at + 80);
    if (UNSUPPORTED_GROUP.test(head)) this.#refuse('lookahead, lookbehind and flags inside a pattern are');
    const named = /^\?(?::|<[^>]*>)/.exec(this.#source.slice(this.#at));
    this.#at += named?.[0].length ?? 0;
    if (++this.#deep > MAX_GROUPS_DEEP) throw new FieldstoneError('QUERY', `$regex has groups nested deeper than ${MAX_GROUPS_DEEP}`);
    const inside = this.#alternatives();
    this.#deep--;
    this.#at++;
    return inside;
  }

  #classLength(): number {
    let end = this.#at + 1;
    while (end < this.#source.length && this.#source[end] !== ']') end += this.#source[end] === '\\' ? 2 : 1;
    return end + 1 - this.#at;
  }

  #escape(): RegexNode {
    const next = this.#source[this.#at + 1] ?? '';
    const rest = this.#source.slice(this.#at, this.#at + 80);
    if (next === 'b' || next === 'B') {
      this.#at += 2;
      return { kind: 'assert', source: `\\${next}` };
    }
    if (/[dDwWsSfnrtv]/.test(next)) return this.#taken(2);
    if (next === 'k' || /^\\(?:[1-9]|0[0-9])/.test(rest)) this.#refuse('backreferences and octal escapes are');
    if (next === '0') return this.#taken(2);
    if (next === 'c') return this.#control(rest);
    const length = this.#lengthOfCode(rest);
    if (length > 0) return this.#taken(length);
    this.#at++;
    return this.#literal();
  }

  #control(rest: string): RegexNode {
    if (!/^\\c[A-Za-z]/.test(rest)) this.#refuse('a \\c without a letter is');
    return this.#taken(3);
  }

  /** Length of an escape that tells a character by number or a set by property; 0 when it is none. */
  #lengthOfCode(rest: string): number {
    const pattern = this.#unicode
      ? /^\\(?:x[0-9a-f]{2}|ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|p\{[^}]*\})/i
      : /^\\(?:x[0-9a-f]{2}|u[0-9a-f]{4})/i;
    return pattern.exec(rest)?.[0].length ?? 0;
  }

  #refuse(what: string): never {
    throw new FieldstoneError('QUERY', `$regex ${shown(this.#source)}: ${what} not supported, because matching must end in a time that grows with the text alone`);
  }
}

function literalNode(code: number): RegexNode {
  const hex = code.toString(16);
  return { kind: 'char', source: code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`, literal: String.fromCodePoint(code) };
}
