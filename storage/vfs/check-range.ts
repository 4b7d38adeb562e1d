import { AssertionError } from '../base/assert.js';

/**
 * Asserts that `length` bytes at `position` can be addressed exactly. Node takes a position that is
 * negative, fractional, NaN, too large or a BigInt as "where the file pointer stands" without an
 * error, so that one arithmetic slip would overwrite the header of a file.
 */
export function checkRange(position: number, length: number): void {
  if (!Number.isSafeInteger(position) || position < 0 || !Number.isSafeInteger(position + length)) {
    throw new AssertionError(`invariant broken: file range of ${length} bytes at ${String(position)} is not addressable`);
  }
}

/** The same for the size of a file. */
export function checkSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new AssertionError(`invariant broken: ${String(sizeBytes)} is not a file size`);
  }
}
