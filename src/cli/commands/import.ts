import { basename } from 'node:path';
import { codePage, DIALECT_RULES, FieldstoneError, hasCode, readFully, type Vfs, type WritableDialect } from '#storage';
import type { Database } from '../../database.js';
import type { TableSchema } from '../../table/field-types.js';
import { open } from '../../open.js';
import { RecordReader, importFields, TEXT_FORMATS } from '../../import/read-records.js';
import { parseSchema, typeText } from '../../import/schema-text.js';
import { decodeText, fileChunks } from '../../import/text-chunks.js';
import { numberOption, textOption, UsageError, wordOption, type CliContext, type Command } from '../command.js';
import { countOf, countText } from '../text-table.js';
import { delimiterOption, formatOf } from '../text-format.js';

const DEFAULT_SAMPLE = 10_000;
const STDIN = '-';

/** The bytes of the input, counted for the progress line. */
interface Input { readonly chunks: AsyncIterable<Uint8Array>; readonly totalBytes: number; doneBytes: number }

function openInput(context: CliContext, path: string): Input {
  const { vfs } = context.env;
  const stat = path === STDIN ? undefined : vfs.stat(path);
  if (path !== STDIN && stat?.kind !== 'file') throw new FieldstoneError('NOT_FOUND', `there is no file "${path}"`, { file: path });
  const source = path === STDIN ? context.stdin() : fileChunks(vfs, path);
  const input: Input = { chunks: counted(source), totalBytes: stat?.sizeBytes ?? 0, doneBytes: 0 };
  async function* counted(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      if (context.signal.aborted) throw new FieldstoneError('ABORTED', 'the import was cancelled', { cause: context.signal.reason });
      input.doneBytes += chunk.length;
      yield chunk;
    }
  }
  return input;
}

function readWhole(vfs: Vfs, path: string): string {
  const file = vfs.open(path, 'read');
  try {
    const bytes = Buffer.alloc(file.stat().sizeBytes);
    readFully(file, bytes, 0);
    return bytes.toString('utf8');
  } finally {
    file.close();
  }
}

interface Plan {
  readonly table: string;
  readonly dialect: WritableDialect;
  readonly encoding: string | undefined;
  readonly append: boolean;
  readonly reader: RecordReader;
  readonly input: Input;
}

function makePlan(context: CliContext, path: string, table: string | undefined): Plan {
  const { options } = context;
  const name = table ?? tableNameOf(path);
  const dialect = wordOption(options, 'dialect', ['vfp', 'foxpro2', 'dbase3', 'dbase4', 'clipper'] as const) ?? 'vfp';
  const encoding = textOption(options, 'encoding');
  if (encoding !== undefined) codePage(encoding);
  const append = options['append'] === true;
  if (append && (textOption(options, 'dialect') ?? textOption(options, 'schema') ?? encoding) !== undefined) {
    throw new UsageError('--append goes into a table that is there, so --dialect, --encoding and --schema say nothing');
  }
  const format = wordOption(options, 'format', TEXT_FORMATS) ?? formatOf(path);
  const input = openInput(context, path);
  const delimiter = delimiterOption(options) ?? (/\.tsv$/i.test(path) ? '\t' : undefined);
  const reader = new RecordReader(decodeText(input.chunks, textOption(options, 'input-encoding') ?? 'utf8'), {
    format, header: options['no-header'] !== true, ...(delimiter === undefined ? {} : { delimiter }),
  });
  return { table: name, dialect, encoding, append, reader, input };
}

function tableNameOf(path: string): string {
  if (path === STDIN) throw new UsageError('standard input has no name: name the table');
  const name = basename(path).replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 64);
  return /^[A-Za-z_]/.test(name) ? name : `t_${name}`;
}

async function schemaFor(context: CliContext, plan: Plan): Promise<TableSchema> {
  const given = textOption(context.options, 'schema');
  const sample = numberOption(context.options, 'sample', 0) ?? DEFAULT_SAMPLE;
  const { complete } = await plan.reader.readSample(sample);
  if (given !== undefined) return parseSchema(given.trimStart().startsWith('{') ? given : readWhole(context.env.vfs, given));
  const schema = plan.reader.guessSchema(plan.dialect, plan.encoding ?? 'cp1252', complete);
  if (Object.keys(schema).length === 0) throw new FieldstoneError('SCHEMA', 'the input has no records, so there is nothing to learn the fields from; give --schema');
  const most = DIALECT_RULES[plan.dialect].maxFields;
  if (Object.keys(schema).length > most) throw new FieldstoneError('SCHEMA', `the input has ${Object.keys(schema).length} columns, a ${plan.dialect} table ${most} at most`);
  return schema;
}

async function load(context: CliContext, db: Database, plan: Plan, schema: TableSchema | undefined): Promise<number> {
  const { table, reader, input } = plan;
  const options = {
    signal: context.signal,
    onProgress: (p: { readonly rows: number }) => context.progress.update(`importing ${table}, ${countText(p.rows)} rows`, input.doneBytes, input.totalBytes),
  };
  if (schema === undefined) {
    const handle = db.table(table);
    await reader.readSample(1); // the titles
    const fields = handle.fields.map((f) => ({ name: f.name, type: f.type, asText: false }));
    return (await handle.insertMany(reader.rows(fields), options)).count;
  }
  const rows = reader.rows(importFields(schema));
  const encoding = plan.encoding === undefined ? {} : { encoding: plan.encoding };
  return (await db.importTable<TableSchema>(table, schema, rows, { ...options, dialect: plan.dialect, ...encoding })).count;
}

/** An error about a value that the sample did not foresee says what to do. */
function explain(e: unknown, guessed: boolean): unknown {
  if (!hasCode(e, 'VALUE') || !guessed) return e;
  const hint = /not in cp|not in iso|not in mac/.test(e.message) ? 'choose a code page with --encoding, for example utf8' : 'let --sample 0 look at all rows first, or give --schema';
  return new FieldstoneError('VALUE', `${e.message}; nothing was imported: ${hint}`, { cause: e, ...(e.field === undefined ? {} : { field: e.field }) });
}

async function run(context: CliContext): Promise<number> {
  const [path = '', folder = '', name] = context.positionals;
  const plan = makePlan(context, path, name);
  const schema = plan.append ? undefined : await schemaFor(context, plan);
  if (context.options['dry-run'] === true) {
    if (schema === undefined) throw new UsageError('--dry-run shows the schema of a new table; --append makes none');
    await context.print(`${JSON.stringify(Object.fromEntries(Object.entries(schema).map(([field, type]) => [field, typeText(type)])), null, context.json ? 0 : 2)}\n`);
    return 0;
  }
  const db = await open(folder);
  let rows: number;
  try {
    rows = await load(context, db, plan, schema);
  } catch (e) {
    throw explain(e, schema !== undefined && textOption(context.options, 'schema') === undefined);
  } finally {
    await db.close();
  }
  context.progress.clear();
  await context.print(context.json
    ? `${JSON.stringify({ table: plan.table, rows, ...(schema === undefined ? {} : { fields: Object.fromEntries(Object.entries(schema).map(([f, t]) => [f, typeText(t)])) }) })}\n`
    : `${countOf(rows, 'row')} ${plan.append ? 'added to' : 'imported into'} ${plan.table}\n`);
  return 0;
}

export const importCommand: Command = {
  name: 'import',
  usage: '<file|-> <folder> [table]',
  summary: 'make a table from CSV, NDJSON or JSON',
  details: 'Reads a text file (or standard input: -) into a new table of the folder, which is made if missing. Any size, in bounded\n'
    + 'memory, all or nothing. Field types are guessed from the first rows unless --schema names them; titles become field names.\n'
    + 'The table is named after the file unless a name is given.',
  options: {
    format: { value: '<csv|ndjson|json>', meaning: 'default: by the extension of the file' },
    schema: { value: '<json|file>', meaning: 'field names and types, for example {"name": "char(30)", "born": "date"}' },
    sample: { value: '<n>', meaning: 'rows to guess the types from; 0 = all (default: 10000)' },
    dialect: { value: '<name>', meaning: 'vfp, foxpro2, dbase3, dbase4 or clipper (default: vfp)' },
    encoding: { value: '<name>', meaning: 'code page of the table (default: cp1252)' },
    'input-encoding': { value: '<name>', meaning: 'code page of the file (default: utf8)' },
    delimiter: { value: '<char>', meaning: 'between the fields of CSV; "tab" for a tab (default: guessed)' },
    'no-header': { meaning: 'CSV: the first line is a row, not titles' },
    append: { meaning: 'add the rows to a table that is there' },
    'dry-run': { meaning: 'show the schema and import nothing' },
  },
  examples: [
    'fieldstone import people.csv ./data', 'fieldstone import people.csv ./data --dry-run', 'fieldstone import rows.ndjson ./data people --append',
    'gzip -dc big.csv.gz | fieldstone import - ./data big --format csv --sample 100000',
  ],
  arguments: [2, 3],
  run,
};
