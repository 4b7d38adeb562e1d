import type { ShapeStats } from './query-log.js';

/** What the queries that lack an index cost. */
export interface AdviceEvidence {
  /** Full scans. */
  readonly uses: number;
  readonly rowsExamined: number;
  readonly rowsReturned: number;
  /** All of them together, in milliseconds. */
  readonly ms: number;
  readonly shapes: readonly string[];
}

/** An index worth having, and why. */
export interface IndexAdvice {
  /** Table or collection. */
  readonly source: string;
  /** A name for it, free of those that exist. */
  readonly name: string;
  /** Its fields, in order. */
  readonly on: readonly string[];
  /** The reason as a sentence. */
  readonly reason: string;
  /** What it would have spared. */
  readonly evidence: AdviceEvidence;
}

/** An index that a source has. */
export interface KnownIndex {
  readonly name: string;
  readonly on: readonly string[];
}

/** A scan of fewer rows is fast enough. */
const LEAST_ROWS = 500;
/** Where more of the rows match than this, an index is no faster than a scan. */
const MOST_MATCHING = 0.25;
const NS_PER_MS = 1e6;

interface Wish { on: readonly string[]; readonly source: string; readonly shapes: ShapeStats[] }

/**
 * The indexes that the logged queries lack, those that would spare most rows first. An index on (a, b) also serves queries by a,
 * so the longer one is advised for both.
 */
export function adviseIndexes(shapes: readonly ShapeStats[], indexesOf: (source: string) => readonly KnownIndex[] | undefined): IndexAdvice[] {
  const wishes: Wish[] = [];
  const lacking = shapes.filter((one) => one.wantedIndex !== undefined && one.fullScans > 0 && one.rowCount >= LEAST_ROWS
    && one.rowsReturned <= one.rowsExamined * MOST_MATCHING);
  for (const shape of [...lacking].sort((a, b) => (b.wantedIndex?.length ?? 0) - (a.wantedIndex?.length ?? 0))) {
    const on = shape.wantedIndex ?? [];
    const existing = indexesOf(shape.source);
    if (existing === undefined || existing.some((index) => beginsWith(index.on, on))) continue;
    const known = wishes.find((wish) => wish.source === shape.source && beginsWith(wish.on, on));
    if (known === undefined) wishes.push({ source: shape.source, on, shapes: [shape] });
    else known.shapes.push(shape);
  }
  const advice = wishes.map((wish) => adviceOf(wish, indexesOf(wish.source) ?? []));
  return advice.sort((a, b) => wasted(b) - wasted(a));
}

function wasted({ evidence }: IndexAdvice): number { return evidence.rowsExamined - evidence.rowsReturned; }

function beginsWith(on: readonly string[], wanted: readonly string[]): boolean { return wanted.every((path, i) => on[i] === path); }

function adviceOf({ source, on, shapes }: Wish, existing: readonly KnownIndex[]): IndexAdvice {
  const sum = (of: (shape: ShapeStats) => number): number => shapes.reduce((total, shape) => total + of(shape), 0);
  const evidence = {
    uses: sum((s) => s.fullScans), rowsExamined: sum((s) => s.rowsExamined), rowsReturned: sum((s) => s.rowsReturned),
    ms: sum((s) => s.executionNs) / NS_PER_MS, shapes: shapes.map((s) => s.shape),
  };
  const reason = `${evidence.uses} queries read ${evidence.rowsExamined} rows of "${source}" to find ${evidence.rowsReturned}, `
    + `in ${evidence.ms.toFixed(1)} ms; `
    + `an index on (${on.join(', ')}) finds them at once`;
  return { source, name: freeName(on, existing), on, reason, evidence };
}

function freeName(on: readonly string[], existing: readonly KnownIndex[]): string {
  const wanted = `by_${on.join('_').toLowerCase().replace(/[^a-z0-9_]/g, '_')}`.slice(0, 48);
  let name = wanted;
  for (let n = 2; existing.some((index) => index.name.toLowerCase() === name); n++) name = `${wanted}_${n}`;
  return name;
}
