import { syntaxError, unsupported } from './expression-error.js';
import { tokensOf, type Token } from './lexer.js';
import type { BinaryOperator, Syntax } from './syntax.js';

/** Longest text. FoxPro allows 510 characters for key and FOR together. */
export const MAX_EXPRESSION_CHARS = 2048;
const MAX_DEPTH = 64;

/** Levels of binary operators, loosest first; `.NOT.` stands between the second and the third. */
const LEVELS: readonly Readonly<Record<string, BinaryOperator>>[] = [
  { '.OR.': 'OR', OR: 'OR' },
  { '.AND.': 'AND', AND: 'AND' },
  {
    '=': '=', '==': '==', '<>': '<>', '!=': '<>', '#': '<>', '<': '<', '<=': '<=', '=<': '<=', '>': '>', '>=': '>=', '=>': '>=', $: '$',
  },
  { '+': '+', '-': '-' },
  { '*': '*', '/': '/', '%': '%' },
  { '^': '^', '**': '^' },
];
const RELATIONS = 2;
const NOT_WORDS = new Set(['.NOT.', 'NOT', '!']);

/**
 * Reads an xBase expression: key and FOR expressions of index files. Names are kept as written.
 *
 * @throws FieldstoneError QUERY, with the place, when it is not well formed or too long or deep; UNSUPPORTED for memory variables
 * and literals that keys cannot have
 * @example
 * parseExpression('UPPER(NAME)+DTOS(BORN)');
 */
export function parseExpression(text: string): Syntax {
  if (text.length > MAX_EXPRESSION_CHARS) throw syntaxError(text, MAX_EXPRESSION_CHARS, `more than ${MAX_EXPRESSION_CHARS} characters`);
  return new Parser(text).whole();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #i = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Syntax {
    const expression = this.#binary(0);
    const rest = this.#token;
    if (rest.kind !== 'end') throw syntaxError(this.#text, rest.at, 'the expression is complete before this');
    return expression;
  }

  get #token(): Token { return this.#tokens[this.#i] ?? { kind: 'end', at: this.#text.length }; }

  /** The sign or word at hand, upper case; empty for others. */
  get #word(): string {
    const token = this.#token;
    return token.kind === 'sign' || token.kind === 'name' ? token.value.toUpperCase() : '';
  }

  #take(word: string): boolean {
    if (this.#word !== word) return false;
    this.#i++;
    return true;
  }

  #nested<Result>(at: number, parse: () => Result): Result {
    if (++this.#depth > MAX_DEPTH) throw syntaxError(this.#text, at, `it is nested more than ${MAX_DEPTH} deep`);
    const result = parse();
    this.#depth--;
    return result;
  }

  #binary(level: number): Syntax {
    if (level === RELATIONS && NOT_WORDS.has(this.#word) && !this.#isName('NOT')) return this.#not();
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (let count = 0; ; count++) {
      const { at } = this.#token;
      const word = this.#word;
      const operator = Object.hasOwn(operators, word) ? operators[word] : undefined;
      if (operator === undefined) return left;
      if (count > MAX_DEPTH) throw syntaxError(this.#text, at, 'too many operators in a row');
      this.#i++;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1), at };
    }
  }

  /** `NOT` may be the name of a field or function where an operator cannot stand. */
  #isName(word: string): boolean {
    const next = this.#tokens[this.#i + 1];
    return this.#word === word && (next === undefined || next.kind === 'end' || (next.kind === 'sign' && '=<>#,)$'.includes(next.value)));
  }

  #not(): Syntax {
    const { at } = this.#token;
    this.#i++;
    return this.#nested(at, () => ({ kind: 'unary', operator: 'NOT', operand: this.#binary(RELATIONS), at }));
  }

  #unary(): Syntax {
    const { at } = this.#token;
    if (this.#take('+')) return this.#nested(at, () => this.#unary());
    if (this.#take('-')) return this.#nested(at, () => ({ kind: 'unary', operator: '-', operand: this.#unary(), at }));
    return this.#operand();
  }

  #operand(): Syntax {
    const token = this.#token;
    const { at } = token;
    this.#i++;
    switch (token.kind) {
      case 'text': case 'number': case 'logical': case 'date': case 'null': return token;
      case 'name': return this.#named(token.value, at);
      case 'sign': {
        if (token.value !== '(') throw syntaxError(this.#text, at, `a value is missing before '${token.value}'`);
        const inner = this.#nested(at, () => this.#binary(0));
        this.#close(at);
        return inner;
      }
      case 'end': throw syntaxError(this.#text, at, 'a value is missing at the end');
    }
  }

  #close(opened: number): void {
    if (!this.#take(')')) throw syntaxError(this.#text, this.#token.at, `')' is missing for the '(' at character ${opened + 1}`);
  }

  #named(name: string, at: number): Syntax {
    if (name.startsWith('.')) throw syntaxError(this.#text, at, `a value is missing before ${name}`);
    if (this.#take('(')) return this.#call(name, at);
    if (!this.#take('->') && !this.#take('.')) return { kind: 'field', alias: undefined, name, at };
    const field = this.#token;
    if (field.kind !== 'name' || field.value.startsWith('.')) throw syntaxError(this.#text, field.at, `a field is missing behind ${name}`);
    this.#i++;
    const alias = name.toUpperCase();
    if (alias === 'M' || alias === 'MEMVAR') throw unsupported(this.#text, at, 'memory variables are not known');
    return { kind: 'field', alias: alias === 'FIELD' || alias === '_FIELD' ? undefined : name, name: field.value, at };
  }

  #call(name: string, at: number): Syntax {
    const args: Syntax[] = [];
    if (!this.#take(')')) {
      do args.push(this.#nested(at, () => this.#binary(0))); while (this.#take(','));
      this.#close(at);
    }
    return { kind: 'call', name: name.toUpperCase(), args, at };
  }
}
