import { FieldstoneError, type ErrorCode } from '../base/errors.js';

// errno names that have a code of their own; every other one is IO.
const CODE_OF_ERRNO: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ['ENOSPC', 'FULL'],
  ['EDQUOT', 'FULL'],
  ['EFBIG', 'FULL'],
  ['ENOENT', 'NOT_FOUND'],
  ['EEXIST', 'EXISTS'],
]);

/** The operating system's name of an error (`'EIO'`), or undefined when `error` has none. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A failed system call as a FieldstoneError: FULL, NOT_FOUND, EXISTS or IO, with the system's error as
 * `cause`. A FieldstoneError passes through unchanged.
 *
 * @param action what was tried, as a verb: `'read'`, `'rename'`
 * @example
 * try { unlinkSync(path); } catch (e) { throw systemError(e, 'remove', path); }
 */
export function systemError(error: unknown, action: string, path: string, offset?: number): FieldstoneError {
  if (error instanceof FieldstoneError) return error;
  const errno = errnoOf(error);
  const code = CODE_OF_ERRNO.get(errno ?? '') ?? 'IO';
  const place = offset === undefined ? '' : ` at ${offset}`;
  const reason = errno ?? (error instanceof Error ? error.message : String(error));
  const message = `cannot ${action} ${path}${place}: ${reason}`;
  return new FieldstoneError(code, message, { file: path, cause: error, ...(offset === undefined ? {} : { offset }) });
}

/** The same error as a system call would give, for file systems that are not the operating system's. */
export function simulatedError(errno: string, action: string, path: string, offset?: number): FieldstoneError {
  return systemError(Object.assign(new Error(`${errno}: simulated`), { code: errno }), action, path, offset);
}

/** Thrown by every use of a file after its close(). */
export function closedFileError(path: string): FieldstoneError {
  return new FieldstoneError('CLOSED', `the file ${path} was used after it was closed`, { file: path });
}
