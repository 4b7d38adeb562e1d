import { latin1Text } from '#storage';
import { AT_PREFIX, LENGTH_BITS, LENGTH_MASK, nodeCount, prefixLength, VALUE_KINDS } from './node-image.js';
import { MAX_IMAGE_BYTES, u16 } from './page-format.js';

const HEAD_BYTES = 4;
/** Before what stands of the key in its entry: length and kind. */
const ENTRY_BYTES = 2;
/** Bits of four bytes that none of them has when all are ASCII. */
const NOT_ASCII = 0x80808080;
/** Where the keys of a run are put together, and where each ends. They never hold anything between two calls. */
let joined = new Uint8Array(1 << 13);
let words = new DataView(joined.buffer);
let ends = new Uint32Array(1 << 8);

/** The places of a run of entries in a leaf: `count` of them, the first is `from`, in steps of 1 or -1. */
export interface LeafRun {
  readonly leaf: Buffer;
  readonly from: number;
  readonly count: number;
  readonly step: 1 | -1;
}

/** The first `count` keys of a run, cut out of one text: a fraction of the cost of a text for each. undefined when one of them is not ASCII. */
export function keyTexts({ leaf, from, step }: LeafRun, count: number): string[] | undefined {
  const text = joinKeys(leaf, step > 0 ? from : from - count + 1, count);
  if (text === undefined) return undefined;
  const keys = new Array<string>(count);
  for (let i = 0, at = 0; i < count; i++) keys[step > 0 ? i : count - 1 - i] = text.substring(at, at = ends[i] ?? 0);
  return keys;
}

/**
 * Entries `low .. low + count`: their keys one behind the other as text, and in `ends` where each ends. Copies four bytes at a time where more than
 * belongs to the key may be copied: what follows is written later.
 */
function joinKeys(leaf: Buffer, low: number, count: number): string | undefined {
  const heads = AT_PREFIX + prefixLength(leaf);
  const prefix = heads - AT_PREFIX;
  const offsets = heads + nodeCount(leaf) * HEAD_BYTES;
  reserve(count * prefix + count * HEAD_BYTES + (entryEnd(leaf, offsets, low + count - 1) - u16(leaf, offsets + low * 2)) + HEAD_BYTES, count);
  const [bytes, to] = [joined, words];
  const from = new DataView(leaf.buffer, leaf.byteOffset, leaf.length);
  let seen = 0;
  for (let k = 0; k < prefix; k++) seen |= bytes[k] = leaf[AT_PREFIX + k] ?? 0;
  let at = 0;
  for (let i = low; i < low + count; i++) {
    if (at > 0) for (let k = 0; k < prefix; k += HEAD_BYTES) to.setUint32(at + k, to.getUint32(k));
    at += prefix;
    const start = from.getUint16(offsets + i * 2, true);
    const length = from.getUint16(start, true) & LENGTH_MASK;
    const head = from.getUint32(heads + i * HEAD_BYTES); // zeros behind a shorter key
    to.setUint32(at, head);
    seen |= head;
    for (let k = HEAD_BYTES; k < length; k++) seen |= bytes[at + k] = leaf[start + ENTRY_BYTES - HEAD_BYTES + k] ?? 0;
    ends[i - low] = at += length;
  }
  return (seen & NOT_ASCII) === 0 ? latin1Text(bytes, 0, at) : undefined;
}

function reserve(bytes: number, count: number): void {
  if (joined.length < bytes) {
    joined = new Uint8Array(bytes * 2);
    words = new DataView(joined.buffer);
  }
  if (ends.length < count) ends = new Uint32Array(count * 2);
}

/** Entries of a run, from its first on, whose value lies in the leaf and has those bits in its first byte. Looks at `most` of them. */
export function leadingValues({ leaf, from, count, step }: LeafRun, mask: number, bits: number, most: number = count): number {
  const offsets = offsetsOf(leaf);
  const end = from + Math.min(count, most) * step;
  let i = from;
  for (; i !== end; i += step) {
    const start = u16(leaf, offsets + i * 2);
    const marked = u16(leaf, start);
    const at = start + ENTRY_BYTES + behindHead(marked & LENGTH_MASK);
    if (marked >>> LENGTH_BITS !== VALUE_KINDS.inline || at === entryEnd(leaf, offsets, i) || ((leaf[at] ?? 0) & mask) !== bits) break;
  }
  return (i - from) * step;
}

/** The values of a run without their first byte, cut out of one text, up to the first that does not begin with `head`, which says that all of it is ASCII. */
export function valueTexts({ leaf, from, count, step }: LeafRun, head: number): string[] {
  const offsets = offsetsOf(leaf);
  const low = step > 0 ? from : from - count + 1;
  const base = u16(leaf, offsets + low * 2);
  const places = new DataView(leaf.buffer, leaf.byteOffset, leaf.length);
  const text = latin1Text(leaf, base, entryEnd(leaf, offsets, low + count - 1));
  const values = new Array<string>(count);
  let n = 0;
  for (let i = from; n < count; i += step, n++) {
    const start = places.getUint16(offsets + i * 2, true);
    const marked = places.getUint16(start, true);
    const at = start + ENTRY_BYTES + behindHead(marked & LENGTH_MASK);
    const last = places.getUint16(offsets + i * 2 + 2, true) || MAX_IMAGE_BYTES;
    if (marked >>> LENGTH_BITS !== VALUE_KINDS.inline || at === last || leaf[at] !== head) break;
    values[n] = text.substring(at + 1 - base, last - base);
  }
  values.length = n;
  return values;
}

function offsetsOf(leaf: Uint8Array): number { return AT_PREFIX + prefixLength(leaf) + nodeCount(leaf) * HEAD_BYTES; }
/** Bytes of a key that stand in its entry: the first four stand among the heads. */
function behindHead(length: number): number { return length > HEAD_BYTES ? length - HEAD_BYTES : 0; }
/** An entry ends where the next begins; 0 stands for the largest image. */
function entryEnd(leaf: Uint8Array, offsets: number, i: number): number { return u16(leaf, offsets + i * 2 + 2) || MAX_IMAGE_BYTES; }
