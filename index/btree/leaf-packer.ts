import { assert } from '#storage';
import { sharedPrefix } from '../key/compare-keys.js';
import { imageBytes, NodeBuilder } from './node-builder.js';
import { MAX_IMAGE_BYTES, PAGE_HEADER_BYTES, PAGE_TYPES } from './page-format.js';
import type { NodeRef, TreeWriter } from './tree-writer.js';

/** A leaf holds at most so many times the size of its page when compressed: what one read must unpack. */
const MAX_RATIO = 4;
const SPARE = 0.97;
/** Below this share of a page the rest of a run wants the leaf beside it. */
const SMALL_SHARE = 0.3;

/**
 * Collects the entries of a run of leaves in key order and writes them out as full leaves. Entries wait in flat arrays: key
 * and payload bytes in one buffer.
 */
export class LeafPacker {
  readonly #w: TreeWriter;
  readonly #builder: NodeBuilder;
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
  #used = 0;
  #starts: number[] = [];
  #keyLengths: number[] = [];
  #payloadLengths: number[] = [];
  #kinds: number[] = [];
  /** Entries before this one were written. */
  #from = 0;
  #pendingBytes = 0;
  #shortestKey = Infinity;
  #lower: Buffer = Buffer.alloc(0);
  /** How much smaller leaves become; learnt from leaf to leaf. */
  #ratio = 1.5;
  #out: NodeRef[] = [];

  constructor(writer: TreeWriter) {
    this.#w = writer;
    this.#builder = new NodeBuilder(writer.image);
  }

  /** Begins a run: leaves go to `out`; no key will be below `lower`. */
  begin(out: NodeRef[], lower: Buffer): void {
    assert(this.isEmpty, 'a run begins with nothing pending');
    this.#out = out;
    this.#lower = lower;
    this.#reset();
  }

  get isEmpty(): boolean { return this.#from === this.#starts.length; }
  /** Too little is pending for a leaf of its own. */
  get isSmall(): boolean { return this.#pendingBytes < this.#w.pageSizeBytes * SMALL_SHARE; }

  /** Adds the next entry and returns nothing; its bytes are copied. */
  add(key: Uint8Array, keyStart: number, keyLength: number, kind: number, payload: Uint8Array, payloadStart: number, payloadLength: number): void {
    const start = this.#claim(keyLength + payloadLength);
    const bytes = this.#bytes;
    for (let i = 0; i < keyLength; i++) bytes[start + i] = key[keyStart + i] ?? 0;
    if (payloadLength > 0) bytes.set(payload.subarray(payloadStart, payloadStart + payloadLength), start + keyLength);
    this.#starts.push(start);
    this.#keyLengths.push(keyLength);
    this.#payloadLengths.push(payloadLength);
    this.#kinds.push(kind);
    if (keyLength < this.#shortestKey) this.#shortestKey = keyLength;
    this.#pendingBytes += keyLength + payloadLength + 8;
    // A page's worth is held back, so that the last two can share evenly.
    if (this.#pendingBytes > this.#capacity() * 2 + this.#w.pageSizeBytes) this.#writeFull();
  }

  /** Takes back what is pending: calling the result adds it to the run that was begun meanwhile. */
  takePending(): () => void {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#used));
    const entries = this.#starts.slice(this.#from).map((start, i) => ({
      start, keyLength: this.#keyLengths[this.#from + i] ?? 0, payloadLength: this.#payloadLengths[this.#from + i] ?? 0, kind: this.#kinds[this.#from + i] ?? 0,
    }));
    this.#reset();
    return () => {
      for (const e of entries) this.add(bytes, e.start, e.keyLength, e.kind, bytes, e.start + e.keyLength, e.payloadLength);
    };
  }

  /** Writes what is pending. `appending`: the rest may be small, more will follow behind it one day. */
  finish(appending: boolean): void {
    const end = this.#starts.length;
    while (this.#size(this.#from, end) > this.#capacity()) {
      const full = this.#fit(this.#from, end);
      const rest = this.#size(full, end);
      if (!appending && rest < this.#capacity()) this.#write(this.#half(this.#from, end));
      else this.#write(full);
    }
    while (!this.isEmpty) this.#write(end);
    this.#reset();
  }

  #capacity(): number {
    const { codec, pageSizeBytes } = this.#w;
    if (codec.id === 0) return pageSizeBytes;
    const packed = PAGE_HEADER_BYTES + (pageSizeBytes - PAGE_HEADER_BYTES) * this.#ratio * SPARE;
    return Math.max(pageSizeBytes, Math.floor(Math.min(packed, pageSizeBytes * MAX_RATIO, MAX_IMAGE_BYTES)));
  }

  #writeFull(): void {
    const end = this.#starts.length;
    while (this.#pendingBytes > this.#capacity() * 1.5) {
      if (this.#size(this.#from, end) <= this.#capacity() * 1.25) break;
      this.#write(this.#fit(this.#from, end));
    }
    if (this.#from > 0) this.#forget();
  }

  /** The largest j so that [from, j) fits into one leaf; at least one entry. */
  #fit(from: number, end: number, capacity = this.#capacity()): number {
    let low = from + 1;
    let high = end;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#size(from, middle) <= capacity) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The j that divides [from, end) into two of about the same size; both hold something. */
  #half(from: number, end: number): number {
    const total = this.#size(from, end);
    return Math.max(from + 1, Math.min(end - 1, this.#fit(from, end, Math.min(this.#capacity(), Math.ceil(total / 2) + 64))));
  }

  #size(from: number, end: number): number {
    if (end <= from) return 0;
    const bytes = (this.#starts[end - 1] ?? 0) + (this.#keyLengths[end - 1] ?? 0) + (this.#payloadLengths[end - 1] ?? 0) - (this.#starts[from] ?? 0);
    const prefix = this.#prefix(from, end);
    return imageBytes(end - from, bytes, 0, prefix, this.#shortestKey - prefix < 4);
  }

  #prefix(from: number, end: number): number {
    const bytes = this.#bytes;
    const limit = Math.min(this.#keyLengths[from] ?? 0, this.#keyLengths[end - 1] ?? 0);
    return sharedPrefix(bytes, this.#starts[from] ?? 0, bytes, this.#starts[end - 1] ?? 0, limit);
  }

  /** Writes [#from, end) as one leaf, or as much of it as goes into one. */
  #write(wanted: number): void {
    const { pageSizeBytes, codec, codecCounters } = this.#w;
    let end = wanted;
    for (;;) {
      const length = this.#build(end);
      const body = this.#w.image.subarray(PAGE_HEADER_BYTES, length);
      if (length <= pageSizeBytes) {
        this.#emit(end, body, 0, body.length);
        return;
      }
      assert(codec.id !== 0 && end > this.#from + 1, 'one entry fits into a page');
      const packed = codec.compress(body);
      codecCounters.bytesIn += body.length;
      this.#ratio = Math.max(1, this.#ratio * 0.6 + 0.4 * (body.length / packed.length));
      if (packed.length <= pageSizeBytes - PAGE_HEADER_BYTES) {
        codecCounters.compressed++;
        codecCounters.bytesOut += packed.length;
        this.#emit(end, packed, codec.id, body.length);
        return;
      }
      const share = ((pageSizeBytes - PAGE_HEADER_BYTES) / packed.length) * 0.96;
      const fewer = this.#from + Math.max(1, Math.floor((end - this.#from) * share));
      end = Math.max(Math.min(fewer, end - 1), this.#fit(this.#from, end, pageSizeBytes));
    }
  }

  #build(end: number): number {
    const bytes = this.#bytes;
    const builder = this.#builder;
    builder.begin(end - this.#from, bytes, this.#starts[this.#from] ?? 0, this.#prefix(this.#from, end));
    for (let i = this.#from; i < end; i++) {
      const start = this.#starts[i] ?? 0;
      const keyLength = this.#keyLengths[i] ?? 0;
      const payloadLength = this.#payloadLengths[i] ?? 0;
      const at = builder.add(bytes, start, keyLength, this.#kinds[i] ?? 0, payloadLength);
      bytes.copy(this.#w.image, at, start + keyLength, start + keyLength + payloadLength);
    }
    return builder.end();
  }

  #emit(end: number, body: Uint8Array, codecId: number, logicalBytes: number): void {
    const pageNo = this.#w.emitNode(PAGE_TYPES.leaf, 0, body, codecId, logicalBytes);
    this.#out.push({ lower: this.#lower, pageNo, keyCount: end - this.#from });
    for (let i = this.#from; i < end; i++) this.#pendingBytes -= (this.#keyLengths[i] ?? 0) + (this.#payloadLengths[i] ?? 0) + 8;
    this.#from = end;
    if (end < this.#starts.length) this.#lower = this.#separator(end);
  }

  /** The shortest key that is above entry i - 1 and not above entry i. */
  #separator(i: number): Buffer {
    const bytes = this.#bytes;
    const [a, b] = [this.#starts[i - 1] ?? 0, this.#starts[i] ?? 0];
    const shared = sharedPrefix(bytes, a, bytes, b, Math.min(this.#keyLengths[i - 1] ?? 0, this.#keyLengths[i] ?? 0));
    return Buffer.from(bytes.subarray(b, b + shared + 1));
  }

  #claim(count: number): number {
    if (this.#used + count > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#used + count));
      this.#bytes.copy(grown, 0, 0, this.#used);
      this.#bytes = grown;
    }
    const at = this.#used;
    this.#used += count;
    return at;
  }

  /** Drops written entries from the arrays. */
  #forget(): void {
    const shift = this.#starts[this.#from] ?? this.#used;
    this.#bytes.copyWithin(0, shift, this.#used);
    this.#used -= shift;
    this.#starts = this.#starts.slice(this.#from).map((start) => start - shift);
    this.#keyLengths = this.#keyLengths.slice(this.#from);
    this.#payloadLengths = this.#payloadLengths.slice(this.#from);
    this.#kinds = this.#kinds.slice(this.#from);
    this.#from = 0;
  }

  #reset(): void {
    this.#used = 0;
    this.#starts.length = 0;
    this.#keyLengths.length = 0;
    this.#payloadLengths.length = 0;
    this.#kinds.length = 0;
    this.#from = 0;
    this.#pendingBytes = 0;
    this.#shortestKey = Infinity;
  }
}
