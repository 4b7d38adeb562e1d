import { codePage, FieldstoneError, readUpTo, type Vfs } from '#storage';

const CHUNK_BYTES = 256 << 10;
const MAX_CARRY_BYTES = 16 << 20;
const NEWLINE = 0x0a;

/** The bytes of a file in chunks; each is valid until the next is asked for. */
export function* fileChunks(vfs: Vfs, path: string): Generator<Uint8Array, void, undefined> {
  const file = vfs.open(path, 'read');
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (let at = 0; ;) {
      const n = readUpTo(file, chunk, at);
      if (n === 0) return;
      yield chunk.subarray(0, n);
      at += n;
    }
  } finally {
    file.close();
  }
}

function decoderOf(encoding: string): (bytes: Uint8Array, offset: number) => string {
  const page = codePage(encoding);
  if (page.name !== 'utf8') return (bytes) => page.decode(bytes, 0, bytes.length);
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes, offset) => {
    try {
      return strict.decode(bytes);
    } catch (e) {
      throw new FieldstoneError('VALUE', `the input is not UTF-8 (somewhere from byte ${offset} on); name its code page, for example cp1252`, { offset, cause: e });
    }
  };
}

/**
 * Bytes as text, in pieces. Cut behind line feeds, so no character is torn: no code page uses that byte inside a character.
 * A byte order mark is taken off; that of UTF-16 decides the encoding. Throws VALUE for bytes that are not UTF-8, OPTION.
 */
export async function* decodeText(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string, void, undefined> {
  let decode = decoderOf(encoding);
  let wide: InstanceType<typeof TextDecoder> | undefined;
  let carry = new Uint8Array(0);
  let offset = 0;
  let first = true;
  for await (const chunk of chunks) {
    if (first && chunk.length >= 2 && ((chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff))) {
      wide = new TextDecoder(chunk[0] === 0xff ? 'utf-16le' : 'utf-16be');
    } else if (first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) decode = decoderOf('utf8');
    const bytes = Buffer.concat([carry, chunk]);
    const end = wide === undefined ? bytes.lastIndexOf(NEWLINE) + 1 : bytes.length;
    if (end > 0) {
      const text = wide === undefined ? decode(bytes.subarray(0, end), offset) : wide.decode(bytes, { stream: true });
      yield first ? withoutMark(text) : text;
      first = false;
    }
    carry = Uint8Array.from(bytes.subarray(end));
    offset += end;
    if (carry.length > MAX_CARRY_BYTES) throw new FieldstoneError('LIMIT', `a line is longer than ${MAX_CARRY_BYTES} bytes`, { offset });
  }
  const last = wide === undefined ? decode(carry, offset) : wide.decode();
  yield first ? withoutMark(last) : last;
}

function withoutMark(text: string): string { return text.startsWith('\uFEFF') ? text.slice(1) : text; }
