import { PHASE, phases } from '../probe/phases.js';
import type { Probe } from '../probe/probe.js';
import type { Codec } from './codec.js';
import { codecById } from './codecs.js';
import { none } from './none.js';

/** Values shorter than this are stored as they are, unless an option says otherwise. */
export const DEFAULT_COMPRESSION_THRESHOLD_BYTES = 1024;

/** Counters of group `codec`. */
export interface CodecCounters extends Record<string, number> {
  /** Bytes handed to packBytes(). */
  bytesIn: number;
  /** Bytes that came out of it, compressed or not. */
  bytesOut: number;
  compressed: number;
  /** Too short, not smaller when compressed, or compression is off. */
  keptPlain: number;
  decompressed: number;
}

export function codecCounters(probe: Probe): CodecCounters {
  const initial: CodecCounters = { bytesIn: 0, bytesOut: 0, compressed: 0, keptPlain: 0, decompressed: 0 };
  return probe.counters('codec', initial);
}

/** Bytes and the codec that gives the original back. */
export interface PackedBytes {
  readonly codecId: number;
  readonly bytes: Uint8Array;
}

/**
 * Compresses when that pays: bytes from `thresholdBytes` on, and only if the result is shorter. What is kept plain is
 * the given array itself, not a copy.
 *
 * @example
 * const { codecId, bytes } = packBytes(value, codecByName('lz4'), 1024, counters);
 * unpackBytes(codecId, bytes, value.length, counters); // equals value
 */
export function packBytes(bytes: Uint8Array, codec: Codec, thresholdBytes: number, counters: CodecCounters): PackedBytes {
  counters.bytesIn += bytes.length;
  if (codec.id !== none.id && bytes.length >= thresholdBytes) {
    const packed = phases.active ? phases.measure(PHASE.codec, () => codec.compress(bytes)) : codec.compress(bytes);
    if (packed.length < bytes.length) {
      counters.compressed++;
      counters.bytesOut += packed.length;
      return { codecId: codec.id, bytes: packed };
    }
  }
  counters.keptPlain++;
  counters.bytesOut += bytes.length;
  return { codecId: none.id, bytes };
}

/**
 * The original of what packBytes() gave. Plain bytes are returned as they are, not copied.
 *
 * @throws FieldstoneError CORRUPT_PAGE when the bytes are damaged, VERSION when the codec is unknown
 */
export function unpackBytes(codecId: number, bytes: Uint8Array, originalBytes: number, counters: CodecCounters): Uint8Array {
  const codec = codecById(codecId);
  if (codecId === none.id) return codec.decompress(bytes, originalBytes);
  const original = phases.active ? phases.measure(PHASE.codec, () => codec.decompress(bytes, originalBytes)) : codec.decompress(bytes, originalBytes);
  counters.decompressed++;
  return original;
}
