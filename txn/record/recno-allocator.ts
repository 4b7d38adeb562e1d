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
  /** The first number of the load that is under way; 0: there is none. */
  #loadFrom = 0;

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

  /**
   * A load begins: its numbers follow each other from here on. Those before it that come back wait as holes until it ends: were one of them
   * the next number, the load would take a number twice.
   */
  beginLoad(): number { return this.#loadFrom = this.#next; }

  takeForLoad(): void { this.#next++; }

  /** The load broke off. */
  giveBackLoad(): void { this.#next = this.#loadFrom; }

  endLoad(): void {
    this.#loadFrom = 0;
    this.#forgetLastHoles();
  }

  /** The transaction did not commit. */
  giveBack(recno: number): void {
    assert(recno < this.#next, 'only given record numbers come back');
    this.#reserved.delete(recno);
    this.#holes.add(recno);
    if (this.#loadFrom === 0) this.#forgetLastHoles();
  }

  #forgetLastHoles(): void { while (this.#holes.delete(this.#next - 1)) this.#next--; }

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
