/** Told in steps of this many bytes. */
const STEP_BYTES = 1 << 20;

/**
 * Memory for the hot values of all stores together. It is a part of the cache: what is used here, the page cache does without.
 */
export class HotBudget {
  readonly limitBytes: number;
  readonly #onStep: (usedBytes: number) => void;
  #tables = 0;
  #usedBytes = 0;
  #toldSteps = 0;

  /** @param onStep called with the bytes in use, about once for each megabyte more or less */
  constructor(limitBytes: number, onStep: (usedBytes: number) => void = () => undefined) {
    this.limitBytes = limitBytes;
    this.#onStep = onStep;
  }

  get usedBytes(): number { return this.#usedBytes; }

  /** One more table shares the memory. */
  join(): void { this.#tables++; }
  leave(): void { this.#tables--; }

  /** True when a table that holds `tableBytes` may take more: there is room, and in the last half of it each has no more than an equal share. */
  hasRoom(tableBytes: number, moreBytes: number): boolean {
    const sum = this.#usedBytes + moreBytes;
    return sum <= this.limitBytes && (sum * 2 <= this.limitBytes || tableBytes + moreBytes <= this.limitBytes / this.#tables);
  }

  change(bytes: number): void {
    this.#usedBytes += bytes;
    const steps = Math.ceil(this.#usedBytes / STEP_BYTES);
    if (steps === this.#toldSteps) return;
    this.#toldSteps = steps;
    this.#onStep(this.#usedBytes);
  }
}
