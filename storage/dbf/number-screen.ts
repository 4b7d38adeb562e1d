import type { DbfField } from './dbf-types.js';
import { wordsOf } from './record-words.js';
import type { RecordScreen } from './record-test.js';

const WORD_BYTES = 4;
const WORDS = 3;
const HIGH_HALVES = 0xf0f0f0f0 | 0;
const ZERO = 0x30;
const POINT = 0x2e;

/** Equal to no digits. */
const NOTHING = { maskA: -1, lowA: -1, maskB: 0, lowB: 0 };

/** Four bytes of a field, and what turns them into digits, one in each byte. */
interface Word {
  /** Place in the field. */
  readonly at: number;
  /** Makes the digit 0 of a blank, where blanks may stand. */
  readonly fill: number;
  /** What the bytes are when their digits are 0. */
  readonly zero: number;
  /** Carries into the high half of a byte that is no digit, or not the point. */
  readonly above: number;
  /** Bytes that another word does not have. */
  readonly mask: number;
  /** The digits of both ends of the range. */
  readonly low: number;
  readonly high: number;
}

/**
 * Drops records whose N or F field holds digits, with the point in its usual place and nothing but blanks before them, of a number that is not
 * between `least` and `greatest` (whole numbers: those digits without the point). Everything else passes: signs, exponents, odd places. Four digits are
 * looked at in one go. Undefined for fields too short or too long for that.
 */
export function numberScreen(field: DbfField, least: number, greatest: number): RecordScreen | undefined {
  const { offset, length } = field;
  if (length < WORD_BYTES || length > WORDS * WORD_BYTES) return undefined;
  const [a, b, c] = wordsOfField(field, Math.max(0, least), greatest);
  if (a === undefined || b === undefined || c === undefined) return undefined;
  const isEmpty = Math.max(0, least) > Math.min(greatest, mostOf(field));
  // The first word in which the ends differ decides; those before it must be equal to both.
  const first = a.low !== a.high ? 0 : b.low !== b.high ? 1 : 2;
  const deciding = [a, b, c][first] ?? c;
  const equal = isEmpty ? NOTHING : { maskA: first > 0 ? -1 : 0, lowA: a.low, maskB: first > 1 ? -1 : 0, lowB: b.low };
  return (bytes, start, recordLength, count, starts) => {
    const words = wordsOf(bytes);
    // Locals: a loop reads them faster than what a function closes over.
    const [low, span] = [deciding.low, deciding.high - deciding.low];
    const { maskA: equalA, lowA, maskB: equalB, lowB } = equal;
    const [atA, atB, atC] = [offset + a.at, offset + b.at, offset + c.at];
    const { fill: fillA, zero: zeroA, above: aboveA, mask: maskA } = a;
    const { fill: fillB, zero: zeroB, above: aboveB, mask: maskB } = b;
    const { fill: fillC, zero: zeroC, above: aboveC, mask: maskC } = c;
    let kept = 0;
    for (let at = start, end = start + count * recordLength; at < end; at += recordLength) {
      const x = ((words.getInt32(at + atA) | fillA) ^ zeroA) & maskA;
      const y = ((words.getInt32(at + atB) | fillB) ^ zeroB) & maskB;
      const z = ((words.getInt32(at + atC) | fillC) ^ zeroC) & maskC;
      const isOutside = (((x ^ lowA) & equalA) | ((y ^ lowB) & equalB)) !== 0 || (first === 0 ? x : first === 1 ? y : z) - low >>> 0 > span;
      if (isOutside && ((x | (x + aboveA) | y | (y + aboveB) | z | (z + aboveC)) & HIGH_HALVES) === 0) continue;
      starts[kept++] = at;
    }
    return kept;
  };
}

function mostOf({ length, decimals }: DbfField): number { return 10 ** (decimals === 0 ? length : length - 1) - 1; }

/** The words of a field from the left; the first may overlap the second, whose bytes are masked out of it. */
function wordsOfField(field: DbfField, least: number, greatest: number): Word[] {
  const { length, decimals } = field;
  const most = mostOf(field);
  const low = digitsOf(field, Math.min(least, most));
  const high = digitsOf(field, Math.max(0, Math.min(greatest, most)));
  const point = decimals === 0 ? length : length - decimals - 1;
  const words: Word[] = [];
  for (let end = length; end > 0; end -= WORD_BYTES) {
    const at = Math.max(0, end - WORD_BYTES);
    const parts = Array.from({ length: WORD_BYTES }, (_, i) => {
      const place = at + i;
      const isOwn = place < end;
      const isPoint = place === point;
      return {
        fill: place < point - 1 ? 0x10 : 0, zero: isPoint ? POINT : ZERO, above: isPoint ? 0x0f : 0x06, mask: isOwn ? 0xff : 0,
        low: isOwn ? low[place] ?? 0 : 0, high: isOwn ? high[place] ?? 0 : 0,
      };
    });
    const word = (of: (part: (typeof parts)[number]) => number): number => parts.reduce((sum, part) => (sum << 8) | of(part), 0);
    words.unshift({
      at, fill: word((p) => p.fill), zero: word((p) => p.zero), above: word((p) => p.above), mask: word((p) => p.mask),
      low: word((p) => p.low), high: word((p) => p.high),
    });
  }
  while (words.length < WORDS) words.unshift({ at: 0, fill: 0, zero: 0, above: 0, mask: 0, low: 0, high: 0 });
  return words;
}

/** One digit in each byte, and 0 for the point. */
function digitsOf({ length, decimals }: DbfField, mantissa: number): number[] {
  const digits = [...String(mantissa).padStart(decimals === 0 ? length : length - 1, '0')].map(Number);
  if (decimals > 0) digits.splice(length - decimals - 1, 0, 0);
  return digits;
}
