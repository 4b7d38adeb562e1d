import { hashKey } from '../key/hash-key.js';
import { HashSlots } from './hash-slots.js';
import { MAX_LEVELS, SkipNodes } from './skip-nodes.js';
import { sortedNodes } from './sort-nodes.js';
import { VersionStore } from './version-store.js';

/** From one new node for so many old ones on, all links are made anew. */
const REBUILD_SHARE = 8;

/**
 * Ordered map from keys to chains of versions, all in typed arrays: a key is a node (an integer > 0), a version is an
 * integer > 0. Nodes never leave and never move, so a reader may hold one while others insert. A hash index
 * beside the links answers point lookups, so new nodes are linked no sooner than somebody asks for order: many at once, sorted, which costs
 * a fraction of finding the place of each. Skip lists: W. Pugh, CACM 33(6), 1990.
 *
 * @example
 * const list = new SkipList(seed);
 * list.put(key, key.length, 7, value, false);
 * const version = list.visible(list.find(key, key.length), 7);
 */
export class SkipList {
  readonly nodes = new SkipNodes();
  readonly versions = new VersionStore();
  readonly #slots = new HashSlots();
  /** Predecessor of the last insert on each level: keys that come in order start from there. */
  readonly #path = new Uint32Array(MAX_LEVELS);
  #last = 0;
  /** Nodes from here on are not linked yet. */
  #firstLoose = 1;
  #levels = 1;
  #random: number;

  /** @param seed any integer; the same seed and the same calls give the same list */
  constructor(seed: number) { this.#random = (seed >>> 0) || 0x9e3779b9; }

  /** Keys, deleted ones (tombstones) included. */
  get keyCount(): number { return this.nodes.count - 1; }
  get isEmpty(): boolean { return this.nodes.count === 1; }
  /** Bytes of memory that the content takes. */
  get sizeBytes(): number { return this.nodes.sizeBytes + this.versions.sizeBytes; }

  /** The node of a key, 0 when there is none. */
  find(key: Uint8Array, keyLength: number = key.length, hash: number = hashKey(key, keyLength)): number {
    const { nodes } = this;
    const slots = this.#slots;
    for (let slot = slots.firstSlot(hash); ; slot = slots.nextSlot(slot)) {
      const node = slots.nodeAt(slot);
      if (node === 0 || (nodes.hashes[node] === hash && nodes.equals(node, key, keyLength))) return node;
    }
  }

  /** The newest version of the node at or before `sequence`, 0 when there is none. */
  visible(node: number, sequence: number): number {
    let version = this.nodes.newest[node] ?? 0;
    while (version !== 0 && this.versions.sequence(version) > sequence) version = this.versions.older(version);
    return version;
  }

  newest(node: number): number { return this.nodes.newest[node] ?? 0; }

  first(): number { return this.next(0); }
  last(): number { return this.previous(0); }

  /** The node behind; 0 at the end. */
  next(node: number): number {
    if (this.#firstLoose !== this.nodes.count) this.#linkLoose();
    return this.nodes.next(node);
  }

  /** The node before; 0 at the beginning. */
  previous(node: number): number {
    if (this.#firstLoose !== this.nodes.count) this.#linkLoose();
    return this.nodes.previous(node);
  }

  /** The first node whose key is not below the given one; 0 when there is none. */
  lowerBound(key: Uint8Array, keyLength: number = key.length): number {
    const { nodes } = this;
    if (this.#firstLoose !== nodes.count) this.#linkLoose();
    const head = nodes.headOf(key, keyLength);
    let node = 0;
    for (let level = this.#levels - 1; level >= 0; level--) {
      for (let next = nodes.next(node, level); next !== 0 && nodes.compare(next, head, key, keyLength) < 0; next = nodes.next(node, level)) node = next;
    }
    return nodes.next(node);
  }

  /**
   * Writes a version. `sequence` must not be below those of the key. `keepOlder` false forgets the versions before:
   * nobody can see them.
   *
   * @param value undefined = a tombstone
   */
  put(key: Uint8Array, keyLength: number, sequence: number, value: Uint8Array | undefined, keepOlder: boolean, hash: number = hashKey(key, keyLength)): number {
    this.versions.stage(value);
    return this.#put(key, keyLength, sequence, keepOlder, hash);
  }

  /** Takes over memory in which values stand, `otherBytes` of which are none; returns its number for putAdopted(). Nobody may write to it any more. */
  adopt(bytes: Buffer, otherBytes: number): number { return this.versions.adopt(bytes, otherBytes); }

  /** The same as put() for a value that stands in adopted memory: it is not copied. */
  putAdopted(key: Uint8Array, keyLength: number, sequence: number, chunk: number, start: number, length: number, keepOlder: boolean, hash: number): number {
    this.versions.stageAdopted(chunk, start, length);
    return this.#put(key, keyLength, sequence, keepOlder, hash);
  }

  #put(key: Uint8Array, keyLength: number, sequence: number, keepOlder: boolean, hash: number): number {
    const { nodes, versions } = this;
    const node = this.find(key, keyLength, hash);
    if (node === 0) {
      const added = this.#insert(key, keyLength, hash);
      nodes.newest[added] = versions.add(sequence, 0);
      return added;
    }
    const newest = nodes.newest[node] ?? 0;
    if (keepOlder || newest === 0) {
      nodes.newest[node] = versions.add(sequence, newest);
    } else {
      const older = versions.older(newest);
      if (older !== 0) {
        versions.freeChain(older);
        versions.setOlder(newest, 0);
      }
      versions.replace(newest, sequence);
      if (versions.wantsCompaction) this.#compact();
    }
    return node;
  }

  /** Takes back the newest version of a node; the one before shows again, or none. */
  dropNewest(node: number): void {
    const newest = this.newest(node);
    if (newest === 0) return;
    this.nodes.newest[node] = this.versions.older(newest);
    this.versions.setOlder(newest, 0);
    this.versions.freeChain(newest);
  }

  /** Puts a version beneath all others of a node. */
  addOldest(node: number, sequence: number, value: Uint8Array | undefined): void {
    const { nodes, versions } = this;
    versions.stage(value);
    const added = versions.add(sequence, 0);
    let version = this.newest(node);
    if (version === 0) nodes.newest[node] = added;
    else {
      for (let older = versions.older(version); older !== 0; older = versions.older(version)) version = older;
      versions.setOlder(version, added);
    }
  }

  /** Puts the versions of an earlier list beneath those of this one. */
  absorbOlder(earlier: SkipList): void {
    const from = earlier.versions;
    for (let node = earlier.first(); node !== 0; node = earlier.next(node)) {
      const { nodes } = earlier;
      const start = nodes.keyStart(node);
      const key = nodes.keyBytes(node).subarray(start, start + nodes.keyLength(node));
      const hash = nodes.hashes[node] ?? 0;
      const mine = this.find(key, key.length, hash) || this.#insert(key, key.length, hash);
      for (let v = earlier.newest(node); v !== 0; v = from.older(v)) {
        const value = from.isTombstone(v) ? undefined : from.bytesOf(v).subarray(from.startOf(v), from.startOf(v) + from.lengthOf(v));
        this.addOldest(mine, from.sequence(v), value);
      }
    }
  }

  /** Forgets versions that no snapshot at or after `oldestSequence` can see. Returns how many. */
  collect(oldestSequence: number): number {
    const { versions } = this;
    let freed = 0;
    for (let node = this.first(); node !== 0; node = this.next(node)) {
      const kept = this.visible(node, oldestSequence);
      if (kept === 0) continue;
      const older = versions.older(kept);
      if (older === 0) continue;
      versions.setOlder(kept, 0);
      freed += versions.freeChain(older);
    }
    if (versions.wantsCompaction) this.#compact();
    return freed;
  }

  #compact(): void { this.versions.compact(this.nodes.newest.subarray(1, this.nodes.count)); }

  #insert(key: Uint8Array, keyLength: number, hash: number): number {
    const { nodes } = this;
    nodes.admit(key, keyLength);
    const node = nodes.add(key, keyLength, hash);
    this.#slots.add(node, nodes.hashes);
    return node;
  }

  /** Brings the new nodes in order: one after the other when they are few beside those that have their place, else all nodes anew. */
  #linkLoose(): void {
    const { nodes } = this;
    const from = this.#firstLoose;
    const isFew = (nodes.count - from) * REBUILD_SHARE < from;
    this.#firstLoose = nodes.count;
    if (isFew) {
      for (const node of sortedNodes(nodes, from)) {
        this.#findPath(node);
        this.#link(node);
      }
      return;
    }
    nodes.unlink();
    this.#path.fill(0);
    this.#levels = 1;
    for (const node of sortedNodes(nodes, 1)) this.#link(node);
  }

  /** Links a node behind the path, which then ends at it. */
  #link(node: number): void {
    const levels = this.#drawLevels();
    this.nodes.link(node, levels, this.#path);
    for (let level = 0; level < levels; level++) this.#path[level] = node;
    if (levels > this.#levels) this.#levels = levels;
    this.#last = node;
  }

  /** Leaves in #path the last node below the given one on each level. */
  #findPath(added: number): void {
    const { nodes } = this;
    const path = this.#path;
    let level = this.#levels - 1;
    if (this.#last !== 0 && nodes.order(this.#last, added) < 0) {
      // Behind the last insert: climb only as far as its predecessors are outrun.
      level = 0;
      for (; level < this.#levels; level++) {
        const next = nodes.next(path[level] ?? 0, level);
        if (next === 0 || nodes.order(next, added) >= 0) break;
      }
      level--;
    } else path.fill(0);
    let reached = 0;
    for (; level >= 0; level--) {
      const start = reached === 0 ? path[level] ?? 0 : reached;
      let node = start;
      for (let next = nodes.next(node, level); next !== 0 && nodes.order(next, added) < 0; next = nodes.next(node, level)) node = next;
      if (node !== start) reached = node;
      path[level] = node;
    }
  }

  /** One level for three nodes in four, two for three in sixteen, and so on (xorshift32, G. Marsaglia). */
  #drawLevels(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    let levels = 1;
    for (let bits = this.#random >>> 2; levels < MAX_LEVELS && (bits & 3) === 0; bits >>>= 2) levels++;
    return levels;
  }
}
