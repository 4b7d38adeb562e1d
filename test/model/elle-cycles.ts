import { RT, RW, WR, WW, type DependencyGraph, type Edge } from './elle-graph.js';

export type CycleKind = 'G0' | 'G1c' | 'G-single' | 'G-nonadjacent' | 'G2-item';

export interface Cycle {
  readonly kind: CycleKind;
  /** True when the circle closes only through "ended before the other began". */
  readonly isRealTime: boolean;
  readonly edges: readonly Edge[];
}

/** A class of circles: the kind of one edge, the kinds of the others, and what must hold along the walk. */
interface CycleClass {
  readonly kind: CycleKind;
  readonly first: number;
  readonly rest: number;
  /** Flags that must be set when the walk is back at its start; and that must not. */
  readonly needs: number;
  readonly forbids: number;
}

// What a walk has met. ADJACENT: two rw edges in a row, the first edge following the last one.
const LAST_RW = 1;
const ADJACENT = 2;
const SECOND_RW = 4;
const REAL_TIME = 8;
const FLAG_STATES = 16;

/** From the worst to the mildest (A. Adya, 1999; G-nonadjacent: A. Cerone and A. Gotsman, 2018: what snapshot isolation excludes). */
const CLASSES: readonly CycleClass[] = [
  { kind: 'G0', first: WW, rest: WW, needs: 0, forbids: 0 },
  { kind: 'G1c', first: WR, rest: WW | WR, needs: 0, forbids: 0 },
  { kind: 'G-single', first: RW, rest: WW | WR, needs: 0, forbids: 0 },
  { kind: 'G-nonadjacent', first: RW, rest: WW | WR | RW, needs: SECOND_RW, forbids: ADJACENT },
  { kind: 'G2-item', first: RW, rest: WW | WR | RW, needs: SECOND_RW | ADJACENT, forbids: 0 },
];

/** One circle, of the worst class, for each knot of the graph; without and with real time. */
export function findCycles(graph: DependencyGraph): Cycle[] {
  const found: Cycle[] = [];
  for (const isRealTime of [false, true]) {
    const kinds = WW | WR | RW | (isRealTime ? RT : 0);
    for (const component of components(graph, kinds)) {
      const cycle = worstIn(graph, component, isRealTime);
      if (cycle !== undefined) found.push(cycle);
    }
  }
  return found;
}

function worstIn(graph: DependencyGraph, component: ReadonlySet<number>, isRealTime: boolean): Cycle | undefined {
  for (const wanted of CLASSES) {
    const search = isRealTime ? { ...wanted, rest: wanted.rest | RT, needs: wanted.needs | REAL_TIME } : wanted;
    for (const node of component) {
      for (const edge of graph.edges[node] ?? []) {
        if ((edge.kind & search.first) === 0 || !component.has(edge.to)) continue;
        const edges = shortestBack(graph, component, edge, search);
        if (edges !== undefined) return { kind: wanted.kind, isRealTime, edges };
      }
    }
  }
  return undefined;
}

function flagsAfter(flags: number, kind: number): number {
  if (kind === RW) return flags | LAST_RW | SECOND_RW | ((flags & LAST_RW) !== 0 ? ADJACENT : 0);
  return (flags & ~LAST_RW) | (kind === RT ? REAL_TIME : 0);
}

/** Breadth first over (transaction, flags), from behind `first` back to where it began. */
function shortestBack(graph: DependencyGraph, component: ReadonlySet<number>, first: Edge, search: CycleClass): Edge[] | undefined {
  const cameBy = new Map<number, { readonly edge: Edge; readonly from: number | undefined }>();
  const start = first.to * FLAG_STATES + (first.kind === RW ? LAST_RW : 0);
  cameBy.set(start, { edge: first, from: undefined });
  const frontier = [start];
  for (const state of frontier) {
    const flags = state % FLAG_STATES;
    for (const edge of graph.edges[Math.floor(state / FLAG_STATES)] ?? []) {
      if ((edge.kind & search.rest) === 0 || !component.has(edge.to)) continue;
      let after = flagsAfter(flags, edge.kind);
      const isBack = edge.to === first.from;
      if (isBack && first.kind === RW && edge.kind === RW) after |= ADJACENT;
      if ((after & search.forbids) !== 0) continue;
      if (isBack && (after & search.needs) === search.needs) return pathTo(cameBy, state, edge);
      const next = edge.to * FLAG_STATES + after;
      if (cameBy.has(next)) continue;
      cameBy.set(next, { edge, from: state });
      frontier.push(next);
    }
  }
  return undefined;
}

function pathTo(cameBy: ReadonlyMap<number, { readonly edge: Edge; readonly from: number | undefined }>, state: number, last: Edge): Edge[] {
  const edges = [last];
  for (let at: number | undefined = state; at !== undefined;) {
    const step = cameBy.get(at);
    if (step !== undefined) edges.unshift(step.edge);
    at = step?.from;
  }
  return edges;
}

/** Strongly connected components of more than one node (R. Tarjan, 1972), without recursion. */
export function components(graph: DependencyGraph, kinds: number): Set<number>[] {
  const count = graph.nodes.length;
  const index = new Array<number>(count).fill(-1);
  const low = new Array<number>(count).fill(0);
  const onStack = new Array<boolean>(count).fill(false);
  const next = new Array<number>(count).fill(0);
  const stack: number[] = [];
  const found: Set<number>[] = [];
  let counter = 0;
  const open = (node: number): void => {
    index[node] = low[node] = counter++;
    stack.push(node);
    onStack[node] = true;
  };
  const close = (node: number): void => {
    const members = new Set<number>();
    for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
      onStack[member] = false;
      members.add(member);
      if (member === node) break;
    }
    if (members.size > 1) found.push(members);
  };
  for (let root = 0; root < count; root++) {
    if (index[root] !== -1) continue;
    const path = [root];
    open(root);
    while (path.length > 0) {
      const node = path[path.length - 1] ?? root;
      const position = next[node] ?? 0;
      next[node] = position + 1;
      const edge = graph.edges[node]?.[position];
      if (edge === undefined) {
        path.pop();
        const parent = path[path.length - 1];
        if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
        if (low[node] === index[node]) close(node);
      } else if ((edge.kind & kinds) !== 0) {
        if (index[edge.to] === -1) { open(edge.to); path.push(edge.to); }
        else if (onStack[edge.to] === true) low[node] = Math.min(low[node] ?? 0, index[edge.to] ?? 0);
      }
    }
  }
  return found;
}
