import { writeFully, type Clock, type Vfs, type VfsFile } from '#storage';
import type { ExplainStep } from './explain.js';
import type { RunReport } from './query-context.js';

/** A query that took longer than `slowQueryMs`. */
export interface SlowQuery {
  /** When it ended, in milliseconds since 1970. */
  readonly endedAtMs: number;
  readonly source: string;
  /** Without values. */
  readonly shape: string;
  readonly plan: string;
  /** The plan in steps, without values. */
  readonly steps: ExplainStep;
  readonly fullScan: boolean;
  readonly planningMs: number;
  readonly executionMs: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  /** The filter with its values; only with `queryLogValues`. */
  readonly filter?: string;
}

const NS_PER_MS = 1e6;
/** Remembered; older ones are forgotten. */
const REMEMBERED = 200;

export interface SlowQueryOptions {
  readonly thresholdMs: number;
  readonly withValues: boolean;
  readonly clock: Clock;
  readonly vfs: Vfs;
  /** Told once when the file can not be written; nothing is written to it then. */
  readonly warn: (message: string) => void;
}

/** Remembers slow queries, the newest 200, and writes them to a file when asked to. */
export class SlowQueries {
  readonly #options: SlowQueryOptions;
  readonly #remembered: SlowQuery[] = [];
  #file: { readonly file: VfsFile; position: number } | undefined;
  /** All, also those that are forgotten. */
  count = 0;

  constructor(options: SlowQueryOptions) { this.#options = options; }

  record(report: RunReport): void {
    const { thresholdMs, clock, withValues } = this.#options;
    if (report.planningNs + report.executionNs < thresholdMs * NS_PER_MS) return;
    this.count++;
    const slow: SlowQuery = {
      endedAtMs: clock.nowMs(), source: report.source, shape: report.shape, plan: report.plan, steps: report.steps(), fullScan: report.fullScan,
      planningMs: report.planningNs / NS_PER_MS, executionMs: report.executionNs / NS_PER_MS, rowsExamined: report.examined, rowsReturned: report.returned,
      ...(withValues ? { filter: report.withValues() } : {}),
    };
    if (this.#remembered.push(slow) > REMEMBERED) this.#remembered.shift();
    this.#write(slow);
  }

  /** The remembered ones, the newest last. */
  list(): readonly SlowQuery[] { return [...this.#remembered]; }

  /** From now on also as lines of JSON at the end of this file; undefined ends it. Throws IO, FULL. */
  writeTo(path: string | undefined): void {
    this.#file?.file.close();
    this.#file = undefined;
    if (path === undefined) return;
    const file = this.#options.vfs.open(path, 'create');
    this.#file = { file, position: file.stat().sizeBytes };
  }

  #write(slow: SlowQuery): void {
    const target = this.#file;
    if (target === undefined) return;
    const line = Buffer.from(`${JSON.stringify(slow)}\n`, 'utf8');
    try {
      writeFully(target.file, line, target.position);
      target.position += line.length;
    } catch (e) {
      this.writeTo(undefined);
      this.#options.warn(`the log of slow queries can not be written: ${e instanceof Error ? e.message : String(e)}`);
    }
  }

  close(): void { this.writeTo(undefined); }
}
