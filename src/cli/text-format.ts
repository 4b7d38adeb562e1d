import { textOption, UsageError, type OptionValues } from './command.js';
import type { TextFormat } from '../import/read-records.js';

const BY_EXTENSION: Readonly<Record<string, TextFormat>> = { csv: 'csv', tsv: 'csv', txt: 'csv', ndjson: 'ndjson', jsonl: 'ndjson', json: 'json' };

/** The format that an extension stands for. Throws UsageError for others when there is no `otherwise`. */
export function formatOf(path: string, otherwise?: TextFormat): TextFormat {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  const format = Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] ?? otherwise : otherwise;
  if (format === undefined) throw new UsageError(`the name "${path}" does not tell its format; give --format csv, ndjson or json`);
  return format;
}

/** `--delimiter`, with words for what is hard to type. */
export function delimiterOption(options: OptionValues): string | undefined {
  const text = textOption(options, 'delimiter');
  if (text === undefined) return undefined;
  const char = text === 'tab' || text === '\\t' ? '\t' : text;
  if (char.length !== 1 || char === '"' || char === '\n' || char === '\r') throw new UsageError(`--delimiter takes one character or "tab", got "${text}"`);
  return char;
}
