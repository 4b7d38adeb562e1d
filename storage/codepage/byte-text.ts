import { Buffer } from 'node:buffer';

// Below this length a loop beats the call into the runtime (measured: the call costs about 45 ns, a loop 2 ns a byte).
const SHORT_BYTES = 16;
const PROBED_BYTES = 8;
const UNITS_AT_ONCE = 12;
const REPLACEMENT = '\uFFFD';

type Slice = (this: Uint8Array, start: number, end: number) => string;

/** Node's slice functions take any Uint8Array; a runtime whose functions insist on a Buffer gets a view. */
function sliceFunction(name: 'latin1Slice' | 'utf8Slice' | 'ucs2Slice', encoding: 'latin1' | 'utf8' | 'utf16le'): Slice {
  const native: unknown = Reflect.get(Buffer.prototype, name);
  const viaView: Slice = function (start, end) {
    return Buffer.from(this.buffer, this.byteOffset + start, end - start).toString(encoding);
  };
  if (typeof native !== 'function') return viaView;
  const slice = native as Slice;
  try {
    const probe = slice.call(new Uint8Array([0x41, 0x42, 0, 0x43]), 1, 3);
    return probe === (encoding === 'utf16le' ? 'B' : 'B\0') ? slice : viaView;
  } catch {
    return viaView;
  }
}

const latin1Slice = sliceFunction('latin1Slice', 'latin1');
const utf8Slice = sliceFunction('utf8Slice', 'utf8');
const ucs2Slice = sliceFunction('ucs2Slice', 'utf16le');

/** Where mapped text is put together; never holds anything between two calls. */
const scratch = new Uint8Array(8192);
const SCRATCH_UNITS = scratch.length / 2;

/** Every byte as the character of the same number. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  return end - start <= SHORT_BYTES ? shortText(bytes, start, end) : latin1Slice.call(bytes, start, end);
}

/** UTF-8; bytes that are none give U+FFFD. A byte order mark stays in the text. */
export function utf8Text(bytes: Uint8Array, start: number, end: number): string {
  return asciiText(bytes, start, end) ?? utf8Slice.call(bytes, start, end);
}

/** The text when all bytes are below 0x80, else undefined. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start <= SHORT_BYTES) return allAscii(bytes, start, end) ? shortText(bytes, start, end) : undefined;
  // Text that is not ASCII mostly shows it at once; then the slice below would be for nothing.
  if (!allAscii(bytes, start, start + PROBED_BYTES)) return undefined;
  // A UTF-8 sequence of n bytes gives fewer than n characters, a broken one gives U+FFFD: so equal length without it means ASCII.
  const text = utf8Slice.call(bytes, start, end);
  return text.length === end - start && !text.includes(REPLACEMENT) ? text : undefined;
}

/** Every byte as the UTF-16 unit that `unitOf` (256 of them) has for it. */
export function mappedText(bytes: Uint8Array, start: number, end: number, unitOf: Uint16Array): string {
  let text = '';
  for (let from = start; from < end; from += SCRATCH_UNITS) {
    const to = Math.min(end, from + SCRATCH_UNITS);
    let at = 0;
    for (let i = from; i < to; i++) {
      const unit = unitOf[bytes[i] ?? 0] ?? 0;
      scratch[at++] = unit & 0xff;
      scratch[at++] = unit >> 8;
    }
    text += ucs2Slice.call(scratch, 0, at);
  }
  return text;
}

function allAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  for (let i = start; i < end; i++) seen |= bytes[i] ?? 0;
  return seen < 0x80;
}

/** One call for all characters: a call takes much longer than a character, and so does putting two texts together. */
function shortText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > UNITS_AT_ONCE) return shortText(bytes, start, start + UNITS_AT_ONCE) + shortText(bytes, start + UNITS_AT_ONCE, end);
  const at = (i: number): number => bytes[start + i] ?? 0;
  switch (end - start) {
    case 1: return String.fromCharCode(at(0));
    case 2: return String.fromCharCode(at(0), at(1));
    case 3: return String.fromCharCode(at(0), at(1), at(2));
    case 4: return String.fromCharCode(at(0), at(1), at(2), at(3));
    case 5: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4));
    case 6: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5));
    case 7: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6));
    case 8: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
    case 9: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8));
    case 10: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9));
    case 11: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10));
    case 12: return String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11));
    default: return '';
  }
}
