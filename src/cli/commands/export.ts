import { FieldstoneError, writeFully, type VfsFile } from '#storage';
import { hasCode } from '#storage';
import { listOption, textOption, UsageError, wordOption, type CliContext, type Command } from '../command.js';
import { recordWriter } from '../../export/write-records.js';
import { TEXT_FORMATS, type TextFormat } from '../../import/read-records.js';
import { kindOf, openView, type TableView } from '../open-target.js';
import { RowOutput } from '../row-output.js';
import { countOf } from '../text-table.js';
import { delimiterOption, formatOf } from '../text-format.js';

const ATTEMPTS = 5;

/** Writes a new file under a temporary name; it appears whole or not at all. */
class NewTextFile {
  readonly #context: CliContext;
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: VfsFile;
  #at = 0;

  constructor(context: CliContext, path: string, force: boolean) {
    const { vfs } = context.env;
    if (!force && vfs.stat(path) !== undefined) throw new FieldstoneError('EXISTS', `"${path}" exists already; --force replaces it`, { file: path });
    this.#context = context;
    this.#path = path;
    this.#temporary = `${path}.part-${process.pid}`;
    if (vfs.stat(this.#temporary) !== undefined) vfs.unlink(this.#temporary);
    this.#file = vfs.open(this.#temporary, 'exclusive');
  }

  print(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    writeFully(this.#file, bytes, this.#at);
    this.#at += bytes.length;
    return Promise.resolve();
  }

  finish(): void {
    this.#file.sync();
    this.#file.close();
    this.#context.env.vfs.rename(this.#temporary, this.#path);
  }

  discard(): void {
    this.#file.close();
    this.#context.env.vfs.unlink(this.#temporary);
  }
}

async function writeRows(context: CliContext, view: TableView, format: TextFormat, print: (text: string) => Promise<void>): Promise<number> {
  const names = listOption(context.options, 'fields');
  const fields = names === undefined ? view.fields : names.map((name) => view.fields.find((f) => f.name.toLowerCase() === name.toLowerCase()) ?? { name, type: 'C' });
  const rows = view.scan({ signal: context.signal, deleted: context.options['deleted'] === true, ...(names === undefined ? {} : { fields: fields.map((f) => f.name) }) });
  const writer = recordWriter(format, fields, delimiterOption(context.options));
  const output = new RowOutput({ print });
  await output.add(writer.begin());
  let count = 0;
  for await (const row of rows) {
    const room = output.add(writer.row(row));
    if (room !== undefined) await room;
    if (++count % 512 === 0) context.progress.update(`exporting ${view.name}`, row.$recno, view.recordCount);
  }
  await output.add(writer.end());
  await output.flush();
  return count;
}

/** A file is written again from the start when a writer moved the table meanwhile; standard output cannot be. */
async function toFile(context: CliContext, open: () => Promise<TableView>, path: string, format: TextFormat): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const view = await open();
    try {
      const file = new NewTextFile(context, path, context.options['force'] === true);
      try {
        const count = await writeRows(context, view, format, (text) => file.print(text));
        file.finish();
        return count;
      } catch (e) {
        file.discard();
        throw e;
      }
    } catch (e) {
      if (!hasCode(e, 'EXTERNAL_CHANGE') || attempt >= ATTEMPTS) throw e;
    } finally {
      await view.close();
    }
  }
}

export const exportCommand: Command = {
  name: 'export',
  usage: '<folder> <table> [output] | <file.dbf> [output]',
  summary: 'write a table as CSV, NDJSON or JSON',
  details: 'Writes the rows of a table as UTF-8 text to a file, or to standard output when no file is named. Any size, in constant\n'
    + 'memory. A file appears whole or not at all. Days are YYYY-MM-DD, moments ISO 8601 in UTC, bytes base64.\n'
    + 'Takes no lock and never writes to the database.',
  options: {
    format: { value: '<csv|ndjson|json>', meaning: 'default: by the extension of the output, else csv' },
    fields: { value: '<a,b,...>', meaning: 'only these fields, in this order' },
    deleted: { meaning: 'also records that are marked deleted' },
    delimiter: { value: '<char>', meaning: 'between the fields of CSV; "tab" for a tab (default: comma)' },
    encoding: { value: '<name>', meaning: 'code page of the table, whatever the file says' },
    force: { meaning: 'replace the output file' },
  },
  examples: ['fieldstone export ./data customers customers.csv', 'fieldstone export CITIES.DBF --format ndjson | head'],
  arguments: [1, 3],
  async run(context) {
    const [path = '', second, third] = context.positionals;
    const isFile = kindOf(context.env.vfs, path) === 'file';
    if (isFile && third !== undefined) throw new UsageError(`"${path}" is a file, so there is no table to name`);
    const table = isFile ? undefined : second;
    const output = isFile ? second : third;
    const format = wordOption(context.options, 'format', TEXT_FORMATS) ?? (output === undefined ? 'csv' : formatOf(output, 'csv'));
    const open = (): Promise<TableView> => openView(context, path, table, textOption(context.options, 'encoding'));
    if (output === undefined) {
      const view = await open();
      try {
        await writeRows(context, view, format, context.print);
      } finally {
        await view.close();
      }
      return 0;
    }
    const rows = await toFile(context, open, output, format);
    context.progress.clear();
    await context.print(context.json ? `${JSON.stringify({ output, format, rows })}\n` : `${countOf(rows, 'row')} written to ${output}\n`);
    return 0;
  },
};
