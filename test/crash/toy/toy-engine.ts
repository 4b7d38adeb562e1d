import { FieldstoneError, hasCode, type Vfs, type VfsFile } from '#storage';
import type { ToyBugId } from './toy-bugs.js';
import { CATALOG, fold, recoverJournal, removeSegments, segmentName, segmentNumbers, TABLE, writeCatalog } from './toy-checkpoint.js';
import { ToyFiles } from './toy-files.js';
import {
  decodeCatalog, decodeLogRecord, decodeRow, encodeLogRecord, END_MARK, HEADER_BYTES, RECORD_BYTES, recordAt, tableHeader, type Catalog, type Change,
} from './toy-format.js';

interface Queued {
  readonly sequence: number;
  readonly changes: readonly Change[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Segment { readonly number: number; readonly file: VfsFile; endBytes: number }

/**
 * The smallest engine with the steps of the real one: a log with group commit, a table that only checkpoints change, a
 * journal, a catalog. It exists to show that the crash machinery finds bugs. Recovery writes anew whatever it read.
 */
export class Toy {
  readonly #files: ToyFiles;
  readonly #rows: string[] = [];
  readonly #dirty = new Set<number>();
  #catalog: Catalog = { checkpoint: 0, firstLive: 1, sequence: 0 };
  #baseCount = 0;
  #sequence = 0;
  #nextSegment = 1;
  #segment: Segment | undefined;
  readonly #queue: Queued[] = [];
  #flushing: Promise<void> | undefined;
  #poisoned = false;

  constructor(vfs: Vfs, folder: string, bugs: ReadonlySet<ToyBugId> = new Set()) {
    this.#files = new ToyFiles(vfs, folder, bugs);
    this.#open();
  }

  rows(): string[] { return [...this.#rows]; }

  /** Resolves when the changes are on disk. Commits of one moment share a sync. */
  commit(changes: readonly Change[]): Promise<void> {
    this.#checkUsable();
    const sequence = ++this.#sequence;
    const done = new Promise<void>((resolve, reject) => { this.#queue.push({ sequence, changes, resolve, reject }); });
    this.#flushing ??= this.#flush();
    return done;
  }

  commitSync(changes: readonly Change[]): void {
    this.#checkUsable();
    try {
      const { file } = this.#append([{ sequence: ++this.#sequence, changes }]);
      if (!this.#files.has('ack-before-sync')) this.#files.sync(file);
    } catch (error) {
      this.#poisoned = true;
      throw error;
    }
    this.#publish(changes);
  }

  async checkpoint(): Promise<void> {
    if (!this.#files.has('checkpoint-in-flight')) while (this.#flushing !== undefined) await this.#flushing;
    this.#checkUsable();
    this.#fold();
  }

  #checkUsable(): void {
    if (this.#poisoned) throw new FieldstoneError('POISONED', 'a sync failed');
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      let written = false;
      try {
        const { file } = this.#append(batch);
        written = true;
        if (!this.#files.has('ack-before-sync')) await this.#files.syncAsync(file);
      } catch (error) {
        this.#fail([...batch, ...this.#queue.splice(0)], error, written);
        continue;
      }
      for (const { changes, resolve } of batch) {
        this.#publish(changes);
        resolve();
      }
      if (this.#files.has('group-acks-queued')) for (const { resolve } of this.#queue) resolve();
    }
    this.#flushing = undefined;
  }

  /** No space for writing: as if it had never been, if the log can be cut back. Anything else: nobody knows. */
  #fail(batch: readonly Queued[], error: unknown, written: boolean): void {
    let outcome = new FieldstoneError('COMMIT_UNKNOWN', 'the log could not be written', { cause: error });
    if (!written && hasCode(error, 'FULL') && this.#cutBack()) {
      outcome = new FieldstoneError('FULL', 'no space for the log', { cause: error });
      this.#sequence = (batch[0]?.sequence ?? this.#sequence + 1) - 1;
    } else {
      this.#poisoned = !this.#files.has('not-poisoned');
    }
    for (const { reject } of batch) reject(outcome);
  }

  #cutBack(): boolean {
    if (this.#files.has('full-not-cut')) return true;
    try {
      this.#segment?.file.truncate(this.#segment.endBytes);
      this.#segment?.file.datasync();
      return true;
    } catch {
      return false;
    }
  }

  /** Writes the records; the segment's end moves only when all are written, so that a failure can be cut back. */
  #append(batch: readonly Pick<Queued, 'sequence' | 'changes'>[]): Segment {
    const segment = this.#segment ??= this.#makeSegment();
    const { number, file, endBytes } = segment;
    const salt = this.#files.has('log-reused') ? 0 : number;
    const records = batch.flatMap(({ sequence, changes }) => this.#files.has('half-transactions')
      ? changes.map((change) => encodeLogRecord(salt, sequence, [change])) : [encodeLogRecord(salt, sequence, changes)]);
    const bytes = Buffer.concat(records);
    this.#files.write(file, bytes, endBytes);
    segment.endBytes += bytes.length;
    return segment;
  }

  #makeSegment(): Segment {
    const number = this.#nextSegment++;
    const old = this.#files.has('log-reused') ? segmentNumbers(this.#files.vfs.list(this.#files.folder)).at(-1) : undefined;
    if (old !== undefined) this.#files.vfs.rename(this.#files.path(segmentName(old)), this.#files.path(segmentName(number)));
    const file = this.#files.open(segmentName(number));
    if (!this.#files.has('log-name-not-synced')) this.#files.syncFolder();
    return { number, file, endBytes: 0 };
  }

  #publish(changes: readonly Change[]): void {
    for (const { recno, value } of changes) {
      // Only a bug leaves a gap.
      while (this.#rows.length < recno) this.#rows.push('');
      this.#rows[recno - 1] = value;
      this.#dirty.add(recno);
    }
  }

  #fold(): void {
    this.#segment?.file.close();
    this.#segment = undefined;
    const catalog = { checkpoint: this.#catalog.checkpoint + 1, firstLive: this.#nextSegment, sequence: this.#sequence };
    try {
      fold(this.#files, this.#rows, this.#baseCount, this.#dirty, catalog);
    } catch (error) {
      this.#poisoned = true;
      throw error;
    }
    this.#catalog = catalog;
    this.#baseCount = this.#rows.length;
    this.#dirty.clear();
  }

  #open(): void {
    const { vfs, folder } = this.#files;
    if (vfs.stat(folder) === undefined) vfs.makeFolder(folder);
    vfs.syncFolder('/');
    // Names that were found may be in memory only, and files are removed soon.
    this.#files.syncFolder();
    for (const name of vfs.list(folder)) if (name.endsWith('.tmp')) this.#files.remove(name);
    if (vfs.stat(this.#files.path(CATALOG)) === undefined) this.#create();
    this.#catalog = recoverJournal(this.#files, decodeCatalog(this.#files.read(CATALOG)));
    removeSegments(this.#files, this.#catalog.firstLive);
    this.#sequence = this.#catalog.sequence;
    this.#readTable();
    this.#recoverLog();
  }

  #create(): void {
    this.#files.replace(TABLE, Buffer.concat([tableHeader(0), Uint8Array.of(END_MARK)]));
    this.#files.syncFolder();
    writeCatalog(this.#files, this.#catalog);
  }

  /** Rows behind the counted ones belong to no checkpoint: cut off. */
  #readTable(): void {
    const bytes = this.#files.read(TABLE);
    const count = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4, true);
    const endBytes = recordAt(count + 1);
    if (bytes.length < Math.max(endBytes, HEADER_BYTES)) throw new FieldstoneError('CORRUPT_DBF', 'the table is shorter than its header says');
    for (let recno = 1; recno <= count; recno++) this.#rows.push(decodeRow(bytes.subarray(recordAt(recno), recordAt(recno) + RECORD_BYTES)));
    this.#baseCount = count;
    if (bytes.length === endBytes + 1 && bytes[endBytes] === END_MARK) return;
    const table = this.#files.open(TABLE);
    table.truncate(endBytes);
    this.#files.write(table, Uint8Array.of(END_MARK), endBytes);
    this.#files.sync(table);
    table.close();
  }

  #recoverLog(): void {
    const live = segmentNumbers(this.#files.vfs.list(this.#files.folder)).filter((number) => number >= this.#catalog.firstLive);
    this.#nextSegment = Math.max(this.#catalog.firstLive, (live.at(-1) ?? 0) + 1);
    for (const number of live) {
      const endBytes = this.#replay(number);
      if (this.#files.has('replay-only-synced')) {
        const file = this.#files.open(segmentName(number));
        this.#files.sync(file);
        file.close();
      }
      if (number === live.at(-1) && this.#files.has('torn-tail-kept')) this.#segment = { number, file: this.#files.open(segmentName(number)), endBytes };
    }
    const keepsLog = this.#files.has('torn-tail-kept') || this.#files.has('replay-only-synced') || this.#files.has('replay-not-synced');
    if (live.length > 0 && !keepsLog) this.#fold();
  }

  /** Returns where the last good record ends. */
  #replay(number: number): number {
    const log = this.#files.read(segmentName(number));
    const reused = this.#files.has('log-reused');
    let at = 0;
    for (let look = 0; look < log.length;) {
      const record = decodeLogRecord(reused ? 0 : number, log, look, !this.#files.has('log-not-checked'));
      const skipping = this.#files.has('bad-records-skipped');
      const inOrder = record !== undefined && (reused || skipping || this.#files.has('half-transactions') || record.sequence === this.#sequence + 1);
      if (!inOrder) {
        if (!skipping) break;
        look++;
        continue;
      }
      this.#publish(record.changes);
      this.#sequence = Math.max(this.#sequence, record.sequence);
      look = at = record.endBytes;
    }
    return at;
  }
}
