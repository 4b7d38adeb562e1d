import { describe, expect, test } from 'vitest';
import { MemoryVfs, nodeEnvironment } from '#storage';
import type { Database } from '../../../src/database.js';
import type { KvRange, KvScan } from '../../../src/kv/kv-types.js';
import { openIn } from '../../../src/open.js';

const SEED = Number(process.env['SEED'] ?? 20_261);
const CASES = Number(process.env['SEED'] === undefined ? 12 : 1);

/** Kinds of keys whose order among themselves is that of their texts or numbers, and of values. */
const KINDS = [
  { keys: 'utf8', values: 'utf8' }, { keys: 'utf8', values: 'json' }, { keys: 'number', values: 'utf8' }, { keys: 'utf8', values: 'binary' }, { keys: 'binary', values: 'json' },
] as const;
type Kinds = (typeof KINDS)[number];

function drawer(seed: number): (n: number) => number {
  let x = (Math.imul(seed, 2_654_435_761) ^ 0x5bd1e995) | 1;
  return (n) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % n;
  };
}

interface Kept { readonly key: unknown; readonly value: unknown; readonly expiresAt: number | undefined }

/** What the store must hold: looked up by the bytes of the key, never by the code under test. */
class Model {
  readonly kept = new Map<string, Kept>();
  copy(): Model {
    const copy = new Model();
    for (const [name, entry] of this.kept) copy.kept.set(name, entry);
    return copy;
  }

  sorted(nowMs: number): Kept[] {
    const alive = [...this.kept.values()].filter((e) => e.expiresAt === undefined || e.expiresAt > nowMs);
    return alive.sort((a, b) => order(a.key, b.key));
  }

  in(range: KvRange<never>, nowMs: number): Kept[] {
    const { gt, gte, lt, lte, prefix, reverse = false, limit = Infinity } = range as KvRange<unknown>;
    const inside = this.sorted(nowMs).filter(({ key }) => (gt === undefined || order(key, gt) > 0)
      && (gte === undefined || order(key, gte) >= 0) && (lt === undefined || order(key, lt) < 0) && (lte === undefined || order(key, lte) <= 0)
      && (prefix === undefined || String(key).startsWith(String(prefix))));
    return (reverse ? inside.reverse() : inside).slice(0, limit === Infinity ? undefined : limit);
  }
}

const bytesOf = (key: unknown): Buffer => (key instanceof Uint8Array ? Buffer.from(key) : Buffer.from(String(key)));
const order = (a: unknown, b: unknown): number => (typeof a === 'number' && typeof b === 'number' ? a - b : Buffer.compare(bytesOf(a), bytesOf(b)));
const nameOf = (key: unknown): string => bytesOf(key).toString('hex');

interface Store {
  put(key: unknown, value: unknown, options: { expiresAt?: number | undefined }): unknown;
  delete(key: unknown): unknown;
}
interface Reader {
  entries(range?: KvRange<never>): KvScan<unknown>;
  keys(range?: KvRange<never>): KvScan<unknown>;
  values(range?: KvRange<never>): KvScan<unknown>;
}

class Case {
  readonly #draw: (n: number) => number;
  readonly #kinds: Kinds;
  readonly #spread: number;
  nowMs = 1e12;
  readonly model = new Model();

  constructor(seed: number) {
    this.#draw = drawer(seed);
    this.#kinds = KINDS[this.#draw(KINDS.length)] ?? KINDS[0];
    this.#spread = [60, 800, 3000][this.#draw(3)] ?? 60;
  }

  get kinds(): Kinds { return this.#kinds; }
  draw(n: number): number { return this.#draw(n); }

  key(): unknown {
    const n = this.#draw(this.#spread);
    if (this.#kinds.keys === 'number') return n - 30;
    const text = n % 97 === 5 ? `é${n}` : n % 89 === 7 ? 'ab'.slice(0, n % 3) : `key ${String(n).padStart(1 + n % 3 * 4, '0')}`;
    return this.#kinds.keys === 'binary' ? new Uint8Array(Buffer.from(text)) : text;
  }

  value(): unknown {
    const n = this.#draw(100_000);
    const text = n % 50 === 3 ? `wide 日本 ${n}` : n % 333 === 4 ? 'long '.repeat(800) : n % 40 === 0 ? '' : `value ${n} `.repeat(1 + n % 9);
    return this.#kinds.values === 'json' ? { text } : this.#kinds.values === 'binary' ? new Uint8Array(Buffer.from(text)) : text;
  }

  range(): KvRange<never> {
    const range: Record<string, unknown> = {};
    const kind = this.#draw(6);
    if (kind === 1 || kind === 3) range[this.#draw(2) === 0 ? 'gt' : 'gte'] = this.key();
    if (kind === 2 || kind === 3) range[this.#draw(2) === 0 ? 'lt' : 'lte'] = this.key();
    if (kind === 4 && this.#kinds.keys === 'utf8') range['prefix'] = ['key ', 'key 0', 'é', 'k'][this.#draw(4)];
    if (this.#draw(2) === 0) range['reverse'] = true;
    if (this.#draw(3) === 0) range['limit'] = this.#draw(40);
    return range;
  }

  /** One random change, in the store and in the model. */
  change(store: Store, model: Model): unknown {
    const key = this.key();
    if (this.#draw(4) === 0) {
      model.kept.delete(nameOf(key));
      return store.delete(key);
    }
    const value = this.value();
    const expiresAt = this.#draw(25) === 0 ? this.nowMs + this.#draw(3) * 1000 : undefined;
    model.kept.set(nameOf(key), { key, value, expiresAt });
    return store.put(key, value, { expiresAt });
  }

  compare(reader: Reader, model: Model): void {
    const range = this.range();
    const expected = model.in(range, this.nowMs);
    expect(reader.keys(range).toArray()).toEqual(expected.map((e) => e.key));
    expect(reader.values(range).toArray()).toEqual(expected.map((e) => e.value));
    expect([...reader.entries(range)]).toEqual(expected.map((e) => [e.key, e.value]));
  }
}

async function run(seed: number): Promise<void> {
  const c = new Case(seed);
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const env = nodeEnvironment(vfs);
  const options = { pageSize: ([512, 2048, 8192] as const)[c.draw(3)], compression: (['none', 'lz4'] as const)[c.draw(2)] } as const;
  const db: Database = await openIn({ ...env, clock: { nowMs: () => c.nowMs, monotonicNs: () => env.clock.monotonicNs() } }, '/db', options);
  const kv = db.kv<never, unknown>('s', c.kinds);
  const held: { readonly snap: ReturnType<typeof db.snapshot>; readonly model: Model }[] = [];
  for (let step = 0; step < 40; step++) {
    switch (c.draw(8)) {
      case 0: await db.checkpoint(); break;
      case 1: if (held.length < 3) held.push({ snap: db.snapshot(), model: c.model.copy() }); break;
      case 2: held.splice(c.draw(3), 1).forEach(({ snap }) => snap.close()); break;
      case 3: c.nowMs += 500; break;
      case 4: await inTransaction(c, db, kv); break;
      case 5: await amidWalk(c, db, kv); break;
      default: for (let n = c.draw(400); n >= 0; n--) await c.change(kv, c.model);
    }
    c.compare(kv, c.model);
    for (const { snap, model } of held) c.compare(snap.kv(kv), model);
  }
  for (const { snap } of held) snap.close();
  await db.close();
}

async function inTransaction(c: Case, db: Database, kv: ReturnType<Database['kv']>): Promise<void> {
  await db.transaction((tx) => {
    const store = tx.kv(kv) as unknown as Store & Reader;
    const model = c.model.copy();
    for (let n = c.draw(60); n > 0; n--) c.change(store, model);
    for (let n = 0; n < 3; n++) c.compare(store, model);
    tx.rollback();
  });
}

/** Others commit, and a checkpoint replaces the tree, while a walk is under way: it sees what there was when it began. */
async function amidWalk(c: Case, db: Database, kv: ReturnType<Database['kv']>): Promise<void> {
  const range = c.range();
  const expected = c.model.in(range, c.nowMs);
  const seen: unknown[] = [];
  const pause = c.draw(Math.max(1, expected.length));
  for await (const entry of (kv as unknown as Reader).entries(range)) {
    seen.push(entry);
    if (seen.length !== pause) continue;
    for (let n = c.draw(50); n >= 0; n--) await c.change(kv as unknown as Store, c.model);
    if (c.draw(2) === 0) await db.checkpoint();
  }
  expect(seen).toEqual(expected.map((e) => [e.key, e.value]));
}

describe('walks give what a sorted map holds: ranges, both ways, over deltas, snapshots, own writes, amid checkpoints, with expiry', () => {
  test.each(Array.from({ length: CASES }, (_, i) => SEED + i))('SEED=%i npx vitest run test/src/kv/walks.test.ts', async (seed) => { await run(seed); }, 120_000);
});
