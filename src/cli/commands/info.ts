import { FieldstoneError } from '#storage';
import { textOption, type CliContext, type Command } from '../command.js';
import { kindOf, openView, withDatabase, withRefresh, type TableFacts, type TableView, type ViewField } from '../open-target.js';
import { countText, plainText, sizeText, textTable } from '../text-table.js';

/** A table of the folder, or why it cannot be opened. */
type Entry = { readonly facts: TableFacts; readonly fields: number }
  | { readonly name: string; readonly error: { readonly code: string; readonly message: string } };

function versionText(version: number): string { return `0x${version.toString(16).padStart(2, '0')}`; }

function dayText(date: Date | null): string { return date === null ? 'unknown' : date.toISOString().slice(0, 10); }

function fieldRow(field: ViewField): string[] {
  return [plainText(field.name), field.type, String(field.length), field.decimals > 0 ? String(field.decimals) : '', field.nullable ? 'null' : ''];
}

function tableText({ facts, fields }: TableView): string {
  const lines: [string, string][] = [
    ['table', facts.name], ['file', `${facts.file} (${sizeText(facts.sizeBytes)})`], ['dialect', `${facts.dialect}, version byte ${versionText(facts.version)}`],
    ['encoding', facts.encoding], ['last update', dayText(facts.lastUpdate)],
    ['records', `${countText(facts.recordCount)} of ${facts.recordLengthBytes} bytes, behind a header of ${facts.headerLengthBytes}`],
    ['memo', facts.memo === null ? 'none' : `${facts.memo.kind}, ${facts.memo.file ?? 'its file is missing'}`],
    ...(facts.indexFiles.length === 0 ? [] : [['indexes', facts.indexFiles.join(', ')] as [string, string]]),
  ];
  const width = Math.max(...lines.map(([left]) => left.length));
  const head = lines.map(([left, right]) => `${left.padEnd(width)}  ${plainText(right)}\n`).join('');
  const table = textTable([{ title: 'field' }, { title: 'type' }, { title: 'length', align: 'right' }, { title: 'decimals', align: 'right' }, { title: '' }], fields.map(fieldRow));
  const findings = facts.findings.map((f) => `${f.severity}: ${plainText(f.message)} (${f.code})\n`).join('');
  return `${head}\n${table}${findings === '' ? '' : `\n${findings}`}`;
}

async function oneTable(context: CliContext, path: string, table: string | undefined, encoding: string | undefined): Promise<number> {
  const view = await openView(context, path, table, encoding);
  try {
    await context.print(context.json ? `${JSON.stringify({ ...view.facts, fields: view.fields })}\n` : tableText(view));
    return 0;
  } finally {
    await view.close();
  }
}

function folderText(folder: string, entries: readonly Entry[]): string {
  if (entries.length === 0) return `${folder} holds no tables\n`;
  const rows = entries.map((entry) => ('error' in entry
    ? [entry.name, 'cannot be opened', '', '', '', '', '', entry.error.code]
    : [
      entry.facts.name, entry.facts.dialect, entry.facts.encoding, countText(entry.facts.recordCount), String(entry.fields), sizeText(entry.facts.sizeBytes),
      entry.facts.memo?.kind ?? '', entry.facts.findings.length === 0 ? '' : `${entry.facts.findings.length} (see check)`,
    ]));
  return textTable([
    { title: 'table' }, { title: 'dialect' }, { title: 'encoding' }, { title: 'records', align: 'right' }, { title: 'fields', align: 'right' },
    { title: 'size', align: 'right' }, { title: 'memo' }, { title: 'oddities' },
  ], rows.map((row) => row.map(plainText)));
}

function wholeFolder(context: CliContext, folder: string, encoding: string | undefined): Promise<number> {
  return withDatabase(folder, { readOnly: true, ...(encoding === undefined ? {} : { encoding }) }, async (db) => {
    const entries = await withRefresh(db, () => db.tables().map((name): Entry => {
      try {
        const table = db.table(name);
        return { facts: table.info(), fields: table.fields.length };
      } catch (e) {
        if (e instanceof FieldstoneError && e.code !== 'EXTERNAL_CHANGE') return { name, error: { code: e.code, message: e.message } };
        throw e;
      }
    }));
    const tables = entries.map((entry) => ('error' in entry ? entry : { ...entry.facts, fields: entry.fields }));
    await context.print(context.json ? `${JSON.stringify({ folder, tables })}\n` : folderText(folder, entries));
    return entries.some((entry) => 'error' in entry) ? 1 : 0;
  });
}

export const infoCommand: Command = {
  name: 'info',
  usage: '<folder|file.dbf> [table]',
  summary: 'what tables there are and what their headers say',
  details: 'Lists the tables of a folder, or describes one table or one DBF file: dialect, code page, fields, memo, oddities.\n'
    + 'Takes no lock and never writes. Exit status 1 when a table cannot be opened.',
  options: { encoding: { value: '<name>', meaning: 'code page of the text, whatever the files say' } },
  examples: ['fieldstone info ./data', 'fieldstone info ./data customers', 'fieldstone info CITIES.DBF --json'],
  arguments: [1, 2],
  async run(context) {
    const [path = '', table] = context.positionals;
    const encoding = textOption(context.options, 'encoding');
    if (table === undefined && kindOf(context.env.vfs, path) === 'folder') return wholeFolder(context, path, encoding);
    return oneTable(context, path, table, encoding);
  },
};
