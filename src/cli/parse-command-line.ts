import { parseArgs } from 'node:util';
import { nearestNames } from '#storage';
import { UsageError, type Command, type OptionSpec, type OptionValues } from './command.js';

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  json: { meaning: 'machine-readable output' },
  help: { short: 'h', meaning: 'this text' },
};

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
}

/** Options and positional arguments of a command. Throws UsageError, with the nearest names for an unknown option. */
export function parseCommandLine(command: Command, args: readonly string[]): ParsedArguments {
  const known: Readonly<Record<string, OptionSpec>> = { ...command.options, ...COMMON_OPTIONS };
  const { tokens, positionals } = parseArgs({ args: [...args], strict: false, allowPositionals: true, tokens: true, options: forParseArgs(known) });
  const options: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (spec === undefined) throw unknownOption(command, token.rawName, known);
    if (spec.value === undefined && token.value !== undefined) throw new UsageError(`--${token.name} takes no value`);
    if (spec.value !== undefined && token.value === undefined) throw new UsageError(`--${token.name} needs a value: --${token.name} ${spec.value}`);
    options[token.name] = token.value ?? true;
  }
  if (options['help'] !== true) checkCount(command, positionals.length);
  return { positionals, options };
}

function forParseArgs(known: Readonly<Record<string, OptionSpec>>): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(Object.entries(known).map(([name, spec]) => [
    name, { type: spec.value === undefined ? 'boolean' as const : 'string' as const, ...(spec.short === undefined ? {} : { short: spec.short }) },
  ]));
}

function unknownOption(command: Command, given: string, known: Readonly<Record<string, OptionSpec>>): UsageError {
  const near = nearestNames(given.replace(/^-+/, ''), Object.keys(known));
  const hint = near.length > 0 ? `did you mean ${near.map((n) => `--${n}`).join(' or ')}?` : `it takes ${Object.keys(known).map((n) => `--${n}`).join(' ')}`;
  return new UsageError(`${command.name} has no option ${given}; ${hint}`);
}

function checkCount(command: Command, count: number): void {
  const [least, most] = command.arguments;
  if (count < least) throw new UsageError(`${command.name} needs ${least === most ? '' : 'at least '}${least} argument${least === 1 ? '' : 's'}: ${command.usage}`);
  if (count > most) throw new UsageError(`${command.name} takes at most ${most} argument${most === 1 ? '' : 's'}: ${command.usage}`);
}
