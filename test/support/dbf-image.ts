import { MemoryVfs, readDbfLayout, type DbfLayout, type ReadLayoutOptions } from '#storage';

/** A field of a table image: name, type letter, length, and what is not 0. */
export interface ImageField {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly decimals?: number;
  readonly flags?: number;
}

export interface ImageOptions {
  readonly version?: number;
  /** Records as latin1 text, delete mark first. */
  readonly records?: readonly string[];
  /** Bytes after the last descriptor. */
  readonly tail?: readonly number[];
  readonly count?: number;
  readonly recordLength?: number;
  readonly end?: readonly number[];
  /** Header bytes to overwrite: offset and value. */
  readonly patch?: readonly (readonly [number, number])[];
}

/** The bytes of a table with 32-byte descriptors, as any program may have written it. */
export function dbfImage(fields: readonly ImageField[], options: ImageOptions = {}): Uint8Array {
  const { version = 0x03, records = [], tail = [0x0d], end = [0x1a] } = options;
  const headerLength = 32 * (fields.length + 1) + tail.length;
  const recordLength = options.recordLength ?? fields.reduce((total, f) => total + f.length, 1);
  const header = Buffer.alloc(headerLength);
  header.set([version, 126, 2, 28]);
  header.writeUInt32LE(options.count ?? records.length, 4);
  header.writeUInt16LE(headerLength, 8);
  header.writeUInt16LE(recordLength, 10);
  for (const [i, field] of fields.entries()) {
    const at = 32 * (i + 1);
    header.write(field.name, at, 'latin1');
    header.write(field.type, at + 11, 'latin1');
    header[at + 16] = field.length & 0xff;
    header[at + 17] = field.type === 'C' && field.length > 255 ? field.length >> 8 : field.decimals ?? 0;
    header[at + 18] = field.flags ?? 0;
  }
  header.set(tail, 32 * (fields.length + 1));
  for (const [at, value] of options.patch ?? []) header[at] = value;
  return Buffer.concat([header, Buffer.from(records.join(''), 'latin1'), Buffer.from(end)]);
}

/** The layout of an image. */
export function layoutOf(image: Uint8Array, options: ReadLayoutOptions = {}, path = '/t.dbf'): DbfLayout {
  const file = new MemoryVfs([[path, image]]).open(path, 'read');
  try {
    return readDbfLayout(file, options);
  } finally {
    file.close();
  }
}
