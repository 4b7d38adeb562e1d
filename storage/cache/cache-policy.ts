/**
 * Decides which page leaves a full cache. A policy speaks of slots (small integers that the cache gives
 * out) and sizes; it sees neither pages nor keys. Every method is called for known slots only.
 */
export interface CachePolicy {
  /** Slots below `slotCount` may be used from now on; what is known of others stays. */
  reserve(slotCount: number): void;
  /** Most bytes in the cache; a policy that divides it among its parts divides it anew. */
  setLimit(limitBytes: number): void;
  /** A page comes into the cache. `scan`: read by something that passes over the file once. */
  add(slot: number, sizeBytes: number, scan: boolean): void;
  /** New content for a page in the cache. */
  replace(slot: number, sizeBytes: number, scan: boolean): void;
  /** The page was found. */
  hit(slot: number): void;
  /** The page left, whoever wanted that. */
  remove(slot: number): void;
  /** The slot whose page should leave next, -1 when there is none. Does not remove it. */
  victim(): number;
  clear(): void;
}
