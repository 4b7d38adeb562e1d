import { compareValues } from '../../../src/filter/compare-values.js';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { DOCUMENTS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { sortValue } from '../../../src/filter/sort-value.js';
import { PlanChooser } from '../../../src/query/choose-plan.js';
import { findSpec, type FindOptions } from '../../../src/query/find-options.js';
import { FoundRows } from '../../../src/query/found-rows.js';
import { NO_PARAMS } from '../../../src/query/params.js';
import type { QueryContext, RunReport } from '../../../src/query/query-context.js';
import { ResultCache } from '../../../src/query/result-cache.js';
import { Shape } from '../../../src/query/shape.js';
import { project, type Doc, type FakeSource } from './fake-source.js';

/** What queries need, with a clock that moves by a microsecond at each look. */
export function testContext(sortMemoryBytes = 1 << 24): QueryContext & { readonly reports: RunReport[] } {
  let now = 0;
  const reports: RunReport[] = [];
  const clock = { nowMs: () => now / 1e6, monotonicNs: () => now += 1000 };
  return {
    clock, results: new ResultCache({ entries: 0, ttlMs: 1, sizeBytes: 0, clock }),
    scheduler: { microtask: (run) => queueMicrotask(run), later: (run) => setImmediate(run), timer: () => ({ cancel: () => undefined }) },
    limits: { sortMemoryBytes }, plans: new PlanChooser(), search: undefined, traces: undefined, reports, ran: (report) => reports.push(report),
  };
}

export function shapeOf(source: FakeSource, filter: unknown, options?: FindOptions): Shape {
  return new Shape(source.name, parseFilter(filter), findSpec(options, (path) => path));
}

export function find(source: FakeSource, filter: unknown, options?: FindOptions, context = testContext()): FoundRows<Doc> {
  return new FoundRows(source, context, shapeOf(source, filter, options), NO_PARAMS);
}

/** The answer, without any plan: filter, sort with ties by record number, skip, limit. */
export function truth(rows: readonly (Doc | undefined)[], filter: unknown, options?: FindOptions): Doc[] {
  const spec = findSpec(options, (path) => path);
  const matches = compileFilter(parseFilter(filter), DOCUMENTS);
  const keys = spec.sort.map(({ path, descending }) => ({ read: sortValue<unknown>(path, descending, DOCUMENTS), sign: descending ? -1 : 1 }));
  const found = rows.map((row, i) => ({ row, recno: i + 1 })).filter((one): one is { row: Doc; recno: number } => one.row !== undefined && matches(one.row));
  found.sort((a, b) => {
    for (const { read, sign } of keys) {
      const order = compareValues(read(a.row), read(b.row));
      if (order !== 0) return order * sign;
    }
    return (a.recno - b.recno) * (keys[0]?.sign ?? 1);
  });
  return found.slice(spec.skip, spec.limit === Infinity ? undefined : spec.skip + spec.limit).map(({ row }) => project(row, spec.fields));
}
