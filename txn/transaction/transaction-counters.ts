import type { CounterGroup } from '#storage';
import type { Engine } from '../engine.js';

/** Counters of group `transactions`. */
export interface TransactionCounters extends CounterGroup {
  /** Transactions and single writes that were committed. */
  commits: number;
  /** Ended by tx.rollback(). */
  rollbacks: number;
  /** Commits refused because somebody else had written first. */
  conflicts: number;
  /** Bodies that were run again. */
  retries: number;
  /** Transactions that wrote nothing. */
  readOnly: number;
}

const countersOf = new WeakMap<Engine, TransactionCounters>();

export function txnCounters(engine: Engine): TransactionCounters {
  let counters = countersOf.get(engine);
  if (counters === undefined) {
    counters = engine.options.probe.counters<TransactionCounters>('transactions', { commits: 0, rollbacks: 0, conflicts: 0, retries: 0, readOnly: 0 });
    countersOf.set(engine, counters);
  }
  return counters;
}
