import { expect, test } from 'vitest';
import { KNOB_NAMES, knobOf } from '../../../src/config/knobs.js';
import { char, memo, open } from '../../../src/main.js';

test('every counter that the table of knobs names is in db.stats()', async () => {
  const db = await open(':memory:', { profiling: 'times', samplingRate: 1, compression: 'deflate', compressionThreshold: 64 });
  const table = await db.createTable('t', { a: char(200), b: memo() });
  await table.insertMany(Array.from({ length: 50 }, (_, i) => ({ a: `row ${i}`, b: 'text '.repeat(100) })));
  await db.transaction((tx) => tx.table(table).update(1, { a: 'changed', b: 'memo '.repeat(500) }));
  await db.checkpoint();
  for (const row of table.scan()) expect(row.b).toBeDefined();
  const { counters, histograms } = db.stats();
  const known = new Set(Object.keys(histograms));
  for (const [group, fields] of Object.entries(counters)) for (const name of Object.keys(fields)) known.add(`${group}.${name}`);
  const missing = KNOB_NAMES.flatMap((name) => knobOf(name).counters.filter((counter) => !known.has(counter)).map((counter) => `${name}: ${counter}`));
  expect(missing, `known: ${[...known].sort().join(' ')}`).toEqual([]);
  await db.close();
});
