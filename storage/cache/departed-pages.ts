/** Why a page is not in the cache any more: it had to leave for others, or its content was replaced. */
export const EVICTED = 1;
export const INVALIDATED = 2;

const WAYS = 4;

/**
 * The pages that left the cache last, and why: so that a miss can be told from the first read of a page. Bounded: sets of four
 * places each, the oldest of a set is forgotten first. Memory (13 bytes a place) is taken when the first page leaves.
 */
export class DepartedPages {
  readonly #setMask: number;
  #files: Uint32Array | undefined;
  #pages = new Uint32Array(0);
  #reasons = new Uint8Array(0);
  #ages = new Uint32Array(0);
  #now = 0;

  /** Rounded up to a power of two. */
  constructor(places: number) { this.#setMask = 2 ** Math.ceil(Math.log2(Math.max(WAYS, places) / WAYS)) - 1; }

  note(fileId: number, pageNo: number, reason: number): void {
    if (this.#files === undefined) this.#allocate();
    const files = this.#files;
    if (files === undefined) return;
    const start = this.#startOf(fileId, pageNo);
    let place = start;
    for (let i = start; i < start + WAYS; i++) {
      if (this.#reasons[i] !== 0 && files[i] === fileId && this.#pages[i] === pageNo) {
        place = i;
        break;
      }
      if ((this.#ages[i] ?? 0) < (this.#ages[place] ?? 0)) place = i;
    }
    files[place] = fileId;
    this.#pages[place] = pageNo;
    this.#reasons[place] = reason;
    this.#ages[place] = ++this.#now;
  }

  /** EVICTED, INVALIDATED, or 0 when nothing is known of the page. */
  reasonOf(fileId: number, pageNo: number): number {
    const place = this.#placeOf(fileId, pageNo);
    return place < 0 ? 0 : this.#reasons[place] ?? 0;
  }

  /** The page is back. */
  forget(fileId: number, pageNo: number): void {
    const place = this.#placeOf(fileId, pageNo);
    if (place < 0) return;
    this.#reasons[place] = 0;
    this.#ages[place] = 0;
  }

  clear(): void {
    this.#reasons.fill(0);
    this.#ages.fill(0);
  }

  #placeOf(fileId: number, pageNo: number): number {
    if (this.#files === undefined) return -1;
    const start = this.#startOf(fileId, pageNo);
    for (let i = start; i < start + WAYS; i++) {
      if (this.#reasons[i] !== 0 && this.#files[i] === fileId && this.#pages[i] === pageNo) return i;
    }
    return -1;
  }

  #startOf(fileId: number, pageNo: number): number {
    const h = Math.imul(pageNo ^ Math.imul(fileId, 0x9e3779b1), 0x85ebca6b);
    return ((h ^ (h >>> 15)) & this.#setMask) * WAYS;
  }

  #allocate(): void {
    const places = (this.#setMask + 1) * WAYS;
    this.#files = new Uint32Array(places);
    this.#pages = new Uint32Array(places);
    this.#reasons = new Uint8Array(places);
    this.#ages = new Uint32Array(places);
  }
}
