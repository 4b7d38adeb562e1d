import { describe, expect, test } from 'vitest';
import { CODEC_NAMES, codecByName, codecCounters, hasCode, packBytes, Probe, unpackBytes } from '#storage';

const plain = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(32);
function noise(sizeBytes: number): Uint8Array {
  let x = 88172645;
  return Uint8Array.from({ length: sizeBytes }, () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x & 255; });
}

describe('packBytes', () => {
  test('compresses from the threshold on, and counts', () => {
    const probe = new Probe();
    const counters = codecCounters(probe);
    const short = plain(1023);
    expect(packBytes(short, codecByName('lz4'), 1024, counters)).toEqual({ codecId: 0, bytes: short });
    const packed = packBytes(plain(1024), codecByName('lz4'), 1024, counters);
    expect(packed.codecId).toBe(1);
    expect(packed.bytes.length).toBeLessThan(50);
    expect(unpackBytes(packed.codecId, packed.bytes, 1024, counters)).toEqual(plain(1024));
    expect(probe.snapshot().counters['codec']).toEqual({
      tried: 1, triedBytes: 1024, triedBytesOut: packed.bytes.length, compressNs: 0, decompressNs: 0, // no clock
      bytesIn: 2047, bytesOut: 1023 + packed.bytes.length, compressed: 1, keptPlain: 1, decompressed: 1,
    });
  });

  test('keeps what does not get smaller', () => {
    const counters = codecCounters(new Probe());
    const bytes = noise(5000);
    for (const name of CODEC_NAMES) expect(packBytes(bytes, codecByName(name), 0, counters).bytes === bytes, name).toBe(true);
    expect(counters).toMatchObject({ bytesIn: 15_000, bytesOut: 15_000, compressed: 0, keptPlain: 3, decompressed: 0 });
  });

  test('keeps everything under the codec none', () => {
    const counters = codecCounters(new Probe());
    const bytes = plain(100_000);
    const packed = packBytes(bytes, codecByName('none'), 0, counters);
    expect(packed.codecId).toBe(0);
    expect(packed.bytes === bytes).toBe(true);
    expect(unpackBytes(0, bytes, 100_000, counters) === bytes).toBe(true);
    expect(counters.decompressed).toBe(0);
  });

  test('damaged bytes and an unknown codec are typed errors', () => {
    const counters = codecCounters(new Probe());
    const codeOf = (codecId: number, size: number): string => {
      try { unpackBytes(codecId, plain(10), size, counters); } catch (error) {
        return ['CORRUPT_PAGE', 'VERSION'].find((code) => hasCode(error, code as 'VERSION')) ?? String(error);
      }
      return 'none';
    };
    expect(codeOf(0, 11)).toBe('CORRUPT_PAGE');
    expect(codeOf(1, 11)).toBe('CORRUPT_PAGE');
    expect(codeOf(2, 11)).toBe('CORRUPT_PAGE');
    expect(codeOf(9, 10)).toBe('VERSION');
    expect(counters.decompressed).toBe(0);
  });
});
