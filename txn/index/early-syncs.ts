import type { Syncable } from '../checkpoint/step.js';

/**
 * Syncs of new files that begin while their last pages are still made, so that the disk and the processor work at the same time. They prove nothing of what is
 * written later, which is synced again; but a failure of theirs is told to nobody else, so whoever began them asks for it.
 */
export class EarlySyncs {
  readonly #running: Promise<unknown>[] = [];

  begin(file: Syncable): void { this.#running.push(file.syncAsync().catch((error: unknown) => ({ error }))); }

  /** Waits for all; throws what the first of them failed with. */
  async end(): Promise<void> {
    for (const outcome of await Promise.all(this.#running.splice(0))) if (isFailure(outcome)) throw outcome.error;
  }
}

function isFailure(outcome: unknown): outcome is { readonly error: unknown } { return typeof outcome === 'object' && outcome !== null && 'error' in outcome; }
