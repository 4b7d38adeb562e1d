import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionError, ByteReader, ByteWriter, MAX_VARINT_BYTES, readVarint, varintLength, writeVarint, type FieldstoneError } from '#storage';
import { codeOf } from '../../support/vfs-conformance.js';

const safe = fc.oneof(fc.maxSafeNat(), fc.nat(300), fc.integer({ min: 0, max: 52 }).map((bits) => 2 ** bits), fc.constant(Number.MAX_SAFE_INTEGER));
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.constantFrom('', 'ä'.repeat(64), 'x'.repeat(127), 'x'.repeat(128), '\u{1f600}'.repeat(40), '\uFEFFmark'));

type Value = { kind: 'u8' | 'u16' | 'u32' | 'u48' | 'u64' | 'varint' | 'f64'; value: number } | { kind: 'utf8'; value: string } | { kind: 'blob'; value: Uint8Array };

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.maxSafeNat().map((n) => n % 2 ** 32) }),
  fc.record({ kind: fc.constant('u48' as const), value: fc.maxSafeNat().map((n) => n % 2 ** 48) }),
  fc.record({ kind: fc.constantFrom('u64' as const, 'varint' as const), value: safe }),
  fc.record({ kind: fc.constant('f64' as const), value: fc.double() }),
  fc.record({ kind: fc.constant('utf8' as const), value: text }),
  fc.record({ kind: fc.constant('blob' as const), value: fc.uint8Array({ maxLength: 400 }) }),
);

function put(out: ByteWriter, one: Value): void {
  if (one.kind === 'utf8') out.utf8(one.value);
  else if (one.kind === 'blob') out.blob(one.value);
  else out[one.kind](one.value);
}

describe('ByteWriter and ByteReader', () => {
  test('give back any values in order, from a small start and after a reset', () => {
    const out = new ByteWriter(1);
    fc.assert(fc.property(fc.array(value, { maxLength: 30 }), (values) => {
      out.reset();
      for (const one of values) put(out, one);
      const input = new ByteReader(out.bytes(), 'CORRUPT_WAL');
      for (const one of values) expect(input[one.kind]()).toEqual(one.value);
      input.expectEnd();
      expect(input.position).toBe(out.length);
    }), { numRuns: 300 });
  });

  test('reading any beginning of the bytes gives the values before it, then the given code', () => {
    fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), fc.nat(1000), (values, cut) => {
      const out = new ByteWriter();
      for (const one of values) put(out, one);
      const input = new ByteReader(out.bytes().subarray(0, cut % out.length), 'CORRUPT_PAGE');
      const code = codeOf(() => { for (const one of values) expect(input[one.kind]()).toEqual(one.value); });
      expect(code).toBe('CORRUPT_PAGE');
    }), { numRuns: 200 });
  });

  test('lays numbers out lowest byte first', () => {
    const out = new ByteWriter();
    out.u16(0x0102); out.u32(0x03040506); out.u48(0x0708090a0b0c); out.u64(0x1f2e3d4c5b6a79); out.bytes(Uint8Array.of(9));
    expect(Buffer.from(out.bytes()).toString('hex')).toBe('0201' + '06050403' + '0c0b0a090807' + '796a5b4c3d2e1f00' + '09');
  });

  test('refuse values that do not fit', () => {
    const out = new ByteWriter();
    for (const bad of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
      for (const kind of ['u8', 'u16', 'u32', 'u48', 'u64', 'varint'] as const) expect(() => out[kind](bad)).toThrow(AssertionError);
    }
    expect(() => out.u8(256)).toThrow(AssertionError);
    expect(out.length).toBe(0);
  });

  test('a claimed length allocates nothing', () => {
    const out = new ByteWriter();
    out.varint(2 ** 52);
    for (const read of [(input: ByteReader) => input.blob(), (input: ByteReader) => input.utf8(), (input: ByteReader) => input.bytes(2 ** 40)]) {
      expect(codeOf(() => read(new ByteReader(out.bytes(), 'CORRUPT_WAL')))).toBe('CORRUPT_WAL');
    }
  });

  test('the error names file and offset', () => {
    const input = new ByteReader(Uint8Array.of(1, 2, 3), 'CORRUPT_WAL', { file: '/db/x', offset: 100 });
    input.u16();
    let caught: unknown;
    try { input.u32(); } catch (error) { caught = error; }
    expect(caught).toMatchObject({ code: 'CORRUPT_WAL', file: '/db/x', offset: 102 } satisfies Partial<FieldstoneError>);
    expect(codeOf(() => new ByteReader(Uint8Array.of(2, 0xff, 0xff), 'VALUE').utf8())).toBe('VALUE');
    expect(codeOf(() => new ByteReader(new Uint8Array(8).fill(0xff), 'VALUE').u64())).toBe('VALUE');
    expect(codeOf(() => new ByteReader(Uint8Array.of(1), 'VALUE').expectEnd())).toBe('VALUE');
  });

  test('reset() gives back what exceeds the bound', () => {
    const out = new ByteWriter(16);
    out.bytes(new Uint8Array(5000));
    out.reset(1000);
    expect(out.capacityBytes).toBe(1000);
    out.utf8('still works');
    expect(new ByteReader(out.bytes(), 'VALUE').utf8()).toBe('still works');
  });
});

describe('varints', () => {
  test('have one encoding for each value, of the stated length', () => {
    fc.assert(fc.property(safe, (n) => {
      const target = new Uint8Array(MAX_VARINT_BYTES);
      const end = writeVarint(target, 0, n);
      expect(end).toBe(varintLength(n));
      expect(readVarint(target, 0)).toBe(n);
      expect(readVarint(target.subarray(0, end - 1), 0)).toBe(-1);
      if (end < MAX_VARINT_BYTES) {
        target[end - 1] = target[end - 1]! | 0x80;
        target[end] = 0;
        expect(readVarint(target, 0)).toBe(-1);
      }
    }), { numRuns: 500 });
    expect(readVarint(new Uint8Array(20).fill(0x80), 0)).toBe(-1);
    expect(readVarint(new Uint8Array(20).fill(0xff), 0)).toBe(-1);
  });
});
