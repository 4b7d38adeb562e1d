/** One committed image of a record; `older` is the version it replaced, newest first. One that no snapshot sees may be overwritten. */
export interface RowVersion {
  sequence: number;
  readonly bytes: Uint8Array;
  older: RowVersion | undefined;
}

/** Newest version that a reader at `sequence` may see. */
export function visibleVersion(newest: RowVersion | undefined, sequence: number): RowVersion | undefined {
  let version = newest;
  while (version !== undefined && version.sequence > sequence) version = version.older;
  return version;
}

/** Last in the chain: the first change since the base. */
export function oldestVersion(newest: RowVersion): RowVersion {
  let version = newest;
  while (version.older !== undefined) version = version.older;
  return version;
}
