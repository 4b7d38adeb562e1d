import { importsOf, targetOf } from './imports.js';
import type { SourceText } from './source-text.js';

/** Import cycles among the files, each as `a -> b -> a`; imports of types count. One cycle for each knot of files. */
export function importCycles(files: readonly SourceText[]): string[] {
  const edges = new Map<string, string[]>();
  for (const file of files) {
    edges.set(file.path, importsOf(file).flatMap(({ specifier }) => targetOf(file.path, specifier) ?? []));
  }
  return knots(edges).map((knot) => `${shortestCycle(edges, knot).join(' -> ')}; move what both need into a file of its own below them`);
}

/** Strongly connected components of more than one file, and files that import themselves (Tarjan 1972). */
function knots(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    stack.push(path);
    let low = index;
    for (const next of edges.get(path) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, lowest.get(next) ?? order.get(next) ?? low);
    }
    lowest.set(path, low);
    if (low === index) {
      const knot = stack.splice(stack.indexOf(path));
      if (knot.length > 1 || edges.get(path)?.includes(path) === true) found.push(knot);
    }
    return low;
  };
  for (const path of edges.keys()) if (!order.has(path)) visit(path);
  return found;
}

function shortestCycle(edges: ReadonlyMap<string, readonly string[]>, knot: readonly string[]): string[] {
  const start = knot[0] ?? '';
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const path of queue) {
    for (const next of edges.get(path) ?? []) {
      if (next === start) return backTrack(cameFrom, path, start);
      if (!knot.includes(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, path);
      queue.push(next);
    }
  }
  return [...knot];
}

function backTrack(cameFrom: ReadonlyMap<string, string>, last: string, start: string): string[] {
  const cycle = [start];
  for (let path: string | undefined = last; path !== undefined && path !== start; path = cameFrom.get(path)) cycle.unshift(path);
  cycle.unshift(start);
  return cycle;
}
