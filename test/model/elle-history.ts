/** Values are unique for each key: every append can be told from every other. */
export type Value = number | string;
export type Key = number | string;

export type Operation =
  | { readonly kind: 'append'; readonly key: Key; readonly value: Value }
  /** The whole list that was read; undefined when nobody knows. */
  | { readonly kind: 'read'; readonly key: Key; readonly value: readonly Value[] | undefined };

/** One transaction as its client saw it. */
export interface Transaction {
  readonly id: number | string;
  readonly ops: readonly Operation[];
  /** Times of one clock: before the first operation was asked for, and after the end was acknowledged. */
  readonly start: number;
  readonly end: number;
  /** `unknown`: the client does not know whether it committed (a crash, COMMIT_UNKNOWN). */
  readonly status: 'ok' | 'fail' | 'unknown';
}

/** A history, indexed: who appended what, and which transactions count as committed. */
export interface History {
  readonly transactions: readonly Transaction[];
  readonly keys: readonly Key[];
  /** Acknowledged, or indeterminate but seen by an acknowledged one. */
  readonly committed: readonly Transaction[];
  isCommitted(t: Transaction): boolean;
  /** Who appended the value; undefined when nobody did. */
  writer(key: Key, value: Value): Transaction | undefined;
  /** The values a transaction appended to a key, in its order. */
  appends(t: Transaction, key: Key): readonly Value[];
}

/** Throws RangeError when two appends of a key have the same value: such a history cannot be checked. */
export function indexHistory(transactions: readonly Transaction[]): History {
  const writers = new Map<Key, Map<Value, Transaction>>();
  const appended = new Map<Transaction, Map<Key, Value[]>>();
  for (const t of transactions) {
    const byKey = new Map<Key, Value[]>();
    appended.set(t, byKey);
    for (const op of t.ops) {
      const values = writers.get(op.key) ?? new Map<Value, Transaction>();
      writers.set(op.key, values);
      if (op.kind !== 'append') continue;
      if (values.has(op.value)) throw new RangeError(`${op.value} is appended to ${op.key} twice: values must be unique for each key`);
      values.set(op.value, t);
      byKey.set(op.key, [...byKey.get(op.key) ?? [], op.value]);
    }
  }
  const writer = (key: Key, value: Value): Transaction | undefined => writers.get(key)?.get(value);
  const committedSet = committedOnes(transactions, writer);
  return {
    transactions, writer,
    keys: [...writers.keys()],
    committed: transactions.filter((t) => committedSet.has(t)),
    isCommitted: (t) => committedSet.has(t),
    appends: (t, key) => appended.get(t)?.get(key) ?? [],
  };
}

/** What an acknowledged transaction saw was committed, or else the history has a dirty read. */
function committedOnes(
  transactions: readonly Transaction[], writer: (key: Key, value: Value) => Transaction | undefined,
): Set<Transaction> {
  const committed = new Set(transactions.filter((t) => t.status === 'ok'));
  // The set grows while it is walked: what a newcomer read counts as well.
  for (const t of committed) {
    for (const op of t.ops) {
      if (op.kind !== 'read') continue;
      for (const value of op.value ?? []) {
        const source = writer(op.key, value);
        if (source?.status === 'unknown') committed.add(source);
      }
    }
  }
  return committed;
}

/** Every read with a known result of a committed transaction. */
export function* reads(history: History): Generator<{ t: Transaction; key: Key; list: readonly Value[] }> {
  for (const t of history.committed) {
    for (const op of t.ops) if (op.kind === 'read' && op.value !== undefined) yield { t, key: op.key, list: op.value };
  }
}

/** The part of a read that came from others: without the reader's own appends at its end. */
export function externalPart(history: History, t: Transaction, key: Key, list: readonly Value[]): readonly Value[] {
  let length = list.length;
  for (let value = list[length - 1]; value !== undefined && history.writer(key, value) === t; value = list[length - 1]) length--;
  return list.slice(0, length);
}
