import type { Environment, Operation, Probe, Vfs } from '#storage';
import { adviseIndexes, type IndexAdvice } from './advise.js';
import { AutoIndex, type IndexMaker } from './auto-index.js';
import { PlanChooser } from './choose-plan.js';
import type { QueryContext, RunReport } from './query-context.js';
import { QueryLog, type ShapeStats } from './query-log.js';
import { ResultCache } from './result-cache.js';
import { SlowQueries, type SlowQuery } from './slow-queries.js';

/** Options of the queries of one database, resolved. */
export interface QueryOptions {
  readonly sortMemory: number;
  readonly queryCache: number;
  readonly queryCacheTtlMs: number;
  readonly queryCacheSize: number;
  readonly queryLogShapes: number;
  readonly queryLogValues: boolean;
  readonly slowQueryMs: number;
  readonly autoIndex: boolean;
}

export interface DatabaseQueriesOptions {
  readonly env: Environment;
  /** Where the file of slow queries lies. */
  readonly outside: Vfs;
  readonly probe: Probe;
  readonly knobs: QueryOptions;
  readonly maker: IndexMaker;
  readonly warn: (message: string) => void;
  /** Counts and times the uses of queries. */
  readonly search: Operation;
}

/** What all queries of one database share, and what is remembered of them. */
export class DatabaseQueries {
  readonly context: QueryContext;
  readonly log: QueryLog;
  readonly #slow: SlowQueries;
  readonly #autoIndex: AutoIndex | undefined;
  readonly #maker: IndexMaker;
  readonly #counters;
  readonly #probe: Probe;

  constructor({ env, outside, probe, knobs, maker, warn, search }: DatabaseQueriesOptions) {
    const { clock, scheduler } = env;
    this.#maker = maker;
    this.#probe = probe;
    this.log = new QueryLog(knobs.queryLogShapes);
    this.#slow = new SlowQueries({ thresholdMs: knobs.slowQueryMs, withValues: knobs.queryLogValues, clock, vfs: outside, warn });
    this.#autoIndex = knobs.autoIndex ? new AutoIndex({ maker, shapes: () => this.log.snapshot(), scheduler, warn }) : undefined;
    this.#counters = probe.counters('queries', { runs: 0, fullScans: 0, rowsExamined: 0, rowsReturned: 0 });
    const plans = new PlanChooser();
    const results = new ResultCache({ entries: knobs.queryCache, ttlMs: knobs.queryCacheTtlMs, sizeBytes: knobs.queryCacheSize, clock });
    this.context = {
      clock, scheduler, limits: { sortMemoryBytes: knobs.sortMemory }, plans, results, search, traces: probe.traces, ran: (report) => { this.#ran(report); },
    };
    probe.gauge('queries', () => ({
      planned: plans.planned, plansReused: plans.reused, resultHits: results.hits, resultMisses: results.misses, resultsStale: results.stale,
      slow: this.#slow.count, shapes: this.log.size, indexesMade: this.#autoIndex?.made ?? 0,
    }));
  }

  #ran(report: RunReport): void {
    const counters = this.#counters;
    counters.runs++;
    counters.rowsExamined += report.examined;
    counters.rowsReturned += report.returned;
    if (report.fullScan) counters.fullScans++;
    if (this.#probe.level === 'times') {
      this.#probe.histogram('queries.planningNs').record(report.planningNs);
      this.#probe.histogram('queries.executionNs').record(report.executionNs);
    }
    this.log.record(report);
    this.#slow.record(report);
    this.#autoIndex?.noticed(report);
  }

  /** Indexes worth having, with the evidence. */
  advise(): IndexAdvice[] { return adviseIndexes(this.log.snapshot(), (source) => this.#maker.indexesOf(source)); }

  /** The log as users see it. */
  get view(): QueryLogView {
    return {
      snapshot: () => this.log.snapshot(), top: (count = 10) => this.log.snapshot().slice(0, count), slow: () => this.#slow.list(),
      writeSlowTo: (path) => { this.#slow.writeTo(path); }, clear: () => { this.log.clear(); },
    };
  }

  close(): void {
    this.#autoIndex?.close();
    this.#slow.close();
  }
}

/** What is remembered of the queries of a database; no values of theirs unless `queryLogValues` asks for them. */
export interface QueryLogView {
  /** Every remembered shape, those that took most time in all first. */
  snapshot(): ShapeStats[];
  /** The first so many of them. Default 10. */
  top(count?: number): ShapeStats[];
  /** The newest queries that took longer than `slowQueryMs`, the newest last. */
  slow(): readonly SlowQuery[];
  /** Writes slow queries as lines of JSON at the end of this file from now on; undefined ends it. Throws IO, FULL. */
  writeSlowTo(path: string | undefined): void;
  /** Forgets the shapes. */
  clear(): void;
}
