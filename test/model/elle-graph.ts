import { externalPart, reads, type History, type Key, type Transaction, type Value } from './elle-history.js';
import { versionRead } from './elle-values.js';

/** Kinds of edges, as bits: `to` overwrote, read, or overwrote what was read by `from`; or began after it ended. */
export const WW = 1;
export const WR = 2;
export const RW = 4;
export const RT = 8;
export const KIND_NAMES: Readonly<Record<number, string>> = { [WW]: 'ww', [WR]: 'wr', [RW]: 'rw', [RT]: 'rt' };

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
  readonly why: string;
}

/** Committed transactions by number, and their edges by source. */
export interface DependencyGraph {
  readonly nodes: readonly Transaction[];
  readonly edges: readonly (readonly Edge[])[];
}

class GraphBuilder {
  readonly edges: Edge[][];
  readonly #numbers: Map<Transaction, number>;
  readonly #known = new Set<string>();

  constructor(readonly history: History) {
    this.#numbers = new Map(history.committed.map((t, i) => [t, i]));
    this.edges = history.committed.map(() => []);
  }

  add(fromTransaction: Transaction | undefined, toTransaction: Transaction | undefined, kind: number, why: string): void {
    const from = fromTransaction && this.#numbers.get(fromTransaction);
    const to = toTransaction && this.#numbers.get(toTransaction);
    if (from === undefined || to === undefined || from === to) return;
    const name = `${from} ${to} ${kind}`;
    if (this.#known.has(name)) return;
    this.#known.add(name);
    this.edges[from]?.push({ from, to, kind, why });
  }
}

/**
 * The dependencies that the reads of a list-append history prove (K. Kingsbury and P. Alvaro, "Elle: Inferring
 * Isolation Anomalies from Experimental Observations", 2020).
 */
export function dependencyGraph(history: History, orders: ReadonlyMap<Key, readonly Value[]>): DependencyGraph {
  const builder = new GraphBuilder(history);
  const versions = new Map(history.keys.map((key) => [key, keyVersions(history, key, orders.get(key) ?? [])]));
  for (const [key, version] of versions) addWriteOrder(builder, key, version);
  for (const { t, key, list } of reads(history)) {
    const version = versions.get(key);
    if (version !== undefined) addRead(builder, t, key, list, version);
  }
  addRealTime(builder);
  return { nodes: history.committed, edges: builder.edges };
}

interface KeyVersions {
  readonly order: readonly Value[];
  /** Committed writers of the versions; undefined for those of others. */
  readonly writers: readonly (Transaction | undefined)[];
  /** Committed appends that no read shows: they came after every read one, in an order that nobody knows. */
  readonly unseen: readonly { readonly t: Transaction; readonly value: Value }[];
}

function keyVersions(history: History, key: Key, order: readonly Value[]): KeyVersions {
  const seen = new Set(order);
  const writers = order.map((value) => {
    const t = history.writer(key, value);
    return t !== undefined && history.isCommitted(t) ? t : undefined;
  });
  const unseen = history.committed.flatMap((t) => history.appends(t, key).filter((value) => !seen.has(value)).map((value) => ({ t, value })));
  return { order, writers, unseen };
}

function addWriteOrder(builder: GraphBuilder, key: Key, { order, writers, unseen }: KeyVersions): void {
  let last: { t: Transaction; value: Value } | undefined;
  for (const [i, t] of writers.entries()) {
    const value = order[i];
    if (t === undefined || value === undefined) continue;
    if (last !== undefined) builder.add(last.t, t, WW, `${key}: ${last.value} before ${value}`);
    last = { t, value };
  }
  for (const { t, value } of unseen) builder.add(last?.t, t, WW, `${key}: ${last?.value} before ${value}, which no read shows`);
}

function addRead(builder: GraphBuilder, t: Transaction, key: Key, list: readonly Value[], { order, writers, unseen }: KeyVersions): void {
  const { history } = builder;
  const last = externalPart(history, t, key, list).at(-1);
  if (last !== undefined) builder.add(history.writer(key, last), t, WR, `${key}: read ${last}`);
  const length = versionRead(history, t, key, list, order);
  if (length === undefined) return;
  for (let i = length; i < order.length; i++) {
    const next = writers[i];
    if (next === undefined) continue;
    builder.add(t, next, RW, `${key}: read ${last ?? 'nothing'}, not ${order[i]}`);
    return;
  }
  for (const { t: next, value } of unseen) builder.add(t, next, RW, `${key}: read ${last ?? 'nothing'}, not ${value}`);
}

/** Who ended before another began. Only edges that do not follow from others: the frontier is as wide as the concurrency. */
function addRealTime(builder: GraphBuilder): void {
  const events = builder.history.committed.flatMap((t) => [
    { atTime: t.start, isEnd: false, t },
    { atTime: t.status === 'ok' ? t.end : Infinity, isEnd: true, t },
  ]);
  events.sort((a, b) => (a.atTime === b.atTime ? Number(a.isEnd) - Number(b.isEnd) : a.atTime - b.atTime));
  const frontier = new Set<Transaction>();
  const before = new Map<Transaction, Transaction[]>();
  for (const { t, isEnd, atTime } of events) {
    if (!isEnd) {
      before.set(t, [...frontier]);
      for (const earlier of frontier) builder.add(earlier, t, RT, `ended at ${earlier.end}, before ${t.start}`);
    } else if (atTime < Infinity) {
      for (const earlier of before.get(t) ?? []) frontier.delete(earlier);
      frontier.add(t);
    }
  }
}
