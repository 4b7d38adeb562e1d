import { hasCode, numeric, type Snapshot } from '../../../src/main.js';
import { attempt, change, signalSometimes, someTurns } from './attempt.js';
import { firstKeyOf, type State } from './book.js';
import { extrasOf, indexNames, readTarget, SCHEMA, valuesOf } from './targets.js';
import { BrokenOff, COMING, existsOf, type Actor, type Moment, type World } from './world.js';

const MOST_SNAPSHOTS = 3;

export async function checkpoint(world: World, actor: Actor): Promise<void> {
  const run = (): Promise<boolean> => attempt(world, actor, 'checkpoint', [], () => world.db.checkpoint());
  if (actor.random.chance(0.2)) await Promise.all([run(), run()]);
  else await run();
}

/** Pack, alter, indexes that come and go, made anew: on tables that all others use, cancelled at any moment. */
export async function maintain(world: World, actor: Actor): Promise<void> {
  const { random, id } = actor;
  const target = random.pick(world.targets);
  const table = world.db.table(target.name);
  const dice = random.int(10);
  if (dice < 3) {
    await attempt(world, actor, `pack ${target.name}`, ['ABORTED'], () => table.pack(signalSometimes(world, actor, 0.4)));
    return;
  }
  if (dice < 4 && target.dialect !== undefined && id === 'm1') {
    const has = table.fields.some(({ name }) => name.toLowerCase() === 'x');
    const isDone = await attempt(world, actor, `alter ${target.name}`, ['ABORTED'], () => world.db.alterTable(target.name, {
      ...(has ? { drop: ['x'] } : { add: { x: numeric(4) } }), ...signalSometimes(world, actor, 0.4),
    }));
    if (isDone !== (world.db.table(target.name).fields.some(({ name }) => name.toLowerCase() === 'x') !== has) && !actor.stopped) throw new Error(`${id}: alter ${target.name} and its fields do not agree`);
    return;
  }
  if (dice < 5) {
    await attempt(world, actor, `reindex ${target.name}`, ['ABORTED'], () => table.reindex(signalSometimes(world, actor, 0.4)));
    return;
  }
  await comeAndGo(world, actor);
}

async function comeAndGo(world: World, actor: Actor): Promise<void> {
  const target = actor.random.pick(world.targets);
  const [name, options] = actor.random.pick(extrasOf(target, actor.id));
  const owner = target.dialect === undefined ? world.db.collection(target.name) : world.db.table(target.name);
  const has = indexNames(world.db, target).includes(name);
  const work = (): Promise<void> => (has ? owner.dropIndex(name) : owner.createIndex(name, { ...options, ...signalSometimes(world, actor, 0.4) }));
  const isDone = await attempt(world, actor, `${has ? 'drop' : 'create'} index ${name} of ${target.name}`, ['ABORTED'], work);
  const extras = world.extras.get(target.name) ?? new Set<string>();
  world.extras.set(target.name, extras);
  if (isDone && has) extras.delete(name);
  else if (isDone) extras.add(name);
  if (actor.stopped || world.closing) return;
  if (isDone === (indexNames(world.db, target).includes(name) === has)) throw new Error(`${actor.id}: index ${name} of ${target.name} is ${has ? 'still ' : 'not '}there after a work that was ${isDone ? '' : 'not '}done`);
}

/** Copies, checks, scans that take their time, and readers of the same files. */
export async function lookOn(world: World, actor: Actor): Promise<void> {
  const dice = actor.random.int(8);
  if (dice < 3) return backUp(world, actor);
  if (dice < 4) {
    await attempt(world, actor, 'check', ['ABORTED'], () => world.sound(world.db, 'amid everything'));
    return;
  }
  if (dice < 6) return scanSlowly(world, actor);
  await readBeside(world, actor);
}

let copies = 0;

async function backUp(world: World, actor: Actor): Promise<void> {
  const folder = `/copy${++copies}`;
  const from = world.now();
  const isDone = await attempt(world, actor, 'backup', ['ABORTED'], () => world.db.backup(folder, signalSometimes(world, actor, 0.3)));
  if (!isDone) return;
  const to = world.now();
  await attempt(world, actor, 'look at the backup', [], async () => {
    const copy = await world.openCopy(folder);
    world.explain(world.read(copy, world.indexesOf(copy), 'the backup'), 'the backup', from, to);
    await world.sound(copy, 'the backup');
    await copy.close();
  });
}

async function scanSlowly(world: World, actor: Actor): Promise<void> {
  const tables = world.targets.filter(({ dialect }) => dialect !== undefined);
  const target = tables[actor.random.int(Math.max(1, tables.length))];
  if (target === undefined) return;
  await attempt(world, actor, `scan ${target.name}`, [], async () => {
    const before = readTarget(world.db, target, [], 'before a scan');
    const seen = new Map<number, number>();
    for await (const row of world.db.table(target.name).scan()) {
      if (actor.random.chance(0.1)) await someTurns(world, actor);
      const k = Number(row['k']), n = Number(row['n']);
      if (row['notes'] !== valuesOf(k, n).notes) throw new Error(`a slow scan of ${target.name}: the notes of key ${k} are not those of ${n}`);
      seen.set(k, n);
    }
    if (JSON.stringify([...before].sort()) !== JSON.stringify([...seen].sort())) throw new Error(`a slow scan of ${target.name} gives ${JSON.stringify([...seen])} instead of ${JSON.stringify([...before])}`);
  });
}

/** Another process reads the folder: what it found stays as it is, until it is told that the files have moved on. */
async function readBeside(world: World, actor: Actor): Promise<void> {
  await attempt(world, actor, 'read beside', ['EXTERNAL_CHANGE'], async () => {
    const from = world.now();
    const reader = await world.open(undefined, undefined, { readOnly: true });
    try {
      const first = world.read(reader, world.indexesOf(reader), 'another process');
      world.explain(first, 'another process', from, world.now());
      for (let i = 0; i < 3; i++) {
        await someTurns(world, actor);
        assertSame(first, world.read(reader, new Map(), 'another process, later'), 'another process');
      }
    } finally {
      await reader.close();
    }
  });
}

interface Held { readonly snapshot: Snapshot; readonly state: State; readonly moment: Moment }

/** Snapshots that are kept over everything. */
export class Snapshots {
  readonly #held: Held[] = [];

  step(world: World, actor: Actor): void {
    this.verify(world);
    const { random } = actor;
    if (this.#held.length >= MOST_SNAPSHOTS || (this.#held.length > 0 && random.chance(0.4))) {
      this.#held.splice(random.int(this.#held.length), 1)[0]?.snapshot.close();
      return;
    }
    const snapshot = world.db.snapshot();
    const moment = world.now(world.indexesOf(world.db));
    const state = world.read(snapshot, moment.indexes, 'a new snapshot');
    world.explain(state, 'a new snapshot', moment);
    this.#held.push({ snapshot, state, moment });
  }

  verify(world: World): void {
    for (const { snapshot, state, moment } of this.#held) assertSame(state, world.read(snapshot, moment.indexes, 'a snapshot'), 'a snapshot');
  }

  release(): void { for (const { snapshot } of this.#held.splice(0)) snapshot.close(); }
}

function assertSame(before: State, after: State, what: string): void {
  const moved = [...new Set([...before.keys(), ...after.keys()])].filter((place) => before.get(place) !== after.get(place));
  if (moved.length > 0) throw new Error(`${what} moved: ${moved.slice(0, 5).map((place) => `${place} was ${before.get(place) ?? 'absent'}, is ${after.get(place) ?? 'absent'}`).join(', ')}`);
}

/** Tables that are made, filled, renamed, emptied and dropped. */
export async function makeAndDrop(world: World, actor: Actor): Promise<void> {
  const { random, book } = actor;
  const target = COMING.find((each) => book.committed.has(existsOf(world.actors, each)));
  if (target === undefined) return make(world, actor);
  const rows = new Map([...book.committed].filter(([place]) => place.startsWith(`${target.name}/`)));
  const exists = existsOf(world.actors, target);
  const all = (map: (place: string, n: number) => readonly [string, number | undefined][]): void => {
    book.pending = new Map([...rows].flatMap(([place, n]) => map(place, n)));
  };
  const dice = random.int(8);
  if (dice < 2) {
    all((place) => [[place, undefined]]);
    await change(world, actor, 'drop', [], () => world.db.dropTable(target.name));
  } else if (dice < 4) {
    const to = COMING.find((each) => each !== target) ?? target;
    all((place, n) => [[place, undefined], [`${to.name}${place.slice(target.name.length)}`, n]]);
    await change(world, actor, 'rename', [], () => world.db.renameTable(target.name, to.name));
  } else if (dice < 5) {
    all((place) => (place === exists ? [] : [[place, undefined]]));
    await change(world, actor, 'zap', [], () => world.db.table(target.name).zap());
  } else {
    const from = firstKeyOf(book.owner) + 1 + rows.size;
    const values = Array.from({ length: 1 + random.int(20) }, (_, i) => valuesOf(from + i, random.int(50)));
    book.pending = new Map(values.map(({ k, n }) => [`${target.name}/${k}`, n]));
    const isDone = await change(world, actor, 'fill', [], () => world.db.table(target.name).insertMany(values, random.chance(0.7) ? { direct: true } : {}));
    if (isDone && !world.closing && random.chance(0.5)) await fillAgain(world, actor, target.name, values.map(({ k }) => k));
  }
}

/** A load that repeats a key, which may stand only in a load that a checkpoint is just taking: there is no other in the table. */
async function fillAgain(world: World, actor: Actor, name: string, keys: readonly number[]): Promise<void> {
  const table = world.db.table(name);
  const k = actor.random.pick(keys);
  if (!table.indexes().some((index) => index.name === 'u')) return;
  const besides: Promise<unknown>[] = [];
  async function* rows(): AsyncGenerator<ReturnType<typeof valuesOf>> {
    yield valuesOf(Math.max(...keys) + 1, 1);
    besides.push(attempt(world, actor, 'checkpoint amid its load', [], () => world.db.checkpoint()));
    await someTurns(world, actor);
    yield valuesOf(k, 2);
  }
  const isDone = await attempt(world, actor, `fill ${name} again`, ['DUPLICATE'], () => table.insertMany(rows(), { direct: true }));
  await Promise.all(besides);
  if (isDone) throw new Error(`${actor.id}: key ${k} of ${name} was taken twice`);
}

async function make(world: World, actor: Actor): Promise<void> {
  const { random, book } = actor;
  const target = random.pick(COMING);
  if (random.chance(0.4)) {
    book.pending = new Map([[existsOf(world.actors, target), 1]]);
    const isDone = await change(world, actor, 'create', [], () => world.db.createTable(target.name, SCHEMA, { dialect: 'foxpro2' }));
    const index = (): Promise<void> => world.db.table(target.name).createIndex('u', { on: 'k', unique: true });
    if (isDone && !world.closing) await attempt(world, actor, 'create its index', [], index);
    return;
  }
  const breaks = random.chance(0.4);
  const values = Array.from({ length: 1 + random.int(20) }, (_, i) => valuesOf(firstKeyOf(book.owner) + 1 + i, random.int(50)));
  async function* rows(): AsyncGenerator<ReturnType<typeof valuesOf>> {
    for (const each of values) {
      if (random.chance(0.2)) await someTurns(world, actor);
      yield each;
    }
    if (breaks) throw new BrokenOff();
  }
  book.pending = breaks ? undefined : new Map<string, number>([[existsOf(world.actors, target), 1], ...values.map(({ k, n }) => [`${target.name}/${k}`, n] as const)]);
  await change(world, actor, 'import', ['ABORTED'], () => world.db.importTable(target.name, SCHEMA, rows(), { dialect: 'foxpro2', ...signalSometimes(world, actor, 0.2) }));
}

/** The end, amid everything. */
export async function close(world: World, actor: Actor): Promise<void> {
  await someTurns(world, actor);
  await someTurns(world, actor);
  world.closing = true;
  try {
    await attempt(world, actor, 'close', [], () => world.db.close());
  } catch (e) {
    // A disk that failed at the end leaves the log for the next opening.
    if (!world.faulted || !hasCode(e, 'IO')) throw e;
  }
}
