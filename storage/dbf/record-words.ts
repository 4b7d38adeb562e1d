import type { RecordScreen } from './record-test.js';

const WORD_BYTES = 4;
const views = new WeakMap<Uint8Array, DataView>();

/** Words of a buffer, for reading four bytes at once. */
export function wordsOf(bytes: Uint8Array): DataView {
  let view = views.get(bytes);
  if (view === undefined) views.set(bytes, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
  return view;
}

/**
 * Passes records in which the last four bytes of `wanted` stand where a field at `offset` has them: texts that are alike mostly differ at their ends.
 * Undefined when a word does not fit into the field.
 */
export function endScreen(offset: number, length: number, wanted: Uint8Array): RecordScreen | undefined {
  if (length < WORD_BYTES || wanted.length === 0) return undefined;
  const from = Math.max(0, wanted.length - WORD_BYTES);
  let word = 0;
  let mask = 0;
  for (let i = from; i < from + WORD_BYTES; i++) {
    word = (word << 8) | (wanted[i] ?? 0);
    mask = (mask << 8) | (i < wanted.length ? 0xff : 0);
  }
  const sought = { word, mask, place: offset + from };
  return (bytes, start, recordLength, count, starts) => {
    const words = wordsOf(bytes);
    // Locals: a loop reads them faster than what a function closes over.
    const { word: equal, mask: counted, place } = sought;
    let kept = 0;
    for (let at = start, end = start + count * recordLength; at < end; at += recordLength) {
      if (((words.getInt32(at + place) ^ equal) & counted) === 0) starts[kept++] = at;
    }
    return kept;
  };
}

/**
 * Passes records whose eight bytes at `offset` lie, as two words in the order of the file, between those of two texts of eight digits; what lies
 * outside is below or above all dates between.
 */
export function digitsScreen(offset: number, least: string, greatest: string): RecordScreen {
  const years = { low: wordAt(least, 0), span: wordAt(greatest, 0) - wordAt(least, 0) };
  // Within one year the days decide.
  const lowDay = wordAt(least, WORD_BYTES);
  const days = { low: lowDay, span: years.span === 0 ? wordAt(greatest, WORD_BYTES) - lowDay : -1 >>> 0 };
  return (bytes, start, recordLength, count, starts) => {
    const words = wordsOf(bytes);
    const { low, span } = years;
    const { low: lowEnd, span: spanEnd } = days;
    const place = offset;
    let kept = 0;
    for (let at = start + place, end = at + count * recordLength; at < end; at += recordLength) {
      if (words.getInt32(at) - low >>> 0 > span) continue;
      if (words.getInt32(at + WORD_BYTES) - lowEnd >>> 0 <= spanEnd) starts[kept++] = at - place;
    }
    return kept;
  };
}

function wordAt(text: string, from: number): number {
  let word = 0;
  for (let i = from; i < from + WORD_BYTES; i++) word = (word << 8) | text.charCodeAt(i);
  return word;
}
