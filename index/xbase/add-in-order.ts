import { assert } from '#storage';
import type { BlockSink } from './block-source.js';
import { compareBytes } from './bytes.js';
import type { SortedKeys } from './sorted-key-changes.js';

/** Keys between two looks at the clock. */
const KEYS_PER_LOOK = 256;

/** How keys of a new order come. */
export interface KeyOrder {
  readonly keyLength: number;
  readonly unique: boolean;
  readonly descending: boolean;
}

/** Gives sorted entries to a builder; of equal keys in a unique order the first is taken. Asserts that they come in their order. */
export function* addInOrder(
  order: KeyOrder, keys: SortedKeys, sink: BlockSink, builder: { add(key: Uint8Array, keyStart: number, recno: number): void },
): Generator<void, void, void> {
  const last = Buffer.alloc(order.keyLength);
  let lastRecno = 0;
  for (let n = 1; keys.next(); n++) {
    const ahead = lastRecno === 0 ? 1 : compareBytes(keys.keyBytes, keys.keyStart, last, 0, last.length) * (order.descending ? -1 : 1);
    assert(ahead > 0 || (ahead === 0 && keys.recno > lastRecno), 'keys come in their order');
    if (ahead !== 0 || !order.unique) builder.add(keys.keyBytes, keys.keyStart, keys.recno);
    lastRecno = keys.recno;
    last.set(keys.keyBytes.subarray(keys.keyStart, keys.keyStart + last.length));
    if (n % KEYS_PER_LOOK === 0 && sink.sliceDone()) yield;
  }
}
