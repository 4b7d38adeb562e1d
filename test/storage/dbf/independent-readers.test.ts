import { expect, test } from 'vitest';
import { independentReaders } from '../../support/independent-readers.js';
import { assertReadersAgree } from '../../support/reader-agreement.js';
import { buildTable, changedRows, memoRanges, READER_CASES, rewriteRow, strayChanges, tableRanges } from '../../support/reader-cases.js';

const NOTHING = new Uint8Array(0);

test.each(READER_CASES.map((given) => [given.name, given] as const))('%s: others read what was written, before and after a row is rewritten', (_name, given) => {
  const before = buildTable(given);
  const after = rewriteRow(given, before);
  expect(strayChanges(before.table, after.table, tableRanges(before.layout))).toEqual([]);
  const memo = before.memo?.bytes ?? NOTHING;
  expect(strayChanges(memo, after.memo?.bytes ?? NOTHING, memoRanges(memo))).toEqual([]);

  const readers = independentReaders();
  for (const [files, rows] of [[before, given.rows], [after, changedRows(given)]] as const) {
    const able = assertReadersAgree(readers, given, files, rows);
    if (readers.length === 3) expect(able).toBeGreaterThanOrEqual(2);
  }
});

test('a byte outside the allowed ranges is noticed', () => {
  expect(strayChanges(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 9, 4), [[1, 2]])).toEqual([2]);
  expect(strayChanges(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0), [])).toEqual([2]);
});
