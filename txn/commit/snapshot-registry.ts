import { FieldstoneError } from '#storage';
import type { LiveSnapshots } from './live-snapshots.js';

/** A reader's place in the commit order. Held while open; must be released. */
export interface SnapshotHold<State> {
  readonly sequence: number;
  /** Which tables there were. */
  readonly state: State;
  /** Set when it is released, or ended by the engine to bound memory: nothing may be read with it. */
  ended: boolean;
  readonly openedNs: number;
  readonly name: string;
}

/** Which snapshots are alive: what old versions must be kept for. */
export class SnapshotRegistry<State> implements LiveSnapshots {
  readonly #live = new Set<SnapshotHold<State>>();

  get count(): number { return this.#live.size; }

  hold(sequence: number, state: State, openedNs: number, name: string): SnapshotHold<State> {
    const hold = { sequence, state, ended: false, openedNs, name };
    this.#live.add(hold);
    return hold;
  }

  release(hold: SnapshotHold<State>): void {
    hold.ended = true;
    this.#live.delete(hold);
  }

  /** The database closes: nothing can be read any more. */
  endAll(): void { for (const hold of this.#live) hold.ended = true; }

  oldestSequence(): number {
    return this.oldest()?.sequence ?? Infinity;
  }

  /** The live snapshot that reads furthest back. */
  oldest(): SnapshotHold<State> | undefined {
    let found: SnapshotHold<State> | undefined;
    for (const hold of this.#live) if (!hold.ended && (found === undefined || hold.sequence < found.sequence)) found = hold;
    return found;
  }

  /** True when a live snapshot satisfies `test`. */
  some(test: (hold: SnapshotHold<State>) => boolean): boolean {
    for (const hold of this.#live) if (!hold.ended && test(hold)) return true;
    return false;
  }

  all(): readonly SnapshotHold<State>[] { return [...this.#live]; }
}

/** Throws ABORTED when the engine has ended the snapshot. */
export function assertAlive(hold: SnapshotHold<unknown>): void {
  if (hold.ended) {
    throw new FieldstoneError('ABORTED', `snapshot "${hold.name}" was ended because the old versions kept for it exceeded snapshotMemory`, {
      details: { sequence: hold.sequence },
    });
  }
}
