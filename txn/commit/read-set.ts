import { FieldstoneError } from '#storage';
import type { RecordStore } from '../record/record-store.js';

interface ReadRange { readonly from: number; readonly to: number }

/** What was read in a store that is no table. */
export interface ReadValidator {
  /** Throws CONFLICT when something that was read changed after `sequence` or is being committed. */
  validate(sequence: number): void;
}

/** What a serializable transaction read, so that a commit can prove nobody changed it meanwhile. */
export class ReadSet {
  readonly #points = new Map<RecordStore, Set<number>>();
  readonly #ranges = new Map<RecordStore, ReadRange[]>();
  readonly #others: ReadValidator[] = [];

  /** Also validated: what was read in another kind of store. */
  include(reads: ReadValidator): void { this.#others.push(reads); }

  point(store: RecordStore, recno: number): void {
    let set = this.#points.get(store);
    if (set === undefined) this.#points.set(store, set = new Set());
    set.add(recno);
  }

  /** `to` Infinity = to the end, so that an appended record counts as a change. */
  range(store: RecordStore, from: number, to: number): void {
    let list = this.#ranges.get(store);
    if (list === undefined) this.#ranges.set(store, list = []);
    const last = list.at(-1);
    if (last === undefined || last.from !== from || last.to !== to) list.push({ from, to });
  }

  /** Throws CONFLICT when something that was read changed after `sequence` or is being committed. */
  validate(sequence: number): void {
    for (const [store, recnos] of this.#points) {
      for (const recno of recnos) {
        if (store.retired || store.isInFlight(recno) || store.lastChangeOf(recno) > sequence || appeared(store, recno, sequence)) {
          throw conflict(store, recno);
        }
      }
    }
    for (const reads of this.#others) reads.validate(sequence);
    for (const [store, ranges] of this.#ranges) {
      for (const { from, to } of ranges) if (store.retired || store.changedInRange(from, to, sequence)) throw conflict(store, from);
    }
  }
}

/** A record that did not exist for the reader and does now. */
function appeared(store: RecordStore, recno: number, sequence: number): boolean {
  return recno > store.counts.at(sequence) && recno <= store.counts.latest;
}

function conflict(store: RecordStore, recno: number): FieldstoneError {
  return new FieldstoneError('CONFLICT', `data that the transaction read in "${store.name}" was changed by another transaction`, {
    table: store.name, recno,
  });
}
