/** Turns bytes into text. The same object for the same rule: texts are shared among those who read with it. */
export interface TextMaker { decode(bytes: Uint8Array, start: number, end: number): string }

/** What an interner did. */
export interface InternCounters {
  /** Texts that were there already. */
  hits: number;
  /** Texts that were made. */
  misses: number;
  /** Of those, the ones that took the place of another. */
  replaced: number;
  [name: string]: number;
}

export function internCounters(): InternCounters { return { hits: 0, misses: 0, replaced: 0 }; }

/** Longer texts repeat too seldom to be kept. */
export const INTERNED_BYTES = 64;
/** Memory of one place: the bytes, the text made of them, their entries in the tables. */
const PLACE_BYTES = 192;
/** A text has so many places that it may stand in. */
const WAYS = 4;

/**
 * Gives equal bytes the same text again, so that values that repeat are in memory once and cost no decoding. The table has a fixed
 * number of places; when all four that a text may take are taken, one goes that was not asked for since the last time somebody looked
 * (second chance, as in the CLOCK of page replacement).
 *
 * @example
 * const interner = new TextInterner(1 << 20, internCounters());
 * interner.text(bytes, 0, 6, codePage('cp1252')); // 'London', the same text each time
 */
export class TextInterner {
  readonly #counters: InternCounters;
  readonly #mask: number;
  readonly #bytes: Uint8Array;
  readonly #lengths: Uint8Array;
  readonly #hashes: Int32Array;
  readonly #used: Uint8Array;
  readonly #texts: (string | undefined)[];
  readonly #makers: (TextMaker | undefined)[];

  /** @param limitBytes all memory that it ever takes; at least that of four texts */
  constructor(limitBytes: number, counters: InternCounters) {
    this.#counters = counters;
    const places = Math.max(WAYS, 2 ** Math.floor(Math.log2(limitBytes / PLACE_BYTES)));
    this.#mask = places - WAYS;
    this.#bytes = new Uint8Array(places * INTERNED_BYTES);
    this.#lengths = new Uint8Array(places);
    this.#hashes = new Int32Array(places);
    this.#used = new Uint8Array(places);
    this.#texts = new Array<string | undefined>(places).fill(undefined);
    this.#makers = new Array<TextMaker | undefined>(places).fill(undefined);
  }

  /** Texts that it can hold. */
  get capacity(): number { return this.#texts.length; }

  /** The text of `bytes[start .. end)`. Empty and long ones are made each time and not counted. */
  text(bytes: Uint8Array, start: number, end: number, maker: TextMaker): string {
    const length = end - start;
    if (length <= 0) return '';
    if (length > INTERNED_BYTES) return maker.decode(bytes, start, end);
    const hash = hashOf(bytes, start, end);
    const first = hash & this.#mask;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#hashes[place] !== hash || this.#lengths[place] !== length || this.#makers[place] !== maker) continue;
      const text = this.#texts[place];
      if (text === undefined || !this.#holds(place, bytes, start, length)) continue;
      this.#counters.hits++;
      this.#used[place] = 1;
      return text;
    }
    this.#counters.misses++;
    return this.#keep(this.#placeFor(first), hash, bytes, start, end, maker);
  }

  #holds(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    const own = this.#bytes;
    const at = place * INTERNED_BYTES;
    for (let i = 0; i < length; i++) if (own[at + i] !== bytes[start + i]) return false;
    return true;
  }

  /** An empty place of the four, or one whose text was not asked for since the last look. */
  #placeFor(first: number): number {
    for (let place = first; place < first + WAYS; place++) if (this.#texts[place] === undefined) return place;
    this.#counters.replaced++;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#used[place] === 0) return place;
      this.#used[place] = 0;
    }
    return first;
  }

  #keep(place: number, hash: number, bytes: Uint8Array, start: number, end: number, maker: TextMaker): string {
    const text = maker.decode(bytes, start, end);
    for (let i = start, at = place * INTERNED_BYTES; i < end; i++, at++) this.#bytes[at] = bytes[i] ?? 0;
    this.#lengths[place] = end - start;
    this.#hashes[place] = hash;
    this.#used[place] = 0;
    this.#texts[place] = text;
    this.#makers[place] = maker;
    return text;
  }
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), its upper bits mixed into the lower ones. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] ?? 0), 0x01000193);
  return h ^ (h >>> 15);
}
