import { FieldstoneError, isMemoField, nearestNames, planDbf, rawPointer, visibleFields, shortFieldNames, createRowEncoder, type DbfField, type DbfLayout, type FieldSpec, type PendingMemo, type WritableDialect } from '#storage';
import { installFiles, isOwnIndex, type CatalogIndex, type PlannedTable, type RecordStore, type TableEntry } from '#txn';
import { renamePaths } from '../indexes/stored-filter.js';
import type { FieldType, TableSchema } from './field-types.js';
import { memoContentOf, TableBuilder } from './table-builder.js';
import { assertOptions } from '../arguments.js';
import type { LongWorkOptions } from '../long-work.js';
import type { TableHost } from './table-host.js';
import { fieldSpecs, namesOf } from './table-schema.js';
import { changeTable, walkRecords } from './rebuild.js';
import type { IndexPolicy } from './write-guard.js';

/** What alterTable changes. Names match without regard to case. */
export interface AlterTableChange extends LongWorkOptions {
  readonly add?: TableSchema;
  readonly drop?: readonly string[];
  /** Old name → new name. */
  readonly rename?: Readonly<Record<string, string>>;
  readonly indexes?: IndexPolicy;
}

interface Column {
  readonly name: string;
  readonly from: DbfField | undefined;
  readonly added: FieldType | undefined;
}

/** Rebuilds the table with other fields; kept fields keep their bytes. */
export async function alterTable(host: TableHost, name: string, change: AlterTableChange): Promise<void> {
  const { engine } = host;
  assertOptions(change ?? null, ['add', 'drop', 'rename', 'indexes', 'signal', 'onProgress'], 'alterTable');
  await changeTable(host, name, change.indexes ?? 'refuse', async (store, entry) => {
    if (store.layout.backlink !== undefined && store.layout.backlink !== '') {
      throw new FieldstoneError('UNSUPPORTED', `table "${name}" belongs to ${store.layout.backlink}, which lists its fields; alter it there`, { table: name });
    }
    const columns = planColumns(store, entry, change);
    const layout = planLayout(store.layout, columns);
    const { memo } = store.base;
    const after = plannedAfter(entry, layout, columns);
    const definitions = store.indexes.definitions().map((index) => renamedIndex(store, entry, index, columns));
    const builder = new TableBuilder(engine, {
      tableFile: entry.tableFile, layout,
      ...(memo === undefined ? {} : { memoBlockSizeBytes: memo.allocator.blockSizeBytes, ...(layout.memoKind === memo.kind ? { memoFile: memo.name } : {}) }),
      indexes: { definitions, table: after },
    });
    try {
      const convert = recordConverter(store, layout, columns);
      await walkRecords(engine, store, change, 'alterTable', (bytes, start) => {
        const record = new Uint8Array(bytes.subarray(start, start + store.layout.recordLength));
        const at = builder.slot();
        builder.added(convert(record, builder.buffer, at));
      });
      builder.finish(new Map([...store.autoNext].map(([field, next]) => [renamedField(columns, layout, field), next])));
      await builder.finishIndexes();
    } catch (e) {
      builder.discard();
      throw e;
    }
    const removed = memo !== undefined && builder.memoFile !== memo.name ? [memo.name] : [];
    const { memoFile } = builder;
    const indexes = builder.indexDefinitions.filter(isOwnIndex);
    const planned = { ...after, ...(memoFile === undefined ? {} : { memoFile }), ...(indexes.length === 0 ? {} : { indexes }) };
    await installFiles(engine, { before: entry, after: planned, files: builder.files, removed });
  });
}

function plannedAfter(entry: TableEntry, layout: DbfLayout, columns: readonly Column[]): PlannedTable {
  return {
    name: entry.name, tableFile: entry.tableFile, fieldNames: columns.map((c) => c.name),
    ...(entry.facts?.encoding === undefined ? {} : { encoding: entry.facts.encoding }),
    fieldTypes: typesAfter(entry, layout, columns),
    ...(entry.facts?.attached === undefined ? {} : { attached: entry.facts.attached }),
  };
}

/** The index with the new names of its fields. Throws SCHEMA when one of them is dropped. */
function renamedIndex(store: RecordStore, entry: TableEntry, index: CatalogIndex, columns: readonly Column[]): CatalogIndex {
  const names = namesOf(store.layout, entry);
  const nameNow = (path: string): string => {
    const i = names.findIndex((name) => name.toLowerCase() === path.toLowerCase());
    const column = columns.find((c) => c.from !== undefined && c.from === visibleFields(store.layout)[i]);
    if (column !== undefined) return column.name;
    throw new FieldstoneError('SCHEMA', `index "${index.name}" needs field "${path}"; drop the index first`, { table: entry.name, field: path, details: { index: index.name } });
  };
  return {
    ...index,
    ...(index.fields === undefined ? {} : { fields: index.fields.map((field) => ({ ...field, path: nameNow(field.path) })) }),
    ...(index.where === undefined ? {} : { where: renamePaths(index.where, nameNow) }),
  };
}

function planColumns(store: RecordStore, entry: TableEntry, change: AlterTableChange): Column[] {
  const names = namesOf(store.layout, entry);
  const find = (wanted: string): number => {
    const i = names.findIndex((n) => n.toLowerCase() === wanted.toLowerCase());
    if (i >= 0) return i;
    const near = nearestNames(wanted, names);
    throw new FieldstoneError('NOT_FOUND', `table "${entry.name}" has no field "${wanted}"${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`, { table: entry.name, field: wanted });
  };
  const dropped = new Set((change.drop ?? []).map(find));
  const renamed = new Map(Object.entries(change.rename ?? {}).map(([from, to]) => [find(from), to]));
  const columns: Column[] = [];
  visibleFields(store.layout).forEach((from, i) => {
    if (!dropped.has(i)) columns.push({ name: renamed.get(i) ?? names[i] ?? from.name, from, added: undefined });
  });
  for (const [name, added] of Object.entries(change.add ?? {})) columns.push({ name, from: undefined, added });
  if (columns.length === 0) throw new FieldstoneError('SCHEMA', 'a table needs at least one field', { table: entry.name });
  return columns;
}

function planLayout(old: DbfLayout, columns: readonly Column[]): DbfLayout {
  const dialect = writableDialect(old);
  const short = shortFieldNames(columns.map((c) => c.name));
  const specs = columns.map((column, i): FieldSpec => {
    const name = short[i] ?? column.name;
    if (column.added !== undefined) return { ...fieldSpecs({ [column.name]: column.added }, dialect)[0], name } as FieldSpec; // one in, one out
    const f = column.from;
    if (f === undefined) throw new FieldstoneError('SCHEMA', `field "${column.name}" needs a type`, { field: column.name });
    return {
      name, type: f.type, length: f.length, decimals: f.decimals, nullable: f.nullable, binary: f.binary,
      ...(f.autoIncrement === undefined ? {} : { autoIncrement: { next: f.autoIncrement.next, step: f.autoIncrement.step } }),
    };
  });
  return planDbf(specs, { dialect, encoding: old.encoding });
}

function writableDialect(layout: DbfLayout): WritableDialect {
  const { dialect } = layout;
  if (dialect === 'dbase5') return 'dbase4';
  if (dialect === 'dbase2' || dialect === 'dbase7' || dialect === 'flagship') throw new FieldstoneError('UNSUPPORTED', `tables of dialect ${dialect} can not be altered`);
  return dialect;
}

function renamedField(columns: readonly Column[], layout: DbfLayout, old: string): string {
  const i = columns.findIndex((c) => c.from?.name === old);
  return visibleFields(layout)[i]?.name ?? old;
}

function typesAfter(entry: TableEntry, layout: DbfLayout, columns: readonly Column[]): Record<string, string> {
  const types: Record<string, string> = {};
  visibleFields(layout).forEach((field, i) => {
    const column = columns[i];
    const as = column?.from === undefined ? column?.added?.as : entry.facts?.fieldTypes?.[column.from.name];
    if (as !== undefined && as !== 'number') types[field.name] = as;
  });
  return types;
}

type Converter = (record: Uint8Array, target: Uint8Array, at: number) => PendingMemo[];

/** Kept fields are copied byte by byte, with their null and length bits; new ones are blank. */
function recordConverter(store: RecordStore, layout: DbfLayout, columns: readonly Column[]): Converter {
  const encoder = createRowEncoder(layout, {});
  const kept = visibleFields(layout).flatMap((to, i) => {
    const from = columns[i]?.from;
    return from === undefined ? [] : [{ from, to }];
  });
  return (record, target, at) => {
    encoder.encodeInsert({}, target, at);
    target[at] = record[0] ?? 0x20;
    const memos: PendingMemo[] = [];
    for (const { from, to } of kept) {
      if (isMemoField(from)) {
        const pointer = rawPointer(store.layout, from, record, 0);
        const bytes = pointer === undefined ? undefined : store.readMemo(pointer);
        if (bytes !== undefined) memos.push({ field: to, content: memoContentOf(to), bytes });
      } else target.set(record.subarray(from.offset, from.offset + from.length), at + to.offset);
      copyBit(store.layout, record, from.nullBit, layout, target, at, to.nullBit);
      copyBit(store.layout, record, from.lengthBit, layout, target, at, to.lengthBit);
    }
    return memos;
  };
}

function copyBit(
  from: DbfLayout, record: Uint8Array, fromBit: number | undefined, to: DbfLayout, target: Uint8Array, at: number, toBit: number | undefined,
): void {
  if (fromBit === undefined || toBit === undefined || from.nullFlags === undefined || to.nullFlags === undefined) return;
  const set = ((record[from.nullFlags.offset + (fromBit >> 3)] ?? 0) & (1 << (fromBit & 7))) !== 0;
  const i = at + to.nullFlags.offset + (toBit >> 3);
  target[i] = set ? (target[i] ?? 0) | (1 << (toBit & 7)) : (target[i] ?? 0) & ~(1 << (toBit & 7));
}
