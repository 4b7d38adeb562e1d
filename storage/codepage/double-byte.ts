import { FieldstoneError } from '../base/errors.js';
import { asciiText } from './byte-text.js';
import { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
import type { CodePage } from './code-page-type.js';

/** What the Encoding Standard's decoder does not tell about writing. */
export interface DoubleByteRules {
  /** Label of the Encoding Standard: `shift_jis`, `gbk`, `euc-kr`, `big5`. */
  readonly label: string;
  /** First bytes of pairs that are read but never written, ranges with both ends. */
  readonly readOnlyLeads: readonly (readonly [from: number, to: number])[];
  /** Characters with several pairs of which Windows writes the last; of all others it writes the first. */
  readonly lastPair: string;
}

/** A code page of one or two bytes a character, on top of the runtime's own decoder. */
export class DoubleByteCodePage implements CodePage {
  readonly name: string;
  readonly #decoder: TextDecoder;
  readonly #rules: DoubleByteRules;
  /** Code point to byte (below 0x100) or byte pair; made at the first character that is not ASCII. */
  #codes: Map<number, number> | undefined;

  constructor(name: string, rules: DoubleByteRules) {
    this.name = name;
    this.#rules = rules;
    this.#decoder = decoderFor(name, rules.label);
  }

  decode(bytes: Uint8Array, start: number, end: number): string {
    return asciiText(bytes, start, end) ?? this.#decoder.decode(bytes.subarray(start, end));
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
      const code = point < 0x80 ? point : (this.#codes ??= codesOf(this.#decoder, this.#rules)).get(point);
      if (code === undefined) return UNMAPPABLE;
      if (written + (code > 0xff ? 2 : 1) > room) return TOO_LONG;
      if (code > 0xff) target[at + written++] = code >> 8;
      target[at + written++] = code & 0xff;
    }
    return written;
  }
}

function decoderFor(name: string, label: string): TextDecoder {
  try {
    return new TextDecoder(label, { ignoreBOM: true });
  } catch (cause) {
    throw new FieldstoneError('UNSUPPORTED', `this JavaScript runtime has no decoder for ${name} (${label}); use one with full ICU data`, { cause });
  }
}

/** The inverse of the decoder, found by decoding every single byte and every pair once (about 24,000 pairs). */
function codesOf(decoder: TextDecoder, rules: DoubleByteRules): Map<number, number> {
  const codes = new Map<number, number>();
  const single = new Uint8Array(1);
  for (let byte = 0x80; byte < 0x100; byte++) {
    single[0] = byte;
    add(codes, decoder.decode(single), byte, false);
  }
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    if (!rules.readOnlyLeads.some(([from, to]) => lead >= from && lead <= to)) addPairs(codes, decoder, lead, rules.lastPair);
  }
  return codes;
}

function addPairs(codes: Map<number, number>, decoder: TextDecoder, lead: number, lastPair: string): void {
  const pair = new Uint8Array([lead, 0]);
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    pair[1] = trail;
    const text = decoder.decode(pair);
    add(codes, text, (lead << 8) | trail, lastPair.includes(text));
  }
}

function add(codes: Map<number, number>, text: string, code: number, replace: boolean): void {
  const point = text.codePointAt(0) ?? 0;
  const isOneCharacter = text.length === (point > 0xffff ? 2 : 1);
  if (isOneCharacter && point >= 0x80 && point !== 0xfffd && (replace || !codes.has(point))) codes.set(point, code);
}
