import { FieldstoneError } from '../base/errors.js';

export type CodecName = 'none' | 'lz4' | 'deflate';

/** A way to make bytes smaller. Stateless: the same bytes always give the same result. */
export interface Codec {
  /** Stands in files; never given to another codec. */
  readonly id: number;
  readonly name: CodecName;
  /** May be longer than `bytes`; see packBytes(). */
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * Exactly `originalBytes` bytes. Work and memory are bounded by `originalBytes` and the input's own length, whatever the input says.
   *
   * @throws FieldstoneError CORRUPT_PAGE when the input is damaged or gives another number of bytes
   */
  decompress(bytes: Uint8Array, originalBytes: number): Uint8Array;
}

/** What every codec throws on input that it cannot have written. */
export function damagedInput(name: CodecName, inputBytes: number, originalBytes: number, cause?: unknown): FieldstoneError {
  const message = `${inputBytes} bytes do not decompress (${name}) to ${originalBytes} bytes: the data is damaged`;
  return new FieldstoneError('CORRUPT_PAGE', message, cause === undefined ? {} : { cause });
}

/** True for a count of bytes that some input of `inputBytes` could give when each of its bytes gives `maxRatio` at most. */
export function isPlausible(originalBytes: number, inputBytes: number, maxRatio: number): boolean {
  return Number.isSafeInteger(originalBytes) && originalBytes >= 0 && originalBytes <= inputBytes * maxRatio;
}
