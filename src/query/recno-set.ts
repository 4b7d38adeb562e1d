import type { Access, IndexAccess } from './access.js';

/** Entries that are taken in one stretch, before asynchronous readers give others a turn. */
const STRETCH = 8192;
const FIRST_CAPACITY = 8;

/** Gathers numbers; no array of boxed ones. */
class NumberList {
  #numbers = new Float64Array(FIRST_CAPACITY);
  length = 0;

  add(value: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Float64Array(this.length * 4);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = value;
  }

  /** In ascending order, each once. */
  sorted(): Float64Array {
    const numbers = this.#numbers.subarray(0, this.length);
    let ascends = true;
    for (let i = 1; i < numbers.length; i++) {
      if ((numbers[i] ?? 0) > (numbers[i - 1] ?? 0)) continue;
      ascends = false;
      break;
    }
    if (ascends) return numbers;
    numbers.sort();
    let kept = 0;
    for (let i = 0; i < numbers.length; i++) {
      if (i === 0 || numbers[i] !== numbers[i - 1]) numbers[kept++] = numbers[i] ?? 0;
    }
    return numbers.subarray(0, kept);
  }
}

/** Counts of what a set was made from. */
export interface EntryCount { entries: number }

/** The record numbers of the access, ascending, each once. Yields between stretches of work. */
export function* recnosOf(access: Exclude<Access, { kind: 'scan' }>, count: EntryCount): Generator<undefined, Float64Array> {
  if (access.kind === 'index') return yield* ofIndex(access, count);
  let result: Float64Array | undefined;
  for (const part of access.parts) {
    const numbers = yield* ofIndex(part, count);
    if (result === undefined) result = numbers;
    else result = access.kind === 'union' ? unionOf(result, numbers) : intersectionOf(result, numbers);
  }
  return result ?? new Float64Array(0);
}

function* ofIndex({ index, ranges }: IndexAccess, count: EntryCount): Generator<undefined, Float64Array> {
  const list = new NumberList();
  for (const range of ranges) {
    for (const { recno } of index.entries(range)) {
      list.add(recno);
      count.entries++;
      if (list.length % STRETCH === 0) yield;
    }
  }
  return list.sorted();
}

function intersectionOf(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(Math.min(a.length, b.length));
  let kept = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const x = a[i] ?? 0;
    const y = b[j] ?? 0;
    if (x === y) both[kept++] = x;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return both.subarray(0, kept);
}

function unionOf(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  let kept = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const x = a[i] ?? Infinity;
    const y = b[j] ?? Infinity;
    all[kept++] = Math.min(x, y);
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return all.subarray(0, kept);
}
