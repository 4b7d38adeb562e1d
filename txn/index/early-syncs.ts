import type { Syncable } from '../checkpoint/step.js';

/**
 * Syncs of new files that begin while their last pages are still made, so that the disk and the processor work at the same time. They prove nothing of what is
 * written later, which is synced again; but a failure of theirs is told to nobody else, so whoever began them asks for it.
 */
export class EarlySyncs {
  readonly #running: Promise<void>[] = [];

  begin(file: Syncable): void {
    const sync = file.syncAsync();
    sync.catch(() => undefined); // end() tells, unless something else has failed before
    this.#running.push(sync);
  }

  /** Waits for all; throws what the first of them failed with. */
  async end(): Promise<void> { await Promise.all(this.#running); }
}
