import { LinkedList, type Clock, type Probe } from '#storage';
import type { Transaction } from './transaction.js';
import { transactionCounters, type TransactionCounters } from './transaction-counters.js';

/** An open transaction, for reports. */
export interface OpenTransactionInfo {
  readonly id: number;
  readonly name: string;
  readonly ageMs: number;
  /** Older than transactionWarnMs: probably abandoned. */
  readonly overdue: boolean;
}

/** Which transactions are open, and since when. */
export class OpenTransactions {
  readonly counters: TransactionCounters;
  readonly #open = new LinkedList<Transaction>();
  readonly #clock: Clock;
  readonly #warnMs: number;
  #nextId = 1;

  constructor(clock: Clock, warnMs: number, probe: Probe) {
    this.counters = transactionCounters(probe);
    this.#clock = clock;
    this.#warnMs = warnMs;
  }

  get count(): number { return this.#open.count; }

  nextId(): number { return this.#nextId++; }

  add(transaction: Transaction): void { this.#open.add(transaction); }
  remove(transaction: Transaction): void { this.#open.remove(transaction); }

  list(): OpenTransactionInfo[] {
    const now = this.#clock.monotonicNs();
    return [...this.#open].map(({ id, name, openedNs }) => {
      const ageMs = (now - openedNs) / 1e6;
      return { id, name, ageMs, overdue: ageMs > this.#warnMs };
    });
  }

  abortAll(reason: unknown): void {
    for (const transaction of this.#open) {
      transaction.fail(reason);
      this.#open.remove(transaction);
    }
  }
}
