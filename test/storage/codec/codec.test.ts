import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CODEC_NAMES, codecByName, codecById, FieldstoneError, hasCode, type Codec } from '#storage';

/** A made-up stretch of a table: what codecs are for. */
function tablePage(sizeBytes: number, seed: number): Uint8Array {
  let x = seed * 2654435761 + 1 | 0;
  const next = (): number => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x >>> 0; };
  const names = ['Miller', 'Jones', 'Garcia', 'Chen', 'Okafor', 'Novak'];
  let text = '';
  while (text.length < sizeBytes) {
    text += ` ${(names[next() % 6] ?? '').padEnd(20)}${String(next() % 100_000).padStart(10)}${20200101 + next() % 300}${next() % 2 ? 'T' : 'F'}`;
  }
  return Buffer.from(text.slice(0, sizeBytes), 'latin1');
}

function noise(sizeBytes: number): Uint8Array {
  let x = 88172645;
  return Uint8Array.from({ length: sizeBytes }, () => { x ^= x << 13; x ^= x >>> 17; x ^= x << 5; return x & 255; });
}

const SAMPLES: readonly [name: string, bytes: Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', new Uint8Array([7])],
  ['12 equal bytes', new Uint8Array(12).fill(1)],
  ['13 equal bytes', new Uint8Array(13).fill(1)],
  ['zeros', new Uint8Array(100_000)],
  ['14 bytes of noise', noise(14)],
  ['15 bytes of noise', noise(15)],
  ['269 bytes of noise', noise(269)],
  ['270 bytes of noise', noise(270)],
  ['noise', noise(70_000)],
  ['a table page', tablePage(4096, 1)],
  ['a stretch of a table', tablePage(300_000, 2)],
  ['noise between equal halves', Buffer.concat([tablePage(5000, 3), noise(66_000), tablePage(5000, 3)])],
];

describe.each(CODEC_NAMES)('codec %s', (name) => {
  const codec = codecByName(name);

  test('is found by its id, too', () => expect(codecById(codec.id)).toBe(codec));

  test.each(SAMPLES)('gives back %s', (_, bytes) => {
    expect(Buffer.compare(codec.decompress(codec.compress(bytes), bytes.length), bytes)).toBe(0);
  });

  test('gives back any bytes, and the same result each time', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 30 }), fc.nat(20)), { maxLength: 30 }), (parts) => {
      const bytes = Buffer.concat(parts.flatMap(([part, times]) => Array.from({ length: times }, () => part)));
      const packed = codec.compress(bytes);
      expect(Buffer.compare(codec.decompress(packed, bytes.length), bytes)).toBe(0);
      codec.compress(noise(3000));
      expect(Buffer.compare(codec.compress(bytes), packed)).toBe(0);
    }), { numRuns: 200 });
  });

  test('leaves its input alone, and its results do not share memory with each other', () => {
    const bytes = tablePage(2000, 5);
    const before = Buffer.from(bytes);
    const packed = codec.compress(bytes);
    const kept = Buffer.from(packed);
    codec.compress(noise(2000));
    expect(Buffer.compare(packed, kept)).toBe(0);
    const first = codec.decompress(packed, bytes.length);
    codec.decompress(packed, bytes.length);
    expect(Buffer.compare(first, before)).toBe(0);
    expect(Buffer.compare(bytes, before)).toBe(0);
    expect(Buffer.compare(packed, kept)).toBe(0);
  });

  test('a wrong original size is CORRUPT_PAGE', () => {
    const bytes = tablePage(3000, 6);
    const packed = codec.compress(bytes);
    for (const size of [0, 1, 2999, 3001, 6000, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => codec.decompress(packed, size), String(size)).toThrow(expect.objectContaining({ code: 'CORRUPT_PAGE' }));
    }
  });

  test('every cut and every changed byte: CORRUPT_PAGE or bytes of the right number', () => {
    const bytes = tablePage(700, 7);
    const packed = codec.compress(bytes);
    for (let cut = 0; cut < packed.length; cut++) outcome(codec, packed.subarray(0, cut), bytes.length);
    for (let at = 0; at < packed.length; at++) {
      for (const change of [1, 16, 64, 128, 255, 0x55]) {
        const damaged = Uint8Array.from(packed);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        outcome(codec, damaged, bytes.length);
      }
    }
  });

  test('any bytes at all: CORRUPT_PAGE or bytes of the right number, in bounded time', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(2000), (bytes, size) => {
      const start = performance.now();
      outcome(codec, bytes, size);
      expect(performance.now() - start).toBeLessThan(1000);
    }), { numRuns: 2000 });
  });
});

/** undefined when the codec refuses; anything but CORRUPT_PAGE or the promised number of bytes fails the test. */
function outcome(codec: Codec, bytes: Uint8Array, originalBytes: number): Uint8Array | undefined {
  try {
    const result = codec.decompress(bytes, originalBytes);
    expect(result.length).toBe(originalBytes);
    return result;
  } catch (error) {
    if (hasCode(error, 'CORRUPT_PAGE')) return undefined;
    throw error;
  }
}

describe('codecById', () => {
  test('an unknown id is VERSION', () => {
    for (const id of [-1, 3, 255, Number.NaN]) {
      let caught: unknown;
      try { codecById(id); } catch (error) { caught = error; }
      expect(caught).toBeInstanceOf(FieldstoneError);
      expect(caught).toMatchObject({ code: 'VERSION' });
    }
  });

  test('ids never change', () => expect(CODEC_NAMES.map((name) => codecByName(name).id)).toEqual([0, 1, 2]));
});

/** The block format read to the letter, with every check. */
function referenceLz4(block: Uint8Array, limit: number): number[] | undefined {
  const out: number[] = [];
  let at = 0;
  const length = (nibble: number): number | undefined => {
    let total = nibble;
    if (nibble !== 15) return total;
    for (;;) {
      const more = block[at++];
      if (more === undefined) return undefined;
      total += more;
      if (more !== 255) return total;
    }
  };
  for (;;) {
    const token = block[at++];
    if (token === undefined) return undefined;
    const literals = length(token >> 4);
    if (literals === undefined || at + literals > block.length || out.length + literals > limit) return undefined;
    out.push(...block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return out;
    const [low, high] = [block[at++], block[at++]];
    if (low === undefined || high === undefined) return undefined;
    const offset = low + high * 256;
    const match = length(token & 15);
    if (match === undefined || offset === 0 || offset > out.length || out.length + match + 4 > limit) return undefined;
    for (let i = 0; i < match + 4; i++) out.push(out[out.length - offset] ?? 0);
  }
}

describe('lz4', () => {
  const lz4 = codecByName('lz4');

  test('agrees with the format read to the letter, on sound and on damaged blocks', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    fc.assert(fc.property(fc.nat(400), fc.nat(5), damage, fc.integer({ min: -3, max: 3 }), (size, seed, changes, off) => {
      const block = Uint8Array.from(lz4.compress(tablePage(size, seed)));
      for (const [at, value] of changes) block[at % block.length] = value;
      const claimed = Math.max(0, size + (off === 0 || changes.length > 0 ? 0 : off));
      const expected = referenceLz4(block, claimed);
      const got = outcome(lz4, block, claimed);
      expect(got === undefined ? undefined : [...got]).toEqual(expected?.length === claimed ? expected : undefined);
    }), { numRuns: 2000 });
  });

  test('a length of megabytes in a few bytes is refused, unless it is the truth', () => {
    const run = new Uint8Array(4000).fill(255);
    const block = Uint8Array.from([0x1f, 65, 1, 0, ...run, 0, 0x00]);
    const honest = 1 + 15 + 4000 * 255 + 4;
    expect(outcome(lz4, block, 4096)).toBeUndefined();
    expect(outcome(lz4, block, honest)?.every((byte) => byte === 65)).toBe(true);
    expect(outcome(lz4, block, honest + 1)).toBeUndefined();
  });
});

describe('deflate', () => {
  const deflate = codecByName('deflate');

  test.each(SAMPLES)('exchanges %s with zlib, both ways', (_, bytes) => {
    expect(Buffer.compare(inflateRawSync(deflate.compress(bytes)), bytes)).toBe(0);
    for (const level of [0, 1, 6, 9]) {
      expect(Buffer.compare(deflate.decompress(deflateRawSync(bytes, { level }), bytes.length), bytes), `level ${level}`).toBe(0);
    }
  });

  test('a bomb is refused in bounded time and memory', () => {
    const bomb = deflateRawSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });
    expect(bomb.length).toBeGreaterThan(60_000);
    const before = process.memoryUsage().arrayBuffers;
    const start = performance.now();
    expect(outcome(deflate, bomb, 65_536)).toBeUndefined();
    expect(outcome(deflate, bomb.subarray(0, 16_000), 4096)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(2000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(160 * 1024 * 1024);
  });

  test('a long stream that gives one byte more or less than it should is refused', () => {
    const bytes = noise(200_000);
    const packed = deflate.compress(bytes);
    expect(packed.length).toBeGreaterThan(100_000);
    expect(outcome(deflate, packed, bytes.length - 1)).toBeUndefined();
    expect(outcome(deflate, packed, bytes.length + 1)).toBeUndefined();
    expect(outcome(deflate, packed.subarray(0, packed.length - 1000), bytes.length)).toBeUndefined();
    expect(outcome(deflate, packed, bytes.length)?.length).toBe(bytes.length);
  });
});
