import { createWalSegment, FieldstoneError, type Environment, type WalWriter } from '#storage';

/** File name of a log segment. */
export function walName(segment: number): string {
  return `fieldstone-${String(segment).padStart(8, '0')}.wal`;
}

/** The number of a log segment by its file name; undefined for other files. */
export function walSegmentOf(name: string): number | undefined {
  const match = /^fieldstone-(\d{8,15})\.wal$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * The live log segments, oldest first. A segment is made when its first record comes; segments
 * are never reused, so a stale record can not be mistaken for a new one.
 */
export class WalChain {
  readonly #env: Environment;
  readonly #folder: string;
  readonly #databaseId: Uint8Array;
  readonly #fence: Uint8Array;
  #segment: number;
  #writer: WalWriter | undefined;
  #retry = false;
  #nameUnsafe = false;
  /** Segments that are closed but not yet retired by a checkpoint. */
  readonly #older: { segment: number; sizeBytes: number }[] = [];

  constructor(
    env: Environment, folder: string, databaseId: Uint8Array, fence: Uint8Array, nextSegment: number,
    older: readonly { segment: number; sizeBytes: number }[] = [],
  ) {
    this.#env = env;
    this.#folder = folder;
    this.#databaseId = databaseId;
    this.#fence = fence;
    this.#segment = nextSegment;
    this.#older.push(...older);
  }

  /** Number of the segment that takes new records. */
  get segment(): number { return this.#segment; }
  get current(): WalWriter | undefined { return this.#writer; }
  /** After a failure that no further try can mend. */
  get isBroken(): boolean { return this.#nameUnsafe || this.#writer?.broken === true; }

  /** Log bytes that a crash now would have to replay. */
  get liveBytes(): number {
    let sum = this.#writer?.sizeBytes ?? 0;
    for (const s of this.#older) sum += s.sizeBytes;
    return sum;
  }

  /** No segment file at all: not even an empty one that a crash left. */
  get isEmpty(): boolean { return this.#writer === undefined && this.#older.length === 0; }

  get currentBytes(): number { return this.#writer?.sizeBytes ?? 0; }

  /** The writer, made now if the segment does not exist yet. */
  writerFor(firstSequence: number): WalWriter {
    if (this.#nameUnsafe) throw new FieldstoneError('POISONED', 'the name of a log segment could not be made durable; close the database and open it again');
    return this.#writer ??= this.#makeSegment(firstSequence);
  }

  #makeSegment(firstSequence: number): WalWriter {
    const { vfs } = this.#env;
    const path = `${this.#folder}/${walName(this.#segment)}`;
    // The lock is ours and the number is new: what stands there is what an earlier try could not remove.
    if (this.#retry && vfs.stat(path) !== undefined) vfs.unlink(path);
    this.#retry = true;
    const writer = createWalSegment(vfs, path, { databaseId: this.#databaseId, segment: this.#segment, firstSequence, fence: this.#fence });
    this.#retry = false;
    try {
      vfs.syncFolder(this.#folder);
    } catch (e) {
      this.#nameUnsafe = true; // trying again would only seem to help (I5)
      writer.close();
      throw e;
    }
    return writer;
  }

  /** Ends the current segment, which must be synced; later records go to a new one. */
  rotate(): void {
    if (this.#writer === undefined) return;
    this.#older.push({ segment: this.#segment, sizeBytes: this.#writer.sizeBytes });
    this.#writer.close();
    this.#writer = undefined;
    this.#segment++;
  }

  /** Removes all segments before the current one: a checkpoint made them needless. */
  retireOlder(): void {
    for (const { segment } of this.#older.splice(0)) {
      const path = `${this.#folder}/${walName(segment)}`;
      if (this.#env.vfs.stat(path) !== undefined) this.#env.vfs.unlink(path);
    }
  }

  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
  }
}
