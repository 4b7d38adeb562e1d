import { AbstractSnapshot } from 'abstract-level';
import type { Kv } from '../kv/kv.js';
import type { Snapshot, SnapshotKv } from '../snapshot.js';

/** Reading the store: now, or as it was. */
export type LevelReader = SnapshotKv<Uint8Array, Uint8Array>;

// The declared types leave out what implementations need: the constructor takes options with the owner.
const SnapshotBase: new (options: object) => AbstractSnapshot = AbstractSnapshot;

/** An explicit snapshot. */
export class LevelSnapshot extends SnapshotBase {
  readonly reader: LevelReader;
  readonly #snapshot: Snapshot;

  constructor(options: object, snapshot: Snapshot, kv: Kv<Uint8Array, Uint8Array>) {
    super(options);
    this.#snapshot = snapshot;
    this.reader = snapshot.kv(kv);
  }

  /** Called by abstract-level when nobody reads from it any more. */
  _close(): Promise<void> {
    this.#snapshot.close();
    return Promise.resolve();
  }
}
