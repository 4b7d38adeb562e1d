import { createRowEncoder, FieldstoneError, type RowEncoder } from '#storage';
import { installFiles, type Engine, type PlannedTable } from '#txn';
import { assertNoStrangers, firstNumbers, layoutFor, type CreateTableOptions } from '../table/create-table.js';
import type { TableSchema } from '../table/field-types.js';
import { TableBuilder } from '../table/table-builder.js';
import { assertNotAborted } from '../long-work.js';
import type { TableHost } from '../table/table-host.js';
import { assertOptions, assertSignal } from '../arguments.js';
import { assertTableName } from '../table/table-name.js';
import { declaredNames, declaredTypes, resultTypes } from '../table/table-schema.js';
import { asInput } from '../transaction/tx.js';

/** Options of importTable(). */
export interface ImportTableOptions extends Omit<CreateTableOptions, 'ifNotExists'> {
  /** Called now and then, and at the end. */
  readonly onProgress?: (progress: { readonly rows: number }) => void;
  /** Cancels with ABORTED; there is no table then. */
  readonly signal?: AbortSignal;
}

const ROWS_PER_TURN = 4096;

/** Builds the files of a table with its rows beside the folder's tables, then installs them in one step. */
export async function importTable(
  host: TableHost, name: string, schema: TableSchema, rows: Iterable<unknown> | AsyncIterable<unknown>, options: ImportTableOptions,
): Promise<{ readonly count: number }> {
  const { engine } = host;
  engine.writeSide.assertWritable();
  assertTableName(name);
  assertOptions(options, ['dialect', 'encoding', 'onProgress', 'signal'], 'importTable');
  assertSignal(options.signal);
  const { onProgress, signal, ...create } = options;
  const layout = layoutFor(engine, schema, create);
  assertFree(host, name);
  const builder = new TableBuilder(engine, { tableFile: `${name}.dbf`, layout });
  const names = declaredNames(schema, layout);
  const types = declaredTypes(schema, layout);
  const after: PlannedTable = {
    name, tableFile: `${name}.dbf`,
    ...(builder.memoFile === undefined ? {} : { memoFile: builder.memoFile }),
    ...(names === undefined ? {} : { fieldNames: names }),
    ...(types === undefined ? {} : { fieldTypes: types }),
    ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
  };
  const done = engine.loads.begin();
  let handedOver = false;
  try {
    const encoder = createRowEncoder(layout, {
      names: Object.keys(schema),
      as: resultTypes(layout, { name, tableFile: after.tableFile, siblings: [], store: undefined, facts: undefined }, schema),
    });
    const autoNext = new Map(firstNumbers(layout));
    if (autoNext.size > 0) throw new FieldstoneError('UNSUPPORTED', 'importTable does not number rows; create the table first and use insertMany');
    await engine.loads.unlessClosed(gather(engine, rows, builder, encoder, options));
    assertNotAborted(signal, 'the import');
    builder.finish(autoNext);
    onProgress?.({ rows: builder.count });
    await engine.exclusively(async () => {
      engine.writeSide.assertWritable();
      assertFree(host, name);
      assertNotAborted(signal, 'the import');
      handedOver = true;
      await installFiles(engine, { before: undefined, after, files: builder.files, removed: [] });
    });
  } catch (e) {
    if (!handedOver) builder.discard();
    throw e;
  } finally {
    done();
  }
  return { count: builder.count };
}

async function gather(
  engine: Engine, rows: Iterable<unknown> | AsyncIterable<unknown>, builder: TableBuilder, encoder: RowEncoder, { signal, onProgress }: ImportTableOptions,
): Promise<void> {
  for await (const row of rows) {
    const at = builder.slot();
    builder.added(encode(encoder, row, builder, at));
    if (builder.count % ROWS_PER_TURN !== 0) continue;
    assertNotAborted(signal, 'the import');
    onProgress?.({ rows: builder.count });
    await new Promise<void>((resolve) => { engine.options.env.scheduler.later(resolve); });
  }
}

function encode(encoder: RowEncoder, row: unknown, builder: TableBuilder, at: number): ReturnType<RowEncoder['encodeInsert']> {
  try {
    return encoder.encodeInsert(asInput(row), builder.buffer, at);
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
    throw new FieldstoneError(e.code, `row ${builder.count + 1}: ${e.message}`, { recno: builder.count + 1, cause: e, ...(e.field === undefined ? {} : { field: e.field }) });
  }
}

function assertFree(host: TableHost, name: string): void {
  if (host.engine.tables.state.has(name.toLowerCase())) throw new FieldstoneError('EXISTS', `table "${name}" exists already`, { table: name });
  assertNoStrangers(host.engine, name);
}
