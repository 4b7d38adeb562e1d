import type { WaitEdgeData, WaitGraphData, WaitNodeData } from '../../../profile/data/lock-data.js';

/** One transaction, or several that wait for the same and for which nobody waits. `id`, `name` and `held` are of the first. */
export interface WaitGroup extends WaitNodeData {
  readonly ids: readonly number[];
}

export interface WaitGroups {
  readonly nodes: readonly WaitGroup[];
  readonly edges: readonly WaitEdgeData[];
}

/**
 * A wait-for graph as a person would draw it. A queue of n transactions has n² / 2 edges, as each waits for all before it: of those, whoever
 * waits for a holder keeps that edge alone. Then those who wait for exactly the same become one group.
 */
export function groupWaiters({ nodes, edges: all }: WaitGraphData): WaitGroups {
  const forHolder = new Set(all.filter(({ why }) => why === 'holds').map(({ from, resource }) => `${from} ${resource}`));
  const edges = all.filter(({ from, resource, why }) => why === 'holds' || !forHolder.has(`${from} ${resource}`));
  const waitedFor = new Set(edges.map(({ to }) => to));
  const reasons = new Map<number, string[]>();
  for (const { from, to, resource, mode, why } of edges) reasons.set(from, [...reasons.get(from) ?? [], JSON.stringify([to, resource, mode, why])]);
  const groups = new Map<string, WaitNodeData[]>();
  for (const node of nodes) {
    const mine = reasons.get(node.id);
    const key = mine === undefined || waitedFor.has(node.id) ? `alone ${node.id}` : mine.sort().join();
    groups.set(key, [...groups.get(key) ?? [], node]);
  }
  const list = [...groups.values()].flatMap((members): WaitGroup[] => {
    const [first] = members;
    return first === undefined ? [] : [{ ...first, ids: members.map(({ id }) => id) }];
  });
  const shown = new Set(list.map(({ id }) => id));
  return { nodes: list, edges: edges.filter(({ from }) => shown.has(from)) };
}
