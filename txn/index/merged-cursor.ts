import { keepLayout } from '#storage';
import { compareKeys, compareSlices, MAX_KEY_BYTES, type ByteRange, type OrderedSource } from '#index';

/** Where a merged cursor gets its sources. */
export interface MergeHost {
  /** Goes up when sources are replaced: the cursor opens them again and finds its place by its last key. */
  readonly epoch: number;
  /** Newest first: of several sources with the same key the first decides. */
  openSources(): OrderedSource[];
}

/** Walks the keys of a range over several ordered sources as if they were one. */
export class MergedCursor {
  readonly #host: MergeHost;
  readonly #range: ByteRange;
  readonly #reverse: boolean;
  #sources: OrderedSource[] = [];
  #epoch = -1;
  #started = false;
  #current: OrderedSource | undefined;
  /** The key stands in keyBytes[keyStart .. keyStart + keyLength), until the next step. */
  keyBytes: Buffer = EMPTY;
  keyStart = 0;
  keyLength = 0;
  /** Made when it is needed: a cursor that ends after its first keys over one source does without. */
  #last: Buffer = EMPTY;
  #lastLength = -1;

  constructor(host: MergeHost, range: ByteRange, reverse: boolean) {
    this.#host = host;
    this.#range = range;
    this.#reverse = reverse;
  }

  /** To the next key of the range in its direction; false at the end. */
  next(): boolean {
    if (!this.#started) this.#start();
    else if (this.#epoch !== this.#host.epoch) this.#startAgain();
    else this.#advance();
    for (;;) {
      const source = this.#sources.length === 1 ? this.#alone() : this.#pick();
      this.#current = source;
      if (source === undefined || this.#isOutside(source)) return false;
      this.keyBytes = source.keyBytes;
      this.keyStart = source.keyStart;
      this.keyLength = source.keyLength;
      if (!source.isTombstone) return true;
      this.#advance();
    }
  }

  /** What may be replaced before the next step is kept: call it before others run. */
  hold(): void {
    if (this.#current !== undefined) this.#remember();
  }

  #start(): void {
    this.#open();
    this.#started = true;
    for (const source of this.#sources) {
      if (this.#reverse) source.seekBefore(this.#range.upper);
      else source.seek(this.#range.lower);
    }
  }

  #open(): void {
    this.#epoch = this.#host.epoch;
    this.#sources = this.#host.openSources();
  }

  #startAgain(): void {
    if (this.#current !== undefined) this.#remember();
    if (this.#lastLength < 0) {
      this.#start();
      return;
    }
    this.#open();
    const key = this.#last;
    key[this.#lastLength] = 0; // nothing lies between k and k 00
    for (const source of this.#sources) {
      if (this.#reverse) source.seekBefore(key, this.#lastLength);
      else source.seek(key, this.#lastLength + 1);
    }
  }

  #alone(): OrderedSource | undefined {
    const source = this.#sources[0];
    return source?.isValid === true ? source : undefined;
  }

  /** Past the current key in every source that stands on it. */
  #advance(): void {
    const current = this.#current;
    if (current === undefined) return;
    if (this.#sources.length > 1) {
      this.#remember();
      for (const source of this.#sources) {
        if (source === current || !source.isValid) continue;
        if (compareKeys(this.#last, this.#lastLength, source.keyBytes, source.keyStart, source.keyLength) === 0) this.#step(source);
      }
    }
    this.#step(current);
  }

  #step(source: OrderedSource): void {
    if (this.#reverse) source.previous();
    else source.next();
  }

  #pick(): OrderedSource | undefined {
    let best: OrderedSource | undefined;
    for (const source of this.#sources) {
      if (!source.isValid) continue;
      if (best === undefined) {
        best = source;
        continue;
      }
      const order = orderOf(source, best);
      if (this.#reverse ? order > 0 : order < 0) best = source;
    }
    return best;
  }

  #isOutside(source: OrderedSource): boolean {
    const bound = this.#reverse ? this.#range.lower : this.#range.upper;
    if (bound === undefined) return false;
    const order = compareKeys(bound, bound.length, source.keyBytes, source.keyStart, source.keyLength);
    return this.#reverse ? order > 0 : order <= 0;
  }

  #remember(): void {
    const { keyBytes, keyStart, keyLength } = this;
    // Room for the byte behind it, too.
    if (this.#last.length <= keyLength) this.#last = Buffer.allocUnsafe(Math.min(MAX_KEY_BYTES, keyLength + SPARE_BYTES) + 1);
    for (let i = 0; i < keyLength; i++) this.#last[i] = keyBytes[keyStart + i] ?? 0;
    this.#lastLength = keyLength;
  }
}

const EMPTY = Buffer.alloc(0);
/** Keys of one range are mostly about as long. */
const SPARE_BYTES = 32;

function orderOf(a: OrderedSource, b: OrderedSource): number {
  return compareSlices(a.keyBytes, a.keyStart, a.keyLength, b.keyBytes, b.keyStart, b.keyLength);
}

keepLayout(new MergedCursor({ epoch: 0, openSources: () => [] }, { lower: undefined, upper: undefined }, false));
