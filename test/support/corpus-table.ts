import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createRowDecoder, isDeleted, nodeVfs, readDbfLayout, recordOffset, visibleFields, type DbfField, type DbfLayout, type FieldValue, type MemoSource } from '#storage';
import { MemoFile } from '../../storage/memo/memo-file.js';
import { memoFileNameFor } from '../../storage/memo/memo-names.js';
import { canonicalValue } from './canonical.js';

const vfs = nodeVfs();

/** One record in the corpus's canonical form. */
export interface CanonicalRecord {
  readonly recno: number;
  readonly deleted: boolean;
  readonly values: readonly (string | boolean | null)[];
}

/** A table of the corpus, read whole through the identity code page. */
export interface CorpusTable {
  readonly layout: DbfLayout;
  readonly fields: readonly DbfField[];
  readonly records: readonly CanonicalRecord[];
  readonly deletedCount: number;
}

function openMemo(path: string, layout: DbfLayout): { source: MemoSource | undefined; close: () => void } {
  const name = layout.memoKind === undefined ? undefined : memoFileNameFor(readdirSync(dirname(path)), basename(path), layout.memoKind);
  if (name === undefined || layout.memoKind === undefined) return { source: undefined, close: () => {} };
  const file = vfs.open(join(dirname(path), name), 'read');
  return { source: MemoFile.open(file, layout.memoKind), close: () => { file.close(); } };
}

/** Truth lists hidden fields too: `_NullFlags` is null there. */
function canonicalRow(layout: DbfLayout, values: ReadonlyMap<DbfField, FieldValue>, bytes: Uint8Array): (string | boolean | null)[] {
  return layout.fields.map((field) => (field.hidden ? null : canonicalValue(layout, field, values.get(field) ?? null, bytes, 0)));
}

export function readCorpusTable(path: string): CorpusTable {
  const file = vfs.open(path, 'read');
  try {
    const layout = readDbfLayout(file, { encoding: 'latin1' });
    const memo = openMemo(path, layout);
    const decoder = createRowDecoder(layout);
    const fields = visibleFields(layout);
    const records: CanonicalRecord[] = [];
    let deletedCount = 0;
    const bytes = new Uint8Array(layout.recordLength);
    for (let recno = 1; recno <= layout.recordCount; recno++) {
      file.readAt(bytes, recordOffset(layout, recno));
      const row = decoder.decode(bytes, 0, recno, memo.source);
      const values = canonicalRow(layout, new Map(fields.map((field, i) => [field, row[decoder.names[i] ?? ''] ?? null])), bytes);
      const deleted = isDeleted(bytes, 0);
      if (deleted) deletedCount++;
      records.push({ recno, deleted, values });
    }
    memo.close();
    return { layout, fields: layout.fields, records, deletedCount };
  } finally {
    file.close();
  }
}
