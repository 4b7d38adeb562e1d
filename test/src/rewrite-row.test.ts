import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { open } from '../../src/main.js';
import { rawPointer, type DbfLayout } from '#storage';
import { independentReaders } from '../support/independent-readers.js';
import { assertReadersAgreeOn } from '../support/reader-agreement.js';
import { buildTable, changedRows, memoRanges, READER_CASES, strayChanges, tableRanges, type TableFiles } from '../support/reader-cases.js';

/** Byte address of row 2's memo, whose blocks DBT IV gets back. */
function oldMemoOffset(files: TableFiles): number | undefined {
  const { layout, table, memo } = files;
  const field = layout.fields.find((one) => one.type === 'M');
  if (layout.memoKind !== 'dbt4' || field === undefined || memo === undefined) return undefined;
  const pointer = rawPointer(layout, field, table, rowOffset(layout));
  return pointer === undefined ? undefined : pointer.block * 512;
}

function rowOffset(layout: DbfLayout): number { return layout.headerLength + layout.recordLength; }

test.each(READER_CASES.map((given) => [given.name, given] as const))('%s: update() through the engine touches the row, its memo and the header, and others read it', async (_name, given) => {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-rewrite-'));
  try {
    const files = buildTable(given);
    const path = join(folder, 'case.dbf');
    const memoPath = join(folder, `case${files.memo?.extension ?? '.none'}`);
    writeFileSync(path, files.table);
    if (files.memo !== undefined) writeFileSync(memoPath, files.memo.bytes);

    const db = await open(folder);
    await db.table('case').update(2, { ...given.changes });
    await db.close();

    expect(strayChanges(files.table, readFileSync(path), tableRanges(files.layout))).toEqual([]);
    if (files.memo !== undefined) {
      expect(strayChanges(files.memo.bytes, readFileSync(memoPath), memoRanges(files.memo.bytes, oldMemoOffset(files)))).toEqual([]);
    }
    const readers = independentReaders();
    const able = assertReadersAgreeOn(readers, given, path, changedRows(given));
    if (readers.length === 3) expect(able).toBeGreaterThanOrEqual(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
