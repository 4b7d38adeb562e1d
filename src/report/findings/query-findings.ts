import type { PlanStepData, QueryShapeData } from '../../profile/data/query-data.js';
import type { ProfileData, ProfileFinding } from '../../profile/profile-data.js';
import { clipMiddle } from '../format/escape.js';
import { countOf, countText, durationText, ratio, shareText } from '../format/units.js';

/** Rows looked at for each row given, from which an index is missing or a poor one. */
const WASTED_ROWS = 20;
const LEAST_ROWS = 10_000;
/** Estimates that are off by more than this make poor plans. */
const WRONG_ESTIMATE = 10;
const SHAPE_CHARS = 140;
const MOST_FINDINGS = 3;

/** What the queries say: whole tables read for a few rows, indexes that do not narrow, estimates that are far off. */
export function queryFindings({ queries, meta }: ProfileData): ProfileFinding[] {
  if (queries === undefined) return [];
  const wasteful = queries.shapes.filter((shape) => shape.rowsExamined >= LEAST_ROWS && shape.rowsExamined >= WASTED_ROWS * Math.max(1, shape.rowsReturned));
  const byTime = [...wasteful].sort((a, b) => b.executionNs - a.executionNs);
  const scans = byTime.filter((shape) => shape.fullScans > 0).slice(0, MOST_FINDINGS).map((shape) => missingIndex(shape, meta.durationMs));
  const poor = byTime.filter((shape) => shape.fullScans === 0).slice(0, MOST_FINDINGS).map(poorIndex);
  const off = queries.shapes.flatMap(wrongEstimate).slice(0, 1);
  return [...scans, ...poor, ...off];
}

function nameOf(shape: QueryShapeData): string { return `${shape.kind} on ${shape.target} ${clipMiddle(shape.shape, SHAPE_CHARS)}`; }

function rowsSentence(shape: QueryShapeData): string {
  const each = ratio(shape.rowsExamined, Math.max(1, shape.rowsReturned));
  return `${countText(shape.rowsExamined)} rows were read to give ${countText(shape.rowsReturned)}: ${countText(Math.round(each))} for each.`;
}

function missingIndex(shape: QueryShapeData, durationMs: number): ProfileFinding {
  if (shape.index !== undefined) return indexedSince(shape, shape.index);
  const hint = shape.plan === undefined ? undefined : stepsOf(shape.plan).find((step) => step.hint !== undefined)?.hint;
  return {
    id: 'missing-index', level: 'problem', section: 'queries', title: `A query reads all of ${shape.target} to find a few rows.`,
    evidence: `${nameOf(shape)} read the whole table in ${countText(shape.fullScans)} of ${countOf(shape.count, 'run')} and took ${durationText(shape.executionNs)}, `
      + `${shareText(ratio(shape.executionNs, durationMs * 1e6))} of the time of the profile. ${rowsSentence(shape)}`,
    remedy: hint === undefined
      ? `Create an index on the fields of the filter: db.table(${JSON.stringify(shape.target)}).createIndex(name, { on: [...] }).`
      : `The planner says: ${hint}.`,
  };
}

/** Whole tables were read at first; by now there is an index. */
function indexedSince(shape: QueryShapeData, index: string): ProfileFinding {
  return {
    id: 'missing-index', level: 'note', section: 'queries', title: `A query read all of ${shape.target} until it had an index.`,
    evidence: `${nameOf(shape)} read the whole table in ${countText(shape.fullScans)} of ${countOf(shape.count, 'run')}. ${rowsSentence(shape)}`,
    remedy: `Nothing: its last run went by the index ${index}.`,
  };
}

function poorIndex(shape: QueryShapeData): ProfileFinding {
  const index = shape.index === undefined ? 'an index' : `the index ${shape.index}`;
  return {
    id: 'poor-index', level: 'advice', section: 'queries', title: `A query on ${shape.target} uses an index that narrows little.`,
    evidence: `${nameOf(shape)} uses ${index}. ${rowsSentence(shape)}`,
    remedy: 'Put the fields that are compared for equality first, then the one with the range, into one index.',
  };
}

function wrongEstimate(shape: QueryShapeData): ProfileFinding[] {
  const step = shape.plan === undefined ? undefined : stepsOf(shape.plan).find(({ estimatedRows = 0, actualRows = 0 }) => (
    actualRows >= LEAST_ROWS && actualRows > WRONG_ESTIMATE * Math.max(1, estimatedRows)
  ));
  if (step === undefined) return [];
  return [{
    id: 'wrong-estimate', level: 'note', section: 'queries', title: `The planner expected far fewer rows than it got on ${shape.target}.`,
    evidence: `${nameOf(shape)}: the step "${step.step}" expected ${countText(step.estimatedRows ?? 0)} rows and got ${countText(step.actualRows ?? 0)}.`,
    remedy: 'Build the index anew (reindex), so that its statistics are fresh, and look at the plan with explain({ analyze: true }).',
  }];
}

/** A step and all below it. */
export function stepsOf(plan: PlanStepData): PlanStepData[] { return [plan, ...(plan.children ?? []).flatMap(stepsOf)]; }
