import { dataPageHead, dictionaryIndexes, dictionaryPageHead, ENCODING, int64Values, textValues } from './column-pages.js';
import { i32, i64, list, string, struct, thriftBytes, type ThriftField } from './thrift-writer.js';

const MAGIC = new TextEncoder().encode('PAR1');
const TYPE = { int64: 2, byteArray: 6 };
const REQUIRED = 0;
const UTF8 = 0;
const UNCOMPRESSED = 0;

/** A column without nulls: whole numbers, or texts given as places in a list of the different ones. */
export type ParquetColumn =
  | { readonly name: string; readonly numbers: readonly number[] }
  | { readonly name: string; readonly texts: readonly string[]; readonly places: readonly number[] };

interface Chunk {
  readonly parts: readonly Uint8Array[];
  readonly sizeBytes: number;
  readonly column: ThriftField;
}

/**
 * A Parquet file of one row group, not compressed: numbers plain, texts by dictionary. (Apache Parquet, format 2.)
 *
 * @example
 * parquetFile([{ name: 'page', numbers: [1, 2] }, { name: 'kind', texts: ['table'], places: [0, 0] }], 2);
 */
export function parquetFile(columns: readonly ParquetColumn[], rowCount: number): Uint8Array {
  let offset = MAGIC.length;
  const chunks = columns.map((column) => {
    const chunk = 'numbers' in column ? numberChunk(column.name, column.numbers, offset) : textChunk(column.name, column.texts, column.places, offset);
    offset += chunk.sizeBytes;
    return chunk;
  });
  const group = struct({ 1: list(chunks.map((chunk) => chunk.column)), 2: i64(offset - MAGIC.length), 3: i64(rowCount) });
  const footer = thriftBytes(struct({
    1: i32(2), 2: list([struct({ 4: string('rows'), 5: i32(columns.length) }), ...columns.map(schemaElement)]), 3: i64(rowCount),
    4: list(rowCount === 0 ? [] : [group]), 6: string('fieldstone'),
  }));
  const footerSize = new Uint8Array(4);
  new DataView(footerSize.buffer).setUint32(0, footer.length, true);
  return join([MAGIC, ...(rowCount === 0 ? [] : chunks.flatMap((chunk) => chunk.parts)), footer, footerSize, MAGIC]);
}

function schemaElement(column: ParquetColumn): ThriftField {
  return 'numbers' in column
    ? struct({ 1: i32(TYPE.int64), 3: i32(REQUIRED), 4: string(column.name) })
    : struct({ 1: i32(TYPE.byteArray), 3: i32(REQUIRED), 4: string(column.name), 6: i32(UTF8) });
}

function numberChunk(name: string, numbers: readonly number[], offset: number): Chunk {
  const values = int64Values(numbers);
  return chunkOf(name, TYPE.int64, numbers.length, offset, undefined, [dataPageHead(values.length, numbers.length, ENCODING.plain), values], [ENCODING.plain]);
}

function textChunk(name: string, texts: readonly string[], places: readonly number[], offset: number): Chunk {
  const dictionary = textValues(texts);
  const values = dictionaryIndexes(places, texts.length);
  const dictionaryPage = [dictionaryPageHead(dictionary.length, texts.length), dictionary];
  const dataPage = [dataPageHead(values.length, places.length, ENCODING.rleDictionary), values];
  return chunkOf(name, TYPE.byteArray, places.length, offset, dictionaryPage, dataPage, [ENCODING.plain, ENCODING.rleDictionary]);
}

function chunkOf(
  name: string, type: number, valueCount: number, offset: number, dictionaryPage: readonly Uint8Array[] | undefined, dataPage: readonly Uint8Array[],
  encodings: readonly number[],
): Chunk {
  const dictionaryBytes = sizeOf(dictionaryPage ?? []);
  const sizeBytes = dictionaryBytes + sizeOf(dataPage);
  const facts = struct({
    1: i32(type), 2: list(encodings.map(i32)), 3: list([string(name)]), 4: i32(UNCOMPRESSED), 5: i64(valueCount), 6: i64(sizeBytes), 7: i64(sizeBytes),
    9: i64(offset + dictionaryBytes), 11: dictionaryPage === undefined ? undefined : i64(offset),
  });
  return { parts: [...(dictionaryPage ?? []), ...dataPage], sizeBytes, column: struct({ 2: i64(offset), 3: facts }) };
}

function sizeOf(parts: readonly Uint8Array[]): number { return parts.reduce((sum, part) => sum + part.length, 0); }

function join(parts: readonly Uint8Array[]): Uint8Array {
  const file = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) { file.set(part, at); at += part.length; }
  return file;
}
