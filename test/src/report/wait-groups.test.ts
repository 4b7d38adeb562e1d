import { expect, test } from 'vitest';
import type { WaitEdgeData } from '../../../src/profile/data/lock-data.js';
import { placeWaitGraph } from '../../../src/report/html/charts/wait-graph-layout.js';
import { groupWaiters } from '../../../src/report/html/charts/wait-groups.js';

const edge = (from: number, to: number, why: 'holds' | 'queued', resource = 'r'): WaitEdgeData => ({ from, to, resource, mode: 'exclusive', why });
const nodesOf = (count: number): { id: number; held: number }[] => Array.from({ length: count }, (_, i) => ({ id: i + 1, held: 1 }));

test('a queue of forty becomes the holder and one box', () => {
  const edges = Array.from({ length: 39 }, (_, i) => [edge(i + 2, 1, 'holds'), ...Array.from({ length: i }, (_, k) => edge(i + 2, k + 2, 'queued'))]).flat();
  const { nodes, edges: drawn } = groupWaiters({ atMs: 0, nodes: nodesOf(40), edges });
  expect(nodes.map(({ ids }) => ids.length)).toEqual([1, 39]);
  expect(drawn).toEqual([edge(2, 1, 'holds')]);
  expect(placeWaitGraph({ atMs: 0, nodes: nodesOf(40), edges })).toMatchObject({ layers: 2, columns: 1, left: 0 });
});

test('who is waited for stays alone, and so does who waits for something else', () => {
  const edges = [edge(2, 1, 'holds'), edge(3, 2, 'holds', 's'), edge(4, 1, 'holds'), edge(5, 1, 'holds', 's'), edge(6, 1, 'holds')];
  const { nodes, edges: drawn } = groupWaiters({ atMs: 0, nodes: nodesOf(6), edges });
  expect(nodes.map(({ ids }) => ids)).toEqual([[1], [2], [3], [4, 6], [5]]);
  expect(drawn).toEqual(edges.slice(0, 4));
});

test('who stands in a queue alone keeps its place there, and a circle stays', () => {
  const edges = [edge(2, 1, 'holds'), edge(3, 2, 'queued'), edge(1, 3, 'holds', 's')];
  const { nodes, edges: drawn } = groupWaiters({ atMs: 0, nodes: nodesOf(3), edges });
  expect(nodes.length).toBe(3);
  expect(drawn).toEqual(edges);
});
