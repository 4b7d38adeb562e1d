import { FieldstoneError, type DbfLayout } from '#storage';
import { setAside, type Engine, type IndexProblem, type RecordStore, type TableEntry } from '#txn';

/** What to do about index files that would go stale: refuse the write, or set them aside first. */
export type IndexPolicy = 'refuse' | 'detach';

const INDEX_FILE = /\.(cdx|mdx|idx|ntx|ndx)$/i;
const STRUCTURAL = /\.(cdx|mdx)$/i;

/** Index files that xBase programs open together with the table. */
export function structuralIndexes(entry: TableEntry): readonly string[] {
  return entry.siblings.filter((name) => STRUCTURAL.test(name));
}

/** Any index file beside the table that carries its name. */
export function namedIndexes(entry: TableEntry): readonly string[] {
  return entry.siblings.filter((name) => INDEX_FILE.test(name));
}

/** Tables of these dialects are read and never changed. */
export function isReadOnlyDialect({ dialect }: Pick<DbfLayout, 'dialect'>): boolean {
  return dialect === 'dbase2' || dialect === 'dbase7' || dialect === 'flagship';
}

/**
 * Throws UNSUPPORTED when a write would leave an index of the table stale, or the format is read-only; CORRUPT_DBF when the header
 * does not say for certain where records begin.
 */
export function assertWritable(store: RecordStore, entry: TableEntry): void {
  const { dialect } = store.layout;
  if (isReadOnlyDialect(store.layout)) {
    throw new FieldstoneError('UNSUPPORTED', `tables of dialect ${dialect} can be read but not written; export and import into a new table`, { table: store.name });
  }
  const doubt = store.layout.findings.length === 0 ? undefined : store.layout.findings.find((finding) => finding.code === 'RECORD_LENGTH_WRONG');
  if (doubt !== undefined) {
    throw new FieldstoneError('CORRUPT_DBF', `where the records of "${store.name}" begin is a guess (${doubt.message}), and a write could hit its neighbour; repair the table first`, { table: store.name });
  }
  const [first, ...more] = unmaintained(store, entry);
  if (first === undefined) return;
  const files = [first, ...more].map((problem) => problem.file);
  throw new FieldstoneError('UNSUPPORTED',
    `writing to "${store.name}" would leave ${files.join(', ')} stale (${first.reason}); pass indexes: 'detach' to set the index files aside`, { table: store.name, details: { indexes: files } });
}

/** Lists of files in which no index file was found: they are made anew when a folder changes, and asked before every small commit. */
const withoutIndexes = new WeakSet<readonly string[]>();

/** Index files beside the table that are not kept right, and why. */
export function unmaintained(store: RecordStore, entry: TableEntry): readonly IndexProblem[] {
  if (withoutIndexes.has(entry.siblings)) return store.indexes.problems;
  if (namedIndexes(entry).length === 0) {
    withoutIndexes.add(entry.siblings);
    return store.indexes.problems;
  }
  const kept = new Set(store.indexes.files.map((file) => file.name));
  const known = new Set(store.indexes.problems.map((problem) => problem.file));
  const others = namedIndexes(entry).filter((file) => !kept.has(file) && !known.has(file)).map((file) => ({ file, reason: 'it is not attached' }));
  return [...store.indexes.problems, ...others];
}

/** Throws CORRUPT_DBF when new rows would overwrite rows that the file holds but its header does not count. */
export function assertGrowable(store: RecordStore): void {
  if (!store.hasUncountedRows) return;
  throw new FieldstoneError('CORRUPT_DBF',
    `the file of "${store.name}" holds more records than its header counts, and new rows would overwrite them; repair the table first, or pack it to drop them`, { table: store.name });
}

/** Sets the index files aside that would go stale: forgotten, those with the table's name renamed, and no longer announced by the header. */
export async function detachIndexes(engine: Engine, entry: TableEntry): Promise<void> {
  if (unmaintained(engine.store(entry), entry).length === 0) return;
  await engine.exclusively(async () => {
    const store = engine.store(entry);
    const remaining = unmaintained(store, entry).map((problem) => problem.file);
    if (remaining.length > 0) await setAside(engine, entry, store, remaining);
  });
}
