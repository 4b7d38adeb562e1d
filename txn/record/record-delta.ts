import { copyBytes } from '#storage';
import type { RowVersion } from './row-version.js';

// What a map entry, a version object and a small buffer cost besides the bytes (measured, rounded up).
const ROW_OVERHEAD_BYTES = 160;

/** One generation of changes of a table: committed, in the log, not yet in the base files. */
export class RecordDelta {
  readonly rows = new Map<number, RowVersion>();
  /** Memo block number → the bytes that belong at its address. */
  readonly memos = new Map<number, Uint8Array>();
  #sizeBytes = 0;

  get sizeBytes(): number { return this.#sizeBytes; }
  get isEmpty(): boolean { return this.rows.size === 0 && this.memos.size === 0; }

  /**
   * `keepOlder` false forgets the replaced version: no snapshot can see it, and its image is overwritten in place. That keeps the rows that
   * change often where they are in memory, and their new images short-lived.
   */
  putRow(recno: number, sequence: number, bytes: Uint8Array, keepOlder: boolean): void {
    const older = this.rows.get(recno);
    if (older !== undefined && !keepOlder) {
      copyBytes(bytes, 0, older.bytes);
      older.sequence = sequence;
      older.older = undefined;
      return;
    }
    this.rows.set(recno, { sequence, bytes, older });
    this.#sizeBytes += bytes.length + ROW_OVERHEAD_BYTES;
  }

  putMemo(block: number, bytes: Uint8Array): void {
    this.memos.set(block, bytes);
    this.#sizeBytes += bytes.length + ROW_OVERHEAD_BYTES;
  }

  /** Puts the changes of an earlier generation beneath this one (a checkpoint was abandoned). */
  absorbOlder(earlier: RecordDelta): void {
    for (const [recno, version] of earlier.rows) {
      let oldest = this.rows.get(recno);
      if (oldest === undefined) {
        this.rows.set(recno, version);
        continue;
      }
      while (oldest.older !== undefined) oldest = oldest.older;
      oldest.older = version;
    }
    for (const [block, bytes] of earlier.memos) if (!this.memos.has(block)) this.memos.set(block, bytes);
    this.#sizeBytes += earlier.sizeBytes;
  }
}
