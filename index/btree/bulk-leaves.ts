import { assert } from '#storage';
import { sharedPrefix } from '../key/compare-keys.js';
import type { SortedRun } from '../run/sorted-run.js';
import { imageBytes } from './node-builder.js';
import { AT_COUNT, AT_PREFIX, AT_PREFIX_LENGTH } from './node-image.js';
import { PAGE_HEADER_BYTES, PAGE_TYPES, putU16 } from './page-format.js';
import type { NodeRef, TreeWriter } from './tree-writer.js';

const HEAD_BYTES = 4;
/** Of an entry beside its key: its offset and its length. */
const ENTRY_BYTES = 4;
const EMPTY = Buffer.alloc(0);

/** Writes keys without values as full leaves that are not compressed, straight from where a sorted run has them. */
export class BulkLeaves {
  readonly #w: TreeWriter;
  readonly #run: SortedRun;
  /** Bytes of the keys of the leaf at hand: those of the first k at k. */
  readonly #keyBytes: Int32Array;
  /** All keys have the same length: the sums are the same for every leaf. */
  readonly #isFixed: boolean;

  constructor(writer: TreeWriter, run: SortedRun) {
    this.#w = writer;
    this.#run = run;
    this.#keyBytes = new Int32Array(Math.floor(writer.pageSizeBytes / (HEAD_BYTES + ENTRY_BYTES)) + 2);
    this.#isFixed = run.shortest === run.longest;
    if (this.#isFixed) for (let k = 0; k < this.#keyBytes.length; k++) this.#keyBytes[k] = k * run.longest;
  }

  /** Writes the leaf that begins with key `from` and adds it to `out`. Returns the first key behind it. */
  write(from: number, out: NodeRef[]): number {
    const count = this.#fit(from);
    const end = from + count;
    const prefix = this.#prefix(from, count);
    const length = this.#build(from, end, prefix);
    const body = this.#w.image.subarray(PAGE_HEADER_BYTES, length);
    const pageNo = this.#w.emitNode(PAGE_TYPES.leaf, 0, body, 0, body.length);
    out.push({ lower: from === 0 ? EMPTY : this.#separator(from), pageNo, keyCount: count });
    return end;
  }

  /** How many keys from `from` on fill a page. */
  #fit(from: number): number {
    const run = this.#run;
    const sums = this.#keyBytes;
    const most = Math.min(run.count - from, sums.length - 1);
    if (!this.#isFixed) for (let k = 0; k < most; k++) sums[k + 1] = (sums[k] ?? 0) + run.lengthAt(from + k);
    let low = 1;
    let high = most;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#size(from, middle) <= this.#w.pageSizeBytes) low = middle;
      else high = middle - 1;
    }
    assert(this.#size(from, low) <= this.#w.pageSizeBytes, 'a key fits into a page');
    return low;
  }

  #size(from: number, count: number): number {
    const prefix = this.#prefix(from, count);
    return imageBytes(count, this.#keyBytes[count] ?? 0, 0, prefix, this.#run.shortest - prefix < HEAD_BYTES);
  }

  #prefix(from: number, count: number): number {
    const run = this.#run;
    const last = from + count - 1;
    return sharedPrefix(run.bytesAt(from), run.startAt(from), run.bytesAt(last), run.startAt(last), Math.min(run.lengthAt(from), run.lengthAt(last)));
  }

  /** The image of a leaf; returns its length. As NodeBuilder writes it, for many keys in one loop. */
  #build(from: number, end: number, prefix: number): number {
    const { image } = this.#w;
    const run = this.#run;
    putU16(image, AT_COUNT, end - from);
    putU16(image, AT_PREFIX_LENGTH, prefix);
    run.bytesAt(from).copy(image, AT_PREFIX, run.startAt(from), run.startAt(from) + prefix);
    let head = AT_PREFIX + prefix;
    let offset = head + (end - from) * HEAD_BYTES;
    let at = offset + (end - from + 1) * 2;
    const { table } = run;
    for (let i = from; i < end; i++) {
      const entry = run.entryAt(i);
      const key = table.bytesOf(entry);
      const start = table.startOf(entry);
      const keyEnd = start + table.lengthOf(entry);
      let k = start + prefix;
      const length = keyEnd - k;
      image[offset] = at;
      image[offset + 1] = at >>> 8;
      image[at] = length;
      image[at + 1] = length >>> 8;
      if (length >= HEAD_BYTES) {
        image[head] = key[k] ?? 0;
        image[head + 1] = key[k + 1] ?? 0;
        image[head + 2] = key[k + 2] ?? 0;
        image[head + 3] = key[k + 3] ?? 0;
      } else for (let h = 0; h < HEAD_BYTES; h++) image[head + h] = h < length ? key[k + h] ?? 0 : 0;
      at += 2;
      for (k += HEAD_BYTES; k < keyEnd; k++) image[at++] = key[k] ?? 0;
      head += HEAD_BYTES;
      offset += 2;
    }
    putU16(image, offset, at & 0xffff);
    return at;
  }

  /** The shortest key that is above key i - 1 and not above key i. */
  #separator(i: number): Buffer {
    const run = this.#run;
    const [bytes, start] = [run.bytesAt(i), run.startAt(i)];
    const shared = sharedPrefix(run.bytesAt(i - 1), run.startAt(i - 1), bytes, start, Math.min(run.lengthAt(i - 1), run.lengthAt(i)));
    return Buffer.from(bytes.subarray(start, start + shared + 1));
  }
}
