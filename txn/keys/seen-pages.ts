const MOST_PLACES = 1 << 16;
const LEAST_PLACES = 1 << 8;

/**
 * What is remembered of pages that the cache may not hold, in a bounded table: that a page was looked through and found well formed, by its checksum,
 * and that it was asked for lately. Pages that share a place forget each other.
 */
export class SeenPages {
  readonly #mask: number;
  /** Page number + 1 and checksum at each place. */
  readonly #pages: Uint32Array;
  readonly #crcs: Uint32Array;
  readonly #asked: Uint8Array;
  readonly #window: number;
  #askedCount = 0;

  /** @param cachedPages the cache holds so many: a page that was asked for within as many others is worth keeping */
  constructor(pageCount: number, cachedPages: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.min(MOST_PLACES, Math.max(LEAST_PLACES, pageCount))));
    this.#mask = places - 1;
    this.#pages = new Uint32Array(places);
    this.#crcs = new Uint32Array(places);
    this.#asked = new Uint8Array(places);
    this.#window = Math.max(1, Math.min(cachedPages, places / 2));
  }

  has(pageNo: number, crc: number): boolean {
    const place = pageNo & this.#mask;
    return this.#pages[place] === pageNo + 1 && this.#crcs[place] === crc;
  }

  add(pageNo: number, crc: number): void {
    const place = pageNo & this.#mask;
    this.#pages[place] = pageNo + 1;
    this.#crcs[place] = crc;
  }

  /** True when the page, or one that shares its place, was asked for since the table was last emptied: after as many others as the cache holds. */
  askedAgain(pageNo: number): boolean {
    const place = pageNo & this.#mask;
    if (this.#asked[place] === 1) return true;
    if (++this.#askedCount > this.#window) {
      this.#asked.fill(0);
      this.#askedCount = 1;
    }
    this.#asked[place] = 1;
    return false;
  }
}
