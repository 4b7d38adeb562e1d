import { syntaxError, unsupported } from './expression-error.js';

/** A word of an expression. */
export type Token =
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly decimals: number; readonly at: number }
  | { readonly kind: 'name'; readonly value: string; readonly at: number }
  | { readonly kind: 'logical'; readonly value: boolean; readonly at: number }
  | { readonly kind: 'date'; readonly year: number; readonly month: number; readonly day: number; readonly at: number }
  | { readonly kind: 'null'; readonly at: number }
  | { readonly kind: 'sign'; readonly value: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const SPACE = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*/y;
/** The point in `1.OR.x` belongs to the operator. */
const NUMBER = /(?:\d+(?:\.\d+|\.(?![A-Za-z]))?|\.\d+)/y;
const DOTTED = /\.(AND|OR|NOT|T|F|Y|N|TRUE|FALSE|NULL)\./iy;
const DATE = /\{\s*(?:\^?\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|[-/: ]*)\s*\}/y;
const SIGNS = ['->', '**', '==', '<>', '!=', '<=', '=<', '>=', '=>', '+', '-', '*', '/', '%', '^', '=', '<', '>', '#', '$', '!', '(', ')', ',', '.'];
const CLOSING: Readonly<Record<string, string>> = { '"': '"', '\'': '\'', '[': ']' };

/** Cuts the text into words. Strings have no escapes. Throws QUERY with the place, UNSUPPORTED for literals that cannot be in a key. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; ;) {
    at += match(SPACE, text, at)?.[0].length ?? 0;
    if (at >= text.length) return [...tokens, { kind: 'end', at }];
    const [token, length] = tokenAt(text, at, endsOperand(tokens.at(-1)));
    tokens.push(token);
    at += length;
  }
}

/** A bracket begins a string and a point a number only where an operand is expected; `.` behind a name is part of `alias.field`. */
function endsOperand(last: Token | undefined): boolean {
  return last !== undefined && (last.kind === 'sign' ? last.value === ')' : true) && last.kind !== 'end';
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function tokenAt(text: string, at: number, behindOperand: boolean): readonly [Token, number] {
  const dotted = match(DOTTED, text, at);
  if (dotted !== undefined) return [dottedToken(dotted[1]?.toUpperCase() ?? '', at), dotted[0].length];
  const first = text[at] ?? '';
  if (!behindOperand) {
    const number = match(NUMBER, text, at);
    if (number !== undefined) return [{ kind: 'number', value: Number(number[0]), decimals: (number[0].split('.')[1] ?? '').length, at }, number[0].length];
    if (first === '$') throw unsupported(text, at, 'currency literals are not known');
  }
  const closing = first === '[' && behindOperand ? undefined : CLOSING[first];
  if (closing !== undefined) {
    const end = text.indexOf(closing, at + 1);
    if (end < 0) throw syntaxError(text, at, 'a text does not end');
    return [{ kind: 'text', value: text.slice(at + 1, end), at }, end + 1 - at];
  }
  const name = match(NAME, text, at);
  if (name !== undefined) return [{ kind: 'name', value: name[0], at }, name[0].length];
  if (first === '{') return dateToken(text, at);
  const sign = SIGNS.find((known) => text.startsWith(known, at));
  if (sign === undefined) throw syntaxError(text, at, `'${first}' means nothing here`);
  return [{ kind: 'sign', value: sign, at }, sign.length];
}

function dottedToken(word: string, at: number): Token {
  switch (word) {
    case 'T': case 'Y': case 'TRUE': return { kind: 'logical', value: true, at };
    case 'F': case 'N': case 'FALSE': return { kind: 'logical', value: false, at };
    case 'NULL': return { kind: 'null', at };
    default: return { kind: 'name', value: `.${word}.`, at };
  }
}

function dateToken(text: string, at: number): readonly [Token, number] {
  const date = match(DATE, text, at);
  if (date === undefined) throw unsupported(text, at, 'a date is written {^yyyy-mm-dd} or {}');
  const [all, year = '0', month = '0', day = '0'] = date;
  return [{ kind: 'date', year: Number(year), month: Number(month), day: Number(day), at }, all.length];
}
