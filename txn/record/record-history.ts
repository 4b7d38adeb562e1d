import type { RecordDelta } from './record-delta.js';

interface Interval {
  /** Snapshots s with from <= s < to see `bytes`. */
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

const INTERVAL_OVERHEAD_BYTES = 96;

/**
 * Images that the base files no longer hold but a live snapshot may still read: what stood in a
 * record before a checkpoint overwrote it.
 */
export class RecordHistory {
  readonly #intervals = new Map<number, Interval[]>();
  #sizeBytes = 0;

  get sizeBytes(): number { return this.#sizeBytes; }
  get isEmpty(): boolean { return this.#intervals.size === 0; }

  has(recno: number): boolean { return this.#intervals.has(recno); }

  /** The image that a snapshot at `sequence` must see instead of the base; undefined = the base is right. */
  find(recno: number, sequence: number): Uint8Array | undefined {
    const list = this.#intervals.get(recno);
    if (list === undefined) return undefined;
    for (const interval of list) if (sequence >= interval.from && sequence < interval.to) return interval.bytes;
    return undefined;
  }

  /** Sequence of the latest change that is remembered here for the record; 0 = none. */
  lastChange(recno: number): number {
    return this.#intervals.get(recno)?.at(-1)?.to ?? 0;
  }

  /** Record numbers whose latest remembered change is after `sequence`. */
  *changedSince(sequence: number): Iterable<number> {
    for (const [recno, list] of this.#intervals) if ((list.at(-1)?.to ?? 0) > sequence) yield recno;
  }

  /**
   * Keeps what the fold of `frozen` hides from snapshots older than its versions.
   * `preImages` holds the base images from before the fold.
   */
  keep(frozen: RecordDelta, preImages: ReadonlyMap<number, Uint8Array>, oldestSnapshot: number): void {
    for (const [recno, newest] of frozen.rows) {
      if (newest.sequence <= oldestSnapshot) continue;
      const added: Interval[] = [];
      let version = newest;
      while (version.older !== undefined && version.sequence > oldestSnapshot) {
        // A copy: the image of a row is a piece of a pooled buffer, which one kept row would keep whole.
        added.push({ from: version.older.sequence, to: version.sequence, bytes: new Uint8Array(version.older.bytes) });
        version = version.older;
      }
      const before = preImages.get(recno);
      if (version.older === undefined && before !== undefined && version.sequence > oldestSnapshot) {
        added.push({ from: this.lastChange(recno), to: version.sequence, bytes: before });
      }
      if (added.length > 0) this.#add(recno, added.reverse());
    }
  }

  #add(recno: number, added: Interval[]): void {
    const list = this.#intervals.get(recno);
    if (list === undefined) this.#intervals.set(recno, added);
    else list.push(...added);
    for (const interval of added) this.#sizeBytes += interval.bytes.length + INTERVAL_OVERHEAD_BYTES;
  }

  /** Forgets what no snapshot at or after `oldestSnapshot` can see. */
  prune(oldestSnapshot: number): void {
    for (const [recno, list] of this.#intervals) {
      const kept = list.filter((interval) => interval.to > oldestSnapshot);
      for (const interval of list) {
        if (interval.to <= oldestSnapshot) this.#sizeBytes -= interval.bytes.length + INTERVAL_OVERHEAD_BYTES;
      }
      if (kept.length === 0) this.#intervals.delete(recno);
      else if (kept.length < list.length) this.#intervals.set(recno, kept);
    }
  }
}
