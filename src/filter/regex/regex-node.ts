/** A pattern after parsing. Groups leave no trace: only whether a text matches is asked. */
export type RegexNode =
  /** One character out of a set, written as a pattern of its own: a class, an escape, a literal. */
  | { readonly kind: 'char'; readonly source: string; readonly literal?: string }
  | { readonly kind: 'seq' | 'alt'; readonly parts: readonly RegexNode[] }
  /** `max` may be Infinity. */
  | { readonly kind: 'repeat'; readonly part: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: 'assert'; readonly source: '^' | '$' | '\\b' | '\\B' };

/** The pattern as text again, in its simplest spelling. */
export function sourceOf(node: RegexNode): string {
  switch (node.kind) {
    case 'char': case 'assert': return node.source;
    case 'seq': return node.parts.map(sourceOf).join('');
    case 'alt': return `(?:${node.parts.map(sourceOf).join('|')})`;
    case 'repeat': return `(?:${sourceOf(node.part)}){${node.min},${node.max === Infinity ? '' : node.max}}`;
  }
}

/**
 * The same pattern without what makes no difference to whether it is found anywhere: an optional part at either end (any
 * characters before or behind), and how often an end repeats beyond its least number.
 */
export function withoutIdleEnds(node: RegexNode): RegexNode {
  if (node.kind === 'repeat') return node.min === node.max ? node : withoutIdleEnds({ ...node, max: node.min });
  if (node.kind !== 'seq') return node;
  let parts = [...node.parts];
  while (parts.length > 0 && isIdle(parts[0])) parts = parts.slice(1);
  while (parts.length > 0 && isIdle(parts.at(-1))) parts = parts.slice(0, -1);
  return { kind: 'seq', parts: parts.map((part, i) => (i === 0 || i === parts.length - 1 ? leastOf(part) : part)) };
}

function isIdle(node: RegexNode | undefined): boolean { return node?.kind === 'repeat' && node.min === 0; }

function leastOf(node: RegexNode): RegexNode { return node.kind === 'repeat' ? { ...node, max: node.min } : node; }
