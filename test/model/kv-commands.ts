import fc from 'fast-check';
import { expect } from 'vitest';
import type { Database, Kv, KvRange, Snapshot, TxKv } from '../../src/main.js';

/** A store as a plain sorted map, and what snapshots and walks saw. */
export class KvModel {
  pairs = new Map<string, string>();
  /** Values that will expire: until then they are in `pairs` too. */
  expires = new Map<string, number>();
  snapshots: Map<string, string>[] = [];
  walks: { readonly left: [string, string][] }[] = [];

  put(key: string, value: string, expiresAt?: number): void {
    this.pairs.set(key, value);
    if (expiresAt === undefined) this.expires.delete(key);
    else this.expires.set(key, expiresAt);
  }

  delete(key: string): void {
    this.pairs.delete(key);
    this.expires.delete(key);
  }

  range(r: KvRange<string>, pairs = this.pairs): [string, string][] {
    const found = sorted(pairs).filter(([key]) => inRange(key, r));
    if (r.reverse === true) found.reverse();
    return found.slice(0, r.limit);
  }
}

function below(a: string, b: string): boolean { return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0; }

function inRange(key: string, { gt, gte, lt, lte, prefix }: KvRange<string>): boolean {
  return (gt === undefined || below(gt, key)) && (gte === undefined || !below(key, gte)) && (lt === undefined || below(key, lt))
    && (lte === undefined || !below(lte, key)) && (prefix === undefined || key.startsWith(prefix));
}

export function sorted(pairs: ReadonlyMap<string, string>): [string, string][] { return [...pairs].sort(([a], [b]) => (below(a, b) ? -1 : 1)); }

/** The real side. */
export interface KvReal {
  db: Database;
  kv: Kv<string, string>;
  nowMs: number;
  readonly reopen: () => Promise<Database>;
  snapshots: Snapshot[];
  walks: Iterator<[string, string]>[];
}

export type KvCommand = fc.AsyncCommand<KvModel, KvReal>;

function command(label: string, run: (m: KvModel, r: KvReal) => Promise<void>, check: (m: KvModel) => boolean = () => true): KvCommand {
  return {
    check: (m) => check(m),
    run: async (m, r) => {
      await run(m, r);
      expect(r.kv.count(), 'count').toBe(m.pairs.size);
    },
    toString: () => label,
  };
}

const keyArb = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((i) => `k${String(i).padStart(2, '0')}`),
  fc.integer({ min: 0, max: 300 }).map((i) => `bulk ${i}`),
  fc.constantFrom('', 'a', 'a\u0000', 'a\u0000b', 'ä', '\u{1f600}', 'k', `k${'x'.repeat(300)}`, `k${'x'.repeat(300)}y`, 'z'),
);
const valueArb = fc.tuple(fc.nat(9999), fc.constantFrom(0, 5, 80, 80, 700, 2500, 20_000)).map(([n, length]) => `${n}`.padEnd(length, `${n} `));
type Change = { readonly type: 'put'; readonly key: string; readonly value: string } | { readonly type: 'del'; readonly key: string };
const changeArb: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(keyArb, valueArb).map(([key, value]): Change => ({ type: 'put', key, value })) },
  { weight: 1, arbitrary: keyArb.map((key): Change => ({ type: 'del', key })) },
);
const rangeArb: fc.Arbitrary<KvRange<string>> = fc.oneof(
  fc.record({ gte: keyArb, lt: keyArb, reverse: fc.boolean(), limit: fc.constantFrom(1, 3, 1000) }, { requiredKeys: [] }),
  fc.record({ gt: keyArb, lte: keyArb, reverse: fc.boolean() }, { requiredKeys: [] }),
  fc.record({ prefix: fc.constantFrom('k', 'k1', 'bulk ', 'a', 'nothing'), reverse: fc.boolean() }),
);

function apply(m: KvModel, change: Change): void {
  if (change.type === 'put') m.put(change.key, change.value);
  else m.delete(change.key);
}

/** Changes one after the other, each looked at from inside. */
function applyTo(tx: TxKv<string, string>, m: KvModel, changes: readonly Change[]): void {
  for (const change of changes) {
    expect(tx.get(change.key)).toBe(m.pairs.get(change.key));
    if (change.type === 'put') tx.put(change.key, change.value);
    else tx.delete(change.key);
    apply(m, change);
    expect(tx.has(change.key)).toBe(m.pairs.has(change.key));
  }
  expect(tx.count()).toBe(m.pairs.size);
  expect(tx.keys().toArray()).toEqual(sorted(m.pairs).map(([key]) => key));
}

function copyOf(m: KvModel): KvModel {
  const copy = new KvModel();
  copy.pairs = new Map(m.pairs);
  copy.expires = new Map(m.expires);
  return copy;
}

export const KV_COMMANDS: fc.Arbitrary<KvCommand>[] = [
  fc.array(changeArb, { minLength: 1, maxLength: 12 }).map((changes) => command(`batch ${JSON.stringify(changes).slice(0, 200)}`, async (m, r) => {
    await r.kv.batch(changes);
    for (const change of changes) apply(m, change);
  })),
  fc.array(changeArb, { minLength: 1, maxLength: 6 }).map((changes) => command(`side by side ${JSON.stringify(changes).slice(0, 200)}`, async (m, r) => {
    await Promise.all(changes.map((c) => (c.type === 'put' ? r.kv.put(c.key, c.value) : r.kv.delete(c.key))));
    for (const change of changes) apply(m, change);
  })),
  fc.tuple(fc.nat(250), fc.integer({ min: 20, max: 200 }), fc.boolean()).map(([from, count, put]) => command(`bulk ${put ? 'put' : 'delete'} of ${count} from ${from}`, async (m, r) => {
    const changes = Array.from({ length: count }, (_, i): Change => (put ? { type: 'put', key: `bulk ${from + i}`, value: `${i} `.repeat(30) } : { type: 'del', key: `bulk ${from + i}` }));
    await r.kv.batch(changes);
    for (const change of changes) apply(m, change);
  })),
  fc.tuple(fc.array(changeArb, { minLength: 1, maxLength: 6 }), fc.constantFrom('snapshot' as const, 'serializable' as const)).map(([changes, isolation]) => command(`transaction ${JSON.stringify(changes).slice(0, 200)}`, async (m, r) => {
    await r.db.transaction((tx) => { applyTo(tx.kv(r.kv), m, changes); }, { isolation });
  })),
  fc.tuple(fc.array(changeArb, { minLength: 1, maxLength: 5 }), fc.array(changeArb, { minLength: 1, maxLength: 5 })).map(([kept, undone]) => command('savepoint and back', async (m, r) => {
    r.db.transactionSync((tx) => {
      const t = tx.kv(r.kv);
      applyTo(t, m, kept);
      tx.savepoint('here');
      applyTo(t, copyOf(m), undone);
      tx.rollbackTo('here');
      expect(t.entries().toArray()).toEqual(sorted(m.pairs));
    });
    await Promise.resolve();
  })),
  fc.array(changeArb, { minLength: 1, maxLength: 5 }).map((changes) => command('rolled back', async (m, r) => {
    await expect(r.db.transaction((tx) => {
      applyTo(tx.kv(r.kv), copyOf(m), changes);
      throw new Error('no');
    })).rejects.toThrow('no');
  })),
  rangeArb.map((range) => command(`clear ${JSON.stringify(range).slice(0, 200)}`, async (m, r) => {
    await r.kv.clear(range);
    for (const [key] of m.range(range)) m.delete(key);
  })),
  rangeArb.map((range) => command(`read ${JSON.stringify(range).slice(0, 200)}`, async (m, r) => {
    const { limit: _limit, reverse: _reverse, ...bounds } = range;
    expect(r.kv.entries(range).toArray()).toEqual(m.range(range));
    expect(r.kv.count(bounds)).toBe(m.range(bounds).length);
    const seen: string[] = [];
    for await (const key of r.kv.keys(range)) seen.push(key);
    expect(seen).toEqual(m.range(range).map(([key]) => key));
  })),
  fc.array(keyArb, { maxLength: 20 }).map((keys) => command(`get ${JSON.stringify(keys).slice(0, 200)}`, (m, r) => {
    for (let twice = 0; twice < 3; twice++) expect(r.kv.getMany(keys)).toEqual(keys.map((key) => m.pairs.get(key)));
    return Promise.resolve();
  })),
  fc.tuple(fc.array(keyArb, { minLength: 1, maxLength: 8 }), valueArb, valueArb).map(([keys, first, second]) => command(`read often and change ${JSON.stringify(keys).slice(0, 200)}`, async (m, r) => {
    const wanted = (): (string | undefined)[] => keys.map((key) => m.pairs.get(key));
    const all = (value: string): Change[] => keys.map((key) => ({ type: 'put', key, value }));
    await r.kv.batch(all(first));
    for (const change of all(first)) apply(m, change);
    for (let often = 0; often < 4; often++) expect(r.kv.getMany(keys)).toEqual(wanted());
    await r.db.transaction((tx) => { applyTo(tx.kv(r.kv), m, all(second).slice(1)); });
    expect(r.kv.getMany(keys)).toEqual(wanted());
  })),
  fc.tuple(keyArb, fc.constantFrom(1, 50, 500)).map(([key, afterMs]) => command(`put "${key}" for ${afterMs} ms`, async (m, r) => {
    await r.kv.put(key, 'soon gone', { expiresAt: r.nowMs + afterMs });
    m.put(key, 'soon gone', r.nowMs + afterMs);
  }, (m) => m.snapshots.length === 0 && m.walks.length === 0)),
  fc.constantFrom(1, 60, 600).map((ms) => command(`${ms} ms later`, (m, r) => {
    r.nowMs += ms;
    for (const [key, at] of m.expires) if (at <= r.nowMs) m.delete(key);
    return Promise.resolve();
  }, (m) => m.snapshots.length === 0 && m.walks.length === 0)),
  fc.constant(command('checkpoint', async (_m, r) => { await r.db.checkpoint(); })),
  fc.constant(command('checkpoint while others write', async (m, r) => {
    const done = r.db.checkpoint();
    for (let i = 0; i < 8; i++) {
      await r.kv.put(`k${i}`, `amid ${i}`);
      m.put(`k${i}`, `amid ${i}`);
    }
    await done;
  })),
  fc.constant(command('compact', async (m, r) => { expect((await r.kv.compact()).keys).toBe(m.pairs.size); })),
  fc.constant(command('compact while others write', async (m, r) => {
    const done: Promise<unknown>[] = [r.kv.compact()];
    for (let i = 0; i < 5; i++) {
      if (i === 3) done.push(r.db.checkpoint());
      await r.kv.put(`k1${i}`, `compacting ${i}`);
      m.put(`k1${i}`, `compacting ${i}`);
      await r.kv.delete(`k2${i}`);
      m.delete(`k2${i}`);
    }
    await Promise.all(done);
  })),
  fc.constant(command('check', async (_m, r) => { expect((await r.db.check()).findings).toEqual([]); })),
  fc.constant(command('close and open', async (m, r) => {
    for (const snapshot of r.snapshots.splice(0)) snapshot.close();
    for (const walk of r.walks.splice(0)) walk.return?.();
    m.snapshots = [];
    m.walks = [];
    await r.db.close();
    r.db = await r.reopen();
    r.kv = r.db.kv<string, string>('s', { values: 'utf8' });
  })),
  fc.constant(command('open a snapshot', (m, r) => {
    r.snapshots.push(r.db.snapshot());
    m.snapshots.push(new Map(m.pairs));
    return Promise.resolve();
  }, (m) => m.snapshots.length < 3 && m.expires.size === 0)),
  fc.tuple(fc.nat(2), rangeArb).map(([i, range]) => command(`look into snapshot ${i}`, (m, r) => {
    const [then, snapshot] = [m.snapshots[i % m.snapshots.length] ?? new Map<string, string>(), r.snapshots[i % m.snapshots.length]];
    const kv = snapshot?.kv(r.kv);
    expect(kv?.entries(range).toArray()).toEqual(m.range(range, then));
    expect(kv?.count()).toBe(then.size);
    for (const key of ['k01', 'k10', 'bulk 5', 'a', 'ä']) expect(kv?.get(key)).toBe(then.get(key));
    return Promise.resolve();
  }, (m) => m.snapshots.length > 0)),
  fc.constant(command('close the oldest snapshot', (m, r) => {
    r.snapshots.shift()?.close();
    m.snapshots.shift();
    return Promise.resolve();
  }, (m) => m.snapshots.length > 0)),
  rangeArb.map((range) => command(`begin a walk ${JSON.stringify(range).slice(0, 100)}`, (m, r) => {
    const walk = r.kv.entries(range)[Symbol.iterator]();
    const left = m.range(range);
    expect(walk.next().value).toEqual(left.shift());
    r.walks.push(walk);
    m.walks.push({ left });
    return Promise.resolve();
  }, (m) => m.walks.length < 3 && m.expires.size === 0)),
  fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 40 })).map(([i, steps]) => command(`${steps} steps of walk ${i}`, (m, r) => {
    const at = i % m.walks.length;
    const [walk, model] = [r.walks[at], m.walks[at]];
    for (let k = 0; k < steps; k++) {
      const expected = model?.left.shift();
      const got = walk?.next();
      expect(got?.value).toEqual(expected);
      if (expected !== undefined) continue;
      r.walks.splice(at, 1);
      m.walks.splice(at, 1);
      break;
    }
    return Promise.resolve();
  }, (m) => m.walks.length > 0)),
];

/** Everything agrees at the end. */
export async function compareKv(m: KvModel, r: KvReal): Promise<void> {
  expect(r.kv.entries().toArray()).toEqual(sorted(m.pairs));
  expect(r.kv.entries({ reverse: true }).toArray()).toEqual(sorted(m.pairs).reverse());
  for (const [key, value] of m.pairs) expect(r.kv.get(key)).toBe(value);
  expect(r.kv.count()).toBe(m.pairs.size);
  expect((await r.db.check()).findings).toEqual([]);
}
