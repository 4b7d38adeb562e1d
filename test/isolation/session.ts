import type { Database, Tx, TransactionOptions } from '../../src/main.js';

interface Order { readonly run: (tx: Tx) => unknown; readonly done: (value: unknown) => void; readonly failed: (error: unknown) => void }

/**
 * A transaction that does one step at a time, when the test says so: the body waits for the next step, and
 * others run meanwhile.
 *
 * @example
 * const t1 = new Session(db, { isolation: 'snapshot' });
 * await t1.step((tx) => tx.table('test').update(1, { value: 11 }));
 * await t1.commit();
 */
export class Session {
  readonly #end: Promise<unknown>;
  #orders: Order[] = [];
  #wake: (() => void) | undefined;
  #closing = false;

  /** Without retries unless the options say otherwise: what stops an anomaly is to be seen. */
  constructor(db: Database, options: TransactionOptions = {}) {
    this.#end = db.transaction((tx) => this.#obey(tx), { retries: 0, ...options });
    this.#end.catch(() => undefined); // looked at in commit()
  }

  async #obey(tx: Tx): Promise<void> {
    while (!this.#closing || this.#orders.length > 0) {
      const order = this.#orders.shift();
      if (order === undefined) {
        await new Promise<void>((resolve) => { this.#wake = resolve; });
        continue;
      }
      try {
        order.done(await order.run(tx));
      } catch (error) {
        order.failed(error);
      }
    }
  }

  /** Runs one step inside the transaction; its error does not end the transaction. */
  async step<Result>(run: (tx: Tx) => Result | Promise<Result>): Promise<Result> {
    const ended = this.#end.then(() => { throw new Error('the transaction ended before its next step'); });
    ended.catch(() => undefined);
    const work = new Promise<Result>((resolve, failed) => {
      this.#orders.push({ run, done: (value) => { resolve(value as Result); }, failed });
    });
    this.#wake?.();
    return Promise.race([work, ended]);
  }

  /** Lets the body return; rejects with what the transaction ends with. */
  async commit(): Promise<void> {
    this.#closing = true;
    this.#wake?.();
    await this.#end;
  }

  async rollback(): Promise<void> {
    await this.step((tx) => { tx.rollback(); });
    await this.commit();
  }

  /** The error code that the commit ends with, or `committed`. */
  async outcome(): Promise<string> {
    try {
      await this.commit();
      return 'committed';
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  }
}
