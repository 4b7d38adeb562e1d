import { blankRecord, DELETED_MARK, type DbfLayout } from '#storage';

/** What a checkpoint writes where nobody filled a number: a deleted, empty row. Indexes need not know of it. */
export class HoleRow {
  readonly bytes: Uint8Array;

  constructor(layout: DbfLayout) {
    this.bytes = blankRecord(layout);
    this.bytes[0] = DELETED_MARK;
  }

  /** True when such a row stands at that place. */
  isAt(bytes: Uint8Array, start: number): boolean {
    const hole = this.bytes;
    for (let i = 0; i < hole.length; i++) if (bytes[start + i] !== hole[i]) return false;
    return true;
  }
}
