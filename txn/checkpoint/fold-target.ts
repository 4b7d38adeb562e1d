import { writeFully, type JournalWriter, type VfsFile } from '#storage';
import type { LiveSnapshots } from '../commit/live-snapshots.js';

const SLICE_BYTES = 1 << 20;
/** A write of a few bytes takes as long as copying this many. */
const CALL_COST_BYTES = 512;

/** What a store needs while it is folded: the journal, the growth rule, today's date. */
export class FoldTarget {
  readonly #journal: JournalWriter;
  readonly snapshots: LiveSnapshots;
  /** UTC date for the headers of changed tables. */
  readonly today: Date;
  readonly #grown = new Set<VfsFile>();
  readonly #headers: { readonly name: string; readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #sinceSlice = 0;
  journalBytes = 0;
  /** Where in the journal file the bytes of the last put() stand, when it went there whole. */
  lastJournalPosition = 0;
  growthBytes = 0;

  readonly #renamed: ReadonlyMap<string, string>;

  constructor(journal: JournalWriter, snapshots: LiveSnapshots, today: Date, renamed: ReadonlyMap<string, string> = new Map()) {
    this.#renamed = renamed;
    this.#journal = journal;
    this.snapshots = snapshots;
    this.today = today;
  }

  /** Files that were written past their published end and must be synced before the journal is. */
  get grownFiles(): ReadonlySet<VfsFile> { return this.#grown; }

  /** The file was written elsewhere and must be synced too. */
  grew(file: VfsFile): void { this.#grown.add(file); }

  /**
   * New bytes of a base file: below `publishedBytes` into the journal, beyond it straight into the
   * file (nobody counts them before the header, which is journalled, says so).
   */
  put(name: string, file: VfsFile, offset: number, bytes: Uint8Array, publishedBytes: number): void {
    const below = Math.max(0, Math.min(bytes.length, publishedBytes - offset));
    if (below > 0) {
      this.#journal.write(this.#finalName(name), 'body', offset, below === bytes.length ? bytes : bytes.subarray(0, below));
      this.lastJournalPosition = this.#journal.lastDataPosition;
    }
    if (below < bytes.length) {
      writeFully(file, bytes.subarray(below), offset + below);
      this.#grown.add(file);
      this.growthBytes += bytes.length - below;
    }
    this.journalBytes += below;
    this.worked(bytes.length);
  }

  /** Kept for writeHeaders(); `bytes` must not change until then. */
  header(name: string, offset: number, bytes: Uint8Array): void {
    this.#headers.push({ name: this.#finalName(name), offset, bytes });
    this.journalBytes += bytes.length;
  }

  /** After all stores: headers stand together, so that applying them does not read the whole journal again. */
  writeHeaders(): void {
    for (const { name, offset, bytes } of this.#headers) this.#journal.write(name, 'header', offset, bytes);
    this.#headers.length = 0;
  }

  truncate(name: string, sizeBytes: number): void { this.#journal.truncate(this.#finalName(name), sizeBytes); }

  /** Renames come first when the journal is applied. */
  #finalName(name: string): string { return this.#renamed.get(name) ?? name; }

  /** Counts work for sliceDone(). */
  worked(bytes: number): void { this.#sinceSlice += bytes + CALL_COST_BYTES; }

  /** True every few milliseconds: time to let others run. */
  sliceDone(): boolean {
    if (this.#sinceSlice < SLICE_BYTES) return false;
    this.#sinceSlice = 0;
    return true;
  }
}
