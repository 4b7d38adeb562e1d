import { compareKeys, head48, sharedPrefix } from '../key/compare-keys.js';
import { ByteArena } from './byte-arena.js';

/** Levels of the highest tower. With one node in four going up a level, enough for 4^16 keys. */
export const MAX_LEVELS = 16;
/** Bytes per node in the arrays below: head, key place, tower, links (4/3 levels on average), hash, slots of the hash index. */
const NODE_BYTES = 64;
const MAX_SHRINKS = 64;

/**
 * The nodes of a skip list as integers into typed arrays: keys, integer heads, towers of links. Node 0 is the head of
 * the list and "none". Heads begin behind what all keys share; a key that shares less makes them anew.
 */
export class SkipNodes {
  #heads = new Float64Array(16);
  #chunks = new Uint32Array(16);
  #offsets = new Uint32Array(16);
  #lengths = new Uint16Array(16);
  #towers = new Uint32Array(16);
  #previous = new Uint32Array(16);
  /** Newest version of each node, 0 = none. */
  newest = new Uint32Array(16);
  /** Hash of each node's key. */
  hashes = new Uint32Array(16);
  #links = new Uint32Array(64);
  #linkCount = MAX_LEVELS;
  readonly #keys = new ByteArena();
  #keyBytes = 0;
  #skip = 0;
  #shrinks = 0;
  /** Nodes, the head included. */
  count = 1;

  get sizeBytes(): number { return (this.count - 1) * NODE_BYTES + this.#keyBytes; }

  next(node: number, level = 0): number { return this.#links[(this.#towers[node] ?? 0) + level] ?? 0; }
  /** Of the head: the last node. */
  previous(node: number): number { return this.#previous[node] ?? 0; }
  /** The key stands in keyBytes(n)[keyStart(n) .. keyStart(n) + keyLength(n)). */
  keyBytes(node: number): Buffer { return this.#keys.chunk(this.#chunks[node] ?? 0); }
  keyStart(node: number): number { return this.#offsets[node] ?? 0; }
  keyLength(node: number): number { return this.#lengths[node] ?? 0; }

  /** Negative when the node's key is below the given one. `head` comes from headOf(key). */
  compare(node: number, head: number, key: Uint8Array, keyLength: number): number {
    const difference = (this.#heads[node] ?? 0) - head;
    if (difference !== 0) return difference;
    return -compareKeys(key, keyLength, this.keyBytes(node), this.keyStart(node), this.keyLength(node));
  }

  equals(node: number, key: Uint8Array, keyLength: number): boolean {
    if (this.#lengths[node] !== keyLength) return false;
    const bytes = this.keyBytes(node);
    const start = this.keyStart(node);
    for (let i = 0; i < keyLength; i++) if (bytes[start + i] !== key[i]) return false;
    return true;
  }

  /** The key's head, -1 when the key lies below every key, Infinity when above. */
  headOf(key: Uint8Array, keyLength: number): number {
    const skip = this.#skip;
    if (skip > 0) {
      const shared = sharedPrefix(key, 0, this.keyBytes(1), this.keyStart(1), Math.min(skip, keyLength));
      if (shared < skip) return shared === keyLength || (key[shared] ?? 0) < (this.keyBytes(1)[this.keyStart(1) + shared] ?? 0) ? -1 : Infinity;
    }
    return head48(key, skip, keyLength);
  }

  /** Before a key comes in: heads begin where it still agrees with all others. */
  admit(key: Uint8Array, keyLength: number): void {
    if (this.count === 1) {
      this.#skip = Math.max(0, keyLength - 1);
      return;
    }
    if (this.#skip === 0) return;
    const shared = sharedPrefix(key, 0, this.keyBytes(1), this.keyStart(1), Math.min(this.#skip, keyLength));
    if (shared === this.#skip) return;
    this.#skip = ++this.#shrinks < MAX_SHRINKS ? shared : 0;
    for (let node = 1; node < this.count; node++) this.#setHead(node);
  }

  #setHead(node: number): void {
    const start = this.keyStart(node);
    this.#heads[node] = head48(this.keyBytes(node), start + this.#skip, start + this.keyLength(node));
  }

  /** Adds a node that is not linked yet. */
  add(key: Uint8Array, keyLength: number, hash: number): number {
    if (this.count === this.#heads.length) this.#grow();
    const node = this.count++;
    this.#keys.add(key, 0, keyLength);
    this.#chunks[node] = this.#keys.lastChunk;
    this.#offsets[node] = this.#keys.lastOffset;
    this.#lengths[node] = keyLength;
    this.#keyBytes += keyLength;
    this.hashes[node] = hash;
    this.#setHead(node);
    return node;
  }

  /** The head of a node's key: an integer below 2^48. */
  head(node: number): number { return this.#heads[node] ?? 0; }

  /** Negative when the key of `a` is below that of `b`. */
  order(a: number, b: number): number {
    const difference = (this.#heads[a] ?? 0) - (this.#heads[b] ?? 0);
    if (difference !== 0) return difference;
    const start = this.keyStart(a);
    return compareKeys(this.keyBytes(a).subarray(start), this.keyLength(a), this.keyBytes(b), this.keyStart(b), this.keyLength(b));
  }

  /** Forgets all links: every node must be linked again. */
  unlink(): void {
    this.#links.fill(0, 0, MAX_LEVELS);
    this.#linkCount = MAX_LEVELS;
    this.#previous[0] = 0;
  }

  /** Links a node of that many levels behind `path[level]` on each. */
  link(node: number, levels: number, path: Uint32Array): void {
    if (this.#linkCount + levels > this.#links.length) this.#links = grown(new Uint32Array(this.#links.length * 2), this.#links);
    const tower = this.#linkCount;
    this.#towers[node] = tower;
    this.#linkCount += levels;
    for (let level = 0; level < levels; level++) {
      const before = (this.#towers[path[level] ?? 0] ?? 0) + level;
      this.#links[tower + level] = this.#links[before] ?? 0;
      this.#links[before] = node;
    }
    this.#previous[node] = path[0] ?? 0;
    this.#previous[this.next(node)] = node;
  }

  #grow(): void {
    const size = this.count * 2;
    this.#heads = grown(new Float64Array(size), this.#heads);
    this.#chunks = grown(new Uint32Array(size), this.#chunks);
    this.#offsets = grown(new Uint32Array(size), this.#offsets);
    this.#lengths = grown(new Uint16Array(size), this.#lengths);
    this.#towers = grown(new Uint32Array(size), this.#towers);
    this.#previous = grown(new Uint32Array(size), this.#previous);
    this.newest = grown(new Uint32Array(size), this.newest);
    this.hashes = grown(new Uint32Array(size), this.hashes);
  }
}

function grown<Numbers extends { set(source: Numbers): void }>(target: Numbers, source: Numbers): Numbers {
  target.set(source);
  return target;
}
