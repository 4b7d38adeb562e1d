import type { ByteRange } from '#index';
import { LinkedList, type Linked } from '#storage';

/** Writes that are on their way to the log. */
export interface InFlight {
  touches(range: ByteRange): boolean;
}

/** Writes whose keys can be told by their hashes. */
export interface KeysInFlight extends InFlight, Linked<KeysInFlight> {
  /** The same each time. */
  hashes(): Iterable<number>;
}

/** The writes of one store that are in flight. Single keys are looked up by a table that is made when somebody asks: writers that read nothing never do. */
export class WritesInFlight {
  readonly #all = new LinkedList<KeysInFlight>();
  /** How many writes have a key of the hash. */
  #counts: Map<number, number> | undefined;

  add(writes: KeysInFlight): void {
    this.#all.add(writes);
    if (this.#counts !== undefined) count(this.#counts, writes);
  }

  remove(writes: KeysInFlight): void {
    if (!writes.linked) return;
    this.#all.remove(writes);
    if (this.#all.count === 0) this.#counts = undefined;
    else if (this.#counts !== undefined) {
      for (const hash of writes.hashes()) {
        const n = this.#counts.get(hash) ?? 0;
        if (n <= 1) this.#counts.delete(hash);
        else this.#counts.set(hash, n - 1);
      }
    }
  }

  holds(hash: number): boolean {
    if (this.#all.count === 0) return false;
    if (this.#counts === undefined) {
      this.#counts = new Map<number, number>();
      for (const writes of this.#all) count(this.#counts, writes);
    }
    return this.#counts.has(hash);
  }

  touch(range: ByteRange): boolean {
    for (const writes of this.#all) if (writes.touches(range)) return true;
    return false;
  }
}

function count(counts: Map<number, number>, writes: KeysInFlight): void {
  for (const hash of writes.hashes()) counts.set(hash, (counts.get(hash) ?? 0) + 1);
}
