import { RunBuilder } from '#index';
import type { ByteMemory, MemoSource } from '#storage';
import { appendRecno } from './entry.js';
import type { EmitKey, IndexKeys } from './index-keys.js';

/** Gathers the entries of many rows for one index, to be sorted. */
export class KeySink {
  readonly keys: IndexKeys;
  builder: RunBuilder;
  readonly #emit: EmitKey;
  #recno = 0;

  /** `expected`: how many rows will come, about. */
  constructor(keys: IndexKeys, expected = 0) {
    this.keys = keys;
    this.builder = new RunBuilder(expected);
    this.#emit = (key, length) => { this.builder.add(key, appendRecno(key, length, this.#recno)); };
  }

  /** Adds the keys of the record image[start ..], as keysOf() makes them. Throws VALUE when no key can be made of it. */
  add(image: Uint8Array, start: number, recno: number, memos: MemoSource, made?: unknown): void {
    const { putKey } = this.keys;
    if (putKey === undefined || made !== undefined) {
      this.#recno = recno;
      this.keys.keysOf(image, start, recno, memos, this.#emit, made);
      return;
    }
    const { builder } = this;
    builder.room();
    const { memory } = builder;
    const end = putKey(image, start, recno, memos, memory, builder.position);
    if (end >= 0) builder.push(putRecno(memory, end, recno));
  }

  /** The key of a record was written to builder.memory, from builder.position up to `end`, after builder.room(). */
  put(end: number, recno: number): void { this.builder.push(putRecno(this.builder.memory, end, recno)); }

  /** Nothing is added any more: lets go of the keys. */
  release(): void { this.builder = NOTHING; }

  /** As add(), for records with consecutive numbers in one buffer. */
  addRecords(image: Uint8Array, starts: Int32Array, count: number, firstRecno: number, memos: MemoSource): void {
    const { builder, keys: { putKey } } = this;
    if (putKey === undefined) {
      for (let i = 0; i < count; i++) this.add(image, starts[i] ?? 0, firstRecno + i, memos);
      return;
    }
    for (let i = 0; i < count; i++) {
      const recno = firstRecno + i;
      builder.room();
      const { memory } = builder;
      const end = putKey(image, starts[i] ?? 0, recno, memos, memory, builder.position);
      if (end >= 0) builder.push(putRecno(memory, end, recno));
    }
  }
}

const NOTHING = new RunBuilder();

/** Room was claimed for the longest key, so that no length is to be proven. */
function putRecno({ words }: ByteMemory, end: number, recno: number): number {
  words.setInt32(end, recno);
  return end + 4;
}
