/** Most keys in front, longest key there, and the bytes of the budget for each of its keys. */
const MOST_KEYS = 16_384;
const MOST_KEY_CHARS = 128;
const BUDGET_SHARE_BYTES = 4096;
/**
 * One in so many reads that find something elsewhere brings its key, and more of them while that pays: what is read often comes soon, what is
 * read now and then seldom.
 */
const STEPS = 32;
const PAYING_STEPS = 4;

/**
 * The keys that are read most, with their values: a small map of copies that lie side by side in memory, so that the processor has all of it at hand.
 * A key among a million others takes five misses of its caches and address tables; here none. When it is full it is emptied.
 */
export class HotFront {
  readonly #values = new Map<unknown, unknown>();
  readonly #limit: number;
  #steps = 0;
  /** Reads since the last judgement that were, or would have been, answered here. */
  #hits = 0;
  /** True while it answers most reads: it is worth looking here first. */
  pays = false;

  constructor(budgetBytes: number) { this.#limit = Math.min(MOST_KEYS, Math.floor(budgetBytes / BUDGET_SHARE_BYTES)); }

  get(key: unknown): unknown {
    const value = this.#values.get(key);
    if (value !== undefined) this.#hits++;
    return value;
  }

  /** A read found this value elsewhere. */
  foundBehind(key: unknown, value: unknown): void {
    if (++this.#steps >= (this.pays ? PAYING_STEPS : STEPS)) this.#bring(key, value);
  }

  #bring(key: unknown, value: unknown): void {
    this.#steps = 0;
    if (this.#values.has(key)) {
      this.#hits += STEPS; // nobody looked here: this read stands for those since the last such look
      return;
    }
    if (this.#limit === 0 || (typeof key === 'string' && key.length > MOST_KEY_CHARS)) return;
    if (this.#values.size >= this.#limit) this.#values.clear();
    this.#values.set(copyOf(key), copyOf(value));
  }

  delete(key: unknown): void { this.#values.delete(key); }
  clear(): void { this.#values.clear(); }

  /** After `reads` reads: decides whether it pays. */
  judge(reads: number): void {
    this.pays = this.#hits * 2 > reads;
    this.#hits = 0;
  }
}

/** A text copied to where memory is taken now, so that copies made in turn are neighbours; anything else as it is. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const copy = Buffer.from(value, 'latin1').toString('latin1');
  return copy === value ? copy : value; // wide texts stay where they are
}
