import { FieldstoneError, LinkedList, type Linked } from '#storage';
import type { LiveSnapshots } from './live-snapshots.js';

/** A reader's place in the commit order. Held while open; must be released. */
export interface SnapshotHold<State> extends Linked<SnapshotHold<State>> {
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
  /** In the order they were taken, which is the order of their sequences. */
  readonly #live = new LinkedList<SnapshotHold<State>>();

  get count(): number { return this.#live.count; }

  hold(sequence: number, state: State, openedNs: number, name: string): SnapshotHold<State> {
    const hold: SnapshotHold<State> = { sequence, state, ended: false, openedNs, name, linked: false, previous: undefined, next: undefined };
    this.#live.add(hold);
    return hold;
  }

  release(hold: SnapshotHold<State>): void {
    hold.ended = true;
    this.#live.remove(hold);
  }

  /** The database closes: nothing can be read any more. */
  endAll(): void { for (const hold of this.#live) hold.ended = true; }

  oldestSequence(): number {
    return this.oldest()?.sequence ?? Infinity;
  }

  /** The live snapshot that reads furthest back. */
  oldest(): SnapshotHold<State> | undefined {
    let hold = this.#live.first;
    while (hold?.ended === true) hold = hold.next;
    return hold;
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
