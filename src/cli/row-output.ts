import type { CliContext } from './command.js';

const FLUSH_CHARS = 1 << 16;

/** Gathers text and prints it in large pieces. */
export class RowOutput {
  readonly #context: Pick<CliContext, 'print'>;
  #text = '';

  constructor(context: Pick<CliContext, 'print'>) { this.#context = context; }

  /** Resolves at once while there is room. */
  add(text: string): Promise<void> | undefined {
    this.#text += text;
    return this.#text.length < FLUSH_CHARS ? undefined : this.flush();
  }

  flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    return text === '' ? Promise.resolve() : this.#context.print(text);
  }
}
