import { charTest, type CharTest } from './char-test.js';
import type { Step } from './regex-program.js';

const NONE = -1;

/**
 * Runs the automaton over a text, all ways at once (Pike, Thompson): time is at most steps × characters, whatever the pattern. Whether it matches anywhere
 * is all that is asked.
 */
export class RegexMatcher {
  readonly #program: readonly Step[];
  readonly #unicode: boolean;
  readonly #multiline: boolean;
  readonly #isWord: CharTest;
  /** The steps that wait for the present character, and those for the next one. */
  #now: Int32Array;
  #nowCount = 0;
  #later: Int32Array;
  #laterCount = 0;
  /** Per step, the last position at which it was added: no step is added twice. */
  readonly #addedAt: Float64Array;
  readonly #pending: number[] = [];
  #position = 0;
  #before = NONE;
  #after = NONE;

  constructor(program: readonly Step[], flags: string) {
    this.#program = program;
    this.#unicode = flags.includes('u');
    this.#multiline = flags.includes('m');
    this.#isWord = charTest('\\w', flags);
    this.#now = new Int32Array(program.length);
    this.#later = new Int32Array(program.length);
    this.#addedAt = new Float64Array(program.length);
  }

  test(text: string): boolean {
    this.#addedAt.fill(NONE);
    this.#laterCount = 0;
    this.#position = 0;
    this.#before = NONE;
    this.#after = this.#codeAt(text, 0);
    for (let at = 0; ; at += this.#before > 0xffff ? 2 : 1) {
      if (this.#add(0)) return true;
      if (this.#after === NONE) return false;
      const code = this.#after;
      [this.#now, this.#later] = [this.#later, this.#now];
      this.#nowCount = this.#laterCount;
      this.#laterCount = 0;
      this.#position++;
      this.#before = code;
      this.#after = this.#codeAt(text, at + (code > 0xffff ? 2 : 1));
      for (let i = 0; i < this.#nowCount; i++) {
        const step = this.#program[this.#now[i] ?? 0];
        if (step?.kind === 'char' && step.test(code) && this.#add(step.next)) return true;
      }
    }
  }

  #codeAt(text: string, at: number): number {
    if (at >= text.length) return NONE;
    return this.#unicode ? text.codePointAt(at) ?? NONE : text.charCodeAt(at);
  }

  /** Adds a step and all that follow it without a character. True when the match is there. */
  #add(start: number): boolean {
    const pending = this.#pending;
    pending.length = 0;
    pending.push(start);
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (this.#addedAt[at] === this.#position) continue;
      this.#addedAt[at] = this.#position;
      const step = this.#program[at];
      if (step === undefined) continue;
      switch (step.kind) {
        case 'match': return true;
        case 'char':
          this.#later[this.#laterCount++] = at;
          break;
        case 'assert':
          if (this.#holds(step.source)) pending.push(step.next);
          break;
        case 'split':
          if (step.other >= 0) pending.push(step.other);
          pending.push(step.next);
      }
    }
    return false;
  }

  #holds(source: '^' | '$' | '\\b' | '\\B'): boolean {
    switch (source) {
      case '^': return this.#before === NONE || (this.#multiline && isLineEnd(this.#before));
      case '$': return this.#after === NONE || (this.#multiline && isLineEnd(this.#after));
      case '\\b': return this.#isWordAt(this.#before) !== this.#isWordAt(this.#after);
      case '\\B': return this.#isWordAt(this.#before) === this.#isWordAt(this.#after);
    }
  }

  #isWordAt(code: number): boolean { return code !== NONE && this.#isWord(code); }
}

function isLineEnd(code: number): boolean { return code === 10 || code === 13 || code === 0x2028 || code === 0x2029; }
