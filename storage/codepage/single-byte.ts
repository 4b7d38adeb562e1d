import { asciiText } from './byte-text.js';
import { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
import type { CodePage } from './code-page-type.js';

const NO_CHARACTER = '\uFFFD';

/** A code page of one byte a character whose lower half is ASCII. */
export class SingleByteCodePage implements CodePage {
  readonly name: string;
  /** Character of every byte. */
  readonly #characters: readonly string[];
  /** Byte of every UTF-16 unit from 0x80 on, 0 = none; made at the first character that is not ASCII. */
  #byteOf: Uint8Array | undefined;

  /** `upperHalf`: 128 characters for the bytes 0x80 to 0xFF, U+FFFD where there is none. */
  constructor(name: string, upperHalf: string) {
    if (upperHalf.length !== 128) throw new RangeError(`code page ${name}: 128 characters expected, got ${upperHalf.length}`);
    this.name = name;
    const lowerHalf = Array.from({ length: 128 }, (_, byte) => String.fromCharCode(byte));
    this.#characters = [...lowerHalf, ...upperHalf.split('')];
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    const ascii = asciiText(bytes, start, end);
    if (ascii !== undefined) return ascii;
    const characters = this.#characters;
    let text = '';
    for (let i = start; i < end; i++) text += characters[bytes[i] ?? 0] ?? NO_CHARACTER;
    return text;
  }

  encode(text: string): Uint8Array | undefined {
    const bytes = new Uint8Array(text.length);
    return this.encodeInto(text, bytes, 0, bytes.length) === text.length ? bytes : undefined;
  }

  encodeInto(text: string, target: Uint8Array, at: number, room: number): number {
    const length = text.length;
    if (length > room) return TOO_LONG;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) { target[at + i] = unit; continue; }
      const byte = (this.#byteOf ??= inverse(this.#characters))[unit] ?? 0;
      if (byte === 0) return UNMAPPABLE;
      target[at + i] = byte;
    }
    return length;
  }
}

function inverse(characters: readonly string[]): Uint8Array {
  const byteOf = new Uint8Array(0x10000);
  for (let byte = 0xff; byte >= 0x80; byte--) {
    const unit = characters[byte]?.charCodeAt(0) ?? 0;
    if (characters[byte] !== NO_CHARACTER) byteOf[unit] = byte;
  }
  return byteOf;
}
