import { codecByName, crc32 } from '#storage';

const MAGIC_DEFLATE_NO_FLAGS = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/** A gzip member (RFC 1952) without a name and without a time: the same bytes always give the same file. */
export function gzip(bytes: Uint8Array): Uint8Array {
  const body = codecByName('deflate').compress(bytes);
  const head = MAGIC_DEFLATE_NO_FLAGS.length;
  const file = new Uint8Array(head + body.length + 8);
  file.set(MAGIC_DEFLATE_NO_FLAGS);
  file.set(body, head);
  const view = new DataView(file.buffer);
  view.setUint32(head + body.length, crc32(bytes), true);
  view.setUint32(head + body.length + 4, bytes.length, true);
  return file;
}
