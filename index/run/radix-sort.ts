import { compareSlices, head48 } from '../key/compare-keys.js';

/** Bytes of keys by number: what a sort looks at. */
export interface KeyTable {
  bytesOf(entry: number): Uint8Array;
  startOf(entry: number): number;
  lengthOf(entry: number): number;
}

const HEAD_BYTES = 6;
/** Below this a comparison sort is faster than counting 65,536 places. */
const SMALL = 4096;
const TINY = 24;
const DIGITS = 65_536;
const TOP = 0x100000000;

/**
 * Sorts entry numbers by their keys (memcmp order): six bytes of all keys of a run as one integer, by radix (three passes of 16 bits) or by
 * comparison, then the runs of equal integers by the next six. Stable. Radix sort: D. Knuth, TAOCP 3, 5.2.5.
 */
export function sortByKeys(entries: Uint32Array, table: KeyTable): void {
  const scratch = new Uint32Array(entries.length);
  const heads = new Float64Array(entries.length);
  const moved = new Float64Array(entries.length);
  // Runs of equal heads wait in a list: no recursion, however long the keys are.
  const pending: [from: number, to: number, depth: number][] = [[0, entries.length, 0]];
  for (let run = pending.pop(); run !== undefined; run = pending.pop()) {
    const [from, to, depth] = run;
    if (to - from <= TINY) {
      insertionSort(entries, from, to, depth, table);
      continue;
    }
    let ends = true;
    for (let i = from; i < to; i++) {
      const entry = entries[i] ?? 0;
      const start = table.startOf(entry);
      const end = start + table.lengthOf(entry);
      heads[i] = head48(table.bytesOf(entry), start + depth, end);
      ends &&= start + depth >= end;
    }
    if (ends) { // nothing but zeros tells them apart, if anything does
      sortByLength(entries, from, to, table);
      continue;
    }
    if (to - from < SMALL) sortSmall(entries, heads, from, to, scratch, moved);
    else radix(entries, heads, from, to, scratch, moved);
    for (let i = from; i < to;) {
      let end = i + 1;
      while (end < to && heads[end] === heads[i]) end++;
      if (end - i > 1) pending.push([i, end, depth + HEAD_BYTES]);
      i = end;
    }
  }
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

function compare(a: number, b: number, depth: number, table: KeyTable): number {
  const shared = Math.min(depth, table.lengthOf(a), table.lengthOf(b));
  return compareSlices(
    table.bytesOf(a), table.startOf(a) + shared, table.lengthOf(a) - shared, table.bytesOf(b), table.startOf(b) + shared, table.lengthOf(b) - shared,
  );
}

function sortSmall(entries: Uint32Array, heads: Float64Array, from: number, to: number, scratch: Uint32Array, moved: Float64Array): void {
  const order = Array.from({ length: to - from }, (_, i) => from + i).sort((a, b) => (heads[a] ?? 0) - (heads[b] ?? 0));
  order.forEach((at, i) => {
    scratch[from + i] = entries[at] ?? 0;
    moved[from + i] = heads[at] ?? 0;
  });
  entries.set(scratch.subarray(from, to), from);
  heads.set(moved.subarray(from, to), from);
}

function radix(entries: Uint32Array, heads: Float64Array, from: number, to: number, scratch: Uint32Array, moved: Float64Array): void {
  const places = new Uint32Array(DIGITS);
  let [fromEntries, fromHeads, toEntries, toHeads] = [entries, heads, scratch, moved];
  for (let pass = 0; pass < 3; pass++) {
    places.fill(0);
    for (let i = from; i < to; i++) bump(places, digitOf(fromHeads[i] ?? 0, pass));
    let sum = from;
    for (let d = 0; d < DIGITS; d++) {
      const count = places[d] ?? 0;
      places[d] = sum;
      sum += count;
    }
    for (let i = from; i < to; i++) {
      const head = fromHeads[i] ?? 0;
      const digit = digitOf(head, pass);
      const place = places[digit] ?? 0;
      places[digit] = place + 1;
      toEntries[place] = fromEntries[i] ?? 0;
      toHeads[place] = head;
    }
    [fromEntries, toEntries] = [toEntries, fromEntries];
    [fromHeads, toHeads] = [toHeads, fromHeads];
  }
  // Three passes end in the scratch memory.
  entries.set(scratch.subarray(from, to), from);
  heads.set(moved.subarray(from, to), from);
}

/** 16 bits of a 48-bit integer, the lowest first. */
function digitOf(head: number, pass: number): number {
  if (pass === 0) return head % DIGITS;
  if (pass === 1) return Math.floor(head / DIGITS) % DIGITS;
  return Math.floor(head / TOP);
}

function sortByLength(entries: Uint32Array, from: number, to: number, table: KeyTable): void {
  entries.set(entries.slice(from, to).sort((a, b) => table.lengthOf(a) - table.lengthOf(b) || a - b), from);
}

function bump(counts: Uint32Array, i: number): void { counts[i] = (counts[i] ?? 0) + 1; }
