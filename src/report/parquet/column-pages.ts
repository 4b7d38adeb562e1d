import { i32, struct, thriftBytes, type ThriftField } from './thrift-writer.js';

const TEXT = new TextEncoder();
const PAGE = { data: 0, dictionary: 2 };

/** Numbers of the format for the encodings that are used here. */
export const ENCODING = { plain: 0, rle: 3, rleDictionary: 8 };

/** Whole numbers, 64 bits each. */
export function int64Values(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => { view.setBigInt64(i * 8, BigInt(Math.round(value)), true); });
  return bytes;
}

/** Texts, each after its length in 4 bytes. */
export function textValues(values: readonly string[]): Uint8Array {
  const parts = values.map((value) => TEXT.encode(value));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

/** Places in a dictionary: their width in bits, then one bit-packed run of groups of 8. */
export function dictionaryIndexes(indexes: readonly number[], dictionarySize: number): Uint8Array {
  const width = Math.max(1, Math.ceil(Math.log2(Math.max(2, dictionarySize))));
  const groups = Math.ceil(indexes.length / 8);
  const head = [width];
  let rest = groups * 2 + 1;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) head.push((rest % 128) | 0x80);
  head.push(rest);
  const bytes = new Uint8Array(head.length + groups * width);
  bytes.set(head);
  indexes.forEach((index, i) => {
    for (let bit = 0; bit < width; bit++) {
      if (((index >>> bit) & 1) === 0) continue;
      const at = i * width + bit;
      const place = head.length + (at >> 3);
      bytes[place] = (bytes[place] ?? 0) | (1 << (at & 7));
    }
  });
  return bytes;
}

function page(type: number, size: number, headers: Readonly<Record<number, ThriftField>>): Uint8Array {
  return thriftBytes(struct({ 1: i32(type), 2: i32(size), 3: i32(size), ...headers }));
}

/** The head of a page of values of a column without nulls. */
export function dataPageHead(sizeBytes: number, valueCount: number, encoding: number): Uint8Array {
  return page(PAGE.data, sizeBytes, { 5: struct({ 1: i32(valueCount), 2: i32(encoding), 3: i32(ENCODING.rle), 4: i32(ENCODING.rle) }) });
}

/** The head of a page that holds a dictionary. */
export function dictionaryPageHead(sizeBytes: number, valueCount: number): Uint8Array {
  return page(PAGE.dictionary, sizeBytes, { 7: struct({ 1: i32(valueCount), 2: i32(ENCODING.plain) }) });
}
