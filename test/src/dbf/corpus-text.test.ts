import { expect, test } from 'vitest';
import { FieldstoneError, openDbf } from '../../../src/dbf/main.js';
import { corpus } from '../../support/corpus.js';

/** Not significant: the end of a memo; blanks at the end of V, which keeps them. */
const TAIL = /[\x1a\0 ]+$/;

test('every real table opens by its path: all rows, and its text in the code page of its header', async () => {
  const source = corpus();
  if (source === undefined) return;
  const failures: string[] = [];
  let opened = 0;
  let samples = 0;
  for (const unit of source.units.filter((one) => one.kind === 'real' || one.kind === 'generated')) {
    const truth = source.truth(unit.unit);
    if (truth.table === undefined) continue;
    try {
      const table = await openDbf(source.path(truth.table));
      opened++;
      let rows = 0;
      for (const row of table.scan({ deleted: true })) if (row.$recno > 0) rows++;
      if (truth.rowsReadable !== undefined && rows !== truth.rowsReadable) failures.push(`${unit.unit}: ${rows} rows`);
      for (const sample of truth.text?.samples ?? []) {
        const field = table.fields[truth.fields?.findIndex((f) => f.name === sample.field) ?? -1];
        if (typeof sample.text !== 'string' || field === undefined || field.binary) continue;
        const value = table.get(sample.recno, { deleted: true })?.[field.name];
        // Binary memos come back as bytes.
        if (typeof value !== 'string') continue;
        samples++;
        if (value.replace(TAIL, '') !== sample.text.replace(TAIL, '')) failures.push(`${unit.unit} ${truth.text?.codec} ${sample.recno} ${sample.field} (${sample.bytesHex.slice(0, 40)}): ${JSON.stringify(value)?.slice(0, 60)} is not ${JSON.stringify(sample.text).slice(0, 60)}`);
      }
      await table.close();
    } catch (e) {
      if (!(e instanceof FieldstoneError)) failures.push(`${unit.unit}: ${String(e)}`);
    }
  }
  expect(failures).toEqual([]);
  expect(opened).toBeGreaterThan(900);
  expect(samples).toBeGreaterThan(500);
});
