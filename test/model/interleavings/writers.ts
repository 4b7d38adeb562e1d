import type { Tx } from '../../../src/main.js';
import { attempt, change, signalSometimes, someTurns } from './attempt.js';
import { COUNTERS, firstKeyOf } from './book.js';
import { documentOf, valuesOf, type Target } from './targets.js';
import { BrokenOff, type Actor, type World } from './world.js';

const OWN_KEYS = 9;
const NEW_N = 97;
const SIZES = [1, 2, 5, 12, 30, 80];
const LARGE = 700;
const MOST_ROWS = 150;

interface Op { readonly target: Target; readonly k: number; readonly kind: 'put' | 'delete' | 'recall'; readonly n: number }

/** An ordinary transaction over some targets: puts, deletes, recalls, a part that is undone, sometimes all of it. */
export async function transact(world: World, actor: Actor): Promise<void> {
  const { random, book } = actor;
  if (random.chance(0.2)) return count(world, actor);
  const before = opsOf(world, actor, 1 + random.int(4)), undone = opsOf(world, actor, random.int(4)), after = opsOf(world, actor, random.int(3));
  const hasSavepoint = random.chance(0.4), waits = random.chance(0.4);
  const end = random.pick(['commit', 'commit', 'commit', 'commit', 'rollback', 'throw'] as const);
  const run = async (tx: Tx): Promise<void> => {
    const changes = new Map<string, number | undefined>();
    for (const op of before) apply(tx, op, changes);
    if (hasSavepoint) {
      tx.savepoint('s');
      for (const op of undone) apply(tx, op, new Map());
      if (waits) await someTurns(world, actor);
      tx.rollbackTo('s');
    }
    if (waits) await someTurns(world, actor);
    for (const op of after) apply(tx, op, changes);
    book.pending = end === 'commit' ? changes : undefined;
    if (end === 'rollback') tx.rollback();
    if (end === 'throw') throw new BrokenOff();
  };
  await change(world, actor, `transaction, ${end}`, ['CONFLICT'], () => world.db.transaction((tx) => run(tx)));
}

function opsOf(world: World, { random, book }: Actor, count: number): Op[] {
  return Array.from({ length: count }, () => ({
    target: random.pick(world.targets), k: firstKeyOf(book.owner) + random.int(OWN_KEYS), n: random.int(NEW_N), kind: random.pick(['put', 'put', 'put', 'delete', 'recall'] as const),
  }));
}

function apply(tx: Tx, { target, k, kind, n }: Op, changes: Map<string, number | undefined>): void {
  const place = `${target.name}/${k}`;
  const set = (value: number | undefined): void => { changes.set(place, value); };
  if (target.dialect === undefined) {
    const docs = tx.collection(target.name);
    const isThere = docs.get(`d${k}`) !== undefined;
    if (kind !== 'put') {
      if (isThere) docs.delete(`d${k}`);
      return set(undefined);
    }
    if (isThere) docs.update(`d${k}`, n % 2 === 0 ? documentOf(k, n) : { $set: valuesOf(k, n) });
    else docs.insert(documentOf(k, n));
    return set(n);
  }
  const table = tx.table(target.name);
  // By a query: the index may have been made anew since the transaction began, which then does without it.
  const recno = table.find({ k }).first()?.['$recno'];
  if (kind === 'put') {
    if (typeof recno === 'number') table.update(recno, valuesOf(k, n));
    else table.insert(valuesOf(k, n));
    return set(n);
  }
  if (kind === 'delete') {
    if (typeof recno === 'number') table.delete(recno);
    return set(undefined);
  }
  if (typeof recno === 'number') return;
  const gone = table.scan({ deleted: true }).toArray().find((row) => row['$deleted'] === true && row['k'] === k);
  if (gone === undefined) return;
  table.recall(Number(gone['$recno']));
  set(Number(gone['n']));
}

/** Counts a row up that others count up too. */
async function count(world: World, actor: Actor): Promise<void> {
  const i = actor.random.int(COUNTERS.length), k = COUNTERS[i] ?? 1;
  const waits = actor.random.chance(0.4);
  world.counters.begin(i);
  const isDone = await attempt(world, actor, 'count', [], () => world.db.transaction(async (tx) => {
    for (const { name, dialect } of world.targets) {
      if (dialect === undefined) {
        const docs = tx.collection(name);
        docs.update(`d${k}`, { $set: valuesOf(k, Number(docs.get(`d${k}`)?.['n']) + 1) });
      } else {
        const table = tx.table(name);
        const row = table.find({ k }).first();
        table.update(Number(row?.['$recno']), valuesOf(k, Number(row?.['n']) + 1));
      }
      if (waits) await someTurns(world, actor);
    }
  }));
  if (isDone) world.counters.commit(i);
  else if (!(actor.stopped && world.faulted)) world.counters.drop(i);
}

/** A load of new keys that comes to its end, breaks off, is cancelled, or repeats a key that is there; or the end of earlier ones. */
export async function load(world: World, actor: Actor): Promise<void> {
  const { random, book } = actor;
  if (book.committed.size > MOST_ROWS || (book.committed.size > 0 && random.chance(0.25))) return unload(world, actor);
  const target = random.pick(world.targets);
  const size = random.chance(0.06) ? LARGE : random.pick(SIZES);
  const end = random.pick(['whole', 'whole', 'whole', 'broken', 'broken', 'repeated', 'cancelled'] as const);
  const from = nextKey(book.owner, book.committed);
  const rows = Array.from({ length: size }, (_, i) => ({ k: from + i, n: random.int(NEW_N) }));
  // The newest keys may be those of a load that a checkpoint is taking.
  const ofTarget = [...book.committed].filter(([place]) => place.startsWith(`${target.name}/`));
  const known = ofTarget.at(size > 5 ? -1 : 0);
  if (end === 'repeated' && known !== undefined) {
    const k = Number(known[0].slice(target.name.length + 1));
    if (!rows.some((row) => row.k === k)) rows[random.int(rows.length)] = { k, n: 1 };
    else return;
  }
  const isDoomed = end === 'broken' || (end === 'repeated' && known !== undefined);
  book.pending = isDoomed ? undefined : new Map(rows.map(({ k, n }) => [`${target.name}/${k}`, n]));
  const besides: Promise<unknown>[] = [];
  const source = sourceOf(world, actor, besides, rows.map(({ k, n }) => (target.dialect === undefined ? documentOf(k, n) : valuesOf(k, n))), end === 'broken');
  const options = { ...(random.chance(0.7) ? { direct: true } : {}), ...signalSometimes(world, actor, end === 'cancelled' ? 1 : 0) };
  const codes = end === 'repeated' ? ['DUPLICATE'] : end === 'cancelled' ? ['ABORTED'] : [];
  const isDone = await change(world, actor, `load of ${size} into ${target.name} from ${from}, ${end}`, codes, async () => {
    const into = target.dialect === undefined ? world.db.collection(target.name) : world.db.table(target.name);
    await into.insertMany(source, options);
  });
  await Promise.all(besides);
  if (isDone && isDoomed) throw new Error(`${actor.id}: a load that had to fail (${end}) did not`);
}

/** Keys are used again when the highest ones are gone. */
function nextKey(owner: number, committed: ReadonlyMap<string, number>): number {
  const keys = [...committed.keys()].map((place) => Number(place.slice(place.indexOf('/') + 1)));
  return Math.max(firstKeyOf(owner), ...keys) + 1;
}

type Item = Record<string, unknown>;

/** `besides` gets what the source begins and does not wait for: checkpoints, which meet most of a load when they begin amid it. */
function sourceOf(
  world: World, actor: Actor, besides: Promise<unknown>[], rows: readonly Item[], breaks: boolean,
): Iterable<Item> | AsyncIterable<Item> {
  const { random } = actor;
  const last = breaks ? random.int(rows.length + 1) : rows.length;
  const kind = random.pick(['list', 'plain', 'late', 'late'] as const);
  const pauses = new Set(Array.from({ length: 1 + random.int(3) }, () => random.int(rows.length + 1)));
  if (kind === 'list' && !breaks) return [...rows];
  function* plain(): Generator<Item> {
    yield* rows.slice(0, last);
    if (breaks) throw new BrokenOff();
  }
  if (kind !== 'late') return plain();
  async function* late(): AsyncGenerator<Item> {
    for (const [i, row] of rows.slice(0, last).entries()) {
      if (pauses.has(i)) {
        if (random.chance(0.4) && !world.closing) besides.push(attempt(world, actor, 'checkpoint amid its load', [], () => world.db.checkpoint()));
        await someTurns(world, actor);
      }
      yield row;
    }
    await someTurns(world, actor);
    if (breaks) throw new BrokenOff();
  }
  return late();
}

async function unload(world: World, actor: Actor): Promise<void> {
  const { book, random } = actor;
  const gone = [...book.committed.keys()].filter(() => random.chance(0.8));
  book.pending = new Map(gone.map((place) => [place, undefined]));
  await change(world, actor, `unload ${gone.length}`, [], () => world.db.transaction((tx) => {
    for (const place of gone) {
      const [name = '', k = ''] = place.split('/');
      const target = world.targets.find((each) => each.name === name);
      if (target?.dialect === undefined) tx.collection(name).delete(`d${k}`);
      else tx.table(name).delete(Number(tx.table(name).find({ k: Number(k) }).first()?.['$recno']));
    }
  }));
}
