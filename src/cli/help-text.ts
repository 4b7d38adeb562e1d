import type { Command, OptionSpec } from './command.js';
import { COMMON_OPTIONS } from './parse-command-line.js';

/** `fieldstone import <file> <folder>`: the first line of help, and what errors show. */
export function usageLine(command: Command): string { return `fieldstone ${command.name} ${command.usage}`; }

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  const rows = Object.entries(options).map(([name, spec]): [string, string] => [
    `${spec.short === undefined ? '' : `-${spec.short}, `}--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.meaning,
  ]);
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

const LINE_CHARS = 80;

/** Words in lines of at most 80 characters. */
export function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > LINE_CHARS) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  return [
    `Usage: ${usageLine(command)} [options]`, '', ...wrapped(command.details), '',
    'Options:', ...optionLines({ ...command.options, ...COMMON_OPTIONS }), '',
    'Examples:', ...command.examples.map((line) => `  ${line}`), '',
    'Exit status: 0 fine, 1 found or failed, 2 wrong usage.', '',
  ].join('\n');
}

/** The help of the whole command line. */
export function mainHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  return [
    `fieldstone ${version}: a transactional database whose tables are DBF files`, '',
    'Usage: fieldstone <command> [options]', '',
    'Commands:', ...commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}`), '',
    'fieldstone <command> --help tells more. --json makes the output of any command machine-readable.',
    'Variables such as FIELDSTONE_CACHE_SIZE set options of the database for any command; fieldstone options lists them.', '',
  ].join('\n');
}
