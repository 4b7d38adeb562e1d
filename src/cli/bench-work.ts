import type { Environment } from '#storage';
import type { Database, TableFor } from '../database.js';
import type { Kv } from '../kv/kv.js';
import { char, date, logical, numeric } from '../table/field-types.js';

/** What one step of the bench came to. Times are of single calls; undefined where a call does many things. */
export interface BenchFigure {
  readonly step: string;
  readonly calls: number;
  /** Rows, keys or commits in a second. */
  readonly perSecond: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** How long and how much. */
export interface BenchSize {
  readonly rows: number;
  /** Of each step that has no end of its own. */
  readonly stepMs: number;
  readonly signal: AbortSignal;
}

const SCHEMA = { name: char(28), city: char(16), id: numeric(10), amount: numeric(12, 2), born: date(), active: logical() };
const CITIES = ['Amsterdam', 'Bergen', 'Cork', 'Dresden', 'Espoo', 'Ferrara', 'Ghent', 'Helsinki'];
const DAY_MS = 86_400_000;
const LOAD_ROWS = 10_000;
const TOGETHER = 64;
const CALLS_BETWEEN_LOOKS = 16;
const MOST_TIMES = 1_000_000;

/** Steps of one bench, in order; each yields its figure. */
export async function* benchSteps(env: Environment, db: Database, size: BenchSize): AsyncGenerator<BenchFigure, void, void> {
  const meter = new Meter(env, size);
  const table = await db.createTable('people', SCHEMA);
  yield await meter.once('table: load rows', size.rows, () => load(table, size));
  await db.checkpoint();
  yield await meter.each('table: read a row at random', () => { table.get(1 + meter.below(size.rows)); });
  yield await meter.once('table: read all rows in order', size.rows, async () => { for await (const _row of table.scan()) if (size.signal.aborted) return; });
  await table.createIndex('by_id', { on: 'id' });
  yield await meter.each('table: find a row by index', () => { table.find({ id: meter.below(size.rows) }).first(); });
  yield await meter.eachAwaited('table: update a row and commit', () => table.update(1 + meter.below(size.rows), { amount: meter.below(1000) }));
  const kv = db.kv<string, string>('pairs', { values: 'utf8' });
  yield await meter.once('store: load pairs', size.rows, () => loadPairs(kv, size));
  await db.checkpoint();
  yield await meter.each('store: read a pair at random', () => { kv.get(`key-${meter.below(size.rows)}`); });
  yield await meter.eachAwaited('store: write a pair and commit', () => kv.put(`key-${meter.below(size.rows)}`, 'a small value'));
  yield await meter.eachAwaited(`store: ${TOGETHER} commits at once, one sync`, () => (
    Promise.all(Array.from({ length: TOGETHER }, () => kv.put(`key-${meter.below(size.rows)}`, 'a small value')))
  ), TOGETHER);
  yield await meter.once('checkpoint', 1, () => db.checkpoint());
}

async function load(table: TableFor<typeof SCHEMA>, { rows, signal }: BenchSize): Promise<void> {
  for (let from = 0; from < rows && !signal.aborted; from += LOAD_ROWS) {
    await table.insertMany(Array.from({ length: Math.min(LOAD_ROWS, rows - from) }, (_, i) => ({
      name: `Customer ${from + i}`, city: CITIES[i % CITIES.length], id: from + i, amount: (from + i) % 100_000 / 100, born: new Date((from + i) % 20_000 * DAY_MS),
      active: i % 2 === 0,
    })));
  }
}

async function loadPairs(kv: Kv<string, string>, { rows, signal }: BenchSize): Promise<void> {
  for (let from = 0; from < rows && !signal.aborted; from += LOAD_ROWS) {
    await kv.batch(Array.from({ length: Math.min(LOAD_ROWS, rows - from) }, (_, i) => ({
      type: 'put' as const, key: `key-${from + i}`, value: `value ${from + i} `.repeat(8),
    })));
  }
}

/** Measures by the clock of the environment, with numbers drawn from a fixed stream. */
class Meter {
  readonly #env: Environment;
  readonly #size: BenchSize;
  #drawn = 42;

  constructor(env: Environment, size: BenchSize) {
    this.#env = env;
    this.#size = size;
  }

  /** A number from 0 to `limit` - 1; every bench draws the same ones (xorshift, G. Marsaglia). */
  below(limit: number): number {
    let x = this.#drawn;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#drawn = x;
    return (x >>> 1) % limit;
  }

  /** A step that is run once and does so many things. */
  async once(step: string, things: number, work: () => Promise<unknown>): Promise<BenchFigure> {
    const start = this.#env.clock.monotonicNs();
    await work();
    const ns = this.#env.clock.monotonicNs() - start;
    return { step, calls: 1, perSecond: ns === 0 ? 0 : things / ns * 1e9, p50Ms: undefined, p99Ms: undefined };
  }

  /** A call that is over when it returns. Times are of one in sixteen, as reading the clock takes as long as some calls. */
  async each(step: string, call: () => void): Promise<BenchFigure> {
    const { clock } = this.#env;
    return this.#repeat(step, CALLS_BETWEEN_LOOKS, () => {
      for (let i = 1; i < CALLS_BETWEEN_LOOKS; i++) call();
      const start = clock.monotonicNs();
      call();
      return clock.monotonicNs() - start;
    });
  }

  /** A call that is awaited, each one timed; it does so many things. */
  async eachAwaited(step: string, call: () => Promise<unknown>, things = 1): Promise<BenchFigure> {
    const { clock } = this.#env;
    return this.#repeat(step, things, async () => {
      const start = clock.monotonicNs();
      await call();
      return clock.monotonicNs() - start;
    });
  }

  async #repeat(step: string, things: number, one: () => number | Promise<number>): Promise<BenchFigure> {
    const { clock, scheduler } = this.#env;
    const times: number[] = [];
    const start = clock.monotonicNs();
    const endNs = start + this.#size.stepMs * 1e6;
    let rounds = 0;
    while (clock.monotonicNs() < endNs && !this.#size.signal.aborted) {
      const ns = one();
      times.push(typeof ns === 'number' ? ns : await ns);
      if (times.length > MOST_TIMES) times.shift();
      if (++rounds % 1000 === 0) await new Promise<void>((resolve) => { scheduler.later(resolve); }); // Ctrl-C is heard
    }
    const elapsed = clock.monotonicNs() - start;
    times.sort((a, b) => a - b);
    const rank = (q: number): number | undefined => { const ns = times[Math.floor(times.length * q)]; return ns === undefined ? undefined : ns / 1e6; };
    return { step, calls: rounds * things, perSecond: elapsed === 0 ? 0 : rounds * things / elapsed * 1e9, p50Ms: rank(0.5), p99Ms: rank(0.99) };
  }
}
