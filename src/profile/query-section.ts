import type { HistogramSnapshot } from '#storage';
import type { ExplainStep } from '../query/explain.js';
import type { PlanStepData, QueryData, QueryShapeData, SlowQueryData } from './data/query-data.js';

/** What a log of queries knows of one shape, since the database was opened. No values. */
export interface QueryShapeFacts {
  readonly source: string;
  readonly shape: string;
  /** Of the last run. */
  readonly plan: string;
  readonly slowestPlan: ExplainStep;
  readonly uses: number;
  readonly fullScans: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  readonly planningNs: number;
  readonly executionNs: number;
  readonly latencyNs: HistogramSnapshot;
  /** Fields of an index that would serve it better. */
  readonly wantedIndex?: readonly string[] | undefined;
}

/** One run of a query that took long. No values. */
export interface SlowQueryFacts {
  /** When it ended, in milliseconds since 1970. */
  readonly endedAtMs: number;
  readonly source: string;
  readonly shape: string;
  readonly steps: ExplainStep;
  /** The filter with its values, where the log of queries keeps them. */
  readonly filter?: string;
  readonly planningMs: number;
  readonly executionMs: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
}

/** Where queries are remembered by shape. */
export interface QueryShapes {
  snapshot(): readonly QueryShapeFacts[];
  /** The newest slow ones, the newest last. */
  slow(): readonly SlowQueryFacts[];
}

/** What the section is made of. */
export interface QuerySources {
  readonly now: readonly QueryShapeFacts[];
  /** The same when the profile began. */
  readonly before: readonly QueryShapeFacts[];
  readonly slow: readonly SlowQueryFacts[];
  /** The newest slow one when the profile began: those behind it are of the profile. */
  readonly lastBefore?: SlowQueryFacts | undefined;
  readonly startedAtMs: number;
  readonly slowLimitMs: number;
  /** Values are wanted, as far as the log has them. */
  readonly withValues: boolean;
}

const NS_PER_MS = 1e6;

const keyOf = ({ source, shape }: QueryShapeFacts): string => `${source}\0${shape}`;

/** The shapes that were used since the profile began, and its slow queries. Quantiles, the longest run and its plan are of all runs of the shape. */
export function querySection({ now, before, slow, lastBefore, startedAtMs, slowLimitMs, withValues }: QuerySources): QueryData {
  const earlier = new Map(before.map((facts) => [keyOf(facts), facts]));
  const shapes = now.flatMap((facts): QueryShapeData[] => {
    const old = earlier.get(keyOf(facts));
    const count = facts.uses - (old?.uses ?? 0);
    if (count <= 0) return [];
    const index = /^index (.*)$/.exec(facts.plan)?.[1];
    return [{
      target: facts.source, kind: 'find', shape: facts.shape, count, planNs: facts.planningNs - (old?.planningNs ?? 0),
      executionNs: facts.executionNs - (old?.executionNs ?? 0), maxNs: facts.latencyNs.max, p50Ns: facts.latencyNs.p50, p95Ns: facts.latencyNs.p95,
      p99Ns: facts.latencyNs.p99, rowsExamined: facts.rowsExamined - (old?.rowsExamined ?? 0), rowsReturned: facts.rowsReturned - (old?.rowsReturned ?? 0),
      fullScans: facts.fullScans - (old?.fullScans ?? 0), ...(index === undefined ? {} : { index }),
      plan: planOf(facts.slowestPlan, facts.plan === 'scan' ? facts.wantedIndex : undefined), // an index made meanwhile is used
    }];
  });
  return {
    shapes: shapes.sort((a, b) => b.executionNs - a.executionNs), slowLimitMs,
    slow: slow.slice(lastBefore === undefined ? 0 : slow.indexOf(lastBefore) + 1).map((one) => slowOf(one, startedAtMs, withValues)),
  };
}

function slowOf(facts: SlowQueryFacts, startedAtMs: number, withValues: boolean): SlowQueryData {
  const { endedAtMs, source, shape, steps, filter, planningMs, executionMs, rowsExamined, rowsReturned } = facts;
  const durationMs = planningMs + executionMs;
  return {
    atMs: Math.max(0, endedAtMs - startedAtMs - durationMs), target: source, kind: 'find', shape, durationNs: durationMs * NS_PER_MS, planNs: planningMs * NS_PER_MS,
    rowsExamined, rowsReturned, plan: planOf(steps, undefined), ...(withValues && filter !== undefined ? { values: filter } : {}),
  };
}

function planOf(top: ExplainStep, wanted: readonly string[] | undefined): PlanStepData {
  const { step, detail, cost, rows, actualRows, actualMs, input } = top;
  return {
    step, detail, cost, ...(Number.isFinite(rows) ? { estimatedRows: rows } : {}), ...(actualRows === undefined ? {} : { actualRows }),
    ...(actualMs === undefined ? {} : { timeNs: actualMs * NS_PER_MS }), ...(wanted === undefined ? {} : { hint: `an index on (${wanted.join(', ')}) would serve this` }),
    ...(input.length === 0 ? {} : { children: input.map((one) => planOf(one, undefined)) }),
  };
}
