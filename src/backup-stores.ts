import { WHOLE_RANGE } from '#index';
import { commitBatch, KeyBatch, KeyView, type Engine } from '#txn';

const BATCH_BYTES = 1 << 20;

/**
 * Copies all key-value stores (the parts of large values too) as of `sequence` into another database, in batches of about a
 * megabyte. `turn` is called between batches: it may let others run, and may throw.
 */
export async function copyStores(from: Engine, sequence: number, to: Engine, turn: () => Promise<void>): Promise<number> {
  let keys = 0;
  for (const name of from.keyStores.names()) {
    const source = from.keyStores.store(name);
    const target = to.keyStores.store(name, source.kinds);
    target.ownerFlags |= source.ownerFlags;
    const cursor = new KeyView(source, sequence).cursor(WHOLE_RANGE);
    let batch = new KeyBatch(target);
    while (cursor.next()) {
      cursor.readValue();
      const key = cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength);
      batch.add(key, key.length, cursor.valueBytes.subarray(cursor.valueStart, cursor.valueEnd));
      keys++;
      if (batch.sizeBytes < BATCH_BYTES) continue;
      await commitBatch(to, batch, 'none');
      batch = new KeyBatch(target);
      await turn();
    }
    await commitBatch(to, batch, 'none');
  }
  return keys;
}
