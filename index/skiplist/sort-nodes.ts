import type { SkipNodes } from './skip-nodes.js';

/** Fewer are sorted by comparing. */
const LEAST_FOR_RADIX = 2048;
const DIGIT_BITS = 12;
const BUCKETS = 1 << DIGIT_BITS;
const HALF_BITS = 24;

/** The nodes from `from` on, in the order of their keys. */
export function sortedNodes(nodes: SkipNodes, from: number): Uint32Array {
  const count = nodes.count - from;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = from + i;
  if (count < 2) return order;
  if (count < LEAST_FOR_RADIX) return order.sort((a, b) => nodes.order(a, b));
  return sortEqualHeads(nodes, sortByHead(nodes, from, order));
}

/** By the 48 bits of their heads, twelve at a time from the lowest (radix sort, Knuth 5.2.5): time in proportion to the number of nodes. */
function sortByHead(nodes: SkipNodes, from: number, order: Uint32Array<ArrayBuffer>): Uint32Array {
  const count = order.length;
  const low = new Uint32Array(count);
  const highs = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const head = nodes.head(from + i);
    const high = Math.floor(head / (1 << HALF_BITS));
    low[i] = head - high * (1 << HALF_BITS);
    highs[i] = high;
  }
  let source = order;
  let target = new Uint32Array(count);
  for (const half of [low, highs]) {
    for (const shift of [0, DIGIT_BITS]) {
      if (!sortByDigit(source, target, half, from, shift)) continue;
      [source, target] = [target, source];
    }
  }
  return source;
}

/** One stable pass; false, with nothing done, when all have the same digit. */
function sortByDigit(source: Uint32Array, target: Uint32Array, half: Uint32Array, from: number, shift: number): boolean {
  const places = new Uint32Array(BUCKETS);
  for (const value of half) {
    const digit = (value >>> shift) & (BUCKETS - 1);
    places[digit] = (places[digit] ?? 0) + 1;
  }
  if (places[((half[0] ?? 0) >>> shift) & (BUCKETS - 1)] === half.length) return false;
  let sum = 0;
  for (let digit = 0; digit < BUCKETS; digit++) {
    const n = places[digit] ?? 0;
    places[digit] = sum;
    sum += n;
  }
  for (const node of source) {
    const digit = ((half[node - from] ?? 0) >>> shift) & (BUCKETS - 1);
    const place = places[digit] ?? 0;
    target[place] = node;
    places[digit] = place + 1;
  }
  return true;
}

/** Keys whose heads are equal are compared byte by byte. */
function sortEqualHeads(nodes: SkipNodes, order: Uint32Array): Uint32Array {
  for (let start = 0; start < order.length;) {
    const head = nodes.head(order[start] ?? 0);
    let end = start + 1;
    while (end < order.length && nodes.head(order[end] ?? 0) === head) end++;
    if (end - start > 1) order.subarray(start, end).sort((a, b) => nodes.order(a, b));
    start = end;
  }
  return order;
}
