import { FieldstoneError } from '#storage';
import { charTest, type CharTest } from './char-test.js';
import type { RegexNode } from './regex-node.js';

/** Steps of a program, after repetitions with counts are written out. */
export const MAX_STEPS = 1000;

/** A step of the automaton; `next` and `other` are places in the program. */
export type Step =
  | { readonly kind: 'char'; readonly test: CharTest; next: number }
  | { readonly kind: 'assert'; readonly source: '^' | '$' | '\\b' | '\\B'; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'match' };

/** The automaton of a pattern (Thompson's construction): step 0 begins. Throws QUERY when it is too large. */
export function regexProgram(node: RegexNode, flags: string): readonly Step[] {
  const builder = new ProgramBuilder(flags);
  builder.add(node);
  builder.steps.push({ kind: 'match' });
  return builder.steps;
}

/** Every part is laid out so that it leaves at the place right behind itself. */
class ProgramBuilder {
  readonly steps: Step[] = [];
  readonly #flags: string;
  readonly #tests = new Map<string, CharTest>();

  constructor(flags: string) { this.#flags = flags; }

  add(node: RegexNode): void {
    if (this.steps.length > MAX_STEPS) {
      throw new FieldstoneError('QUERY', `$regex is too large: with its repetitions written out it has more than ${MAX_STEPS} steps`);
    }
    switch (node.kind) {
      case 'char':
        this.steps.push({ kind: 'char', test: this.#test(node.source), next: this.steps.length + 1 });
        break;
      case 'assert':
        this.steps.push({ kind: 'assert', source: node.source, next: this.steps.length + 1 });
        break;
      case 'seq':
        for (const part of node.parts) this.add(part);
        break;
      case 'alt':
        this.#either(node.parts);
        break;
      case 'repeat':
        this.#repeat(node.part, node.min, node.max);
    }
  }

  #test(source: string): CharTest {
    let test = this.#tests.get(source);
    if (test === undefined) this.#tests.set(source, test = charTest(source, this.#flags));
    return test;
  }

  #split(): Extract<Step, { kind: 'split' }> {
    const split: Step = { kind: 'split', next: this.steps.length + 1, other: 0 };
    this.steps.push(split);
    return split;
  }

  #either(parts: readonly RegexNode[]): void {
    const ends: { next: number }[] = [];
    for (const [i, part] of parts.entries()) {
      const split = i < parts.length - 1 ? this.#split() : undefined;
      this.add(part);
      if (split === undefined) break;
      const jump = this.#split();
      jump.other = -1;
      ends.push(jump);
      split.other = this.steps.length;
    }
    for (const end of ends) end.next = this.steps.length;
  }

  #repeat(part: RegexNode, min: number, max: number): void {
    for (let i = 0; i < min; i++) this.add(part);
    if (max === Infinity) {
      const start = this.steps.length;
      const split = this.#split();
      this.add(part);
      const back = this.#split();
      back.next = start;
      back.other = -1;
      split.other = this.steps.length;
      return;
    }
    const splits: { other: number }[] = [];
    for (let i = min; i < max; i++) {
      splits.push(this.#split());
      this.add(part);
    }
    for (const split of splits) split.other = this.steps.length;
  }
}
