import { bindTemplate, wholeIndex, type Access, type CombinedAccess, type IndexAccess } from './access.js';
import { conditionsUsed, type IndexTemplate, type Templates } from './index-template.js';
import type { Params } from './params.js';
import type { Plan, PlanContext, PlanRequest } from './plan.js';
import { priced, type Offer } from './price.js';
import { selectivityOfAll } from './selectivity.js';
import { streamDirection } from './stream-direction.js';

/** Fewer entries than this are looked up rather than intersected with another index. */
const LEAST_INTERSECTED = 64;
/** Indexes that are intersected at most. */
const MOST_INTERSECTED = 3;

/** All plans for the query, the cheapest first. There is always one: the scan. */
export function plansFor(request: PlanRequest, templates: Templates, context: PlanContext, params: Params): Plan[] {
  const { conditions } = request;
  const { indexes } = context;
  const offers: Offer[] = [{ access: { kind: 'scan' }, share: 1 }];
  const single = boundIndexes(templates.indexes, request, context, params);
  for (const access of single) offers.push({ access, share: shareOfRest(access, request, context, params) });
  const both = intersection(single, context);
  if (both !== undefined) {
    const used = new Set(both.parts.flatMap((part) => part.used));
    const rest = conditions.filter((one) => ![...used].some((u) => u === one));
    offers.push({ access: both, share: selectivityOfAll(rest, indexes, params) });
  }
  for (const access of unions(templates, context, params)) offers.push({ access, share: 1 });
  if (request.sort.length > 0) {
    for (const index of indexes) {
      if (streamDirection(index, 0, request.sort) === undefined || single.some((one) => one.index === index)) continue;
      const access = wholeIndex(index, conditions, params);
      if (access !== undefined) offers.push({ access, share: shareOfRest(access, request, context, params) });
    }
  }
  const matches = fewestMatches(offers, request, context, params);
  const plans = offers.flatMap((offer) => priced(offer, request, context, matches));
  return plans.sort((a, b) => a.cost - b.cost);
}

/** The plan by this one way, without looking at others; undefined when it does not serve these values. `known`: as for bindTemplate(). */
export function planByTemplate(
  template: IndexTemplate, ordering: Plan['ordering'], request: PlanRequest, context: PlanContext, params: Params, known?: number,
): Plan | undefined {
  const index = context.indexes.find((one) => one.name === template.index);
  const access = index === undefined ? undefined : bindTemplate(template, index, request.conditions, params, known);
  if (access === undefined) return undefined;
  const rest = request.conditions.length - access.used.length;
  const plans = priced({ access, share: rest > 0 ? 0.5 ** rest : 1 }, request, context, access.entries);
  return plans.find((plan) => plan.ordering === ordering);
}

function boundIndexes(templates: readonly IndexTemplate[], request: PlanRequest, context: PlanContext, params: Params): IndexAccess[] {
  const bound: IndexAccess[] = [];
  for (const template of templates) {
    const index = context.indexes.find((one) => one.name === template.index);
    const access = index === undefined ? undefined : bindTemplate(template, index, request.conditions, params);
    if (access !== undefined) bound.push(access);
  }
  return bound;
}

/** The share of the rows of an access that meet the conditions which did not bound it. */
function shareOfRest(access: IndexAccess, request: PlanRequest, { indexes }: PlanContext, params: Params): number {
  const used = new Set(conditionsUsedBy(access));
  return selectivityOfAll(request.conditions.filter((one) => !used.has(one)), indexes, params);
}

function conditionsUsedBy({ template }: IndexAccess): readonly unknown[] { return template === undefined ? [] : conditionsUsed(template); }

/** The most selective accesses on different conditions, when together they leave far fewer rows. */
function intersection(single: readonly IndexAccess[], { rowCount }: PlanContext): CombinedAccess | undefined {
  const parts: IndexAccess[] = [];
  for (const access of [...single].sort((a, b) => a.entries - b.entries)) {
    if (access.entries < LEAST_INTERSECTED) return undefined;
    if (parts.length === MOST_INTERSECTED) break;
    if (!parts.some((part) => part.used.some((one) => access.used.includes(one)))) parts.push(access);
  }
  if (parts.length < 2) return undefined;
  const rows = parts.reduce((left, part) => left * Math.min(1, part.entries / Math.max(1, rowCount)), rowCount);
  return { kind: 'intersection', parts, entries: parts.reduce((sum, part) => sum + part.entries, 0), rows };
}

function unions({ unions: templates }: Templates, context: PlanContext, params: Params): CombinedAccess[] {
  const accesses: CombinedAccess[] = [];
  for (const { branches } of templates) {
    const parts = branches.map(({ templates: ways, conditions }) => cheapest(ways, conditions, context, params));
    if (!parts.every((part) => part !== undefined)) continue;
    const entries = parts.reduce((sum, part) => sum + part.entries, 0);
    accesses.push({ kind: 'union', parts, entries, rows: Math.min(entries, context.rowCount) });
  }
  return accesses;
}

function cheapest(ways: readonly IndexTemplate[], conditions: PlanRequest['conditions'], context: PlanContext, params: Params): IndexAccess | undefined {
  let best: IndexAccess | undefined;
  for (const template of ways) {
    const index = context.indexes.find((one) => one.name === template.index);
    const access = index === undefined ? undefined : bindTemplate(template, index, conditions, params);
    if (access !== undefined && (best === undefined || access.entries < best.entries)) best = access;
  }
  return best;
}

/** Rows that match the whole filter, about: the least that any access leaves. */
function fewestMatches(offers: readonly Offer[], request: PlanRequest, { rowCount, indexes }: PlanContext, params: Params): number {
  let matches = rowCount * selectivityOfAll(request.conditions, indexes, params);
  for (const { access, share } of offers) {
    const rows = rowsOf(access);
    if (rows !== undefined) matches = Math.min(matches, rows * share);
  }
  return matches;
}

function rowsOf(access: Access): number | undefined {
  if (access.kind === 'scan') return undefined;
  return access.kind === 'index' ? access.entries : access.rows;
}
