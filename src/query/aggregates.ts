import { ArgumentTypeError } from '#storage';
import { shown } from '../arguments.js';
import { compareValues } from '../filter/compare-values.js';
import { valueKey } from './node-text.js';

/** Takes the values of one group, one after another. */
export interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

/** A figure of each group: made by count(), sum(), avg(), min(), max() or countDistinct(). */
export class Aggregate<Result = unknown> {
  /** The field it takes; undefined = rows themselves. */
  readonly path: string | undefined;
  readonly start: () => Accumulator;
  /** Types only; never set. */
  readonly value?: Result;

  /** @internal */
  constructor(path: string | undefined, start: () => Accumulator) {
    this.path = path;
    this.start = start;
  }
}

function named(path: unknown, what: string): string {
  if (typeof path !== 'string' || path === '') throw new ArgumentTypeError('QUERY', `${what} takes the name of a field, got ${shown(path)}`);
  return path;
}

/** The number of rows of the group; with a field, of those that have a value there. */
export function count(path?: string): Aggregate<number> {
  if (path === undefined) return new Aggregate<number>(undefined, () => new Counter(() => true));
  return new Aggregate<number>(named(path, 'count'), () => new Counter((value) => value !== null && value !== undefined));
}

/** The sum of the numbers in the field; others count nothing. 0 when there is none; a bigint when all are. */
export function sum(path: string): Aggregate<number | bigint> { return new Aggregate<number | bigint>(named(path, 'sum'), () => new Sum()); }

/** The mean of the numbers in the field; null when there is none. */
export function avg(path: string): Aggregate<number | null> { return new Aggregate<number | null>(named(path, 'avg'), () => new Mean()); }

/** The least value of the field in the order of sorts, without null; null when there is none. */
export function min(path: string): Aggregate { return new Aggregate(named(path, 'min'), () => new Extreme(-1)); }

/** The greatest value of the field in the order of sorts; null when there is none. */
export function max(path: string): Aggregate { return new Aggregate(named(path, 'max'), () => new Extreme(1)); }

/** How many different values the field has, without null. */
export function countDistinct(path: string): Aggregate<number> { return new Aggregate<number>(named(path, 'countDistinct'), () => new Different()); }

class Counter implements Accumulator {
  readonly #counts: (value: unknown) => boolean;
  #count = 0;
  constructor(counts: (value: unknown) => boolean) { this.#counts = counts; }
  add(value: unknown): void { if (this.#counts(value)) this.#count++; }
  result(): number { return this.#count; }
}

/** Adds with the rounding errors carried along (Neumaier 1974), so that a million cents make their sum. */
class Sum implements Accumulator {
  #sum = 0;
  #lost = 0;
  #whole = 0n;
  #bigints = 0;
  numbers = 0;

  add(value: unknown): void {
    if (typeof value === 'bigint') {
      this.#whole += value;
      this.#bigints++;
    } else if (typeof value === 'number') {
      const next = this.#sum + value;
      this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
      this.#sum = next;
      this.numbers++;
    }
  }

  get count(): number { return this.numbers + this.#bigints; }

  asNumber(): number {
    const exact = this.#sum + this.#lost;
    // Infinities have no rounding error to give back.
    return (Number.isNaN(exact) ? this.#sum : exact) + Number(this.#whole);
  }

  result(): number | bigint { return this.#bigints > 0 && this.numbers === 0 ? this.#whole : this.asNumber(); }
}

class Mean implements Accumulator {
  readonly #sum = new Sum();
  add(value: unknown): void { this.#sum.add(value); }
  result(): number | null { return this.#sum.count === 0 ? null : this.#sum.asNumber() / this.#sum.count; }
}

class Extreme implements Accumulator {
  readonly #side: -1 | 1;
  #value: unknown = null;
  constructor(side: -1 | 1) { this.#side = side; }

  add(value: unknown): void {
    if (value === null || value === undefined) return;
    if (this.#value === null || compareValues(value, this.#value) * this.#side > 0) this.#value = value;
  }

  result(): unknown { return this.#value; }
}

class Different implements Accumulator {
  readonly #seen = new Set<string>();
  add(value: unknown): void { if (value !== null && value !== undefined) this.#seen.add(valueKey(value)); }
  result(): number { return this.#seen.size; }
}
