const FIRST_SLOTS = 16;

/** Which node has which hash: open addressing with linear probing, at most half full. Nodes are > 0 and never leave. */
export class HashSlots {
  #slots = new Uint32Array(FIRST_SLOTS);
  #mask = FIRST_SLOTS - 1;
  #count = 0;

  /** The slot where a search for `hash` begins; the next ones follow by nextSlot(). */
  firstSlot(hash: number): number { return hash & this.#mask; }
  nextSlot(slot: number): number { return (slot + 1) & this.#mask; }
  /** 0 = the search ends here. */
  nodeAt(slot: number): number { return this.#slots[slot] ?? 0; }

  add(node: number, hashes: Uint32Array): void {
    if (this.#count * 2 >= this.#slots.length) this.#grow(hashes);
    this.#count++;
    this.#place(node, hashes[node] ?? 0);
  }

  #place(node: number, hash: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = node;
  }

  #grow(hashes: Uint32Array): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#mask = this.#slots.length - 1;
    for (const node of old) if (node !== 0) this.#place(node, hashes[node] ?? 0);
  }
}
