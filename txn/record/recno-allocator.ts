import { assert } from '#storage';

/**
 * Gives record numbers to inserting transactions before they commit. Numbers that come back
 * are given again, so that a rolled-back insert leaves no gap if nobody inserted after it.
 */
export class RecnoAllocator {
  #next: number;
  readonly #holes = new Set<number>();
  /** Given to transactions that did not commit yet. */
  readonly #reserved = new Set<number>();

  constructor(recordCount: number) { this.#next = recordCount + 1; }

  /** One past the highest number ever given. */
  get next(): number { return this.#next; }
  /** Numbers that may lie below the record count and yet have no record. */
  get vacantCount(): number { return this.#holes.size + this.#reserved.size; }

  take(): number {
    for (const hole of this.#holes) {
      this.#holes.delete(hole);
      this.#reserved.add(hole);
      return hole;
    }
    this.#reserved.add(this.#next);
    return this.#next++;
  }

  /** `count` numbers in a row past all others; returns the first. */
  takeRange(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }

  /** The transaction did not commit. */
  giveBack(recno: number): void {
    assert(recno < this.#next, 'only given record numbers come back');
    this.#reserved.delete(recno);
    if (recno !== this.#next - 1) {
      this.#holes.add(recno);
      return;
    }
    this.#next--;
    while (this.#holes.delete(this.#next - 1)) this.#next--;
  }

  giveBackRange(first: number, end: number): void {
    if (this.#next !== end) {
      for (let recno = first; recno < end; recno++) this.#holes.add(recno);
      return;
    }
    this.#next = first;
    while (this.#holes.delete(this.#next - 1)) this.#next--;
  }

  /** The record is committed. */
  occupy(recno: number): void {
    this.#reserved.delete(recno);
    this.#holes.delete(recno);
  }

  /** Nobody committed a record of that number: it reads as absent even when a checkpoint wrote a blank record there. */
  isVacant(recno: number): boolean { return this.#holes.has(recno) || this.#reserved.has(recno); }

  /** Recovery: numbers up to `recno` are in use. */
  raise(recno: number): void { if (recno >= this.#next) this.#next = recno + 1; }
}
