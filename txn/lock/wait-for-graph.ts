import { conflictsOf, modeName, type LockMode, type ModeCode } from './lock-mode.js';
import type { LockParty, LockQueue, LockWaiter } from './lock-queue.js';
import { ownerName, resourceName, type LockOwner, type LockResource } from './lock-types.js';

/** One owner of a deadlock: it waits for `resource`, which the next owner in the list keeps from it. */
export interface DeadlockStep {
  readonly id: number;
  readonly name?: string;
  readonly resource: LockResource;
  readonly mode: LockMode;
}

export interface WaitForNode {
  readonly id: number;
  readonly name?: string;
  /** Locks it holds. */
  readonly held: number;
  /** What it waits for; empty when it runs. */
  readonly waitsFor: readonly LockResource[];
}

/** Owner `from` waits for owner `to`, which holds the resource or stands before it in the queue. */
export interface WaitForEdge {
  readonly from: number;
  readonly to: number;
  readonly resource: LockResource;
  /** What `from` waits for. */
  readonly mode: LockMode;
  readonly why: 'held' | 'queued';
}

export interface WaitForGraph {
  readonly nodes: readonly WaitForNode[];
  readonly edges: readonly WaitForEdge[];
}

/** Calls `visit` for all that keep a request for `mode` from being granted: holders first, then waiters from `last` forward. */
export function eachBlocker(
  queue: LockQueue, mode: ModeCode, party: LockParty | undefined, last: LockWaiter | undefined,
  visit: (blocker: LockParty, mode: ModeCode, why: 'held' | 'queued') => void,
): void {
  const conflicts = conflictsOf(mode);
  queue.someHolder((grant) => {
    if (grant.party !== party && (conflicts & (1 << grant.mode)) !== 0) visit(grant.party, grant.mode, 'held');
    return false;
  });
  for (let w = last; w !== undefined; w = w.previous) {
    if (w.party !== party && (conflicts & (1 << w.mode)) !== 0) visit(w.party, w.mode, 'queued');
  }
}

/** The waiters that a waiter must let pass: none for a conversion. */
export function lastBefore(waiter: LockWaiter): LockWaiter | undefined {
  return waiter.isConversion ? undefined : waiter.previous;
}

/**
 * Finds deadlocks: a breadth-first search along "waits for", from one owner back to itself, so that the shortest
 * circle is found and nobody dies who only queues beside it. The edges follow the rule of admission of LockQueue
 * exactly. An owner with several waits needs all of them.
 *
 * Each holder list and each stretch of a queue is walked at most twice in one search, however many wait in it.
 */
export class CycleSearch {
  #number = 0;
  #start: LockParty | undefined = undefined;
  readonly #frontier: LockParty[] = [];

  /** The waits that make a circle through `start`, in order; undefined when there is none. */
  find(start: LockParty): LockWaiter[] | undefined {
    this.#number++;
    this.#start = start;
    this.#frontier.length = 0;
    this.#frontier.push(start);
    start.seenIn = this.#number;
    for (let i = 0; i < this.#frontier.length; i++) {
      for (const waiter of this.#frontier[i]?.waits ?? []) {
        if (this.#scanHolders(waiter) || this.#scanQueue(waiter)) return this.#pathTo(waiter);
      }
    }
    return undefined;
  }

  /** True when the wait closes the circle. */
  #scanHolders(waiter: LockWaiter): boolean {
    const queue = waiter.queue;
    if (queue === undefined) return false;
    const conflicts = conflictsOf(waiter.mode);
    if (queue.seenIn !== this.#number) { queue.seenIn = this.#number; queue.seenModes = 0; }
    if ((conflicts & ~queue.seenModes) === 0) return false;
    // A scan for the start does not look at the start's own lock, so it must not count as having seen it.
    if (waiter.party !== this.#start) queue.seenModes |= conflicts;
    return queue.someHolder((grant) => (conflicts & (1 << grant.mode)) !== 0 && this.#reach(grant.party, waiter));
  }

  #scanQueue(waiter: LockWaiter): boolean {
    const conflicts = conflictsOf(waiter.mode);
    const known = waiter.coveredIn === this.#number ? waiter.coveredModes : 0;
    if ((conflicts & ~known) === 0) return false;
    // Nearest first: then the nearest is expanded first and covers all before it.
    for (let w = lastBefore(waiter); w !== undefined; w = w.previous) {
      if (waiter.party !== this.#start) this.#cover(w, conflicts);
      if ((conflicts & (1 << w.mode)) !== 0 && this.#reach(w.party, waiter)) return true;
    }
    return false;
  }

  #cover(waiter: LockWaiter, conflicts: number): void {
    if (waiter.coveredIn !== this.#number) { waiter.coveredIn = this.#number; waiter.coveredModes = 0; }
    waiter.coveredModes |= conflicts;
  }

  /** Notes that `via` waits for `party`; true when that is the start. */
  #reach(party: LockParty, via: LockWaiter): boolean {
    if (party === via.party) return false;
    if (party === this.#start) return true;
    if (party.seenIn === this.#number || party.waits.length === 0) return false;
    party.seenIn = this.#number;
    party.reachedBy = via;
    this.#frontier.push(party);
    return false;
  }

  #pathTo(last: LockWaiter): LockWaiter[] {
    const path = [last];
    for (let w = last; w.party !== this.#start;) {
      const via = w.party.reachedBy;
      if (via === undefined) break;
      path.unshift(via);
      w = via;
    }
    return path;
  }
}

/** The circle as data, taken before the victim's waits are removed. */
export function describeCycle(cycle: readonly LockWaiter[]): DeadlockStep[] {
  return cycle.map((w) => ({ ...ownerFields(w.party.owner), resource: w.queue?.resource ?? w.resource, mode: modeName(w.mode) }));
}

/** The larger id is the younger. */
export function youngestOf(cycle: readonly LockWaiter[]): LockParty | undefined {
  let youngest: LockParty | undefined;
  for (const { party } of cycle) if (youngest === undefined || party.owner.id > youngest.owner.id) youngest = party;
  return youngest;
}

function ownerFields(owner: LockOwner): { id: number; name?: string } {
  return owner.name === undefined ? { id: owner.id } : { id: owner.id, name: owner.name };
}

/** Who waits for whom now. */
export function describeWaits(contended: Iterable<LockQueue>): WaitForGraph {
  const nodes = new Map<LockParty, WaitForNode>();
  const edges: WaitForEdge[] = [];
  const addNode = (party: LockParty): void => {
    if (nodes.has(party)) return;
    const waitsFor = party.waits.map((w) => w.queue?.resource ?? w.resource);
    nodes.set(party, { ...ownerFields(party.owner), held: party.grants.length, waitsFor });
  };
  for (const queue of contended) {
    for (let w = queue.head; w !== undefined; w = w.next) {
      const { party, mode } = w;
      addNode(party);
      eachBlocker(queue, mode, party, lastBefore(w), (blocker, _, why) => {
        addNode(blocker);
        edges.push({ from: party.owner.id, to: blocker.owner.id, resource: queue.resource, mode: modeName(mode), why });
      });
    }
  }
  return { nodes: [...nodes.values()].sort((a, b) => a.id - b.id), edges };
}

/**
 * The graph in the DOT language of Graphviz.
 *
 * @example
 * writeFileSync('waits.dot', toDot(locks.waitForGraph()));   // dot -Tsvg waits.dot > waits.svg
 */
export function toDot(graph: WaitForGraph): string {
  const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/\s+/g, ' ')}"`;
  const nodes = graph.nodes.map((n) => `  ${n.id} [label=${quote(`${ownerName(n)}, ${n.held} held`)}];`);
  const edges = graph.edges.map((e) =>
    `  ${e.from} -> ${e.to} [label=${quote(`${e.mode} ${resourceName(e.resource)}`)}${e.why === 'queued' ? ', style=dashed' : ''}];`);
  return ['digraph waits {', ...nodes, ...edges, '}', ''].join('\n');
}
