import type { VfsFile } from '#storage';
import type { ToyFiles } from './toy-files.js';
import {
  decodeJournal, encodeCatalog, encodeJournal, encodeRow, END_MARK, HEADER_BYTES, recordAt, tableHeader, type Catalog, type Journal, type Range,
} from './toy-format.js';

export const TABLE = 't.dbf';
export const JOURNAL = 'fieldstone.journal';
export const CATALOG = 'fieldstone.json';

export function segmentName(number: number): string { return `fieldstone-${number}.wal`; }

export function segmentNumbers(names: readonly string[]): number[] {
  return names.flatMap((name) => /^fieldstone-(\d+)\.wal$/.exec(name)?.slice(1, 2).map(Number) ?? []).sort((a, b) => a - b);
}

/** Folds rows into the table: growth first, then everything else through the journal. */
export function fold(files: ToyFiles, rows: readonly string[], baseCount: number, dirty: ReadonlySet<number>, catalog: Catalog): void {
  const table = files.open(TABLE);
  if (rows.length > baseCount) {
    const grown = rows.slice(baseCount).map(encodeRow);
    files.write(table, Buffer.concat([...grown, Uint8Array.of(END_MARK)]), recordAt(baseCount + 1));
    if (!files.has('growth-not-synced')) files.sync(table);
  }
  if (files.has('log-removed-early')) removeSegments(files, catalog.firstLive);
  const changed = [...dirty].filter((recno) => recno <= baseCount).sort((a, b) => a - b);
  const rowAt = (recno: number): Range => ({ offset: recordAt(recno), bytes: encodeRow(rows[recno - 1] ?? '') });
  const header = rows.length > baseCount ? [{ offset: 0, bytes: tableHeader(rows.length) }] : [];
  const journal = { catalog, ranges: [...changed.map(rowAt), ...header] };
  writeJournal(files, encodeJournal(journal));
  if (files.has('rewrites-unjournalled')) for (const [i] of rows.slice(0, baseCount).entries()) files.write(table, rowAt(i + 1).bytes, recordAt(i + 1));
  applyJournal(files, table, journal);
  table.close();
}

function writeJournal(files: ToyFiles, bytes: Uint8Array): void {
  const file = files.open(JOURNAL);
  file.truncate(0);
  files.write(file, bytes, 0);
  if (!files.has('journal-not-synced')) files.sync(file);
  file.close();
  if (!files.has('journal-name-not-synced')) files.syncFolder();
}

function applyJournal(files: ToyFiles, table: VfsFile, { catalog, ranges }: Journal): void {
  const put = (range: Range): void => files.write(table, range.bytes, range.offset);
  const header = ranges.filter((range) => range.offset < HEADER_BYTES);
  for (const range of ranges) if (range.offset >= HEADER_BYTES) put(range);
  if (files.has('journal-removed-early')) {
    files.remove(JOURNAL);
    files.syncFolder();
  }
  if (!files.has('table-not-synced')) files.sync(table);
  for (const range of header) put(range);
  if (header.length > 0 && !files.has('table-not-synced')) files.sync(table);
  writeCatalog(files, catalog);
  files.remove(JOURNAL);
  removeSegments(files, catalog.firstLive);
}

export function writeCatalog(files: ToyFiles, catalog: Catalog): void {
  if (files.has('catalog-in-place')) {
    const file = files.open(CATALOG);
    files.write(file, encodeCatalog(catalog), 0);
    files.sync(file);
    file.close();
  } else {
    files.replace(CATALOG, encodeCatalog(catalog), !files.has('catalog-not-synced'));
  }
  files.syncFolder();
}

export function removeSegments(files: ToyFiles, firstLive: number): void {
  const old = segmentNumbers(files.vfs.list(files.folder)).filter((number) => number < firstLive);
  // The bug keeps the last one for the next segment to be made of.
  for (const number of files.has('log-reused') ? old.slice(0, -1) : old) files.remove(segmentName(number));
}

/** A complete journal of the next checkpoint is applied again, any other removed. Returns the catalog as it is then. */
export function recoverJournal(files: ToyFiles, catalog: Catalog): Catalog {
  if (files.vfs.stat(files.path(JOURNAL)) === undefined) return catalog;
  const bytes = files.read(JOURNAL);
  const journal = decodeJournal(bytes, !files.has('journal-not-checked'));
  if (journal === undefined || journal.catalog.checkpoint !== catalog.checkpoint + 1) {
    files.remove(JOURNAL);
    return catalog;
  }
  // What was read may stand in memory only, after a sync that failed: a new file is sure.
  if (!files.has('journal-only-applied')) {
    files.replace(JOURNAL, bytes);
    files.syncFolder();
  }
  const table = files.open(TABLE);
  applyJournal(files, table, journal);
  table.close();
  return journal.catalog;
}
