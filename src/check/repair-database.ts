import { FieldstoneError, type ErrorCode, type Finding } from '#storage';
import { remakeIndexFiles, withTableToItself, type Engine, type RecordStore, type TableEntry } from '#txn';
import { assertNotAborted, type LongWorkOptions } from '../long-work.js';
import { detachIndexes, namedIndexes, type IndexPolicy, unmaintained } from '../table/write-guard.js';
import { chosenWork } from './chosen-work.js';
import { checkTable } from './check-table.js';
import { repairStore } from './repair-store.js';
import { repairTable } from './repair-table.js';

/** Options of repair(). */
export interface RepairOptions extends LongWorkOptions {
  /** Only these tables. Default: all, and all key-value stores; when `stores` is given, none. */
  readonly tables?: readonly string[];
  /** Only these key-value stores. Default: all; when `tables` is given, none. */
  readonly stores?: readonly string[];
  /** Whole records behind the count of the header: take them in, or leave them out. Default `recover`. */
  readonly uncounted?: 'recover' | 'ignore';
  /** A last record that the end of the file cuts off: keep its whole fields, or drop it. Default `keep`. */
  readonly truncated?: 'keep' | 'drop';
  /** Index files of a repaired table would be stale: refuse to repair it, or set them aside. Default `refuse`. */
  readonly indexes?: IndexPolicy;
}

/** What happened to one table. */
export interface RepairedTable {
  readonly table: string;
  /** `fine`: nothing to mend, nothing was touched. `failed`: nothing was touched, `error` says why. */
  readonly status: 'fine' | 'repaired' | 'failed';
  /** What was mended, as text. */
  readonly actions: readonly string[];
  /** Files in the folder that hold the originals, byte for byte. */
  readonly kept: readonly string[];
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** What happened to one key-value store. */
export interface RepairedStore extends Omit<RepairedTable, 'table'> { readonly store: string }

/** What repair() did. */
export interface RepairResult { readonly tables: readonly RepairedTable[]; readonly stores: readonly RepairedStore[] }

/** Findings that a rebuild mends. Values that are no numbers or dates are not among them: what is right is not known. */
const MENDABLE: ReadonlySet<string> = new Set([
  'CORRUPT_DBF', 'COUNT_TOO_LARGE', 'RECORDS_BEYOND_COUNT', 'RECORD_LENGTH_WRONG', 'TERMINATOR_MISSING', 'VERSION_UNKNOWN',
  'DELETE_MARK_ODD', 'END_MARK_MISSING', 'TRAILING_BYTES', 'MEMO_FILE_MISSING', 'MEMO_HEADER_MISSING', 'MEMO_NEXT_HIGH', 'MEMO_DANGLING', 'MEMO_POINTER_INVALID', 'MEMO_OVERLAP',
  'MEMO_SHARED', 'MEMO_FREE_IN_USE', 'MEMO_BLOCK_SIZE', 'MEMO_FREE_LIST', 'AUTOINCREMENT_LOW',
]);
/** Notes alone are no reason to rebuild a table. */
const isReason = (f: Finding): boolean => f.severity !== 'note' && MENDABLE.has(f.code);

/** Repairs one table after the other; a table that fails does not stop the others. */
export async function repairDatabase(engine: Engine, options: RepairOptions): Promise<RepairResult> {
  engine.writeSide.assertWritable();
  const { tables: names, stores: storeNames } = chosenWork(engine, options);
  const tables: RepairedTable[] = [];
  for (const name of names) {
    assertNotAborted(options.signal, 'the repair');
    tables.push(await repairOne(engine, name, options));
  }
  const stores: RepairedStore[] = [];
  for (const name of storeNames) {
    assertNotAborted(options.signal, 'the repair');
    stores.push(await repairOneStore(engine, name, options));
  }
  return { tables, stores };
}

async function repairOneStore(engine: Engine, store: string, options: RepairOptions): Promise<RepairedStore> {
  try {
    const mended = await repairStore({ engine, name: store, signal: options.signal, onProgress: (done) => options.onProgress?.({ done, total: done }) });
    return mended === undefined ? { store, status: 'fine', actions: [], kept: [] } : { store, status: 'repaired', ...mended };
  } catch (e) {
    return { store, ...failed(engine, e) };
  }
}

/** Throws on what must end the whole repair. */
function failed(engine: Engine, e: unknown): Pick<RepairedTable, 'status' | 'actions' | 'kept' | 'error'> {
  if (!(e instanceof FieldstoneError) || e.code === 'ABORTED' || e.code === 'CLOSED' || engine.writeSide.isPoisoned) throw e;
  return { status: 'failed', actions: [], kept: [], error: { code: e.code, message: e.message } };
}

async function repairOne(engine: Engine, table: string, options: RepairOptions): Promise<RepairedTable> {
  try {
    const needs = await needsRepair(engine, table, options);
    if (needs !== 'table') return needs.length === 0 ? fineOrRemade(engine, table) : await repairIndexes(engine, table, needs, options);
    const entry = engine.entry(table);
    const known = opened(engine, entry);
    const stale = known === undefined ? namedIndexes(entry) : unmaintained(known, entry).map((problem) => problem.file);
    if (stale.length > 0) {
      if (options.indexes !== 'detach') {
        throw new FieldstoneError('UNSUPPORTED', `repairing "${table}" would leave ${stale.join(', ')} stale; ask for indexes: 'detach' to set the index files aside`, { table });
      }
      if (known !== undefined) await detachIndexes(engine, entry);
    }
    const { actions, kept } = await engine.exclusively(() => {
      const now = engine.entry(table);
      const store = opened(engine, now);
      const run = (): ReturnType<typeof repairTable> => repairTable({
        engine, signal: options.signal, uncounted: options.uncounted ?? 'recover', truncated: options.truncated ?? 'keep',
        onProgress: (done) => options.onProgress?.({ done, total: Math.max(done, store?.counts.latest ?? 0) }),
      }, now, store);
      return store === undefined ? run() : withTableToItself(engine, store, run);
    });
    return { table, status: 'repaired', actions, kept };
  } catch (e) {
    return { table, ...failed(engine, e) };
  }
}

/** Nothing is left to mend; but an index file that did not go with its table was made anew when the table was opened, perhaps by this repair. */
function fineOrRemade(engine: Engine, table: string): RepairedTable {
  const remade = engine.store(engine.entry(table)).indexes.remadeAtOpening.splice(0);
  if (remade.length === 0) return { table, status: 'fine', actions: [], kept: [] };
  return { table, status: 'repaired', actions: remade.map((file) => `index file ${file} did not go with the table and was made anew when it was opened`), kept: [] };
}

async function repairIndexes(engine: Engine, table: string, files: readonly string[], options: RepairOptions): Promise<RepairedTable> {
  const unreadable = unmaintained(engine.store(engine.entry(table)), engine.entry(table)).filter(({ file }) => files.includes(file)).map(({ file }) => file);
  if (unreadable.length > 0) {
    if (options.indexes !== 'detach') {
      throw new FieldstoneError('CORRUPT_INDEX', `what indexes ${unreadable.join(', ')} held can not be read; ask for indexes: 'detach' to set the files aside`, { table });
    }
  }
  // All at once: a checkpoint can write to none of them.
  const damaged = files.filter((each) => !unreadable.includes(each));
  if (damaged.length > 0) {
    await remakeIndexFiles(engine, table, damaged, (done, total) => {
      assertNotAborted(options.signal, 'the repair');
      options.onProgress?.({ done, total });
    });
  }
  if (unreadable.length > 0) await detachIndexes(engine, engine.entry(table));
  const actions = [...unreadable.map((file) => `index file ${file} set aside`), ...damaged.map((file) => `index file ${file} made anew`)];
  return { table, status: 'repaired', actions, kept: [] };
}

function opened(engine: Engine, entry: TableEntry): RecordStore | undefined {
  try {
    return engine.store(entry);
  } catch (e) {
    if (e instanceof FieldstoneError && e.code === 'CORRUPT_DBF') return undefined;
    throw e;
  }
}

/** `table`: the table has to be built anew, and its indexes with it. Else the index files that are damaged. */
async function needsRepair(engine: Engine, table: string, options: RepairOptions): Promise<'table' | readonly string[]> {
  const hold = engine.takeSnapshot('repair');
  try {
    const { findings } = await checkTable({ engine, hold, entry: engine.entry(table), signal: options.signal, onProgress: () => undefined });
    const unsupported = findings.find((f) => f.code === 'UNSUPPORTED');
    if (unsupported !== undefined) throw new FieldstoneError('UNSUPPORTED', unsupported.message, { table });
    const reasons = findings.filter(isReason);
    const hasReason = options.uncounted === 'ignore' ? reasons.some((f) => f.code !== 'RECORDS_BEYOND_COUNT') : reasons.length > 0;
    if (hasReason) return 'table';
    const { folder } = engine.options;
    const files = findings.filter((f) => f.code === 'CORRUPT_INDEX' && f.severity === 'error').flatMap((f) => (f.file === undefined ? [] : [f.file.slice(folder.length + 1)]));
    return [...new Set(files)];
  } finally {
    engine.releaseSnapshot(hold);
  }
}
