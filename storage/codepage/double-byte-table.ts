import { assert } from '../base/assert.js';
import { FieldstoneError } from '../base/errors.js';
import { addUnifiedHangul } from './unified-hangul.js';

/** What the Encoding Standard's decoder does not tell about writing. */
export interface DoubleByteRules {
  /** Label of the Encoding Standard: `shift_jis`, `gbk`, `euc-kr`, `big5`. */
  readonly label: string;
  /** First bytes of pairs that are read but never written, ranges with both ends. */
  readonly readOnlyLeads: readonly (readonly [from: number, to: number])[];
  /** Characters with several pairs of which Windows writes the last; of all others it writes the first. */
  readonly lastPair: string;
  /** Some runtimes know only the part of Korean that is in KS X 1001; the rest follows by rule. */
  readonly unifiedHangul?: true;
}

export interface DoubleByteTable {
  /** Code point of a byte (index below 0x100) or a pair (lead x 256 + trail); 0 = none. */
  readonly pointOf: Uint32Array;
  /** The inverse: the byte or pair to write for a code point. */
  readonly codeOf: ReadonlyMap<number, number>;
}

const LEAST_LEAD = 0x81;
const LEAST_TRAIL = 0x40;
const LAST = 0xfe;
const NEWLINE = 0x0a;

/** The whole page, found by decoding every byte and pair once (about 20 ms). */
export function doubleByteTable(name: string, rules: DoubleByteRules): DoubleByteTable {
  const decoder = decoderFor(name, rules.label);
  const pointOf = new Uint32Array(0x10000);
  // Not asked from the decoder: some exchange control characters below 0x20.
  for (let byte = 0; byte < 0x80; byte++) pointOf[byte] = byte;
  const single = new Uint8Array(1);
  for (let byte = 0x80; byte < 0x100; byte++) {
    single[0] = byte;
    const point = onlyCharacter(decoder.decode(single));
    // C1 controls are what some decoders make of bytes that mean nothing.
    if (point > 0x9f) pointOf[byte] = point;
  }
  for (let lead = LEAST_LEAD; lead <= LAST; lead++) readLead(decoder, lead, pointOf);
  if (rules.unifiedHangul) addUnifiedHangul(pointOf);
  return { pointOf, codeOf: inverse(pointOf, rules) };
}

function decoderFor(name: string, label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label, { ignoreBOM: true });
  } catch (cause) {
    throw new FieldstoneError('UNSUPPORTED', `this JavaScript runtime has no decoder for ${name} (${label}); use one with full ICU data`, { cause });
  }
}

/** All pairs of a lead byte in one call, a newline after each: no decoder takes a newline into a pair. */
function readLead(decoder: InstanceType<typeof TextDecoder>, lead: number, pointOf: Uint32Array): void {
  const bytes = new Uint8Array(3 * (LAST - LEAST_TRAIL + 1));
  let at = 0;
  for (let trail = LEAST_TRAIL; trail <= LAST; trail++) {
    bytes[at++] = lead;
    bytes[at++] = trail;
    bytes[at++] = NEWLINE;
  }
  const lines = decoder.decode(bytes).split('\n');
  assert(lines.length === LAST - LEAST_TRAIL + 2, 'a decoder leaves newlines alone');
  for (let trail = LEAST_TRAIL; trail <= LAST; trail++) pointOf[(lead << 8) | trail] = onlyCharacter(lines[trail - LEAST_TRAIL] ?? '');
}

/** The code point when the text is one character that means something, else 0. */
function onlyCharacter(text: string): number {
  const point = text.codePointAt(0) ?? 0;
  return point !== 0xfffd && text.length === (point > 0xffff ? 2 : 1) ? point : 0;
}

function inverse(pointOf: Uint32Array, rules: DoubleByteRules): Map<number, number> {
  const codeOf = new Map<number, number>();
  for (let code = 0; code < pointOf.length; code++) {
    const point = pointOf[code] ?? 0;
    const lead = code >> 8;
    if (point === 0 && code > 0) continue;
    if (rules.readOnlyLeads.some(([from, to]) => lead >= from && lead <= to)) continue;
    if (!codeOf.has(point) || rules.lastPair.includes(String.fromCodePoint(point))) codeOf.set(point, code);
  }
  return codeOf;
}
