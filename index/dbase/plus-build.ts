import type { BlockSink } from '../xbase/block-source.js';
import { PlusNode } from './plus-node.js';
import { UNIT_BYTES, type PlusShape } from './plus-shape.js';

/** A level of the tree that grows at its right edge. */
interface Level {
  /** Full, and not written yet: the last node of the level may need slots of it. */
  held: PlusNode | undefined;
  current: PlusNode;
}

/** Builds a tree of sorted entries from the leaves up; of each level at most two pages are in memory, and pages are full. */
export class PlusBuilder {
  /** The number of the next page. */
  nextUnit: number;
  readonly #shape: PlusShape;
  readonly #sink: BlockSink;
  readonly #levels: Level[] = [];
  readonly #page: Buffer;
  blocksWritten = 0;

  constructor(shape: PlusShape, sink: BlockSink) {
    this.nextUnit = shape.firstUnit;
    this.#shape = shape;
    this.#sink = sink;
    this.#page = Buffer.alloc(shape.blockBytes);
  }

  add(key: Uint8Array, keyStart: number, recno: number): void {
    const node = this.#room(0);
    node.insert(node.size, recno, key, keyStart);
  }

  /** Writes what is left; returns the root. */
  finish(): number {
    for (let i = 0; ; i++) {
      const { held, current } = this.#level(i);
      if (held === undefined) return this.#write(current);
      const missing = (held.size - current.size) >> 1;
      if (current.size < current.capacity >> 1) held.shiftFrom(current, -missing);
      this.#addAbove(i + 1, held);
      this.#addAbove(i + 1, current);
    }
  }

  #level(i: number): Level { return this.#levels[i] ??= { held: undefined, current: this.#fresh(i) }; }

  #fresh(i: number): PlusNode {
    const unit = this.nextUnit;
    this.nextUnit += this.#shape.blockBytes / UNIT_BYTES;
    return new PlusNode(unit, i === 0, this.#shape);
  }

  /** The node of a level that takes the next slot. */
  #room(i: number): PlusNode {
    const level = this.#level(i);
    if (level.current.size < level.current.capacity) return level.current;
    const full = level.held;
    level.held = level.current;
    level.current = this.#fresh(i);
    if (full !== undefined) this.#addAbove(i + 1, full);
    return level.current;
  }

  #addAbove(i: number, child: PlusNode): void {
    this.#write(child);
    const node = this.#room(i);
    node.insertChild(node.size, child.unit, child, child.size - 1);
  }

  #write(node: PlusNode): number {
    node.writeTo(this.#page, 0);
    this.#sink.write(node.unit * UNIT_BYTES, this.#page);
    this.blocksWritten++;
    return node.unit;
  }
}
