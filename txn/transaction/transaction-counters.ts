import type { CounterGroup, Probe } from '#storage';

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

export function transactionCounters(probe: Probe): TransactionCounters {
  return probe.counters<TransactionCounters>('transactions', { commits: 0, rollbacks: 0, conflicts: 0, retries: 0, readOnly: 0 });
}
