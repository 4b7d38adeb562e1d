import { hasCode } from '#storage';

/** Reads again after IO: a failure that passes must not end a checkpoint whose files are in place already. */
export function twice<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (e) {
    if (!hasCode(e, 'IO')) throw e;
    return read();
  }
}
