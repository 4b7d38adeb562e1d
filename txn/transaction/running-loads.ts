import { FieldstoneError } from '#storage';

/** Large loads that are under way: close() ends those that still wait for rows, and lets the others come to their end. */
export class RunningLoads {
  readonly #running = new Set<Promise<void>>();
  #failure: FieldstoneError | undefined;
  readonly #onClose = new Set<(error: FieldstoneError) => void>();

  /** Returns what to call at the end of the load. */
  begin(): () => void {
    let end = (): void => undefined;
    const running = new Promise<void>((resolve) => { end = resolve; });
    this.#running.add(running);
    return () => {
      this.#running.delete(running);
      end();
    };
  }

  /** The result of `rows`, which may never come; rejects with CLOSED when the database closes first. */
  unlessClosed<Result>(rows: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) reject(this.#failure);
      this.#onClose.add(reject);
      rows.then(resolve, reject).finally(() => this.#onClose.delete(reject));
    });
  }

  async close(): Promise<void> {
    const failure = this.#failure = new FieldstoneError('CLOSED', 'the database was closed while rows were being loaded; none of them is there');
    for (const reject of this.#onClose) reject(failure);
    await Promise.all(this.#running);
  }
}
