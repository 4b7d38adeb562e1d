import { WHOLE_RANGE } from '#index';
import { FieldstoneError } from '#storage';
import { KeyView, runTransaction, USES_EXPIRY, type Engine, type KeyStore } from '#txn';
import { StoreForm } from './store-form.js';
import { TxKv } from './tx-kv.js';
import { isExpired } from './value-form.js';

/** Entries that one sweep looks at in a store, at least; it goes on while this share of them has expired. */
const LEAST_LOOKS = 4096;
const MOST_LOOKS = 131_072;
const GO_ON_SHARE = 0.25;
const LOOKS_PER_TURN = 1024;

/** Where the next sweep of a store begins: behind the last key that was looked at. */
const places = new WeakMap<KeyStore, Buffer>();

/** Removes expired values of the stores that are open, some at a time; so that all are looked at in the end. Never throws for the disk. */
export async function sweepExpired(engine: Engine): Promise<void> {
  if (!engine.locks.isIdle) return; // it would wait for keys that somebody has locked
  for (const store of engine.keyStores.openStores()) {
    if ((store.ownerFlags & USES_EXPIRY) === 0) continue;
    try {
      await sweepStore(engine, store, MOST_LOOKS);
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e; // the disk's trouble is for those who wait for their own writes
      return;
    }
  }
}

/** Looks at no more than `mostLooks` entries; at all of them with Infinity. Returns how many were removed. */
export async function sweepStore(engine: Engine, store: KeyStore, mostLooks: number): Promise<number> {
  const held = engine.takeSnapshot(`expiry of ${store.name}`);
  const counters = engine.options.probe.counters('kv', { expiredRemoved: 0, expirySweeps: 0 });
  const before = counters.expiredRemoved;
  const state = { looks: 0, found: 0 };
  try {
    const form = new StoreForm<unknown, unknown>(engine, store);
    for (let keys: Buffer[] = []; ; keys = []) {
      const isDone = look(engine, store, held.sequence, mostLooks, state, keys);
      if (keys.length > 0) counters.expiredRemoved += await remove(engine, form, keys);
      if (isDone) break;
      await new Promise<void>((resolve) => { engine.options.env.scheduler.later(resolve); });
      engine.assertAlive(held);
    }
  } finally {
    engine.releaseSnapshot(held);
  }
  counters.expirySweeps++;
  return counters.expiredRemoved - before;
}

/** One turn of a sweep; true when it was the last. It goes round: behind the last key comes the first. */
function look(engine: Engine, store: KeyStore, sequence: number, mostLooks: number, state: { looks: number; found: number }, keys: Buffer[]): boolean {
  const nowMs = engine.options.env.clock.nowMs();
  const view = new KeyView(store, sequence);
  const total = view.count(WHOLE_RANGE);
  const lower = places.get(store);
  const cursor = view.cursor({ lower, upper: undefined });
  for (let n = 0; n < LOOKS_PER_TURN; n++) {
    if (state.looks >= total || state.looks >= mostLooks) return true;
    if (mostLooks !== Infinity && state.looks >= LEAST_LOOKS && state.found < state.looks * GO_ON_SHARE) return true;
    if (!cursor.next()) {
      places.delete(store);
      return false;
    }
    state.looks++;
    const key = cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength);
    places.set(store, Buffer.concat([key, Buffer.of(0)]));
    cursor.readValue();
    if (!isExpired(cursor.valueBytes, cursor.valueStart, cursor.valueEnd, nowMs)) continue;
    state.found++;
    keys.push(Buffer.from(key));
  }
  return false;
}

/** A value that was put anew meanwhile stays: the transaction looks again. */
function remove(engine: Engine, form: StoreForm<unknown, unknown>, keys: readonly Buffer[]): Promise<number> {
  return runTransaction(engine, (open) => {
    const tx = new TxKv(form, open);
    return keys.reduce((sum, key) => sum + (tx.deleteExpired(key) ? 1 : 0), 0);
  }, { name: `expiry of ${form.store.name}`, upkeep: true });
}
