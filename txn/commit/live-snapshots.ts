/** What stores need to know of open snapshots. */
export interface LiveSnapshots {
  readonly count: number;
  /** Smallest sequence that a live snapshot reads at; Infinity when there is none. */
  oldestSequence(): number;
}
