import { FieldstoneError } from '#storage';
import { addInOrder } from '../xbase/add-in-order.js';
import type { BlockSink } from '../xbase/block-source.js';
import type { TagSpec, UpdatedFile } from '../xbase/index-file.js';
import type { SortedKeys } from '../xbase/sorted-key-changes.js';
import { encodeNtxHeader, MAX_NTX_EXPRESSION, MAX_NTX_KEY_BYTES, MAX_NTX_TAG_NAME, ntxMaxItems, NTX_FLAGS, NTX_PAGE_BYTES, type NtxHeader } from './ntx-header.js';
import { NtxNode } from './ntx-node.js';
import { shapeOf, type NtxShape } from './ntx-page.js';

/**
 * Makes an NTX file of sorted entries: pages are full, from the leaves up, and at most two of each level are in memory. Of
 * equal keys in a unique order the first is taken.
 *
 * @throws FieldstoneError UNSUPPORTED for what the format does not have, LIMIT for keys or expressions that are too long
 */
export function* buildNtx(spec: TagSpec, keys: SortedKeys, sink: BlockSink): Generator<void, UpdatedFile, void> {
  const header = headerFor(spec);
  const builder = new NtxBuilder(shapeOf(header, spec.name, 0xffff_ffff), sink);
  yield* addInOrder(header, keys, sink, builder);
  const root = builder.finish();
  sink.write(0, encodeNtxHeader({ ...header, root }));
  return { sizeBytes: builder.pageCount * NTX_PAGE_BYTES, blocksWritten: builder.pageCount };
}

function headerFor(spec: TagSpec): NtxHeader {
  const { keyLength, keyType, decimals = 0, expression, forExpression } = spec;
  const refuse = (code: 'UNSUPPORTED' | 'LIMIT' | 'NAME', problem: string): never => { throw new FieldstoneError(code, `${spec.name} (NTX): ${problem}`); };
  if (keyType !== 'C' && keyType !== 'N' && keyType !== 'D' && keyType !== 'L') refuse('UNSUPPORTED', `keys of type ${keyType} are not kept in NTX files`);
  if (spec.nullPrefix === true || spec.unique === 'candidate') refuse('UNSUPPORTED', 'an NTX file knows neither NULL nor candidate keys');
  if (keyLength < 1 || keyLength > MAX_NTX_KEY_BYTES) refuse('LIMIT', `a key has 1 to ${MAX_NTX_KEY_BYTES} bytes, not ${keyLength}`);
  if (keyType === 'N' && (decimals < 0 || (decimals > 0 && decimals > keyLength - 2))) refuse('LIMIT', `${decimals} decimals do not go into ${keyLength} bytes`);
  if (Math.max(expression.length, forExpression?.length ?? 0) > MAX_NTX_EXPRESSION) refuse('LIMIT', `an expression has at most ${MAX_NTX_EXPRESSION} characters`);
  if (expression === '') refuse('NAME', 'there is no key expression');
  return {
    signature: NTX_FLAGS.base | (forExpression === undefined ? 0 : NTX_FLAGS.hasFor), version: 1, root: 1, freeHead: 0, keyLength,
    decimals: keyType === 'N' ? decimals : 0, maxItems: ntxMaxItems(keyLength), keyExpression: expression, forExpression,
    unique: spec.unique === 'first', descending: spec.descending === true,
    tagName: spec.name.length > MAX_NTX_TAG_NAME ? '' : spec.name.toUpperCase(), custom: false,
  };
}

/** A level of the tree that grows at its right edge. */
interface Level {
  /** Full, and not written yet: the last node of the level may need keys of it. */
  held: NtxNode | undefined;
  current: NtxNode;
  /** One item: the key between the two. Its child is the held node. */
  readonly edge: NtxNode;
}

class NtxBuilder {
  pageCount = 1;
  readonly #shape: NtxShape;
  readonly #sink: BlockSink;
  readonly #levels: Level[] = [];
  readonly #page: Buffer = Buffer.alloc(NTX_PAGE_BYTES);

  constructor(shape: NtxShape, sink: BlockSink) {
    this.#shape = shape;
    this.#sink = sink;
  }

  add(key: Uint8Array, keyStart: number, recno: number): void {
    const { current } = this.#level(0);
    if (current.count < this.#shape.maxItems) current.insert(current.count, 0, recno, key, keyStart);
    else this.#begin(0).insert(0, 0, recno, key, keyStart);
  }

  /** Writes what is left; returns the root. */
  finish(): number {
    let below = 0;
    for (let i = 0; ; i++) {
      const { held, current, edge } = this.#level(i);
      if (below !== 0) current.setChild(current.count, below);
      below = current.pageNo;
      if (held === undefined) {
        this.#write(current);
        return current.pageNo;
      }
      const missing = (held.count - current.count) >> 1;
      if (current.count < this.#shape.maxItems >> 1) current.takeFromLeft(edge, 0, held, missing);
      this.#write(held);
      this.#addAbove(i + 1, edge, held.pageNo);
      this.#write(current);
    }
  }

  #level(i: number): Level { return this.#levels[i] ??= { held: undefined, current: this.#fresh(), edge: new NtxNode(0, this.#shape) }; }

  #fresh(): NtxNode { return new NtxNode(this.pageCount++, this.#shape); }

  /** A full node waits for the next one to be full: the key between them is to be put into the edge that comes back. */
  #begin(i: number): NtxNode {
    const level = this.#level(i);
    const { held, edge } = level;
    if (held !== undefined) {
      this.#write(held);
      this.#addAbove(i + 1, edge, held.pageNo);
      edge.remove(0);
    }
    level.held = level.current;
    level.current = this.#fresh();
    return edge;
  }

  /** The item of an edge goes to the level above, behind the keys of `child`. */
  #addAbove(i: number, edge: NtxNode, child: number): void {
    const { current } = this.#level(i);
    const at = current.count;
    if (at === this.#shape.maxItems) {
      current.setChild(at, child);
      this.#begin(i).insertFrom(0, edge, 0);
    } else {
      current.insertFrom(at, edge, 0);
      current.setChild(at, child);
    }
  }

  #write(node: NtxNode): void {
    node.writeTo(this.#page);
    this.#sink.write(node.pageNo * NTX_PAGE_BYTES, this.#page);
  }
}
