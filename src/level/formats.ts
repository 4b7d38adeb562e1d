/** What abstract-level hands over and takes: data in one of its three formats. */
export type LevelData = string | Buffer | Uint8Array;

/** The format of a `LevelData`. */
export type LevelFormat = 'utf8' | 'buffer' | 'view';

/** As the store keeps it: bytes, whose order is the order of the keys. */
export function toBytes(data: LevelData): Uint8Array { return typeof data === 'string' ? Buffer.from(data, 'utf8') : data; }

/** Bytes of nobody else in the wanted format; `buffer` and `view` share their memory. */
export function fromBytes(bytes: Uint8Array, format: LevelFormat): LevelData {
  if (format === 'view') return bytes;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return format === 'buffer' ? buffer : buffer.toString('utf8');
}
