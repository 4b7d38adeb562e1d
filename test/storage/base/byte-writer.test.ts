import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '#storage';

/** Every kind of value: how it is written and read back. */
const KINDS = {
  u8: fc.nat(0xff), u16: fc.nat(0xffff), u32: fc.nat(0xffffffff), u48: fc.nat(2 ** 48 - 1), u64: fc.maxSafeNat(), varint: fc.maxSafeNat(),
  f64: fc.double({ noNaN: true }), utf8: fc.string({ unit: 'grapheme', maxLength: 300 }), blob: fc.uint8Array({ maxLength: 300 }),
} as const;
type Kind = keyof typeof KINDS;
type Written = { [K in Kind]: { kind: K; value: K extends 'utf8' ? string : K extends 'blob' ? Uint8Array : number } }[Kind];

const values = fc.array(fc.oneof(...Object.entries(KINDS).map(([kind, value]) => fc.record({ kind: fc.constant(kind), value })))) as fc.Arbitrary<Written[]>;

function write(writer: ByteWriter, item: Written): void {
  if (item.kind === 'utf8') writer.utf8(item.value);
  else if (item.kind === 'blob') writer.blob(item.value);
  else writer[item.kind](item.value);
}

describe('what is written is read back', () => {
  test('from any capacity on, through growth at any place', () => {
    fc.assert(fc.property(values, fc.nat(20), (items, capacityBytes) => {
      const writer = new ByteWriter(capacityBytes);
      for (const item of items) write(writer, item);
      const reader = new ByteReader(writer.bytes(), 'CORRUPT_WAL');
      for (const { kind, value } of items) expect(reader[kind]()).toEqual(value);
    }));
  });

  test.each(['u8', 'u16', 'u32', 'u48', 'u64', 'varint', 'f64'] as const)('%s just where the buffer grows', (kind) => {
    for (let before = 0; before <= 16; before++) {
      const writer = new ByteWriter(16);
      for (let i = 0; i < before; i++) writer.u8(i);
      writer[kind](200);
      const reader = new ByteReader(writer.bytes(), 'CORRUPT_WAL');
      for (let i = 0; i < before; i++) expect(reader.u8()).toBe(i);
      expect(reader[kind](), `after ${before} bytes`).toBe(200);
    }
  });
});

test('rewind forgets what came after a place', () => {
  const writer = new ByteWriter(4);
  writer.utf8('kept');
  const place = writer.length;
  writer.utf8('dropped');
  writer.rewind(place);
  writer.u8(7);
  const reader = new ByteReader(writer.bytes(), 'CORRUPT_WAL');
  expect([reader.utf8(), reader.u8(), reader.remaining]).toEqual(['kept', 7, 0]);
  expect(() => writer.rewind(place + 2)).toThrow('a writer goes back');
});
