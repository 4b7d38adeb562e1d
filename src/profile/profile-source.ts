import type { FileMeters, Probe, Vfs } from '#storage';
import type { Engine } from '#txn';
import type { ResolvedOptions } from '../config/open-options.js';
import type { QueryShapes } from './query-section.js';
import type { Runtime } from './runtime.js';

/** What statistics, profiles and monitors of a database look at. */
export interface ProfileSource {
  readonly engine: Engine;
  readonly probe: Probe;
  readonly files: FileMeters;
  readonly options: ResolvedOptions;
  /** The file system of the database as it is: what is written for others to see is not counted. */
  readonly vfs: Vfs;
  /** Where reports go that the user names: the disk, also when the database lies in memory. */
  readonly reportVfs: Vfs;
  /** The process; undefined in simulated environments. */
  readonly runtime: Runtime | undefined;
  /** Processor time of the process when the database was opened. */
  readonly openedCpuNs: number | undefined;
  /** Pauses since the database was opened; empty at level off. */
  readonly gc: GcCount;
  /** The log of queries; undefined while there is none. */
  queries: QueryShapes | undefined;
  /** Folder without the path, or `:memory:`. */
  readonly name: string;
}

/** Processor time of the process since the database was opened, undefined where it is not known. */
export function cpuSinceOpening({ runtime, openedCpuNs }: ProfileSource): number | undefined {
  return runtime === undefined || openedCpuNs === undefined ? undefined : runtime.cpuNs() - openedCpuNs;
}

/** Pauses of the garbage collector by kind. */
export class GcCount {
  readonly #kinds = new Map<string, { count: number; totalNs: number; maxNs: number }>();

  add(kind: string, durationNs: number): void {
    let known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, known = { count: 0, totalNs: 0, maxNs: 0 });
    known.count++;
    known.totalNs += durationNs;
    if (durationNs > known.maxNs) known.maxNs = durationNs;
  }

  list(): { readonly kind: string; readonly count: number; readonly totalNs: number; readonly maxNs: number }[] {
    return [...this.#kinds].map(([kind, totals]) => ({ kind, ...totals }));
  }

  total(): { readonly count: number; readonly totalNs: number } {
    let count = 0;
    let totalNs = 0;
    for (const each of this.#kinds.values()) { count += each.count; totalNs += each.totalNs; }
    return { count, totalNs };
  }
}
