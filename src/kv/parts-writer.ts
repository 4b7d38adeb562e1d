import { FieldstoneError } from '#storage';
import { commitBatch, KeyBatch, KeyView, type Engine, type KeyStore, type Transaction } from '#txn';
import { assertValueSize, markedId, markKey, newPartsId, partKey } from './parts.js';
import { PART_BYTES, type PartsRef } from './value-form.js';

// Ids that are being written now: their marks are not left-overs.
const active = new WeakMap<KeyStore, Set<number>>();

/**
 * Writes the parts of a large value, each in a commit of its own, under a mark. The commit that makes the value visible takes the mark
 * away; a mark without it (the stream failed, the process died) tells which parts to remove.
 */
export class PartsWriter {
  readonly #engine: Engine;
  readonly #store: KeyStore;
  readonly #id: number;
  readonly #part = Buffer.allocUnsafeSlow(PART_BYTES);
  #length = 0;
  #count = 0;
  #totalBytes = 0;

  constructor(engine: Engine, store: KeyStore) {
    this.#engine = engine;
    this.#store = store;
    this.#id = newPartsId(engine.options.env.random);
  }

  async write(source: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>): Promise<PartsRef> {
    const ids = active.get(this.#store) ?? new Set();
    active.set(this.#store, ids);
    ids.add(this.#id);
    try {
      for (const id of abandonedIds(this.#engine, this.#store)) if (!ids.has(id)) await removeParts(this.#engine, this.#store, id);
      await this.#commit(markKey(this.#id), new Uint8Array(0));
      for await (const piece of source) {
        if (typeof piece !== 'string' && !(piece instanceof Uint8Array)) throw new FieldstoneError('VALUE', `a stream of bytes or text is wanted, it gave ${typeof piece}`);
        await this.#add(typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece);
      }
      if (this.#length > 0) await this.#flush();
      return { id: this.#id, count: this.#count, totalBytes: this.#totalBytes };
    } catch (e) {
      ids.delete(this.#id);
      if (!this.#engine.isClosed && !this.#engine.writeSide.isPoisoned) await removeParts(this.#engine, this.#store, this.#id);
      throw e;
    }
  }

  /** Part of the commit that makes the value visible. */
  finish(transaction: Transaction): void {
    const mark = markKey(this.#id);
    transaction.putKey(this.#store, mark, mark.length, undefined);
  }

  async #add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const n = Math.min(PART_BYTES - this.#length, bytes.length - at);
      this.#part.set(bytes.subarray(at, at + n), this.#length);
      this.#length += n;
      at += n;
      if (this.#length === PART_BYTES) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    this.#totalBytes += this.#length;
    assertValueSize(this.#totalBytes);
    await this.#commit(partKey(this.#id, this.#count++), this.#part.subarray(0, this.#length));
    this.#length = 0;
  }

  #commit(key: Buffer, value: Uint8Array): Promise<void> {
    const batch = new KeyBatch(this.#store);
    batch.add(key, key.length, value);
    return commitBatch(this.#engine, batch);
  }
}

/** Removes the parts of one value and its mark. */
async function removeParts(engine: Engine, store: KeyStore, id: number): Promise<void> {
  const batch = new KeyBatch(store);
  const lower = partKey(id, 0);
  const upper = partKey(id, 0xffffffff);
  const cursor = new KeyView(store, engine.sequence).cursor({ lower, upper });
  while (cursor.next()) batch.add(cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength), cursor.keyLength, undefined);
  const mark = markKey(id);
  batch.add(mark, mark.length, undefined);
  await commitBatch(engine, batch);
}

/** Ids of values whose parts were being written when a process ended. */
function abandonedIds(engine: Engine, store: KeyStore): number[] {
  const ids: number[] = [];
  const cursor = new KeyView(store, engine.sequence).cursor({ lower: Buffer.of(0xff), upper: undefined });
  while (cursor.next()) {
    const id = markedId(cursor.keyBytes.subarray(cursor.keyStart, cursor.keyStart + cursor.keyLength));
    if (id !== undefined) ids.push(id);
  }
  return ids;
}
