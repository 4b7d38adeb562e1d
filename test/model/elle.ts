import { findCycles, type Cycle, type CycleKind } from './elle-cycles.js';
import { dependencyGraph, KIND_NAMES, type DependencyGraph } from './elle-graph.js';
import { indexHistory, type Transaction } from './elle-history.js';
import { internalAnomalies, readAnomalies, versionOrders, type ValueAnomalyKind } from './elle-values.js';

export type { Key, Operation, Transaction, Value } from './elle-history.js';

export type AnomalyKind = ValueAnomalyKind | CycleKind | `${CycleKind}-realtime`;

export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly transactions: readonly Transaction['id'][];
  /** What was seen, edge by edge for circles. */
  readonly text: string;
}

/** The levels of the engine; `strong` ones also keep real time: who begins after a commit sees it. */
export type IsolationLevel = 'read-committed' | 'snapshot' | 'strong-snapshot' | 'serializable' | 'strict-serializable';

const VALUE_ANOMALIES: readonly AnomalyKind[] = ['internal', 'duplicate', 'garbage', 'G1a', 'G1b', 'dirty-update', 'incompatible-order'];
const SNAPSHOT_CYCLES: readonly CycleKind[] = ['G0', 'G1c', 'G-single', 'G-nonadjacent'];
const ALL_CYCLES: readonly CycleKind[] = [...SNAPSHOT_CYCLES, 'G2-item'];
const withRealTime = (kinds: readonly CycleKind[]): AnomalyKind[] => kinds.flatMap((kind) => [kind, `${kind}-realtime` as const]);

const FORBIDDEN: Readonly<Record<IsolationLevel, readonly AnomalyKind[]>> = {
  'read-committed': ['duplicate', 'garbage', 'G1a', 'G1b', 'dirty-update', 'incompatible-order', 'G0', 'G1c'],
  'snapshot': [...VALUE_ANOMALIES, ...SNAPSHOT_CYCLES],
  'strong-snapshot': [...VALUE_ANOMALIES, ...withRealTime(SNAPSHOT_CYCLES)],
  'serializable': [...VALUE_ANOMALIES, ...ALL_CYCLES],
  'strict-serializable': [...VALUE_ANOMALIES, ...withRealTime(ALL_CYCLES)],
};

/**
 * Everything in a list-append history that some isolation level forbids. The order of versions comes from the
 * lists that were read, so nothing need be known about the engine. Of each knot of dependencies only the worst
 * circle is reported. It does not see anomalies of predicates (phantoms).
 *
 * @example
 * const bad = violations(findAnomalies(history), 'strong-snapshot');
 * expect(bad.map((a) => a.text)).toEqual([]);
 */
export function findAnomalies(transactions: readonly Transaction[]): Anomaly[] {
  const history = indexHistory(transactions);
  const { orders, anomalies } = versionOrders(history);
  const graph = dependencyGraph(history, orders);
  const cycles = findCycles(graph).map((cycle) => describeCycle(graph, cycle));
  return [...internalAnomalies(history), ...readAnomalies(history), ...anomalies, ...cycles];
}

/** Those that the level promises to exclude. */
export function violations(anomalies: readonly Anomaly[], level: IsolationLevel): Anomaly[] {
  return anomalies.filter((a) => FORBIDDEN[level].includes(a.kind));
}

function describeCycle(graph: DependencyGraph, { kind, isRealTime, edges }: Cycle): Anomaly {
  const id = (node: number): Transaction['id'] => graph.nodes[node]?.id ?? '?';
  const first = edges.reduce((least, e, i) => (e.from < (edges[least]?.from ?? 0) ? i : least), 0);
  const ring = [...edges.slice(first), ...edges.slice(0, first)];
  const steps = ring.map((e) => `${id(e.from)} -${KIND_NAMES[e.kind]}-> ${id(e.to)} (${e.why})`);
  return { kind: isRealTime ? `${kind}-realtime` : kind, transactions: ring.map((e) => id(e.from)), text: steps.join('; ') };
}
