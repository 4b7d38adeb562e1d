import { externalPart, reads, type History, type Key, type Transaction, type Value } from './elle-history.js';

export type ValueAnomalyKind = 'internal' | 'duplicate' | 'garbage' | 'G1a' | 'G1b' | 'dirty-update' | 'incompatible-order';

export interface ValueAnomaly {
  readonly kind: ValueAnomalyKind;
  readonly transactions: readonly Transaction['id'][];
  readonly text: string;
}

const show = (list: readonly Value[]): string => `[${list.join(' ')}]`;
const isPrefix = (a: readonly Value[], b: readonly Value[]): boolean => a.length <= b.length && a.every((value, i) => value === b[i]);

/** A transaction must see its own appends, and what it read before, in every later read of the key. */
export function internalAnomalies(history: History): ValueAnomaly[] {
  const found: ValueAnomaly[] = [];
  for (const t of history.committed) {
    const known = new Map<Key, { list: readonly Value[] | undefined; own: Value[] }>();
    for (const op of t.ops) {
      const before = known.get(op.key) ?? { list: undefined, own: [] };
      known.set(op.key, before);
      if (op.kind === 'append') { before.own.push(op.value); continue; }
      if (op.value === undefined) continue;
      const expected = [...before.list ?? op.value.slice(0, Math.max(0, op.value.length - before.own.length)), ...before.own];
      if (show(expected) !== show(op.value)) {
        const why = before.list === undefined ? 'it had appended' : `it had read ${show(before.list)} and appended`;
        found.push({ kind: 'internal', transactions: [t.id], text: `${t.id} read ${op.key} = ${show(op.value)}, but ${why} ${show(before.own)}` });
      }
      known.set(op.key, { list: op.value, own: [] });
    }
  }
  return found;
}

/** What is wrong with a read by itself: values twice, from nowhere, from failed or from unfinished transactions. */
export function readAnomalies(history: History): ValueAnomaly[] {
  const found: ValueAnomaly[] = [];
  const add = (kind: ValueAnomalyKind, transactions: Transaction['id'][], text: string): void => { found.push({ kind, transactions, text }); };
  for (const { t, key, list } of reads(history)) {
    const seen = `${t.id} read ${key} = ${show(list)}`;
    if (new Set(list).size < list.length) add('duplicate', [t.id], `${seen}: a value is there twice`);
    for (const value of list) {
      const writer = history.writer(key, value);
      if (writer === undefined) add('garbage', [t.id], `${seen}: nobody appended ${value}`);
      else if (writer.status === 'fail') add('G1a', [t.id, writer.id], `${seen}: ${value} was appended by ${writer.id}, which failed`);
    }
    const last = list.at(-1);
    const writer = last === undefined ? undefined : history.writer(key, last);
    if (writer === undefined || writer === t) continue;
    const final = history.appends(writer, key).at(-1);
    if (final !== last) add('G1b', [t.id, writer.id], `${seen}: ${writer.id} appended ${final} after ${last}`);
  }
  return found;
}

/** The order of versions of each key: the longest read; all others must be prefixes of it. */
export function versionOrders(history: History): { orders: Map<Key, readonly Value[]>; anomalies: ValueAnomaly[] } {
  const longest = new Map<Key, { t: Transaction; list: readonly Value[] }>();
  for (const { t, key, list } of reads(history)) {
    if (list.length > (longest.get(key)?.list.length ?? -1)) longest.set(key, { t, list });
  }
  const anomalies: ValueAnomaly[] = [];
  for (const { t, key, list } of reads(history)) {
    const other = longest.get(key);
    if (other === undefined || isPrefix(list, other.list)) continue;
    const text = `${t.id} read ${key} = ${show(list)}, ${other.t.id} read ${show(other.list)}: neither can follow the other`;
    anomalies.push({ kind: 'incompatible-order', transactions: [t.id, other.t.id], text });
  }
  const orders = new Map<Key, readonly Value[]>();
  for (const key of history.keys) {
    const order = [...new Set(longest.get(key)?.list)];
    orders.set(key, order);
    anomalies.push(...dirtyUpdates(history, key, order));
  }
  return { orders, anomalies };
}

/** A committed append stands on top of a failed one. */
function dirtyUpdates(history: History, key: Key, order: readonly Value[]): ValueAnomaly[] {
  const failed = order.findIndex((value) => history.writer(key, value)?.status === 'fail');
  if (failed < 0) return [];
  const [dirty] = order.slice(failed);
  const onTop = order.slice(failed).map((value) => history.writer(key, value)).find((t) => t !== undefined && history.isCommitted(t));
  const source = dirty === undefined ? undefined : history.writer(key, dirty);
  if (onTop === undefined || source === undefined) return [];
  const text = `${onTop.id} appended to ${key} on top of ${dirty} of ${source.id}, which failed: ${show(order)}`;
  return [{ kind: 'dirty-update', transactions: [onTop.id, source.id], text }];
}

/** The read as far as it is a version of the key: undefined when it contradicts the order. */
export function versionRead(history: History, t: Transaction, key: Key, list: readonly Value[], order: readonly Value[]): number | undefined {
  const external = externalPart(history, t, key, list);
  return isPrefix(external, order) ? external.length : undefined;
}
