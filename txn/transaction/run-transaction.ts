import { FieldstoneError, hasCode, type Timer } from '#storage';
import type { Durability } from '../commit/commit-pipeline.js';
import type { StoreWrites } from '../commit/versioned-store.js';
import type { Engine } from '../engine.js';
import type { LockOwner } from '../lock/lock-types.js';
import { KeyWrites } from '../keys/key-writes.js';
import { RecordStore } from '../record/record-store.js';
import { RecordWrites } from '../record/record-writes.js';
import { Transaction, type Isolation } from './transaction.js';

export interface RunOptions {
  readonly name?: string;
  readonly isolation?: Isolation;
  /** How often the body is run again after a conflict. */
  readonly retries?: number;
  /** Age at which the transaction is rolled back with ABORTED. */
  readonly timeoutMs?: number;
  readonly durability?: Durability;
  /** Work of the engine itself: it also runs while close() is under way. */
  readonly upkeep?: boolean;
}

/** Thrown inside a body when a record number is needed while a large load holds the end of the table. */
export class MustWait extends FieldstoneError {
  readonly until: Promise<unknown>;
  constructor(message: string, until: Promise<unknown>) {
    super('CONFLICT', message);
    this.until = until;
  }
}

/** What the timers of JavaScript can count; a longer timeout is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a body works with. `owner` identifies it to the lock manager. */
export interface OpenTransaction {
  readonly transaction: Transaction;
  readonly owner: LockOwner;
  /** True when the transaction may wait (await tx.lock). */
  readonly mayWait: boolean;
}

function begin(engine: Engine, o: RunOptions, owner: LockOwner, mayWait: boolean): OpenTransaction {
  const transaction = new Transaction(engine, owner.id, owner.name, o.isolation ?? 'snapshot', engine.options.env.clock.monotonicNs());
  engine.transactions.add(transaction);
  return { transaction, owner, mayWait };
}

function end(engine: Engine, open: OpenTransaction): void {
  open.transaction.rollback();
  engine.transactions.remove(open.transaction);
  engine.afterSnapshots();
}

function newOwner(engine: Engine, name: string | undefined): LockOwner {
  const id = engine.transactions.nextId();
  return name === undefined ? { id } : { id, name };
}

/** How a run of a body went: its result, or what it threw. */
type BodyRun<Result> = { readonly open: OpenTransaction; readonly timer: Timer | undefined }
  & ({ readonly outcome: Result | Promise<Result> } | { readonly error: unknown });

/** Runs `body` in a transaction and commits; again after conflicts, keeping its locks. */
export function runTransaction<Result>(
  engine: Engine, body: (open: OpenTransaction) => Result | Promise<Result>, options: RunOptions = {},
): Promise<Result> {
  try {
    if (options.upkeep !== true) engine.assertAccepting();
  } catch (e) {
    return Promise.reject(e);
  }
  const open = begin(engine, options, newOwner(engine, options.name), true);
  const timer = armTimeout(engine, open, options.timeoutMs);
  let outcome: Result | Promise<Result>;
  try {
    outcome = body(open);
    if (timer === undefined && !isPromise(outcome)) {
      const writes = writesAtHand(engine, open);
      if (writes !== undefined) return commitAtOnce(engine, open, writes, options.durability, outcome);
    }
  } catch (error) {
    return runOn(engine, body, options, { open, timer, error });
  }
  return runOn(engine, body, options, { open, timer, outcome });
}

/** The writes when nothing is to be waited for but the log: the usual case, at the cost of one promise. */
function writesAtHand(engine: Engine, { transaction }: OpenTransaction): readonly StoreWrites[] | undefined {
  if (!transaction.isOpen || !engine.locks.isIdle) return undefined;
  const writes = transaction.storeWrites();
  return writes.length === 0 || engine.writeSide.isLogFull ? undefined : writes;
}

/** Nobody holds locks, so the owner has none to give back. Throws what stands before the log, as CONFLICT. */
function commitAtOnce<Result>(
  engine: Engine, { transaction }: OpenTransaction, writes: readonly StoreWrites[], durability: Durability | undefined, result: Result,
): Promise<Result> {
  assertNotReplaced(writes);
  validate(transaction, writes);
  engine.writeSide.prepare(writes);
  return new Promise((resolve, reject) => {
    engine.writeSide.pipeline.submit(writes, durability ?? engine.options.durability, () => {
      try {
        engine.transactions.counters.commits++;
        engine.afterSnapshots();
        resolve(result);
      } catch (e) { // the others of the group wait behind this call
        reject(e);
      }
    }, reject);
    transaction.finish();
    engine.transactions.remove(transaction);
  });
}

/** Throws CLOSED: what waited for its next turn does not begin once the database closes. */
function runAgain<Result>(engine: Engine, body: (open: OpenTransaction) => Result | Promise<Result>, options: RunOptions, owner: LockOwner): BodyRun<Result> {
  if (options.upkeep !== true) engine.assertAccepting();
  const open = begin(engine, options, owner, true);
  const timer = armTimeout(engine, open, options.timeoutMs);
  try {
    return { open, timer, outcome: body(open) };
  } catch (error) {
    return { open, timer, error };
  }
}

/** Waits for what the body and its commit wait for; runs the body again after conflicts. */
async function runOn<Result>(
  engine: Engine, body: (open: OpenTransaction) => Result | Promise<Result>, options: RunOptions, first: BodyRun<Result>,
): Promise<Result> {
  const retries = options.retries ?? engine.options.retries;
  const { counters } = engine.transactions;
  const { owner } = first.open;
  try {
    for (let attempt = 0, run = first; ; attempt++, run = runAgain(engine, body, options, owner)) {
      const { open } = run;
      try {
        if ('error' in run) throw run.error;
        const { outcome } = run;
        const result = isPromise(outcome) ? await unlessFailed(open.transaction, outcome) : outcome;
        const committed = finish(engine, open, options.durability);
        if (committed !== undefined) {
          await committed;
          counters.commits++;
          engine.afterSnapshots();
        }
        return result;
      } catch (e) {
        end(engine, open);
        if (!hasCode(e, 'CONFLICT')) throw e;
        counters.conflicts++;
        if (e instanceof MustWait) attempt--;
        else if (attempt >= retries) throw e;
        counters.retries++;
        // The next run may write other records: with the locks of this one it could wait for others in a circle.
        if (owner.hasAsked !== true) engine.locks.releaseAll(owner);
        await (e instanceof MustWait ? e.until : engine.writeSide.pipeline.idle());
      } finally {
        run.timer?.cancel();
        engine.transactions.remove(open.transaction);
      }
    }
  } finally {
    engine.locks.releaseAll(owner);
  }
}

function armTimeout(engine: Engine, open: OpenTransaction, timeoutMs: number | undefined): Timer | undefined {
  if (timeoutMs === undefined || timeoutMs > MAX_TIMER_MS) return undefined;
  return engine.options.env.scheduler.timer(() => {
    open.transaction.fail(new FieldstoneError('ABORTED', `transaction "${open.transaction.name}" was open longer than ${timeoutMs} ms`));
  }, timeoutMs);
}

/** The result of the body, unless the transaction fails first (timeout, close): a body that never comes back holds up nobody. */
function unlessFailed<Result>(transaction: Transaction, body: PromiseLike<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    transaction.onFailure = reject;
    body.then(resolve, reject);
  });
}

/** A body without await goes on in the same turn: one promise less for each commit. */
function isPromise<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Resolves when the writes are committed; undefined when there are none. */
function finish(engine: Engine, open: OpenTransaction, durability: Durability | undefined): Promise<unknown> | undefined {
  const { transaction } = open;
  if (transaction.wasRolledBack) {
    engine.transactions.counters.rollbacks++;
    return undefined;
  }
  transaction.assertOpen();
  const writes = transaction.storeWrites();
  if (writes.length === 0) {
    if (transaction.hasSnapshot) validate(transaction, []);
    engine.transactions.counters.readOnly++;
    end(engine, open);
    return undefined;
  }
  const mustWait = !engine.locks.isIdle || engine.writeSide.isLogFull;
  return mustWait ? waitAndCommit(engine, open, writes, durability) : commit(engine, open, writes, durability);
}

async function waitAndCommit(engine: Engine, open: OpenTransaction, writes: readonly StoreWrites[], durability: Durability | undefined): Promise<void> {
  const { writeSide } = engine;
  if (!engine.locks.isIdle) await lockWrites(engine, open, writes);
  if (writeSide.isLogFull) await writeSide.waitForLog();
  await commit(engine, open, writes, durability);
}

function commit(engine: Engine, open: OpenTransaction, writes: readonly StoreWrites[], durability: Durability | undefined): Promise<number> {
  const { transaction } = open;
  assertNotReplaced(writes);
  validate(transaction, writes);
  const done = engine.writeSide.commit(writes, durability ?? engine.options.durability);
  transaction.finish();
  engine.transactions.remove(transaction);
  return done;
}

/** Conflict check: the last thing before the log, in the same turn. */
function validate(transaction: Transaction, writes: readonly StoreWrites[]): void {
  const { sequence } = transaction.snapshot;
  for (const write of writes) write.checkConflicts(sequence);
  if (writes.length > 0) transaction.readSet?.validate(sequence);
}

/** PACK and the like are rebuilding a table: its writers run again afterwards. */
function assertNotReplaced(writes: readonly StoreWrites[]): void {
  for (const { store } of writes) {
    if (store instanceof RecordStore && store.replacing !== undefined) throw new MustWait(`table "${store.name}" is being rebuilt`, store.replacing);
  }
}

/**
 * While anybody holds locks (a load does), writers without locks respect them. All take them in one order, so that they never wait for each other in a
 * circle.
 */
async function lockWrites(engine: Engine, open: OpenTransaction, writes: readonly StoreWrites[]): Promise<void> {
  for (const write of [...writes].sort((a, b) => (a.store.id < b.store.id ? -1 : 1))) {
    for (const item of [...lockItems(write)].sort((a, b) => (a < b ? -1 : 1))) {
      const waiting = engine.locks.acquire(open.owner, { space: write.store.id, item }, 'exclusive');
      if (waiting !== undefined) await waiting;
    }
  }
}

/** What a write set would lock: record numbers, or keys as bytes. */
function* lockItems(write: StoreWrites): Generator<number | string, void, void> {
  if (write instanceof RecordWrites) yield* write.rows.keys();
  else if (write instanceof KeyWrites) for (const key of write.keys()) yield key.toString('latin1');
}

function assertUnlocked(engine: Engine, open: OpenTransaction, writes: readonly StoreWrites[]): void {
  for (const write of writes) {
    for (const item of lockItems(write)) {
      if (!engine.locks.conflicts(open.owner, { space: write.store.id, item }, 'exclusive')) continue;
      const what = typeof item === 'number' ? `record ${item}` : 'a key';
      throw new FieldstoneError('LOCK_TIMEOUT', `${what} of "${write.store.id.slice(2)}" is locked by another transaction and transactionSync can not wait`, {
        table: write.store.id.slice(2), ...(typeof item === 'number' ? { recno: item } : {}),
      });
    }
  }
}

/** Runs a synchronous body and commits before it returns. It never waits, so it never retries. */
export function runTransactionSync<Result>(engine: Engine, body: (open: OpenTransaction) => Result, options: RunOptions = {}): Result {
  engine.assertAccepting();
  const open = begin(engine, options, newOwner(engine, options.name), false);
  const { transaction } = open;
  const counters = engine.transactions.counters;
  try {
    if (!engine.options.readOnly) engine.writeSide.pipeline.drainSync(); // what others queued comes first, so nothing is in flight
    const result = body(open);
    if (result instanceof Promise) {
      result.catch(() => undefined); // its fate is the error below
      throw new FieldstoneError('OPTION', 'the body of transactionSync returned a promise; use transaction()');
    }
    if (transaction.wasRolledBack) {
      counters.rollbacks++;
      return result;
    }
    const writes = transaction.storeWrites();
    if (writes.length > 0) {
      if (!engine.locks.isIdle) assertUnlocked(engine, open, writes);
      assertNotReplaced(writes);
      validate(transaction, writes);
      engine.writeSide.commitSync(writes, options.durability ?? engine.options.durability);
      transaction.finish();
      counters.commits++;
    }
    return result;
  } finally {
    end(engine, open);
  }
}
