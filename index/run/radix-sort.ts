import type { ByteMemory } from '#storage';
import { compareSlices, head32, sharedPrefix } from '../key/compare-keys.js';

/** Bytes of keys by number: what a sort looks at. */
export interface KeyTable {
  memoryOf(entry: number): ByteMemory;
  bytesOf(entry: number): Uint8Array;
  startOf(entry: number): number;
  lengthOf(entry: number): number;
}

const WORD_BYTES = 4;
const WORD_BITS = 32;
const HEAD_BYTES = 2 * WORD_BYTES;
const TINY = 24;
/** A run of fewer keys is sorted by digits of 8 bits: their places are counted quickly. */
const SMALL = 4096;
const SMALL_DIGIT_BITS = 8;
const DIGIT_BITS = 11;
/** From so many keys on there are fewer passes with wide digits: few of their values come, so that what is counted stays near the processor. */
const LARGE = 1 << 16;
const LARGE_DIGIT_BITS = 16;
/** Others get a turn after about so many keys were moved. */
const SLICE = 1 << 18;

/**
 * Sorts entry numbers by their keys (memcmp order): eight bytes behind the prefix that all share as two integers, by radix, then the runs of equal
 * integers by the next eight. Stable; what is in order already is only looked at. Yields when others should run. Radix sort: D. Knuth, TAOCP 3, 5.2.5.
 */
export function* sortSteps(entries: Uint32Array, table: KeyTable): Generator<void, void, void> {
  if (!isSorted(entries, 0, entries.length, 0, table)) yield* new KeySort(entries, table).run();
}

/** Entries and, beside each, eight bytes of its key. */
interface Columns {
  readonly entries: Uint32Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

class KeySort {
  readonly #table: KeyTable;
  readonly #main: Columns;
  readonly #scratch: Columns;
  readonly #places: Uint32Array;
  /** Runs that wait, as from, to, depth: no recursion, however long the keys are. */
  readonly #pending: number[] = [];
  /** Bits in which the heads of the run at hand differ. */
  #highBits = 0;
  #lowBits = 0;

  constructor(entries: Uint32Array, table: KeyTable) {
    const { length } = entries;
    this.#table = table;
    this.#places = new Uint32Array(1 << digitBits(length));
    this.#main = { entries, high: new Uint32Array(length), low: new Uint32Array(length) };
    this.#scratch = { entries: new Uint32Array(length), high: new Uint32Array(length), low: new Uint32Array(length) };
  }

  *run(): Generator<void, void, void> {
    const { entries } = this.#main;
    const pending = this.#pending;
    pending.push(0, entries.length, commonPrefix(entries, this.#table));
    let moved = 0;
    while (pending.length > 0) {
      const depth = pending.pop() ?? 0;
      const to = pending.pop() ?? 0;
      const from = pending.pop() ?? 0;
      moved += to - from;
      if (to - from <= TINY) insertionSort(entries, from, to, depth, this.#table);
      else if (this.#readHeads(from, to, depth)) sortByLength(entries, from, to, this.#table);
      else {
        for (const _ of this.#radix(from, to)) {
          moved += to - from;
          if (moved < SLICE) continue;
          moved = 0;
          yield;
        }
        this.#split(from, to, depth + HEAD_BYTES);
      }
      if (moved < SLICE) continue;
      moved = 0;
      yield;
    }
  }

  /** True when no key reaches behind `depth`: nothing but zeros tells them apart, if anything does. */
  #readHeads(from: number, to: number, depth: number): boolean {
    const { entries, high, low } = this.#main;
    const table = this.#table;
    let ends = true;
    let [highBits, lowBits] = [0, 0];
    for (let i = from; i < to; i++) {
      const entry = entries[i] ?? 0;
      const { bytes, words } = table.memoryOf(entry);
      const start = table.startOf(entry);
      const end = start + table.lengthOf(entry);
      const at = start + depth;
      high[i] = at + WORD_BYTES <= end ? words.getUint32(at) : head32(bytes, at, end);
      low[i] = at + HEAD_BYTES <= end ? words.getUint32(at + WORD_BYTES) : head32(bytes, at + WORD_BYTES, end);
      highBits |= (high[i] ?? 0) ^ (high[from] ?? 0);
      lowBits |= (low[i] ?? 0) ^ (low[from] ?? 0);
      ends &&= start + depth >= end;
    }
    this.#highBits = highBits;
    this.#lowBits = lowBits;
    return ends;
  }

  /** Sorts a run by its heads, one digit after another from the lowest, those left out that all have in common. */
  *#radix(from: number, to: number): Generator<void, void, void> {
    const bits = digitBits(to - from);
    let [source, target] = [this.#main, this.#scratch];
    for (const inHigh of [false, true]) {
      const differing = inHigh ? this.#highBits : this.#lowBits;
      for (let shift = 0; shift < WORD_BITS; shift += bits) {
        if (((differing >>> shift) & ((1 << bits) - 1)) === 0) continue;
        this.#pass(source, target, inHigh ? source.high : source.low, from, to, shift, bits);
        [source, target] = [target, source];
        yield;
      }
    }
    if (source === this.#main) return;
    this.#main.entries.set(source.entries.subarray(from, to), from);
    this.#main.high.set(source.high.subarray(from, to), from);
    this.#main.low.set(source.low.subarray(from, to), from);
  }

  #pass(source: Columns, target: Columns, word: Uint32Array, from: number, to: number, shift: number, bits: number): void {
    const places = this.#places;
    const mask = (1 << bits) - 1;
    places.fill(0, 0, mask + 1);
    for (let i = from; i < to; i++) {
      const digit = ((word[i] ?? 0) >>> shift) & mask;
      places[digit] = (places[digit] ?? 0) + 1;
    }
    let sum = from;
    for (let digit = 0; digit <= mask; digit++) {
      const count = places[digit] ?? 0;
      places[digit] = sum;
      sum += count;
    }
    const { entries, high, low } = source;
    const { entries: toEntries, high: toHigh, low: toLow } = target;
    for (let i = from; i < to; i++) {
      const digit = ((word[i] ?? 0) >>> shift) & mask;
      const place = places[digit] ?? 0;
      places[digit] = place + 1;
      toEntries[place] = entries[i] ?? 0;
      toHigh[place] = high[i] ?? 0;
      toLow[place] = low[i] ?? 0;
    }
  }

  /** Keys with equal heads go on with what stands behind these, unless they are in order (equal keys with ascending record numbers are). */
  #split(from: number, to: number, depth: number): void {
    const { entries, high, low } = this.#main;
    for (let i = from; i < to;) {
      let end = i + 1;
      while (end < to && high[end] === high[i] && low[end] === low[i]) end++;
      if (end - i > 1 && !isSorted(entries, i, end, depth, this.#table)) this.#pending.push(i, end, depth);
      i = end;
    }
  }
}

function digitBits(keys: number): number { return keys < SMALL ? SMALL_DIGIT_BITS : keys < LARGE ? DIGIT_BITS : LARGE_DIGIT_BITS; }

/** Number of first bytes that all keys have. */
function commonPrefix(entries: Uint32Array, table: KeyTable): number {
  const first = entries[0] ?? 0;
  const memory = table.memoryOf(first);
  const from = table.startOf(first);
  let shared = table.lengthOf(first);
  for (let i = 1; i < entries.length && shared > 0; i++) {
    const entry = entries[i] ?? 0;
    const other = table.memoryOf(entry);
    const start = table.startOf(entry);
    const most = Math.min(shared, table.lengthOf(entry));
    let same = 0;
    while (same + WORD_BYTES <= most && memory.words.getInt32(from + same) === other.words.getInt32(start + same)) same += WORD_BYTES;
    shared = same + sharedPrefix(memory.bytes, from + same, other.bytes, start + same, most - same);
  }
  return shared;
}

function isSorted(entries: Uint32Array, from: number, to: number, depth: number, table: KeyTable): boolean {
  for (let i = from + 1; i < to; i++) if (compare(entries[i - 1] ?? 0, entries[i] ?? 0, depth, table) > 0) return false;
  return true;
}

function insertionSort(entries: Uint32Array, from: number, to: number, depth: number, table: KeyTable): void {
  for (let i = from + 1; i < to; i++) {
    const entry = entries[i] ?? 0;
    let k = i - 1;
    while (k >= from && compare(entries[k] ?? 0, entry, depth, table) > 0) {
      entries[k + 1] = entries[k] ?? 0;
      k--;
    }
    entries[k + 1] = entry;
  }
}

/** Keys that have the first `depth` bytes in common, zeros behind their ends counted as bytes. */
function compare(a: number, b: number, depth: number, table: KeyTable): number {
  const aLength = table.lengthOf(a);
  const bLength = table.lengthOf(b);
  const shared = Math.min(depth, aLength, bLength);
  return compareSlices(table.bytesOf(a), table.startOf(a) + shared, aLength - shared, table.bytesOf(b), table.startOf(b) + shared, bLength - shared);
}

function sortByLength(entries: Uint32Array, from: number, to: number, table: KeyTable): void {
  entries.set(entries.slice(from, to).sort((a, b) => table.lengthOf(a) - table.lengthOf(b) || a - b), from);
}
