import type { HistogramSnapshot } from '#storage';
import type { QueryData, QueryShapeData } from './data/query-data.js';

/** What a log of queries knows of one shape, since the database was opened. No values. */
export interface QueryShapeFacts {
  readonly source: string;
  readonly shape: string;
  readonly plan: string;
  readonly uses: number;
  readonly fullScans: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  readonly planningNs: number;
  readonly executionNs: number;
  readonly latencyNs: HistogramSnapshot;
}

/** Where queries are remembered by shape. */
export interface QueryShapes { snapshot(): readonly QueryShapeFacts[] }

const keyOf = ({ source, shape }: QueryShapeFacts): string => `${source}\0${shape}`;

/** The shapes that were used since `before` was taken. Quantiles are of all runs of the shape. */
export function querySection(now: readonly QueryShapeFacts[], before: readonly QueryShapeFacts[]): QueryData {
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
    }];
  });
  return { shapes: shapes.sort((a, b) => b.executionNs - a.executionNs), slow: [] };
}
