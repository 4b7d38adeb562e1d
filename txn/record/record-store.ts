import { decodeMemo, FieldstoneError, wholeSpan, type DbfLayout, type MemoPointer, type MemoSource, type MemoSpan } from '#storage';
import type { VersionedStore } from '../commit/versioned-store.js';
import type { LiveSnapshots } from '../commit/live-snapshots.js';
import type { FoldTarget } from '../checkpoint/fold-target.js';
import type { Steps } from '../checkpoint/step.js';
import { TableIndexes } from '../index/table-indexes.js';
import { CountVersions } from './count-versions.js';
import { extentOf, isInHead, joinExtents, putHead } from './extent-head.js';
import type { Extent, FoldableRecords, FrozenRecords } from './foldable-records.js';
import { HoleRow } from './hole-row.js';
import { foldRecords, frozenRecords, patchRows, switchRecords } from './record-fold.js';
import type { RecordBase } from './record-base.js';
import { RecordDelta } from './record-delta.js';
import { RecordHistory } from './record-history.js';
import { RecnoAllocator } from './recno-allocator.js';
import { visibleVersion } from './row-version.js';


interface MemoFree { readonly sequence: number; readonly block: number; readonly lengthBytes: number }

/**
 * One generation of a table: base files, the committed changes on top of them, and what live
 * snapshots still need. Reads never block and never see half of anything.
 */
export class RecordStore implements VersionedStore, FoldableRecords {
  #id: string;
  #name: string;
  readonly base: RecordBase;
  readonly counts: CountVersions;
  readonly recnos: RecnoAllocator;
  readonly history = new RecordHistory();
  readonly indexes = new TableIndexes();
  /** Next automatic value by field name. */
  readonly autoNext = new Map<string, number>();
  active = new RecordDelta();
  frozen: FrozenRecords | undefined;
  /** Committed extents that the header does not count yet. */
  readonly extents: Extent[] = [];
  /** Sequence of the last published change of any record. */
  lastChange = 0;
  /** The file holds whole records behind those that the header counts: somebody's, and not to be overwritten. */
  readonly hasUncountedRows: boolean;
  /** New value of the header's flag byte, written by the next checkpoint. */
  pendingTableFlags: number | undefined;
  /** What the base files represent. */
  baseSequence = 0;
  /** Changes whenever bytes of the base files changed: scans read their chunk again. */
  baseEpoch = 0;
  /** Changes with every publish and every move between generations: a scan then looks at the delta again. */
  changeEpoch = 0;
  /** A large load is appending: other inserts wait for this promise. */
  appendLease: Promise<void> | undefined;
  /** PACK, ALTER and the like are building a successor: commits wait for this promise. */
  replacing: Promise<void> | undefined;
  /** A successor is in place; only old snapshots read here. */
  retired = false;
  readonly memoSource: MemoSource;
  readonly #inFlight = new Map<number, number>();
  /**
   * Records that were committed below the record count of a live snapshot (their numbers were given earlier), and
   * when: older snapshots do not see them, whatever the base file holds.
   */
  readonly #births = new Map<number, number>();
  #hole: HoleRow | undefined;
  #memoFrees: MemoFree[] = [];
  /** Where find() found the record. */
  foundBytes: Uint8Array = new Uint8Array(0);
  foundStart = 0;

  constructor(name: string, base: RecordBase) {
    this.#id = `t:${name.toLowerCase()}`;
    this.#name = name;
    this.base = base;
    this.hasUncountedRows = base.layout.findings.some((f) => f.code === 'RECORDS_BEYOND_COUNT') && base.publishedBytes >= base.offsetOf(base.recordCount + 2);
    this.counts = new CountVersions(base.recordCount);
    this.recnos = new RecnoAllocator(base.recordCount);
    for (const f of base.layout.fields) if (f.autoIncrement !== undefined) this.autoNext.set(f.name, f.autoIncrement.next);
    this.memoSource = { read: (pointer) => this.readMemo(pointer), locate: (pointer, into) => this.locateMemo(pointer, into) };
  }

  get id(): string { return this.#id; }
  get name(): string { return this.#name; }

  /** The files got other names; the generation and its versions go on. */
  renamed(name: string, tableFile: string, memoFile: string | undefined, names: ReadonlyMap<string, string>): void {
    this.#id = `t:${name.toLowerCase()}`;
    this.#name = name;
    this.base.renamed(tableFile, memoFile);
    this.indexes.renamed(names);
  }

  get layout(): DbfLayout { return this.base.layout; }
  get deltaBytes(): number { return this.active.sizeBytes + (this.frozen?.delta.sizeBytes ?? 0) + (this.indexes.isEmpty ? 0 : this.indexes.sizeBytes); }
  get historyBytes(): number { return this.history.sizeBytes + (this.indexes.isEmpty ? 0 : this.indexes.historyBytes); }

  /** Finds the record as of `sequence`: true leaves its bytes in foundBytes/foundStart (a view: decode at once). */
  find(recno: number, sequence: number): boolean {
    if (recno < 1 || recno > this.counts.at(sequence)) return false;
    if (this.#births.size > 0 && (this.#births.get(recno) ?? 0) > sequence) return false;
    const { active, frozen } = this;
    // Mostly nothing was written since the last checkpoint: then nothing is looked for.
    const version = (active.rows.size === 0 ? undefined : visibleVersion(active.rows.get(recno), sequence))
      ?? (frozen === undefined ? undefined : visibleVersion(frozen.delta.rows.get(recno), sequence));
    if (version !== undefined) return this.#found(version.bytes, 0);
    if (sequence < this.baseSequence && !this.history.isEmpty) {
      const bytes = this.history.find(recno, sequence);
      if (bytes !== undefined) return this.#found(bytes, 0);
    }
    // While the checkpoint is being applied the file may hold the new image already.
    const before = frozen?.preImages.get(recno);
    if (before !== undefined) return this.#found(before, 0);
    if (recno > this.base.recordCount) return this.#findLoaded(recno);
    if (this.recnos.isVacant(recno)) return false;
    return this.#found(this.base.pageOf(recno), this.base.startInPage(recno));
  }

  get foundHole(): boolean { return (this.#hole ??= new HoleRow(this.layout)).isAt(this.foundBytes, this.foundStart); }

  /** A row of a load that no header counts yet. */
  #findLoaded(recno: number): boolean {
    const extent = extentOf(this.extents, recno);
    if (extent === undefined) return false;
    const offset = this.base.offsetOf(recno);
    if (!isInHead(extent, offset)) return this.#found(this.base.pageOf(recno), this.base.startInPage(recno));
    const image = this.base.copyOf(recno);
    putHead(extent, image, offset);
    return this.#found(image, 0);
  }

  #found(bytes: Uint8Array, start: number): boolean {
    this.foundBytes = bytes;
    this.foundStart = start;
    return true;
  }

  /** True when the base file holds bytes for a counted record (not a number that nobody filled). */
  inBase(recno: number): boolean {
    return recno <= this.base.recordCount ? !this.recnos.isVacant(recno) : extentOf(this.extents, recno) !== undefined;
  }

  /** True when some record in the range may differ from the base for some reader. */
  hasChanges(): boolean {
    return this.active.rows.size > 0 || this.frozen !== undefined || this.keepsForSnapshots || this.recnos.vacantCount > 0;
  }

  /** True when a version of the record stands above the base for some reader. */
  hasDelta(recno: number): boolean {
    return this.active.rows.has(recno) || (this.frozen?.delta.rows.has(recno) ?? false) || this.history.has(recno) || this.#births.has(recno);
  }

  readMemo(pointer: MemoPointer): Uint8Array | undefined {
    const memo = this.base.memo;
    if (memo === undefined) return undefined;
    const image = this.active.memos.get(pointer.block) ?? this.frozen?.delta.memos.get(pointer.block);
    return image === undefined ? memo.memos.read(pointer) : decodeMemo(memo.kind, image, pointer);
  }

  /** The same in place: good until anything else is read or written. */
  locateMemo(pointer: MemoPointer, into: MemoSpan): boolean {
    const { memo } = this.base;
    if (memo === undefined) return false;
    const image = (this.active.memos.size === 0 ? undefined : this.active.memos.get(pointer.block)) ?? this.frozen?.delta.memos.get(pointer.block);
    return image === undefined ? memo.memos.locate(pointer, into) : wholeSpan(decodeMemo(memo.kind, image, pointer), into);
  }

  /** Sequence of the last published change of the record. */
  lastChangeOf(recno: number): number {
    const newest = this.active.rows.get(recno) ?? this.frozen?.delta.rows.get(recno);
    return newest?.sequence ?? Math.max(this.history.lastChange(recno), this.#births.get(recno) ?? 0);
  }

  /** True when any record in [from, to] changed after `sequence`, or is changing. */
  changedInRange(from: number, to: number, sequence: number): boolean {
    for (const recno of this.#inFlight.keys()) if (recno >= from && recno <= to) return true;
    if (this.lastChange <= sequence) return false;
    for (const delta of [this.active, this.frozen?.delta]) {
      if (delta === undefined) continue;
      for (const [recno, version] of delta.rows) if (recno >= from && recno <= to && version.sequence > sequence) return true;
    }
    for (const recno of this.history.changedSince(sequence)) if (recno >= from && recno <= to) return true;
    for (const [recno, born] of this.#births) if (recno >= from && recno <= to && born > sequence) return true;
    // Appended since, by rows or by a load, and perhaps in the base files by now.
    return Math.max(from, this.counts.at(sequence) + 1) <= Math.min(to, this.counts.latest);
  }

  isInFlight(recno: number): boolean { return this.#inFlight.has(recno); }
  enterFlight(recno: number): void { this.#inFlight.set(recno, (this.#inFlight.get(recno) ?? 0) + 1); }
  leaveFlight(recno: number): void {
    const n = this.#inFlight.get(recno) ?? 0;
    if (n <= 1) this.#inFlight.delete(recno);
    else this.#inFlight.set(recno, n - 1);
  }

  publishRow(recno: number, sequence: number, bytes: Uint8Array, snapshots: LiveSnapshots): void {
    const keepOlder = snapshots.count > 0 && snapshots.oldestSequence() < sequence;
    this.changeEpoch++;
    if (keepOlder && recno <= this.counts.latest && this.recnos.isVacant(recno)) this.#births.set(recno, sequence);
    this.active.putRow(recno, sequence, bytes, keepOlder);
    this.recnos.occupy(recno);
    this.lastChange = sequence;
    this.counts.raise(sequence, recno);
  }

  /** `memoStartBytes`: where its memos begin. A checkpoint amid the load may have published blocks behind them, which others took meanwhile. */
  publishExtent(extent: Extent, sequence: number, memoStartBytes = Infinity): void {
    const { extents } = this;
    // A checkpoint takes the oldest ones as they are.
    const joined = extents.length > (this.frozen?.extents ?? 0) ? joinExtents(extents.at(-1), extent) : undefined;
    if (joined !== undefined) extents.pop();
    extents.push(joined ?? extent);
    this.base.cached.invalidate(this.base.offsetOf(extent.firstRecno), this.base.offsetOf(extent.lastRecno + 1));
    const { memo } = this.base;
    if (memo !== undefined && extent.memoEndBytes > 0) memo.cached.invalidate(Math.min(memo.publishedBytes, memoStartBytes) - 1, extent.memoEndBytes);
    this.lastChange = sequence;
    this.changeEpoch++;
    this.baseEpoch++;
    this.counts.raise(sequence, extent.lastRecno);
  }

  /** Recovery: a memo of a commit that is in the log. */
  recoverMemo(block: number, bytes: Uint8Array): void {
    const { memo } = this.base;
    if (memo === undefined) throw new FieldstoneError('EXTERNAL_CHANGE', `the memo file of "${this.name}" is gone; put it back, or restore a backup`, { table: this.name });
    this.active.putMemo(block, bytes);
    memo.allocator.claim(block, bytes.length);
  }

  /** A memo lost its last owner at `sequence`; its blocks may be used again when no snapshot can reach it. */
  freeMemoLater(sequence: number, block: number, lengthBytes: number): void {
    this.#memoFrees.push({ sequence, block, lengthBytes });
  }

  freeze(sequence: number): boolean {
    if (this.active.isEmpty && this.extents.length === 0 && this.pendingTableFlags === undefined) return false;
    if (this.frozen !== undefined) throw new FieldstoneError('POISONED', 'a checkpoint began while another was running');
    this.changeEpoch++;
    this.frozen = frozenRecords(this, sequence);
    this.active = new RecordDelta();
    this.indexes.freeze(sequence);
    return true;
  }

  publishedSizes(): readonly (readonly [file: string, sizeBytes: number])[] {
    const { frozen, base } = this;
    if (frozen === undefined) return [];
    const table = [base.tableName, frozen.publishedBytes] as const;
    const indexes = this.indexes.publishedSizes();
    return base.memo === undefined ? [table, ...indexes] : [table, [base.memo.name, frozen.memoPublishedBytes], ...indexes];
  }

  unfreeze(): void {
    if (this.frozen === undefined) return;
    this.changeEpoch++;
    this.active.absorbOlder(this.frozen.delta);
    this.indexes.unfreeze();
    this.base.memo?.allocator.forgetWritten();
    this.frozen = undefined;
    this.base.noteWritten();
  }

  *fold(target: FoldTarget): Steps {
    yield* foldRecords(this, target);
    yield* this.indexes.fold(target);
  }

  journalComplete(journalPath: string): void { this.indexes.journalComplete(journalPath); }

  followBase(): Steps { return patchRows(this); }

  switchOver(oldestSnapshot: number): void {
    const frozen = this.frozen;
    if (frozen === undefined) return;
    switchRecords(this, frozen, oldestSnapshot);
    this.indexes.switchOver(oldestSnapshot);
    this.frozen = undefined;
    this.changeEpoch++;
    this.baseEpoch++;
  }

  /** True when something is remembered only because of live snapshots. */
  get keepsForSnapshots(): boolean { return !this.history.isEmpty || this.#births.size > 0 || this.indexes.historyBytes > 0; }

  pruneHistory(oldestSnapshot: number): void {
    this.history.prune(oldestSnapshot);
    this.indexes.pruneHistory(oldestSnapshot);
    for (const [recno, born] of this.#births) if (born <= oldestSnapshot) this.#births.delete(recno);
    this.counts.prune(oldestSnapshot);
    if (this.#memoFrees.length === 0) return;
    const kept: MemoFree[] = [];
    for (const f of this.#memoFrees) {
      if (f.sequence <= oldestSnapshot && f.sequence <= this.baseSequence) this.base.memo?.allocator.free(f.block, f.lengthBytes);
      else kept.push(f);
    }
    this.#memoFrees = kept;
  }

  close(): void {
    this.base.close();
    this.indexes.close();
  }
}
