import { compareValues } from '../filter/compare-values.js';
import { CoveredCursor, gatheredCursor, streamCursor } from './index-cursor.js';
import { bindParams, type Params } from './params.js';
import type { Plan, PlanRequest } from './plan.js';
import { recnosOf } from './recno-set.js';
import type { RowCursor, RowRequest, RowSession } from './row-source.js';
import { GroupCursor, SortCursor, type SortLimit } from './sort-cursor.js';
import { sortOrder, type SortItem } from './sort-key.js';
import { varyingKeys } from './stream-direction.js';

/** Puts its own cursor in place of one, to watch it. */
export type Watch<Row> = (cursor: RowCursor<Row>, step: 'find' | 'order') => RowCursor<Row>;

/** The cursor that gives the rows of the plan in their order, before skip and limit. */
export function openPlan<Row>(session: RowSession<Row>, plan: Plan, request: PlanRequest, params: Params, limit: SortLimit, watch: Watch<Row> = (cursor) => cursor): RowCursor<Row> {
  const sorts = plan.ordering === 'sort' || plan.ordering === 'top' || plan.ordering === 'groups';
  const filter = plan.residual === undefined ? undefined : bindParams(plan.residual, params);
  const wanted: RowRequest = { filter, fields: request.givesRows ? request.fields : [], keys: sorts ? request.sort : [] };
  // Sorted rows are made when they are given out: until then only their keys are read.
  const found = watch(findRows(session, plan, sorts ? { ...wanted, fields: [] } : wanted), 'find');
  if (!sorts) return found;
  const fetcher = session.fetcher({ ...wanted, filter: undefined });
  const parts = { source: found, order: sortOrder(request.sort), fetcher, limit };
  if (plan.ordering === 'groups') return watch(new GroupCursor(parts, groupTest(plan, request)), 'order');
  return watch(new SortCursor(parts, plan.ordering === 'top' ? request.most : Infinity), 'order');
}

function findRows<Row>(session: RowSession<Row>, plan: Plan, request: RowRequest): RowCursor<Row> {
  const { access } = plan;
  if (access.kind === 'scan') return session.scan({ ...request, reverse: false });
  const streams = access.kind === 'index' && (plan.ordering === 'stream' || plan.ordering === 'groups');
  if (!streams) return gatheredCursor(access, session.fetcher(request));
  const make = plan.covering ? session.rowMaker?.(request, access.index.fields.map(({ path }) => path)) : undefined;
  return make === undefined ? streamCursor(access, plan.reverse, session.fetcher(request)) : new CoveredCursor(access, plan.reverse, make);
}

/** Whether two rows belong to one group: equal in the keys that the index orders. */
function groupTest({ access, groupBy }: Plan, { sort }: PlanRequest): (a: SortItem, b: SortItem) => boolean {
  if (access.kind !== 'index') return () => true;
  const served = varyingKeys(access.index, access.ranges[0]?.equal.length ?? 0, sort).slice(0, groupBy);
  const places = served.map((key) => sort.indexOf(key));
  return (a, b) => places.every((i) => compareValues(a.key[i], b.key[i]) === 0);
}

/** How many rows a plan finds that counts entries: record numbers are counted, no row is read. */
export function countEntries(plan: Plan): { readonly count: number; readonly entries: number } {
  const counter = { entries: 0 };
  const { access } = plan;
  if (access.kind === 'scan') return { count: 0, entries: 0 };
  const [range] = access.kind === 'index' ? access.ranges : [];
  if (access.kind === 'index' && range !== undefined && access.ranges.length === 1 && !access.index.multikey) {
    let entries = 0;
    for (const entry of access.index.entries(range)) entries += entry.recno > 0 ? 1 : 0;
    return { count: entries, entries };
  }
  const gathering = recnosOf(access, counter);
  for (;;) {
    const step = gathering.next();
    if (step.done === true) return { count: step.value.length, entries: counter.entries };
  }
}
