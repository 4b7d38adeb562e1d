import { createRequire } from 'node:module';
import type * as Mnemonist from 'mnemonist';

// Only this one file of the library: its index would load forty.
const load = createRequire(import.meta.url);
const LruMap = load('mnemonist/lru-map') as typeof Mnemonist.LRUMap;

/** A map of bounded size that forgets what was not used for longest (mnemonist's LRUMap). */
export interface BoundedMap<Key, Value> {
  readonly size: number;
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
  forEach(use: (value: Value, key: Key) => void): void;
  clear(): void;
}

/** For small things that can be made again; pages have a cache of their own. */
export function lruMap<Key, Value>(capacity: number): BoundedMap<Key, Value> {
  return new LruMap<Key, Value>(capacity);
}
