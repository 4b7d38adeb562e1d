import { FieldstoneError, planDbf, type DbfLayout, type WritableDialect } from '#storage';
import { installFiles, type CatalogIndex, type Engine, type PlannedTable } from '#txn';
import { assertOptions, shown } from '../arguments.js';
import type { TableSchema } from './field-types.js';
import { TableBuilder } from './table-builder.js';
import { assertTableName } from './table-name.js';
import { declaredNames, declaredTypes, fieldSpecs } from './table-schema.js';

/** Options of createTable(). */
export interface CreateTableOptions {
  /** Who shall be able to read it. Default `vfp` (Visual FoxPro). */
  readonly dialect?: WritableDialect;
  /** Code page of text. Default the database's `encoding`, else cp1252. */
  readonly encoding?: string;
  /** An existing table of that name is fine if its fields agree. */
  readonly ifNotExists?: boolean;
}

const DIALECTS: readonly WritableDialect[] = ['vfp', 'foxpro2', 'dbase3', 'dbase4', 'clipper'];

/** The header that a schema asks for; throws SCHEMA, NAME, OPTION. */
export function layoutFor(engine: Engine, schema: TableSchema, options: CreateTableOptions): DbfLayout {
  assertOptions(options, ['dialect', 'encoding', 'ifNotExists'], 'createTable');
  const dialect = options.dialect ?? 'vfp';
  if (!DIALECTS.includes(dialect)) throw new FieldstoneError('OPTION', `dialect must be one of ${DIALECTS.join(', ')}, got ${shown(dialect)}`, { option: 'dialect' });
  return planDbf(fieldSpecs(schema, dialect), { dialect, encoding: options.encoding ?? engine.options.encoding ?? 'cp1252' });
}

/** Makes the files of an empty table, its indexes included, and installs them in one step. */
export async function createTable(
  engine: Engine, name: string, schema: TableSchema, options: CreateTableOptions, indexes: readonly CatalogIndex[] = [],
): Promise<void> {
  const layout = layoutFor(engine, schema, options);
  const names = declaredNames(schema, layout);
  const types = declaredTypes(schema, layout);
  const declared = { ...(names === undefined ? {} : { fieldNames: names }), ...(types === undefined ? {} : { fieldTypes: types }) };
  await engine.exclusively(async () => {
    engine.writeSide.assertWritable();
    assertTableName(name);
    if (engine.tables.state.has(name.toLowerCase())) throw new FieldstoneError('EXISTS', `table "${name}" exists already`, { table: name });
    assertNoStrangers(engine, name);
    const builder = new TableBuilder(engine, { tableFile: `${name}.dbf`, layout, indexes: { definitions: indexes, table: { name, ...declared } } });
    try {
      builder.finish(firstNumbers(layout));
      await builder.finishIndexes();
    } catch (e) {
      builder.discard();
      throw e;
    }
    const after: PlannedTable = {
      name, tableFile: `${name}.dbf`, ...declared,
      ...(builder.memoFile === undefined ? {} : { memoFile: builder.memoFile }),
      ...(indexes.length === 0 ? {} : { indexes: builder.indexDefinitions }),
      ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
    };
    await installFiles(engine, { before: undefined, after, files: builder.files, removed: [] });
  });
}

export function firstNumbers(layout: DbfLayout): ReadonlyMap<string, number> {
  const next = new Map<string, number>();
  for (const f of layout.fields) if (f.autoIncrement !== undefined) next.set(f.name, f.autoIncrement.next);
  return next;
}

/** A memo or index file left by another table of that name must not be adopted or overwritten. */
export function assertNoStrangers(engine: Engine, name: string): void {
  const { env: { vfs }, folder } = engine.options;
  const prefix = `${name.toLowerCase()}.`;
  const stranger = vfs.list(folder).find((file) => {
    const lower = file.toLowerCase();
    return lower.startsWith(prefix) && /^(dbf|fpt|dbt|smt|cdx|mdx|cpg)$/.test(lower.slice(prefix.length));
  });
  if (stranger !== undefined) {
    throw new FieldstoneError('EXISTS', `the folder already holds "${stranger}", which would belong to table "${name}"; remove or rename it`, { file: `${folder}/${stranger}`, table: name });
  }
}
