import { FieldstoneError, type ErrorCode } from '#storage';

// The codes that abstract-level documents for the cause of a failed open.
const LEVEL_CODES: { readonly [Code in ErrorCode]?: string } = {
  LOCKED: 'LEVEL_LOCKED', READ_ONLY: 'LEVEL_READONLY', IO: 'LEVEL_IO_ERROR',
  CORRUPT_WAL: 'LEVEL_CORRUPTION', CORRUPT_PAGE: 'LEVEL_CORRUPTION',
};

/** An error with a code of abstract-level. */
export class LevelError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = code === 'LEVEL_ABORTED' ? 'AbortError' : 'LevelError';
    this.code = code;
  }
}

/** Why a database did not open, under the code that users of abstract-level look for; the error of ours is its cause. */
export function openingError(e: unknown): unknown {
  if (!(e instanceof FieldstoneError)) return e;
  const code = LEVEL_CODES[e.code];
  return code === undefined ? e : new LevelError(code, e.message, e);
}
