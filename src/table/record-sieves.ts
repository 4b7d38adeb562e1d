import { DELETED_MARK, screenOf, type FieldTest, type RecordScreen, type RecordSieve } from '#storage';

/** A conjunct on stored bytes, and how many of the records that it looked at it kept. */
interface Conjunct {
  readonly test: FieldTest;
  readonly screen: RecordScreen;
  seen: number;
  kept: number;
}

/** After so many runs the conjuncts are put in order again. */
const RUNS_PER_ORDER = 8;

/**
 * The conjuncts of a filter over runs of records. Those on stored bytes are put in the order in which they drop most: the first one looks at every
 * record. The order never changes what is kept.
 */
export class RecordSieves {
  readonly #plain: Conjunct[];
  readonly #decoding: readonly RecordSieve[];
  #runs = 0;

  constructor(plain: readonly FieldTest[], decoding: readonly RecordSieve[]) {
    this.#plain = plain.map((test) => ({ test, screen: test.screen ?? screenOf(test.test), seen: 0, kept: 0 }));
    this.#decoding = decoding;
  }

  /** True when records are looked at by screen(), which leaves out deleted ones. */
  get screens(): boolean { return this.#plain.length > 0; }

  /** Of `count` records one behind the other from bytes[start] on: where those begin that pass. Returns how many. */
  screen(bytes: Uint8Array, start: number, recordLength: number, count: number, starts: Int32Array): number {
    if (++this.#runs % RUNS_PER_ORDER === 0) this.#plain.sort((a, b) => share(a) - share(b));
    const [first] = this.#plain;
    if (first === undefined) return 0;
    const passed = first.screen(bytes, start, recordLength, count, starts);
    return this.#sift(bytes, starts, withoutDeleted(bytes, starts, passed), count);
  }

  /** Of the live records at starts[0 .. count) those that pass. */
  sift(bytes: Uint8Array, starts: Int32Array, count: number): number { return this.#sift(bytes, starts, count, count); }

  #sift(bytes: Uint8Array, starts: Int32Array, count: number, seenByFirst: number): number {
    let left = count;
    let seen = seenByFirst;
    for (const conjunct of this.#plain) {
      if (left === 0) return 0;
      left = conjunct.test.sieve(bytes, starts, left);
      conjunct.seen += seen;
      conjunct.kept += left;
      seen = left;
    }
    for (const sieve of this.#decoding) if (left > 0) left = sieve(bytes, starts, left);
    return left;
  }
}

function share({ seen, kept }: Conjunct): number { return seen === 0 ? 0.5 : kept / seen; }

function withoutDeleted(bytes: Uint8Array, starts: Int32Array, count: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const start = starts[i] ?? 0;
    if (bytes[start] !== DELETED_MARK) starts[kept++] = start;
  }
  return kept;
}
