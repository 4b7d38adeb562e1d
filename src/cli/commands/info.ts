import { basename, dirname, resolve } from 'node:path';
import { FieldstoneError } from '#storage';
import type { Database } from '../../database.js';
import type { KvInfo } from '../../kv/kv-types.js';
import { textOption, type CliContext, type Command } from '../command.js';
import { kindOf, openView, withDatabase, withRefresh, type TableFacts, type TableView, type ViewField } from '../open-target.js';
import { entriesText, indexFacts } from '../index-facts.js';
import { countText, plainText, sizeText, textTable } from '../text-table.js';

/** What cannot be opened, and why. */
interface Unopened { readonly name: string; readonly error: { readonly code: string; readonly message: string } }
/** A table of the folder. */
type Entry = { readonly facts: TableFacts; readonly fields: number } | Unopened;
type StoreEntry = KvInfo | Unopened;

/** What `look` finds of each name, or why it cannot. */
function lookAt<Found>(names: readonly string[], look: (name: string) => Found): (Found | Unopened)[] {
  return names.map((name) => {
    try {
      return look(name);
    } catch (e) {
      if (e instanceof FieldstoneError && e.code !== 'EXTERNAL_CHANGE') return { name, error: { code: e.code, message: e.message } };
      throw e;
    }
  });
}

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
  const indexes = facts.indexes.length === 0 ? '' : textTable(
    [{ title: 'index' }, { title: 'kind' }, { title: 'on' }, { title: 'entries', align: 'right' }, { title: 'file' }],
    facts.indexes.map(({ name, kind, on, entryCount, file }) => [plainText(name), kind, plainText(on), entriesText({ kind, entryCount }), plainText(file ?? 'in memory')]),
  );
  const findings = facts.findings.map((f) => `${f.severity}: ${plainText(f.message)} (${f.code})\n`).join('');
  return `${head}\n${table}${indexes === '' ? '' : `\n${indexes}`}${findings === '' ? '' : `\n${findings}`}`;
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

function tablesText(entries: readonly Entry[]): string {
  if (entries.length === 0) return '';
  const rows = entries.map((entry) => ('error' in entry
    ? [entry.name, 'cannot be opened', '', '', '', '', '', '', entry.error.code]
    : [
      entry.facts.name, entry.facts.dialect, entry.facts.encoding, countText(entry.facts.recordCount), String(entry.fields), sizeText(entry.facts.sizeBytes),
      entry.facts.memo?.kind ?? '', entry.facts.indexes.length === 0 ? '' : countText(entry.facts.indexes.length), entry.facts.findings.length === 0 ? '' : `${entry.facts.findings.length} (see check)`,
    ]));
  return textTable([
    { title: 'table' }, { title: 'dialect' }, { title: 'encoding' }, { title: 'records', align: 'right' }, { title: 'fields', align: 'right' },
    { title: 'size', align: 'right' }, { title: 'memo' }, { title: 'indexes', align: 'right' }, { title: 'oddities' },
  ], rows.map((row) => row.map(plainText)));
}

function storesText(stores: readonly StoreEntry[]): string {
  if (stores.length === 0) return '';
  const rows = stores.map((store) => ('error' in store
    ? [store.name, 'cannot be opened', '', '', '', '', store.error.code]
    : [store.name, store.file, store.keys, store.values, countText(store.entries), sizeText(store.sizeBytes), store.partsBytes === 0 ? '' : sizeText(store.partsBytes)]));
  return textTable([
    { title: 'store' }, { title: 'file' }, { title: 'keys' }, { title: 'values' }, { title: 'entries', align: 'right' }, { title: 'size', align: 'right' },
    { title: 'large values', align: 'right' },
  ], rows.map((row) => row.map(plainText)));
}

function folderText(folder: string, entries: readonly Entry[], stores: readonly StoreEntry[]): string {
  if (entries.length + stores.length === 0) return `${folder} holds no tables and no stores\n`;
  return [tablesText(entries), storesText(stores)].filter((text) => text !== '').join('\n');
}

function storeText(store: KvInfo): string {
  const lines: [string, string][] = [
    ['store', store.name], ['file', `${store.file} (${sizeText(store.sizeBytes)})`], ['keys', store.keys], ['values', store.values], ['entries', countText(store.entries)],
    ...(store.partsBytes === 0 ? [] : [['large values', `${sizeText(store.partsBytes)} in a file of their own`] as [string, string]]),
  ];
  const width = Math.max(...lines.map(([left]) => left.length));
  return lines.map(([left, right]) => `${left.padEnd(width)}  ${plainText(right)}\n`).join('');
}

/** The store that the name means; undefined when it means a table, or nothing. */
function storeNamed(db: Database, name: string): string | undefined {
  const is = (one: string): boolean => one.toLowerCase() === name.toLowerCase();
  return db.tables().some(is) ? undefined : db.stores().find(is);
}

/** False when the name is none of a store. */
async function oneStore(context: CliContext, folder: string, name: string): Promise<boolean> {
  return withDatabase(folder, { readOnly: true }, async (db) => {
    const info = await withRefresh(db, () => {
      const store = storeNamed(db, name);
      return store === undefined ? undefined : db.kv(store).info();
    });
    if (info !== undefined) await context.print(context.json ? `${JSON.stringify(info)}\n` : storeText(info));
    return info !== undefined;
  });
}

function wholeFolder(context: CliContext, folder: string, encoding: string | undefined): Promise<number> {
  return withDatabase(folder, { readOnly: true, ...(encoding === undefined ? {} : { encoding }) }, async (db) => {
    const [entries, stores] = await withRefresh(db, (): [Entry[], StoreEntry[]] => [
      lookAt(db.tables(), (name) => {
        const table = db.table(name);
        return { facts: { ...table.info(), indexes: table.indexes().map(indexFacts) }, fields: table.fields.length };
      }),
      lookAt(db.stores(), (name) => db.kv(name).info()),
    ]);
    const tables = entries.map((entry) => ('error' in entry ? entry : { ...entry.facts, fields: entry.fields }));
    await context.print(context.json ? `${JSON.stringify({ folder, tables, stores })}\n` : folderText(folder, entries, stores));
    return [...entries, ...stores].some((entry) => 'error' in entry) ? 1 : 0;
  });
}

function storeFile(path: string): { readonly folder: string; readonly name: string } | undefined {
  return /\.kv$/i.test(path) ? { folder: dirname(resolve(path)), name: basename(path).replace(/\.kv$/i, '') } : undefined;
}

export const infoCommand: Command = {
  name: 'info',
  usage: '<folder|file.dbf|file.kv> [table|store]',
  summary: 'what tables and stores there are and what their headers say',
  details: 'Lists the tables and key-value stores of a folder, or describes one of them or one file: dialect, code page, fields, memo, oddities; of a store '
    + 'its kinds of keys and values, entries, bytes. Takes no lock and never writes. Exit status 1 when one cannot be opened.',
  options: { encoding: { value: '<name>', meaning: 'code page of the text, whatever the files say' } },
  examples: ['fieldstone info ./data', 'fieldstone info ./data customers', 'fieldstone info CITIES.DBF --json'],
  arguments: [1, 2],
  async run(context) {
    const [path = '', table] = context.positionals;
    const encoding = textOption(context.options, 'encoding');
    if (table === undefined && kindOf(context.env.vfs, path) === 'folder') return wholeFolder(context, path, encoding);
    const target = table === undefined ? storeFile(path) : { folder: path, name: table };
    if (target !== undefined && kindOf(context.env.vfs, target.folder) === 'folder' && await oneStore(context, target.folder, target.name)) return 0;
    return oneTable(context, path, table, encoding);
  },
};
