/** A file, or something that ends in one. */
export interface Syncable {
  sync(): void;
  syncAsync(): Promise<void>;
}

/**
 * Long work is a generator of steps; whoever drives it decides whether to block or to let the
 * event loop run in between. `work` = a slice is done; `sync` = this file must be synced before
 * the next step; `syncFolder` likewise for the database folder.
 */
export type Step =
  | { readonly kind: 'work' }
  | { readonly kind: 'sync'; readonly file: Syncable }
  | { readonly kind: 'syncFolder' };

export const WORK: Step = { kind: 'work' };
export const SYNC_FOLDER: Step = { kind: 'syncFolder' };
export const syncStep = (file: Syncable): Step => ({ kind: 'sync', file });

export type Steps<Result = void> = Generator<Step, Result, void>;

/** Runs steps that sync nothing to their end. */
export function runAll<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
