import type { Access } from './access.js';
import { nodeText } from './node-text.js';
import type { Plan, PlanRequest } from './plan.js';
import { accessText, rangesText, type PlanStyle } from './plan-text.js';

/** One step of a plan. */
export interface ExplainStep {
  /** What it does: `scan`, `index`, `union`, `intersection`, `fetch`, `entries`, `sort`, `top`, `groups`, `count`, `limit`. */
  readonly step: string;
  readonly detail: string;
  /** Name of the index, for steps that walk one. */
  readonly index?: string;
  /** Of this step alone; the unit is about a microsecond. */
  readonly cost: number;
  /** Rows (or entries) that come out of it, about. */
  readonly rows: number;
  /** With `analyze`: rows that came out, and the time until they had, in milliseconds, the steps below included. */
  readonly actualRows?: number;
  readonly actualMs?: number;
  /** Where its rows come from. */
  readonly input: readonly ExplainStep[];
}

/** How a query is, or would be, run. */
export interface Explanation {
  readonly source: string;
  /** The query without its values. */
  readonly shape: string;
  readonly plan: ExplainStep;
  readonly cost: number;
  /** Rows that come out, about. */
  readonly rows: number;
  /** Every row of the source is read. */
  readonly fullScan: boolean;
  /** With a full scan: the fields of an index that would serve the query. */
  readonly hint?: { readonly on: readonly string[]; readonly text: string };
  /** Ways that were looked at, the cheapest first; the first one is the plan. */
  readonly considered: readonly { readonly way: string; readonly cost: number }[];
  /** With `analyze`: rows looked at, rows given out and the time in milliseconds. */
  readonly actual?: { readonly examined: number; readonly rows: number; readonly ms: number };
  /** All of it as text. */
  readonly text: string;
}

/** What steps came to when the plan was run. */
export interface Actual { readonly rows: number; readonly ms: number }
/** By the names that a Watch is given. */
export interface Actuals { readonly find?: Actual | undefined; readonly order?: Actual | undefined; readonly whole?: Actual | undefined }

/** The plan as nested steps, the last one first. */
export function planSteps(plan: Plan, request: PlanRequest, style: PlanStyle, skip: number, actuals: Actuals): ExplainStep {
  let top = findStep(plan, request, style, actuals.find);
  if (plan.ordering === 'sort' || plan.ordering === 'top' || plan.ordering === 'groups') {
    const keys = request.sort.map(({ path, descending }) => (descending ? `${path} desc` : path)).join(', ');
    const detail = plan.ordering === 'top' ? `the first ${request.most} by ${keys}` : plan.ordering === 'groups' ? `by ${keys}; the index gives the leading keys` : `by ${keys}`;
    top = { step: plan.ordering, detail, cost: plan.costs.order, rows: Math.min(plan.matches, request.most), ...measured(actuals.order), input: [top] };
  }
  if (!request.givesRows) {
    return { step: 'count', detail: plan.countsEntries ? 'entries, without reading rows' : 'rows', cost: 0, rows: 1, ...measured(actuals.whole), input: [top] };
  }
  const fields = request.fields === undefined ? 'all fields' : request.fields.join(', ');
  const bounds = [skip > 0 ? `skip ${skip}` : '', request.most === Infinity ? '' : `limit ${request.most - skip}`].filter((one) => one !== '').join(', ');
  const rows = Math.max(0, Math.min(plan.matches, request.most) - skip);
  return { step: 'rows', detail: bounds === '' ? fields : `${fields}; ${bounds}`, cost: plan.costs.make, rows, ...measured(actuals.whole), input: [top] };
}

function findStep(plan: Plan, request: PlanRequest, style: PlanStyle, actual: Actual | undefined): ExplainStep {
  const test = plan.residual === undefined ? '' : `test ${nodeText(plan.residual, style.node)}`;
  if (plan.access.kind === 'scan') {
    return { step: 'scan', detail: test === '' ? 'every row' : `every row, ${test}`, cost: plan.costs.read, rows: plan.matches, ...measured(actual), input: [] };
  }
  const steps = accessSteps(plan.access, plan, style);
  if (plan.countsEntries) return { ...steps, ...measured(actual) };
  if (plan.covering) return { step: 'entries', detail: 'rows are made from the entries of the index', cost: plan.costs.read, rows: plan.matches, ...measured(actual), input: [steps] };
  const order = plan.ordering === 'collect' || plan.ordering === 'sort' || plan.ordering === 'top' ? 'in the order of their numbers' : 'in the order of the index';
  return {
    step: 'fetch', detail: test === '' ? `rows ${order}` : `rows ${order}, ${test}`, cost: plan.costs.read, rows: plan.matches, ...measured(actual), input: [steps],
  };
}

function accessSteps(access: Exclude<Access, { kind: 'scan' }>, plan: Plan, style: PlanStyle): ExplainStep {
  if (access.kind !== 'index') {
    const input = access.parts.map((part) => ({
      step: 'index', detail: rangesText(part, style), index: part.index.name, cost: plan.costs.find * part.entries / Math.max(1, access.entries), rows: part.entries, input: [],
    }));
    return { step: access.kind, detail: accessText(access), cost: 0, rows: access.rows, input };
  }
  const walk = plan.reverse ? ', backwards' : '';
  const kind = `${access.index.kind}${access.index.where === undefined ? '' : ', partial'}`;
  return { step: 'index', detail: `${access.index.name} (${kind}): ${rangesText(access, style)}${walk}`, index: access.index.name, cost: plan.costs.find, rows: plan.examined, input: [] };
}

function measured(actual: Actual | undefined): { actualRows?: number; actualMs?: number } {
  return actual === undefined ? {} : { actualRows: actual.rows, actualMs: actual.ms };
}

/** The explanation as lines of text. */
export function explanationText(e: Omit<Explanation, 'text'>): string {
  const lines = [`find in ${e.source}: ${e.shape}`, `cost ${number(e.cost)}, about ${number(e.rows)} rows`];
  stepLines(e.plan, 0, lines);
  if (e.fullScan) lines.push(e.hint === undefined ? 'full scan' : `full scan; ${e.hint.text}`);
  const [, ...others] = e.considered;
  if (others.length > 0) lines.push(`not taken: ${others.map(({ way, cost }) => `${way} (${number(cost)})`).join(', ')}`);
  if (e.actual !== undefined) lines.push(`run: ${e.actual.rows} rows of ${e.actual.examined} looked at, ${e.actual.ms.toFixed(3)} ms`);
  return lines.join('\n');
}

function stepLines(step: ExplainStep, depth: number, lines: string[]): void {
  const actual = step.actualRows === undefined ? '' : `; really ${step.actualRows} rows, ${(step.actualMs ?? 0).toFixed(3)} ms`;
  lines.push(`${'  '.repeat(depth)}-> ${step.step}: ${step.detail} (cost ${number(step.cost)}, about ${number(step.rows)} rows${actual})`);
  for (const below of step.input) stepLines(below, depth + 1, lines);
}

function number(value: number): string {
  if (!Number.isFinite(value)) return 'all';
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}
