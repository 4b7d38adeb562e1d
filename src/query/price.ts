import type { FilterNode } from '../filter/filter-node.js';
import type { Access, IndexAccess } from './access.js';
import { conjunction } from './conditions.js';
import type { Plan, PlanContext, PlanCosts, PlanRequest } from './plan.js';
import { streamDirection, type StreamDirection } from './stream-direction.js';

/** An access with the share of its rows that meet the conditions which it does not prove. */
export interface Offer {
  readonly access: Access;
  readonly share: number;
}

// In the unit of RowCosts, microseconds.
const DESCENT = 1.5;
const ENTRY = 0.15;
const SORTED_NUMBER = 0.01;
const COMPARED_KEY = 0.12;

/** The plans that an access allows, each with its cost. `matches`: rows that match the filter, about. */
export function priced(offer: Offer, request: PlanRequest, context: PlanContext, matches: number): Plan[] {
  const { access } = offer;
  if (access.kind === 'scan') return [scanPlan(access, request, context, matches)];
  const plans = [gatheredPlan(offer, request, context, matches)];
  const stream = access.kind === 'index' ? streamOf(access, request) : undefined;
  if (access.kind === 'index' && stream !== undefined) plans.push(streamedPlan(access, stream, request, context, matches));
  return plans;
}

function scanPlan(access: Access, request: PlanRequest, { rowCount, costs: rows }: PlanContext, matches: number): Plan {
  const sorted = request.sort.length > 0;
  const out = Math.min(matches, request.most);
  const read = sorted ? 1 : shareRead(request.most, matches);
  const costs: PlanCosts = {
    find: 0, read: rowCount * read * rows.scanRow, order: sorted ? orderingCost(request, matches) + out * rows.getRow : 0,
    make: request.givesRows ? out * rows.makeRow : 0,
  };
  return {
    access, ordering: sorted ? sortKind(request) : 'stream', reverse: false, groupBy: 0, residual: residualOf(request, access), covering: false,
    countsEntries: false, rowCount, matches, examined: rowCount * read, costs, cost: total(costs),
  };
}

/** Record numbers are gathered and sorted, then the rows are read; with a sort the rows are sorted afterwards. */
function gatheredPlan({ access, share }: Offer, request: PlanRequest, { rowCount, costs: { getRow, makeRow } }: PlanContext, matches: number): Plan {
  const entries = entriesOf(access);
  const rows = access.kind === 'index' || access.kind === 'scan' ? entries : access.rows;
  const sorted = request.sort.length > 0;
  const found = Math.min(rows * share, matches);
  const out = Math.min(found, request.most);
  const residual = residualOf(request, access);
  const countsEntries = !request.givesRows && residual === undefined && !touchesDeleted(access);
  const read = countsEntries ? 0 : sorted ? rows : rows * shareRead(request.most, found);
  const costs: PlanCosts = {
    find: descents(access) * DESCENT + entries * ENTRY + entries * Math.log2(entries + 2) * SORTED_NUMBER, read: read * getRow,
    order: sorted ? orderingCost(request, found) + out * getRow : 0, make: request.givesRows ? out * makeRow : 0,
  };
  return {
    access, ordering: sorted ? sortKind(request) : 'collect', reverse: false, groupBy: 0, residual, covering: false, countsEntries,
    rowCount, matches: found, examined: entries, costs, cost: total(costs),
  };
}

/** The index gives the rows in the order wanted: it need be walked only as far as rows are asked for. */
function streamedPlan(access: IndexAccess, { backward, groupBy }: StreamDirection, request: PlanRequest, context: PlanContext, matches: number): Plan {
  const { rowCount, costs: { getRow, makeRow } } = context;
  const residual = residualOf(request, access);
  const covering = groupBy === 0 && residual === undefined && covers(access, request);
  const countsEntries = !request.givesRows && residual === undefined && !access.index.hasDeleted;
  const found = Math.min(access.entries, matches);
  const groupRows = groupBy === 0 ? 0 : access.entries / Math.max(1, access.index.distinct(equalCountOf(access) + groupBy));
  const out = Math.min(found, request.most);
  const read = Math.min(access.entries, access.entries * shareRead(request.most, found) + groupRows);
  const costs: PlanCosts = {
    find: DESCENT + read * ENTRY, read: countsEntries || covering ? 0 : read * getRow, order: groupBy === 0 ? 0 : read * (getRow + COMPARED_KEY),
    make: request.givesRows ? out * makeRow : 0,
  };
  return {
    access, ordering: groupBy === 0 ? 'stream' : 'groups', reverse: backward, groupBy, residual, covering, countsEntries,
    rowCount, matches: found, examined: read, costs, cost: total(costs),
  };
}

function total({ find, read, order, make }: PlanCosts): number { return find + read + order + make; }

function streamOf(access: IndexAccess, request: PlanRequest): StreamDirection | undefined {
  const [range] = access.ranges;
  if (range === undefined || access.ranges.length !== 1) return undefined;
  // Where other keys lie in the range too, its entries are in the order of the keys, not of the record numbers.
  if (request.sort.length === 0 && !access.index.exact(range)) return undefined;
  return streamDirection(access.index, range.equal.length, request.sort, range.low !== undefined || range.high !== undefined);
}

function equalCountOf(access: IndexAccess): number { return access.ranges[0]?.equal.length ?? 0; }

function covers({ index }: IndexAccess, { fields, givesRows }: PlanRequest): boolean {
  if (!givesRows || fields === undefined || !index.covering || index.hasDeleted) return false;
  return fields.every((name) => index.fields.some(({ path }) => path === name));
}

function touchesDeleted(access: Access): boolean {
  if (access.kind === 'scan') return true;
  return access.kind === 'index' ? access.index.hasDeleted : access.parts.some((part) => part.index.hasDeleted);
}

function entriesOf(access: Access): number { return access.kind === 'scan' ? Infinity : access.entries; }
function descents(access: Access): number { return access.kind === 'scan' ? 0 : access.kind === 'index' ? access.ranges.length : access.parts.length; }

/** How much of the rows must be read until `most` of the matching ones are found. */
function shareRead(most: number, matches: number): number { return most >= matches ? 1 : most / Math.max(1, matches); }

/** Kept in memory: all rows, or only the best. */
function sortKind({ most }: PlanRequest): 'sort' | 'top' { return most === Infinity ? 'sort' : 'top'; }

function orderingCost({ most }: PlanRequest, rows: number): number {
  const kept = Math.min(rows, most);
  return rows * COMPARED_KEY + kept * Math.log2(kept + 2) * COMPARED_KEY;
}

/** What entries do not prove. A union proves nothing: each of its branches meets something else. */
function residualOf({ conditions }: PlanRequest, access: Access): FilterNode | undefined {
  const proved = access.kind === 'index' ? access.proved : access.kind === 'intersection' ? access.parts.flatMap((part) => part.proved) : [];
  const left = new Set<FilterNode>();
  for (const one of conditions) {
    const isProved = proved.some((p) => p === one);
    if (!isProved) left.add(one.node);
  }
  return left.size === 0 ? undefined : conjunction([...left]);
}
