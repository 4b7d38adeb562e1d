import { FieldstoneError } from '../base/errors.js';
import { readDbfLayout } from '../dbf/layout-reader.js';
import { versionFacts } from '../dbf/version-byte.js';
import type { MemoKind } from '../memo/memo-kind.js';
import { FileWindow } from '../vfs/file-window.js';
import type { Vfs } from '../vfs/vfs.js';
import { explained, textOf, type ExplainedBytes } from './explained-bytes.js';
import { explainDbf } from './explain-dbf.js';
import { explainJournal } from './explain-journal.js';
import { explainMemo } from './explain-memo.js';
import { explainWal } from './explain-wal.js';

const MEMO_EXTENSIONS: ReadonlyMap<string, MemoKind> = new Map<string, MemoKind>([
  ['dbt', 'dbt3'], ['fpt', 'fpt'], ['smt', 'smt'], ['dct', 'fpt'], ['sct', 'fpt'],
  ['vct', 'fpt'], ['frt', 'fpt'], ['lbt', 'fpt'], ['mnt', 'fpt'], ['pjt', 'fpt'],
]);

/**
 * What the bytes of a file mean, in order and without a gap: log segments and checkpoint journals whole, tables and memo
 * files by their headers. Goes as far as it can in a damaged file: what is wrong stands in `problem`. Pieces of length 0
 * carry a remark. The file is only read, in bounded memory (a log record at a time).
 *
 * @throws FieldstoneError NOT_FOUND, IO
 * @example
 * for (const { offset, hex, name, value, problem } of explainFile(vfs, 'data/fieldstone-7.wal')) {
 *   console.log(offset, hex, name, value, problem ?? '');
 * }
 */
export function* explainFile(vfs: Vfs, path: string): Generator<ExplainedBytes, void, undefined> {
  const file = vfs.open(path, 'read');
  try {
    yield* explain(vfs, new FileWindow(file));
  } finally {
    file.close();
  }
}

function explain(vfs: Vfs, window: FileWindow): Iterable<ExplainedBytes> {
  const path = window.file.path;
  const start = window.rest(0, Math.min(8, window.sizeBytes));
  const magic = textOf(start.subarray(0, 5));
  const extension = /\.([^./\\]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  if (magic === 'FSWAL' || extension === 'wal') return explainWal(window);
  if (magic === 'FSJRN' || extension === 'journal') return explainJournal(window);
  const memoKind = MEMO_EXTENSIONS.get(extension);
  if (memoKind !== undefined) return explainMemo(window, memoKindBeside(vfs, path) ?? memoKind);
  if (extension === 'dbf' || versionFacts(start[0] ?? 0) !== undefined) return explainDbf(window);
  const problem = window.sizeBytes === 0 ? 'the file is empty' : 'not a file that is known';
  return [explained(0, window.rest(0, 1), 'file', '', problem, window.sizeBytes)];
}

/** What the table of the same name says about its memo file; .dbt is the name of two formats. */
function memoKindBeside(vfs: Vfs, path: string): MemoKind | undefined {
  const [, folder = '', name = ''] = /^(.*[/\\])?([^/\\]*)$/.exec(path) ?? [];
  const wanted = `${name.slice(0, name.lastIndexOf('.'))}.dbf`.toLowerCase();
  const table = vfs.list(folder === '' ? '.' : folder).find((one) => one.toLowerCase() === wanted);
  if (table === undefined) return undefined;
  const file = vfs.open(folder + table, 'read');
  try {
    return readDbfLayout(file).memoKind;
  } catch (error) {
    if (error instanceof FieldstoneError) return undefined;
    throw error;
  } finally {
    file.close();
  }
}
