import type { QueryShapeData, SlowQueryData } from '../../../profile/data/query-data.js';
import { countOf, countText, durationText, ratio, shareText } from '../../format/units.js';
import { planText } from '../../text/plan-text.js';
import { column, part, table, text, type Markup, type Section } from '../markup.js';
import { counted, moment, timed } from '../figures.js';
import type { ReportContext } from '../report-context.js';

const MOST_SHAPES = 20;
const OPEN_PLANS = 3;

/** Queries by shape, the most time first, and the slow ones one by one, with their plans. */
export function queriesSection({ data: { queries, meta } }: ReportContext): Section {
  if (queries === undefined) return { id: 'queries', title: 'Queries', body: '' };
  const all = queries.shapes.reduce((sum, shape) => sum + shape.executionNs, 0);
  const shapes = queries.shapes.slice(0, MOST_SHAPES).map((shape, i) => shapeCard(shape, all, meta.durationMs, i < OPEN_PLANS)).join('\n');
  const slow = table([
    column('At'), column('Query'), column('Took', true), column('Rows read', true), column('Rows given', true),
  ], queries.slow.map((query) => [
    moment(query.atMs), { markup: slowMarkup(query) }, timed(query.durationNs), counted(query.rowsExamined),
    counted(query.rowsReturned),
  ]));
  const limit = queries.slowLimitMs === undefined ? '' : ` (${durationText(queries.slowLimitMs * 1e6)} or more)`;
  const dropped = (queries.droppedShapes ?? 0) > 0 ? ` ${countOf(queries.droppedShapes ?? 0, 'more shape')} had no room in the list.` : '';
  return {
    id: 'queries', title: 'Queries', lead: `Queries that differ only in their values are one shape; those with the most time come first.${dropped}`,
    body: shapes + part(`Slow queries${limit}`, slow),
  };
}

function queryName(query: { readonly target: string; readonly kind: string; readonly shape: string }): Markup {
  return `${text(query.kind)} on <b>${text(query.target)}</b> <code>${text(query.shape)}</code>`;
}

function shapeCard(shape: QueryShapeData, allNs: number, durationMs: number, isOpen: boolean): Markup {
  const wasted = ratio(shape.rowsExamined, Math.max(1, shape.rowsReturned));
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['runs', countText(shape.count)], ['time', `${durationText(shape.executionNs)} (${shareText(ratio(shape.executionNs, durationMs * 1e6))} of the profile)`],
    ['mean', durationText(ratio(shape.executionNs, shape.count))], ['median', shape.p50Ns === undefined ? undefined : durationText(shape.p50Ns)],
    ['99 %', shape.p99Ns === undefined ? undefined : durationText(shape.p99Ns)], ['longest', durationText(shape.maxNs)], ['planning', durationText(shape.planNs)],
    ['rows read', countText(shape.rowsExamined)], ['rows given', countText(shape.rowsReturned)], ['read for each given', countText(Math.round(wasted * 10) / 10)],
    ['whole table read', shape.fullScans === 0 ? 'never' : countOf(shape.fullScans, 'time')], ['index', shape.index],
  ];
  const figures = facts.flatMap(([name, value]) => (value === undefined ? [] : [`<div><dt>${text(name)}</dt><dd>${text(value)}</dd></div>`])).join('');
  const plan = shape.plan === undefined ? '' : `<details${isOpen ? ' open' : ''}><summary>Plan of the slowest run</summary><pre class="plan">${planMarkup(shape.plan)}</pre></details>`;
  return `<div class="card query"><div>${queryName(shape)}</div><i class="meter" style="width:${Math.round(ratio(shape.executionNs, allNs) * 100)}%"></i><dl class="figures">${figures}</dl>${plan}</div>`;
}

function planMarkup(plan: NonNullable<QueryShapeData['plan']>): Markup { return planText(plan).map(text).join('\n'); }

function slowMarkup(query: SlowQueryData): Markup {
  const values = query.values === undefined ? '' : ` <small>${text(query.values)}</small>`;
  const plan = query.plan === undefined ? '' : `<details><summary>Plan</summary><pre class="plan">${planMarkup(query.plan)}</pre></details>`;
  return queryName(query) + values + plan;
}
