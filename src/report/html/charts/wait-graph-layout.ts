import type { WaitEdgeData, WaitGraphData } from '../../../profile/data/lock-data.js';
import { groupWaiters, type WaitGroup, type WaitGroups } from './wait-groups.js';

/** A transaction, or several, in their place: layer 0 waits for nobody of those shown below it. */
export interface PlacedNode {
  readonly node: WaitGroup;
  readonly layer: number;
  readonly column: number;
}

/** A graph in layers: whoever waits stands above those it waits for, except where there is a circle. */
export interface PlacedGraph {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly WaitEdgeData[];
  readonly layers: number;
  readonly columns: number;
  /** Transactions that are not shown. */
  readonly left: number;
}

const MOST_NODES = 24;

/** Layers by the longest way down, nodes of a layer in the order of those they wait for (barycentres). */
export function placeWaitGraph(graph: WaitGraphData): PlacedGraph {
  const groups = groupWaiters(graph);
  const nodes = busiest(groups);
  const shown = new Set(nodes.map((node) => node.id));
  const edges = groups.edges.filter((edge) => shown.has(edge.from) && shown.has(edge.to));
  const depth = depths(nodes, edges);
  const layers = Math.max(0, ...depth.values()) + 1;
  const rows = Array.from({ length: layers }, (_, layer) => nodes.filter((node) => depth.get(node.id) === layer));
  const columnOf = new Map<number, number>();
  for (const row of rows) {
    const wish = (node: WaitGroup): number => mean(edges.filter((edge) => edge.from === node.id).flatMap((edge) => columnOf.get(edge.to) ?? []));
    row.sort((a, b) => wish(a) - wish(b) || a.id - b.id);
    row.forEach((node, i) => columnOf.set(node.id, i - (row.length - 1) / 2));
  }
  const columns = Math.max(...rows.map((row) => row.length));
  const placed = rows.flatMap((row, layer) => row.map((node) => (
    { node, layer: layers - 1 - layer, column: (columnOf.get(node.id) ?? 0) + (columns - 1) / 2 }
  )));
  return { nodes: placed, edges, layers, columns, left: graph.nodes.length - nodes.reduce((sum, { ids }) => sum + ids.length, 0) };
}

/** Those with most edges, when there are too many to be drawn. */
function busiest({ nodes, edges }: WaitGroups): WaitGroup[] {
  const degree = new Map<number, number>();
  for (const { from, to } of edges) for (const id of [from, to]) degree.set(id, (degree.get(id) ?? 0) + 1);
  return [...nodes].sort((a, b) => (degree.get(b.id) ?? 0) - (degree.get(a.id) ?? 0) || a.id - b.id).slice(0, MOST_NODES);
}

function depths(nodes: readonly WaitGroup[], edges: readonly WaitEdgeData[]): Map<number, number> {
  const depth = new Map(nodes.map((node) => [node.id, 0]));
  // As many rounds as there are nodes are enough without a circle; with one, the rest of its edges point upwards.
  for (let round = 0; round < nodes.length; round++) {
    let isChanged = false;
    for (const { from, to } of edges) {
      const below = (depth.get(to) ?? 0) + 1;
      if (below > (depth.get(from) ?? 0) && below < nodes.length) { depth.set(from, below); isChanged = true; }
    }
    if (!isChanged) break;
  }
  const used = [...new Set(depth.values())].sort((a, b) => a - b);
  return new Map([...depth].map(([id, layer]) => [id, used.indexOf(layer)]));
}

function mean(values: readonly number[]): number { return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length; }
