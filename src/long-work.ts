import { FieldstoneError } from '#storage';

/** Options of pack() and other long work. */
export interface LongWorkOptions {
  /** Cancels with ABORTED; nothing is changed then. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export function assertNotAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw new FieldstoneError('ABORTED', `${what} was cancelled`, { cause: signal.reason });
}
