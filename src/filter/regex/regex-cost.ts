import type { RegexNode } from './regex-node.js';

/** What the engine of JavaScript, which tries one way after another, can be led to. */
export interface RegexCost {
  /** Ways through the pattern, repetitions without end counted as one. */
  readonly ways: number;
  /** Repetitions without end that stand one behind the other: the number of ways grows with this power of the text. */
  readonly degree: number;
  /** Steps of one way, repetitions without end counted once. */
  readonly size: number;
  /** Characters that it takes, when always the same number. */
  readonly length: number | undefined;
}

const NO_BOUND = 1e9;

/** Bounds on the ways through a pattern; undefined when they can grow exponentially with the text. */
export function costOf(node: RegexNode): RegexCost | undefined {
  switch (node.kind) {
    case 'char': return { ways: 1, degree: 0, size: 1, length: 1 };
    case 'assert': return { ways: 1, degree: 0, size: 1, length: 0 };
    case 'seq': return costOfAll(node.parts, false);
    case 'alt': return costOfAll(node.parts, true);
    case 'repeat': return costOfRepeat(costOf(node.part), node.min, node.max);
  }
}

function costOfAll(parts: readonly RegexNode[], either: boolean): RegexCost | undefined {
  let ways = either ? 0 : 1;
  let degree = 0;
  let size = 1;
  let length: number | undefined;
  for (const [i, part] of parts.entries()) {
    const cost = costOf(part);
    if (cost === undefined) return undefined;
    ways = Math.min(NO_BOUND, either ? ways + cost.ways : ways * cost.ways);
    degree += cost.degree;
    size += cost.size;
    if (i === 0) length = cost.length;
    else if (either) length = length === cost.length ? length : undefined;
    else length = length === undefined || cost.length === undefined ? undefined : length + cost.length;
  }
  return { ways, degree, size, length: parts.length === 0 ? 0 : length };
}

function costOfRepeat(cost: RegexCost | undefined, min: number, max: number): RegexCost | undefined {
  if (cost === undefined) return undefined;
  if (max === Infinity) {
    // A body with one way and one length can stop in at most as many places as the text is long.
    if (cost.ways !== 1 || cost.degree > 0 || cost.length === undefined || cost.length === 0) return undefined;
    return { ways: 1, degree: 1, size: cost.size * (min + 1), length: undefined };
  }
  const ways = Math.min(NO_BOUND, (max - min + 1) * cost.ways ** Math.min(max, 64));
  const length = min === max && cost.length !== undefined ? min * cost.length : undefined;
  return { ways: max > 64 && cost.ways > 1 ? NO_BOUND : ways, degree: cost.degree * max, size: 1 + cost.size * max, length };
}
