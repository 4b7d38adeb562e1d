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
  /** Values that were given to the codec, their bytes, and what it made of them, also when that was not taken. */
  tried: number;
  triedBytes: number;
  triedBytesOut: number;
  /** Time in the codec; from one call in eight, at level `times` from each one; 0 at level `off`. */
  compressNs: number;
  decompressNs: number;
}

/** Below the level `times` one call in so many is timed and stands for the others. */
const TIMED_EVERY = 8;
const probeOf = new WeakMap<CodecCounters, Probe>();

/** Counters that count for nobody. */
export function newCodecCounters(): CodecCounters {
  return {
    bytesIn: 0, bytesOut: 0, compressed: 0, keptPlain: 0, decompressed: 0, tried: 0, triedBytes: 0, triedBytesOut: 0, compressNs: 0, decompressNs: 0,
  };
}

export function codecCounters(probe: Probe): CodecCounters {
  const counters = probe.counters('codec', newCodecCounters());
  probeOf.set(counters, probe);
  return counters;
}

/** How many calls the time of this one stands for; 0 when it is not to be taken. */
function weightOf(probe: Probe | undefined, calls: number): number {
  if (probe?.clock === undefined || probe.level === 'off') return 0;
  if (probe.level === 'times') return 1;
  return calls % TIMED_EVERY === 0 ? TIMED_EVERY : 0;
}

function compress(codec: Codec, bytes: Uint8Array, counters: CodecCounters): Uint8Array {
  const probe = probeOf.get(counters);
  const weight = weightOf(probe, counters.tried++);
  const startNs = weight === 0 ? 0 : probe?.clock?.monotonicNs() ?? 0;
  const packed = phases.active ? phases.measure(PHASE.codec, () => codec.compress(bytes)) : codec.compress(bytes);
  if (weight > 0) counters.compressNs += weight * ((probe?.clock?.monotonicNs() ?? 0) - startNs);
  counters.triedBytes += bytes.length;
  counters.triedBytesOut += packed.length;
  return packed;
}

function decompress(codec: Codec, bytes: Uint8Array, originalBytes: number, counters: CodecCounters): Uint8Array {
  const probe = probeOf.get(counters);
  const weight = weightOf(probe, counters.decompressed);
  const startNs = weight === 0 ? 0 : probe?.clock?.monotonicNs() ?? 0;
  const original = phases.active ? phases.measure(PHASE.codec, () => codec.decompress(bytes, originalBytes)) : codec.decompress(bytes, originalBytes);
  if (weight > 0) counters.decompressNs += weight * ((probe?.clock?.monotonicNs() ?? 0) - startNs);
  counters.decompressed++;
  return original;
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
    const packed = compress(codec, bytes, counters);
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
  return decompress(codec, bytes, originalBytes, counters);
}
