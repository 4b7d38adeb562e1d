import type { CpuNodeData, CpuProfileData } from '../../profile/data/v8-data.js';
import { CallTreeBuilder, type CallTree, type OpenNode } from './call-tree.js';

/** Time by kind of what the process did, in nanoseconds. */
export interface CpuTimes {
  /** Nanoseconds by node id; without the idle time. */
  readonly byNode: ReadonlyMap<number, number>;
  readonly busyNs: number;
  readonly idleNs: number;
}

const IDLE = '(idle)';

/**
 * Nanoseconds of each node: a sample lasts until the next one (as Chrome counts), the last until the end. Without
 * samples the hits of the nodes share the time.
 */
export function cpuTimes(cpu: CpuProfileData): CpuTimes {
  const idle = new Set(cpu.nodes.filter((node) => node.callFrame.functionName === IDLE).map((node) => node.id));
  const byNode = new Map<number, number>();
  let busyNs = 0;
  let idleNs = 0;
  const add = (id: number, ns: number): void => {
    if (!(ns > 0)) return;
    if (idle.has(id)) { idleNs += ns; return; }
    busyNs += ns;
    byNode.set(id, (byNode.get(id) ?? 0) + ns);
  };
  if (cpu.samples !== undefined && cpu.samples.length > 0) eachSample(cpu, cpu.samples, add);
  else {
    const hits = cpu.nodes.reduce((sum, node) => sum + (node.hitCount ?? 0), 0);
    const nsPerHit = hits > 0 ? ((cpu.endTime - cpu.startTime) * 1000) / hits : 0;
    for (const node of cpu.nodes) add(node.id, (node.hitCount ?? 0) * nsPerHit);
  }
  return { byNode, busyNs, idleNs };
}

function eachSample(cpu: CpuProfileData, samples: readonly number[], add: (id: number, ns: number) => void): void {
  const deltas = cpu.timeDeltas ?? [];
  const even = (cpu.endTime - cpu.startTime) / samples.length;
  let atUs = cpu.startTime;
  for (let i = 0; i < samples.length; i++) {
    atUs += deltas[i] ?? even;
    const untilNextUs = i + 1 < samples.length ? deltas[i + 1] ?? even : Math.max(0, cpu.endTime - atUs);
    add(samples[i] ?? 0, untilNextUs * 1000);
  }
}

/** The nodes with their parents, parents first. Ids that occur twice and nodes that nobody calls are left out. */
export function cpuNodesInOrder(cpu: CpuProfileData): { node: CpuNodeData; parent: CpuNodeData | undefined }[] {
  const byId = new Map(cpu.nodes.map((node) => [node.id, node]));
  const root = cpu.nodes[0];
  if (root === undefined) return [];
  const order: { node: CpuNodeData; parent: CpuNodeData | undefined }[] = [{ node: root, parent: undefined }];
  const seen = new Set([root.id]);
  for (let i = 0; i < order.length; i++) {
    const parent = order[i]?.node;
    for (const id of parent?.children ?? []) {
      const node = byId.get(id);
      if (node === undefined || seen.has(id)) continue;
      seen.add(id);
      order.push({ node, parent });
    }
  }
  return order;
}

/** The CPU profile as a tree of calls, without idle time. */
export function cpuTree(cpu: CpuProfileData, engineUrl?: string): CallTree {
  const { byNode } = cpuTimes(cpu);
  const builder = new CallTreeBuilder('all', engineUrl);
  const places = new Map<number, OpenNode>();
  for (const { node, parent } of cpuNodesInOrder(cpu)) {
    const above = parent === undefined ? undefined : places.get(parent.id);
    const place = above === undefined ? builder.root : builder.child(above, node.callFrame);
    place.self += byNode.get(node.id) ?? 0;
    places.set(node.id, place);
  }
  return { root: builder.finish(), unit: 'ns', title: 'CPU time' };
}
