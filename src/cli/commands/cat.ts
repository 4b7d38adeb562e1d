import { numberOption, textOption, listOption, type CliContext, type Command } from '../command.js';
import { jsonRow } from '../../export/write-records.js';
import { openView, type TableView, type ViewField } from '../open-target.js';
import { lineMaker } from '../row-lines.js';
import { RowOutput } from '../row-output.js';

function shownFields(view: TableView, names: readonly string[] | undefined): readonly ViewField[] {
  if (names === undefined) return view.fields;
  // Unknown names are refused by the scan, with the nearest ones.
  return names.map((name) => view.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())).filter((f) => f !== undefined);
}

async function show(context: CliContext, view: TableView): Promise<void> {
  const { options, json, signal } = context;
  const names = listOption(options, 'fields');
  const from = numberOption(options, 'from', 1);
  const to = numberOption(options, 'to', 1);
  const limit = numberOption(options, 'limit', 0) ?? Infinity;
  const fields = shownFields(view, names);
  const rows = view.scan({
    signal, reverse: options['reverse'] === true, deleted: options['deleted'] === true,
    ...(names === undefined ? {} : { fields: fields.length === names.length ? fields.map((f) => f.name) : names }),
    ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }),
  });
  const output = new RowOutput(context);
  const maker = lineMaker(fields, String(view.recordCount).length);
  let left = limit;
  if (!json) await output.add(maker.titles);
  if (left > 0) {
    for await (const row of rows) {
      const room = output.add(json ? `${JSON.stringify({ $recno: row.$recno, ...(row.$deleted ? { $deleted: true } : {}), ...jsonRow(fields, row) })}\n` : maker.line(row));
      if (room !== undefined) await room;
      if (--left <= 0) break;
    }
  }
  await output.flush();
}

export const catCommand: Command = {
  name: 'cat',
  usage: '<folder|file.dbf> [table]',
  summary: 'show rows of a table',
  details: 'Shows the rows of a table in a folder, or of a single DBF file, in record order and in constant memory.\n'
    + 'The table may be left out when the folder holds one only. Takes no lock and never writes.\n'
    + 'With --json each row is one JSON object on a line of its own.',
  options: {
    fields: { value: '<a,b,...>', meaning: 'only these fields, in this order' },
    from: { value: '<n>', meaning: 'first record number' },
    to: { value: '<n>', meaning: 'last record number' },
    limit: { value: '<n>', meaning: 'at most so many rows' },
    reverse: { meaning: 'from the last record to the first' },
    deleted: { meaning: 'also records that are marked deleted (shown with *)' },
    encoding: { value: '<name>', meaning: 'code page of the text, whatever the file says' },
  },
  examples: ['fieldstone cat ./data customers --limit 10', 'fieldstone cat CITIES.DBF --fields NAME,POP --encoding cp866 | head'],
  arguments: [1, 2],
  async run(context) {
    const [path = '', table] = context.positionals;
    const view = await openView(context, path, table, textOption(context.options, 'encoding'));
    try {
      await show(context, view);
      return 0;
    } finally {
      await view.close();
    }
  },
};
