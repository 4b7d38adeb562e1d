import { asciiText, mappedText } from './byte-text.js';
import { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
import type { CodePage } from './code-page-type.js';
import { writeLongAscii } from './text-bytes.js';

const NO_CHARACTER = 0xfffd;

/** A code page of one byte a character whose lower half is ASCII. */
export class SingleByteCodePage implements CodePage {
  readonly name: string;
  /** UTF-16 unit of every byte. */
  readonly #unitOf = new Uint16Array(256);
  /** Byte of every UTF-16 unit from 0x80 on, 0 = none; made at the first character that is not ASCII. */
  #byteOf: Uint8Array | undefined;

  /** `upperHalf`: 128 characters for the bytes 0x80 to 0xFF, U+FFFD where there is none. */
  constructor(name: string, upperHalf: string) {
    if (upperHalf.length !== 128) throw new RangeError(`code page ${name}: 128 characters expected, got ${upperHalf.length}`);
    this.name = name;
    for (let byte = 0; byte < 256; byte++) this.#unitOf[byte] = byte < 0x80 ? byte : upperHalf.charCodeAt(byte - 0x80);
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    return asciiText(bytes, start, end) ?? mappedText(bytes, start, end, this.#unitOf);
  }

  encode(text: string): Uint8Array | undefined {
    const bytes = new Uint8Array(text.length);
    return this.encodeInto(text, bytes, 0, bytes.length) === text.length ? bytes : undefined;
  }

  encodeInto(text: string, target: Uint8Array, at: number, room: number): number {
    const length = text.length;
    if (length > room) return TOO_LONG;
    if (writeLongAscii(text, target, at)) return length;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) { target[at + i] = unit; continue; }
      const byte = (this.#byteOf ??= inverse(this.#unitOf))[unit] ?? 0;
      if (byte === 0) return UNMAPPABLE;
      target[at + i] = byte;
    }
    return length;
  }
}

function inverse(unitOf: Uint16Array): Uint8Array {
  const byteOf = new Uint8Array(0x10000);
  for (let byte = 0xff; byte >= 0x80; byte--) {
    const unit = unitOf[byte] ?? NO_CHARACTER;
    if (unit !== NO_CHARACTER) byteOf[unit] = byte;
  }
  return byteOf;
}
