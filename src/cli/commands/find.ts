import type { Database } from '../../database.js';
import { jsonRow } from '../../export/write-records.js';
import { open } from '../../open.js';
import type { AnyInput, AnyRow, Table } from '../../table/table.js';
import { listOption, numberOption, textOption, UsageError, type CliContext, type Command } from '../command.js';
import { folderAndTable, withRefresh, type ViewField } from '../open-target.js';
import { lineMaker } from '../row-lines.js';
import { RowOutput } from '../row-output.js';

/** The filter as given: JSON, in which `{"$date": "2024-12-31"}` stands for a date. */
function filterOption(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('the filter is a JSON object such as {"city": "Oslo", "age": {"$gte": 18}}');
  return value as Record<string, unknown>; // a JSON object
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => asDate(value));
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw new UsageError(`the filter is no JSON: ${e instanceof Error ? e.message : String(e)}`);
  }
}

function asDate(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$date' in value)) return value;
  const date = new Date(String(value.$date));
  if (Number.isNaN(date.getTime())) throw new UsageError(`"${String(value.$date).slice(0, 40)}" is no date; write {"$date": "2024-12-31"}`);
  return date;
}

/** `born:desc,name` as find() takes it. */
function sortOption(names: readonly string[] | undefined): Record<string, 1 | -1> | undefined {
  if (names === undefined) return undefined;
  return Object.fromEntries(names.map((name) => {
    const [, path = name, direction] = /^(.*):(asc|desc)$/.exec(name) ?? [];
    return [path, direction === 'desc' ? -1 : 1];
  }));
}

/** Unknown names are refused by find(), with the nearest ones. */
function shownFields(fields: readonly ViewField[], names: readonly string[] | undefined): readonly ViewField[] {
  if (names === undefined) return fields;
  return names.map((name) => fields.find((f) => f.name.toLowerCase() === name.toLowerCase())).filter((f) => f !== undefined);
}

async function show(context: CliContext, table: Table<AnyRow, AnyInput>, filter: Record<string, unknown>): Promise<void> {
  const { options, json, signal } = context;
  const names = listOption(options, 'fields');
  const fields = shownFields(table.fields, names);
  const found = table.find(filter, {
    signal, sort: sortOption(listOption(options, 'sort')), skip: numberOption(options, 'skip', 0), limit: numberOption(options, 'limit', 0),
    fields: names === undefined ? undefined : names,
  });
  if (options['explain'] === true || options['analyze'] === true) {
    const plan = found.explain({ analyze: options['analyze'] === true });
    return context.print(json ? `${JSON.stringify(plan)}\n` : `${plan.text}\n`);
  }
  if (options['count'] === true) return context.print(json ? `${JSON.stringify({ count: found.count() })}\n` : `${found.count()}\n`);
  const output = new RowOutput(context);
  const maker = lineMaker(fields, String(table.recordCount).length);
  if (!json) await output.add(maker.titles);
  for await (const row of found) {
    const room = output.add(json ? `${JSON.stringify({ $recno: row.$recno, ...jsonRow(fields, row) })}\n` : maker.line(row));
    if (room !== undefined) await room;
  }
  return output.flush();
}

function tableOf(db: Database, name: string | undefined): Table<AnyRow, AnyInput> {
  const [first, second] = db.tables();
  if (name !== undefined) return db.table(name);
  if (first === undefined || second !== undefined) throw new UsageError(first === undefined ? 'the folder holds no table' : `name one of the tables: ${db.tables().join(', ')}`);
  return db.table(first);
}

export const findCommand: Command = {
  name: 'find',
  usage: '<folder|file.dbf> [table]',
  summary: 'rows that match a filter',
  details: 'Shows the rows of a table that match a filter, using indexes where there are any. Takes no lock and never writes.\n'
    + 'The filter is JSON as in the library: {"city": "Oslo", "age": {"$gte": 18}}; a date is {"$date": "2024-12-31"}.\n'
    + 'With --json each row is one JSON object on a line of its own.',
  options: {
    filter: { value: '<json>', meaning: 'which rows; all without it' },
    sort: { value: '<a,b:desc,...>', meaning: 'in the order of these fields' },
    skip: { value: '<n>', meaning: 'leave out so many rows at the beginning' },
    limit: { value: '<n>', meaning: 'at most so many rows' },
    fields: { value: '<a,b,...>', meaning: 'only these fields' },
    count: { meaning: 'only how many rows there are' },
    explain: { meaning: 'show how the rows would be found instead' },
    analyze: { meaning: 'as --explain, and run it: real rows and times' },
    encoding: { value: '<name>', meaning: 'code page of the text, whatever the file says' },
  },
  examples: [
    'fieldstone find ./data people --filter \'{"city": "Oslo"}\' --sort born:desc --limit 10',
    'fieldstone find ./data people --filter \'{"age": {"$gte": 18}}\' --explain',
  ],
  arguments: [1, 2],
  async run(context) {
    const [path = '', named] = context.positionals;
    const filter = filterOption(textOption(context.options, 'filter'));
    const { folder, table } = folderAndTable(context.env.vfs, path, named);
    const encoding = textOption(context.options, 'encoding');
    const db = await open(folder, { readOnly: true, ...(encoding === undefined ? {} : { encoding }) });
    try {
      await show(context, await withRefresh(db, () => tableOf(db, table)), filter);
      return 0;
    } finally {
      await db.close();
    }
  },
};
