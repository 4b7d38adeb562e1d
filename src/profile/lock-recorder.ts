import { resourceLabel, type HotResource, type LockResource, type LockShardStats, type WaitForGraph } from '#txn';
import type { DeadlockData, HotLockData, LockData, LockHeatData, WaitGraphData } from './data/lock-data.js';
import { histogramData } from './histogram-data.js';
import type { ProfileSource } from './profile-source.js';
import type { Histogram } from '#storage';

const MOST_EDGES = 500;

/** What the locks did during a profile. */
export class LockRecorder {
  readonly #source: ProfileSource;
  readonly #startNs: number;
  readonly #withValues: boolean;
  readonly #shardsBefore: readonly LockShardStats[];
  readonly #hotBefore: ReadonlyMap<string, HotResource>;
  readonly #waitsBefore: Histogram | undefined;
  #graph: { readonly atNs: number; readonly graph: WaitForGraph } | undefined;

  /** `since`: increases are counted from now on, or from the opening of the database. */
  constructor(source: ProfileSource, startNs: number, withValues: boolean, since: 'now' | 'open' = 'now') {
    const { engine: { locks }, probe } = source;
    const isNow = since === 'now';
    this.#source = source;
    this.#startNs = startNs;
    this.#withValues = withValues;
    this.#shardsBefore = isNow ? locks.shardStats() : [];
    this.#hotBefore = new Map(isNow ? locks.hotResources().map((hot) => [resourceLabel(hot.resource), hot]) : []);
    this.#waitsBefore = isNow ? probe.histogram('locks.waitNs').copy() : undefined;
  }

  /** Everything since the database was opened. */
  static sinceOpening(source: ProfileSource, openedNs: number): LockData { return new LockRecorder(source, openedNs, false, 'open').finish(); }

  /** Looks who waits for whom; the moment with the most waiting is kept. */
  look(): void {
    const { locks, options } = this.#source.engine;
    if (locks.isIdle) return;
    const graph = locks.waitForGraph();
    if (graph.edges.length > (this.#graph?.graph.edges.length ?? 0)) this.#graph = { atNs: options.env.clock.monotonicNs(), graph };
  }

  finish(heat?: LockHeatData): LockData {
    this.look();
    const { engine: { locks }, probe } = this.#source;
    const graph = this.#waitGraph();
    return {
      shards: locks.shardStats().map((now, shard) => {
        const before = this.#shardsBefore[shard];
        return {
          shard, acquisitions: now.acquisitions - (before?.acquisitions ?? 0), waits: now.waits - (before?.waits ?? 0),
          waitNs: now.waitNs.sum - (before?.waitNs.sum ?? 0), timeouts: now.timeouts - (before?.timeouts ?? 0),
          deadlocks: now.deadlocks - (before?.deadlocks ?? 0), ...grown('maxWaitNs', now.waitNs.max, before?.waitNs.max), ...grown('maxQueue', now.maxQueue, before?.maxQueue),
        };
      }),
      waitNs: histogramData('locks.waitNs', probe.histogram('locks.waitNs').since(this.#waitsBefore)),
      ...(heat === undefined ? {} : { heat }), hot: this.#hot(), ...(graph === undefined ? {} : { waitGraph: graph }), deadlocks: this.#deadlocks(),
    };
  }

  #nameOf(resource: LockResource): string {
    return this.#withValues && typeof resource.item === 'string' ? `${resource.space}/${resource.item}` : resourceLabel(resource);
  }

  #hot(): HotLockData[] {
    const list: HotLockData[] = [];
    for (const { resource, shard, waits, overcount, waitNs, maxWaitNs } of this.#source.engine.locks.hotResources()) {
      const before = this.#hotBefore.get(resourceLabel(resource));
      const more = waits - (before?.waits ?? 0);
      if (more <= 0) continue;
      const known = waitNs >= (before?.waitNs ?? 0) ? before : undefined; // it may have left the list, and come again
      list.push({ resource: this.#nameOf(resource), shard, waits: more, overcount, waitNs: waitNs - (known?.waitNs ?? 0), ...grown('maxWaitNs', maxWaitNs, known?.maxWaitNs) });
    }
    return list.sort((a, b) => b.waits - a.waits);
  }

  #waitGraph(): WaitGraphData | undefined {
    if (this.#graph === undefined) return undefined;
    const { atNs, graph } = this.#graph;
    return {
      atMs: (atNs - this.#startNs) / 1e6,
      nodes: graph.nodes.map(({ id, name, held }) => ({ id, held, ...(name === undefined ? {} : { name }) })),
      edges: graph.edges.slice(0, MOST_EDGES).map(({ from, to, resource, mode, why }) => ({ from, to, resource: this.#nameOf(resource), mode, why: why === 'held' ? 'holds' : 'queued' })),
    };
  }

  #deadlocks(): DeadlockData[] {
    const recent = this.#source.engine.locks.recentDeadlocks().filter(({ atNs }) => atNs >= this.#startNs);
    return recent.map(({ atNs, victim, cycle }) => ({
      atMs: (atNs - this.#startNs) / 1e6, victim: victim.id,
      cycle: cycle.map(({ id, name, resource, mode }) => ({ id, resource: this.#nameOf(resource), mode, ...(name === undefined ? {} : { name }) })),
    }));
  }
}

/** A greatest value is of this profile when it has grown since; else it is not known, and left out. */
function grown<Name extends 'maxWaitNs' | 'maxQueue'>(name: Name, now: number, before = 0): { readonly [Key in Name]?: number } {
  const field: { [Key in Name]?: number } = {};
  if (now > before) field[name] = now;
  return field;
}
