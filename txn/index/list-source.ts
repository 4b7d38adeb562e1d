import { SkipCursor, type OrderedSource, type SkipList } from '#index';

/** A skip list as one snapshot sees it. */
export class ListSource implements OrderedSource {
  readonly #cursor: SkipCursor;

  constructor(list: SkipList, sequence: number) { this.#cursor = new SkipCursor(list, sequence); }

  get isValid(): boolean { return this.#cursor.node !== 0; }
  get isTombstone(): boolean { return this.#cursor.list.versions.isTombstone(this.#cursor.version); }
  get keyBytes(): Buffer { return this.#cursor.list.nodes.keyBytes(this.#cursor.node); }
  get keyStart(): number { return this.#cursor.list.nodes.keyStart(this.#cursor.node); }
  get keyLength(): number { return this.#cursor.list.nodes.keyLength(this.#cursor.node); }
  seek(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seek(key, keyLength); }
  seekBefore(key?: Uint8Array, keyLength?: number): boolean { return this.#cursor.seekBefore(key, keyLength); }
  next(): boolean { return this.#cursor.next(); }
  previous(): boolean { return this.#cursor.previous(); }
}
