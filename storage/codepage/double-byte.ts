import { asciiText } from './byte-text.js';
import { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
import type { CodePage } from './code-page-type.js';
import { doubleByteTable } from './double-byte-table.js';
import type { DoubleByteRules, DoubleByteTable } from './double-byte-table.js';

const NO_CHARACTER = '\uFFFD';

/** A code page of one or two bytes a character whose lower half is ASCII. */
export class DoubleByteCodePage implements CodePage {
  readonly name: string;
  readonly #rules: DoubleByteRules;
  /** Made at the first character that is not ASCII. */
  #table: DoubleByteTable | undefined;

  constructor(name: string, rules: DoubleByteRules) {
    this.name = name;
    this.#rules = rules;
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    const ascii = asciiText(bytes, start, end);
    if (ascii !== undefined) return ascii;
    const { pointOf } = this.#made();
    let text = '';
    for (let i = start; i < end; i++) {
      const lead = bytes[i] ?? 0;
      let point = pointOf[lead] ?? 0;
      if (point === 0 && lead >= 0x80 && i + 1 < end) {
        point = pointOf[(lead << 8) | (bytes[i + 1] ?? 0)] ?? 0;
        if (point !== 0) i++;
      }
      text += point === 0 && lead >= 0x80 ? NO_CHARACTER : String.fromCodePoint(point);
    }
    return text;
  }

  encode(text: string): Uint8Array | undefined {
    const bytes = new Uint8Array(2 * text.length);
    const length = this.encodeInto(text, bytes, 0, bytes.length);
    return length < 0 ? undefined : bytes.slice(0, length);
  }

  encodeInto(text: string, target: Uint8Array, at: number, room: number): number {
    let written = 0;
    for (let i = 0; i < text.length; i++) {
      const point = text.codePointAt(i) ?? 0;
      if (point > 0xffff) i++;
      const code = point < 0x80 ? point : this.#made().codeOf.get(point);
      if (code === undefined) return UNMAPPABLE;
      if (written + (code > 0xff ? 2 : 1) > room) return TOO_LONG;
      if (code > 0xff) target[at + written++] = code >> 8;
      target[at + written++] = code & 0xff;
    }
    return written;
  }

  #made(): DoubleByteTable { return this.#table ??= doubleByteTable(this.name, this.#rules); }
}
