import { describe, expect, test } from 'vitest';
import { seededRandom, type SeededRandom } from '../support/sim-clock.js';
import { findAnomalies, violations, type AnomalyKind, type IsolationLevel, type Operation, type Transaction, type Value } from './elle.js';

/**
 * A history from text, one transaction a line: `id [start-end] [fail|unknown] ops`, where `x+1` appends 1 to x,
 * `x=1,2` reads, `x=` reads nothing and `x=?` is a read without an answer. Without times all overlap.
 */
function history(text: string): Transaction[] {
  return text.trim().split('\n').map((line) => {
    const [id = '', ...words] = line.trim().split(/ +/);
    const times = words.map((w) => /^(\d+)-(\d+)$/.exec(w)).find((m) => m !== null);
    const status = words.find((w): w is 'fail' | 'unknown' => w === 'fail' || w === 'unknown') ?? 'ok';
    const ops = words.map((w) => /^(\w)([+=])(.*)$/.exec(w)).filter((m) => m !== null).map(([, key = '', sign, rest = '']): Operation => {
      if (sign === '+') return { kind: 'append', key, value: Number(rest) };
      return { kind: 'read', key, value: rest === '?' ? undefined : rest.split(',').filter((v) => v !== '').map(Number) };
    });
    return { id, ops, status, start: Number(times?.[1] ?? 0), end: Number(times?.[2] ?? 1000) };
  });
}

const kinds = (transactions: readonly Transaction[]): AnomalyKind[] => [...new Set(findAnomalies(transactions).map((a) => a.kind))].sort();

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'snapshot', 'strong-snapshot', 'serializable', 'strict-serializable'];

/** Name, history, what must be found, and the levels that forbid it. */
const CASES: readonly [name: string, text: string, found: AnomalyKind[], forbiddenBy: readonly IsolationLevel[]][] = [
  ['internal: a transaction does not see its own append', `
    a x+1 x=`, ['internal'], LEVELS.slice(1)],
  ['internal: a second read differs from the first', `
    a x= x=1
    b x+1`, ['G-single', 'internal'], LEVELS.slice(1)],
  ['internal: own append in the wrong place', `
    a x=1 x+2 x=2,1
    b x+1`, ['G1c', 'incompatible-order', 'internal'], LEVELS],
  ['duplicate: a value is there twice', `
    a x+1
    b x=1,1`, ['duplicate'], LEVELS],
  ['garbage: a value that nobody wrote', `
    a x=7`, ['garbage'], LEVELS],
  ['G1a: a read of a failed append', `
    a fail x+1
    b x=1`, ['G1a'], LEVELS],
  ['dirty update: an append on top of a failed one', `
    a fail x+1
    b x+2
    c x=1,2`, ['G1a', 'dirty-update'], LEVELS],
  ['G1b: a read from the middle of a transaction', `
    a x+1 x+2
    b x=1
    c x=1,2`, ['G-single', 'G1b'], LEVELS],
  ['incompatible order: two reads that cannot follow each other', `
    a x+1
    b x+2
    c x=1
    d x=2`, ['incompatible-order'], LEVELS],
  ['G0: writes in different orders on two keys', `
    a x+1 y+1
    b x+2 y+2
    c x=1,2
    d y=2,1`, ['G0'], LEVELS],
  ['G1c: each reads what the other wrote', `
    a x+1 y=1
    b y+1 x=1`, ['G1c'], LEVELS],
  ['G1c: a circle of a write and two reads', `
    a x+1 y=1
    b x=1 x+2 z+1
    c z=1 y+1
    d x=1,2`, ['G1c'], LEVELS],
  ['G-single: read skew', `
    a x= y=1
    b x+1 y+1
    c x=1`, ['G-single'], LEVELS.slice(1)],
  ['G-single: a lost update', `
    a x= x+1
    b x= x+2
    c x=1,2`, ['G-single'], LEVELS.slice(1)],
  ['G-single: half a transaction, the other half is never seen', `
    a x+1 y+1
    b x=1 y=`, ['G-single'], LEVELS.slice(1)],
  ['G-nonadjacent: a long fork', `
    a x+1
    b y+1
    c x=1 y=
    d x= y=1`, ['G-nonadjacent'], LEVELS.slice(1)],
  ['G2-item: write skew', `
    a x= y+1
    b y= x+1
    c x=1
    d y=1`, ['G2-item'], LEVELS.slice(3)],
  ['G2-item: three in a ring', `
    a x= y+1
    b y= z+1
    c z= x+1`, ['G2-item'], LEVELS.slice(3)],
  ['G2-item: the read-only anomaly of snapshot isolation', `
    a x= y= x+1
    b y= y+2
    c x= y=2`, ['G2-item'], LEVELS.slice(3)],
  ['G-single-realtime: a stale read', `
    a 0-1 x+1
    b 2-3 x=
    c 4-5 x=1`, ['G-single-realtime'], ['strong-snapshot', 'strict-serializable']],
  ['G0-realtime: an acknowledged append is lost', `
    a 0-1 x+1
    b 2-3 x+2
    c 4-5 x=2`, ['G0-realtime'], ['strong-snapshot', 'strict-serializable']],
  ['G0-realtime: a later write comes first', `
    a 0-1 x+1
    b 2-3 x+2
    c 2-9 x=2,1`, ['G0-realtime'], ['strong-snapshot', 'strict-serializable']],
  ['G1c-realtime: a read from the future', `
    a 0-1 x=1
    b 2-3 x+1`, ['G1c-realtime'], ['strong-snapshot', 'strict-serializable']],
  ['G-nonadjacent-realtime: a long fork, one side by time', `
    a 0-1 x+1
    b 0-20 y+1
    c 2-9 y=
    d 0-20 x= y=1`, ['G-nonadjacent-realtime'], ['strong-snapshot', 'strict-serializable']],
  ['G2-item-realtime: serializable, but not in this order', `
    a 5-6 x=
    b 1-2 z+1
    c 0-9 z= x+1`, ['G2-item-realtime'], ['strict-serializable']],
  ['an indeterminate transaction that was seen counts as committed', `
    a unknown x+1 y+1
    b x=1 y=`, ['G-single'], LEVELS.slice(1)],
];

describe('every anomaly is found', () => {
  test.each(CASES)('%s', (_, text, found, forbiddenBy) => {
    const transactions = history(text);
    expect(kinds(transactions)).toEqual(found);
    const anomalies = findAnomalies(transactions);
    expect(LEVELS.filter((level) => violations(anomalies, level).length > 0)).toEqual(forbiddenBy);
  });

  test('a circle is told edge by edge', () => {
    const [anomaly] = findAnomalies(history(`
      a x= y+1
      b y= x+1`));
    expect(anomaly).toEqual({
      kind: 'G2-item', transactions: ['a', 'b'],
      text: 'a -rw-> b (x: read nothing, not 1); b -rw-> a (y: read nothing, not 1)',
    });
  });

  test('two appends of one value make a history that cannot be checked', () => {
    expect(() => findAnomalies(history('a x+1\nb x+1'))).toThrow(RangeError);
  });
});

describe('clean histories pass', () => {
  test.each([
    ['empty', 'a'],
    ['one after the other', 'a 0-1 x+1 x=1 y+2\nb 2-3 x=1 x+3 x=1,3 y=2\nc 4-5 x=1,3 y=2'],
    ['own appends in the middle of a read-modify-write', 'a x= x+1 x=1 x+2 x=1,2\nb x=1,2 x+3\nc x=1,2,3'],
    ['overlapping, in some serial order', 'a 0-9 x=1\nb 0-9 x+1 y=\nc 0-9 y+1 x=1'],
    ['a failed append that nobody saw', 'a fail x+1 x=1\nb x='],
    ['an indeterminate append, seen late or never', 'a 0-1 unknown x+1\nb 2-3 x=\nc 4-5 x=1\nd 0-1 unknown y+1\ne 2-9 y='],
    ['reads without an answer', 'a x=? x+1\nb unknown x=?\nc x=1'],
    ['touching times do not order', 'a 0-2 x+1\nb 2-3 x='],
    ['appends that no read shows', 'a x+1\nb x+2\nc x= y+1\nd y=1'],
  ])('%s', (_, text) => {
    expect(findAnomalies(history(text))).toEqual([]);
  });
});

type Flaw = 'none' | 'lost-update' | 'stale-snapshot' | 'fractured' | 'dirty' | 'crash-loses-half';

interface Open { readonly id: number; readonly snapshot: number; readonly start: number; readonly ops: Operation[]; readonly own: Map<string, Value[]> }

/** A multi-version list store under snapshot isolation or serializable, with a flaw to be found. */
class ListStore {
  /** By key: committed values with the sequence number of their commit. */
  readonly #versions = new Map<string, { value: Value; sequence: number }[]>();
  #sequence = 0;
  #time = 0;
  #value = 0;
  readonly history: Transaction[] = [];

  constructor(readonly random: SeededRandom, readonly flaw: Flaw, readonly serializable: boolean) {}

  begin(id: number): Open {
    const lag = this.flaw === 'stale-snapshot' && this.random.chance(0.2) ? 3 : 0;
    return { id, snapshot: Math.max(0, this.#sequence - lag), start: ++this.#time, ops: [], own: new Map() };
  }

  step(t: Open, key: string): void {
    if (this.random.chance(0.5)) {
      const value = ++this.#value;
      t.own.set(key, [...t.own.get(key) ?? [], value]);
      t.ops.push({ kind: 'append', key, value });
      if (this.flaw === 'dirty') this.#put(key, value, ++this.#sequence);
    } else t.ops.push({ kind: 'read', key, value: this.#read(t, key) });
  }

  #put(key: string, value: Value, sequence: number): void {
    this.#versions.set(key, [...this.#versions.get(key) ?? [], { value, sequence }]);
  }

  #read(t: Open, key: string): Value[] {
    const isLatest = this.flaw === 'dirty' || (this.flaw === 'fractured' && this.random.chance(0.3));
    const upTo = isLatest ? Infinity : t.snapshot;
    const seen = (this.#versions.get(key) ?? []).filter((v) => v.sequence <= upTo).map((v) => v.value);
    return this.flaw === 'dirty' ? seen : [...seen, ...t.own.get(key) ?? []];
  }

  #changedSince(t: Open, key: string): boolean { return (this.#versions.get(key) ?? []).some((v) => v.sequence > t.snapshot); }

  end(t: Open): void {
    const { id, start, ops } = t;
    const mustHold = this.serializable ? [...new Set(ops.map((op) => op.key as string))] : [...t.own.keys()];
    const conflict = this.flaw !== 'lost-update' && this.flaw !== 'dirty' && t.own.size > 0 && mustHold.some((key) => this.#changedSince(t, key));
    const status = conflict || this.random.chance(0.05) ? 'fail' : this.random.chance(0.05) ? 'unknown' : 'ok';
    if (status === 'ok' || (status === 'unknown' && this.random.chance(0.5))) this.#commit(t);
    this.history.push({ id, start, ops, end: ++this.#time, status });
  }

  #commit(t: Open): void {
    this.#sequence++;
    if (this.flaw === 'dirty') return;
    const entries = [...t.own].slice(this.flaw === 'crash-loses-half' && this.random.chance(0.1) ? 1 : 0);
    for (const [key, values] of entries) for (const value of values) this.#put(key, value, this.#sequence);
  }
}

function runStore(seed: number, flaw: Flaw, serializable: boolean, count = 150, concurrency = 5, keyCount = 4): Transaction[] {
  const keys = Array.from({ length: keyCount }, (_, i) => `k${i}`);
  const random = seededRandom(seed);
  const store = new ListStore(random, flaw, serializable);
  const open: Open[] = [];
  for (let id = 0; id < count || open.length > 0;) {
    if (open.length < concurrency && id < count) open.push(store.begin(id++));
    const t = random.pick(open);
    if (t.ops.length < 4 && random.chance(0.8)) store.step(t, random.pick(keys));
    else { store.end(t); open.splice(open.indexOf(t), 1); }
  }
  return store.history;
}

const replay = (seed: number): string => `SEED=${seed} npx vitest run test/model/elle.test.ts`;
const SEEDS = process.env.SEED === undefined ? Array.from({ length: 40 }, (_, i) => i + 1) : [Number(process.env.SEED)];

describe('histories of a small store', () => {
  test('a serializable store has no anomaly', () => {
    for (const seed of SEEDS) expect(findAnomalies(runStore(seed, 'none', true)), replay(seed)).toEqual([]);
  });

  test('a store with snapshot isolation has write skew and nothing worse', () => {
    const met = new Set<AnomalyKind>();
    for (const seed of SEEDS) {
      const anomalies = findAnomalies(runStore(seed, 'none', false));
      expect(violations(anomalies, 'strong-snapshot'), replay(seed)).toEqual([]);
      for (const { kind } of anomalies) met.add(kind);
    }
    expect([...met]).toContain('G2-item');
  });

  test.each<[Flaw, AnomalyKind[]]>([
    ['lost-update', ['G-single', 'incompatible-order']],
    ['stale-snapshot', ['G-single-realtime']],
    ['fractured', ['G-single', 'internal']],
    ['dirty', ['G1a', 'G1c', 'dirty-update', 'G0']],
    ['crash-loses-half', ['G-single']],
  ])('the flaw %s is found', (flaw, expected) => {
    const met = new Set<AnomalyKind>();
    for (const seed of SEEDS) {
      const bad = violations(findAnomalies(runStore(seed, flaw, false)), 'strong-snapshot');
      for (const { kind } of bad) met.add(kind);
    }
    for (const kind of expected) expect([...met], flaw).toContain(kind);
  });

  test('2,000 transactions are checked in a moment', () => {
    for (const [flaw, concurrency] of [['none', 5], ['none', 20], ['fractured', 20], ['stale-snapshot', 20]] as const) {
      const transactions = runStore(1, flaw, false, 2000, concurrency, 100);
      const begin = performance.now();
      const bad = violations(findAnomalies(transactions), 'strong-snapshot');
      expect(bad.length > 0).toBe(flaw !== 'none');
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  });
});
