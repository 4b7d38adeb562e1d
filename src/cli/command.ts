import type { Environment } from '#storage';

/** One option of a command. */
export interface OptionSpec {
  /** Shown in help where a value is taken; absent for a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly meaning: string;
}

/** Option values by name: text where one was given, true for a switch. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** Characters that a terminal has room for. */
export interface ScreenSize { readonly columns: number; readonly rows: number }

/** Where a command writes, and what surrounds it. */
export interface CliContext {
  readonly env: Environment;
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  /** `--json` was given. */
  readonly json: boolean;
  /** Fires at Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** To standard output; resolves when there is room for more. */
  print(text: string): Promise<void>;
  /** To standard error, for people. */
  tell(text: string): void;
  /** Width of the terminal; undefined when output goes elsewhere. */
  readonly columns: number | undefined;
  /** Size of the terminal at this moment; undefined when output goes elsewhere. */
  readonly screen: (() => ScreenSize) | undefined;
  readonly progress: Progress;
  /** Bytes of standard input. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
}

/** A line on the terminal that says how far long work is; silent when standard error is no terminal. */
export interface Progress {
  /** `total` 0: not known. */
  update(text: string, done: number, total: number): void;
  clear(): void;
}

/** A command of the command line. */
export interface Command {
  readonly name: string;
  /** What follows the name, for example `<folder> [table...]`. */
  readonly usage: string;
  readonly summary: string;
  /** A few lines for --help. */
  readonly details: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** Least and greatest number of positional arguments. */
  readonly arguments: readonly [least: number, most: number];
  /** The exit status: 0 fine, 1 found something or failed. */
  run(context: CliContext): Promise<number>;
}

/** Wrong use of the command line: exit status 2, with the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text value of an option. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number from `least` on; UsageError otherwise. */
export function numberOption(options: OptionValues, name: string, least: number): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const value = Number(text.replaceAll('_', ''));
  if (!/^\d[\d_]*$/.test(text) || !Number.isSafeInteger(value) || value < least) throw new UsageError(`--${name} takes a whole number from ${least}, got "${text}"`);
  return value;
}

/** One of a closed list of words; UsageError otherwise. */
export function wordOption<Word extends string>(options: OptionValues, name: string, words: readonly Word[]): Word | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const word = words.find((one) => one === text.toLowerCase());
  if (word === undefined) throw new UsageError(`--${name} takes ${words.join(', ')}, got "${text}"`);
  return word;
}

/** Names in a list with commas between; undefined when the option is absent. */
export function listOption(options: OptionValues, name: string): string[] | undefined {
  return textOption(options, name)?.split(',').map((one) => one.trim()).filter((one) => one !== '');
}
