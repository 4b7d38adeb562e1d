import { FieldstoneError } from '#storage';
import { BrokenOff, type Actor, type World } from './world.js';

/** Shares of waiting: mostly none, sometimes as long as a checkpoint takes. */
const WAITS = [0, 0, 0, 1, 2, 3, 5, 9, 20, 45];

export function someTurns(world: World, { random }: Actor): Promise<void> { return world.turns(random.pick(WAITS)); }

/** A signal that comes at a random moment, or never. */
export function signalSometimes(world: World, actor: Actor, chance: number): { readonly signal?: AbortSignal } {
  if (!actor.random.chance(chance)) return {};
  const controller = new AbortController();
  const turns = actor.random.pick(WAITS);
  if (turns === 0 && actor.random.chance(0.3)) controller.abort();
  else void world.turns(turns).then(() => { controller.abort(); });
  return { signal: controller.signal };
}

/**
 * True when the work was done; false when it was refused for a reason that it may have: one of `codes`, the end of the database, a fault of the disk,
 * or that its source broke off. Everything else is thrown.
 */
export async function attempt(world: World, actor: Actor, what: string, codes: readonly string[], work: () => unknown): Promise<boolean> {
  world.counts.steps++;
  world.events.push(`${actor.id} ${what}`);
  const told = (end: string): void => {
    world.events.push(`${actor.id} ${what}: ${end}`);
    if (world.faulted && !world.events.includes(world.fault)) world.events.push(world.fault);
    world.counts.codes.set(end, (world.counts.codes.get(end) ?? 0) + 1);
  };
  try {
    await work();
    told('done');
    return true;
  } catch (e) {
    if (e instanceof BrokenOff) {
      told('broken off');
      return false;
    }
    if (!(e instanceof FieldstoneError)) throw e;
    told(e.code);
    if (world.closing && e.code === 'CLOSED') {
      actor.stopped = true;
      return false;
    }
    if (codes.includes(e.code)) return false;
    if (!world.faulted) throw new Error(`${actor.id} ${what}: ${e.code} ${e.message}`, { cause: e });
    // LOCKED: the failure met the lock of a copy, which was half taken.
    if (e.code === 'IO' || e.code === 'FULL' || e.code === 'LOCKED') return false;
    if (e.code !== 'POISONED' && e.code !== 'COMMIT_UNKNOWN') throw new Error(`${actor.id} ${what}: ${e.code} ${e.message}`, { cause: e });
    // What was about to be committed may be there or not.
    actor.stopped = true;
    return false;
  }
}

/** The same for what changes the keys of the actor: its book follows. */
export async function change(world: World, actor: Actor, what: string, codes: readonly string[], work: () => unknown): Promise<boolean> {
  const { book } = actor;
  const isDone = await attempt(world, actor, what, codes, work);
  const isUnknown = actor.stopped && world.faulted;
  if (isDone) book.commit();
  else if (!isUnknown) book.pending = undefined;
  return isDone;
}
