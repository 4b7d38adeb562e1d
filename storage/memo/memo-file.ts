import { BLOCK_HEADER_BYTES } from './memo-blocks.js';
import { readFreeList } from './dbt4-free-list.js';
import type { FreeList } from './dbt4-free-list.js';
import type { MemoFinding } from './memo-finding.js';
import { HEADER_READ_BYTES, readMemoHeader } from './memo-header.js';
import type { MemoHeader } from './memo-header.js';
import type { MemoKind, MemoPointer } from './memo-kind.js';
import { findMemo, offsetOf } from './memo-place.js';
import type { Dangling, MemoPlace } from './memo-place.js';
import { wholeSpan, type MemoSpan } from './memo-span.js';
import { fileReader } from './read-at.js';
import type { ReadAt } from './read-at.js';
import type { VfsFile } from '../vfs/vfs.js';

/** Read together with a block's header, so that a small memo costs one read. */
const FIRST_READ_BYTES = 512;
/** Dangling pointers are all counted, but only so many are described. */
const DESCRIBED_DANGLING = 20;

/** Shows bytes of the file from a position on, as many as are at hand there; false when none are. */
export type InPlace = (position: number, into: MemoSpan) => boolean;

/** What a memo file was asked for. Pass a group of the probe to see it in reports. */
export interface MemoCounters {
  [name: string]: number;
  reads: number;
  bytesRead: number;
  dangling: number;
}

/** A group of memo counters at zero. */
export function memoCounters(): MemoCounters { return { reads: 0, bytesRead: 0, dangling: 0 }; }

/**
 * A memo file of any kind, for reading. Nothing in the file makes it throw or allocate more than the file holds: what
 * is odd is in `findings`, and a pointer that leads nowhere reads as undefined.
 *
 * @example
 * const memos = MemoFile.open(vfs.open('/data/people.fpt', 'read'), 'fpt');
 * const bytes = memos.read({ block: 8 });
 */
export class MemoFile {
  readonly kind: MemoKind;
  /** As it was when the file was opened. */
  readonly header: MemoHeader;
  readonly findings: MemoFinding[] = [];
  readonly counters: MemoCounters;
  readonly #file: VfsFile;
  readonly #readAt: ReadAt;
  readonly #inPlace: InPlace | undefined;
  readonly #scratch = new Uint8Array(FIRST_READ_BYTES);
  #sizeBytes: number;
  #freeList: FreeList | undefined;

  /** `readAt` may read through a cache, `inPlace` shows what is in it; the size and the path are always the file's own. */
  constructor(file: VfsFile, kind: MemoKind, readAt: ReadAt = fileReader(file), counters: MemoCounters = memoCounters(), inPlace?: InPlace) {
    this.#inPlace = inPlace;
    this.#file = file;
    this.kind = kind;
    this.#readAt = readAt;
    this.counters = counters;
    this.#sizeBytes = file.stat().sizeBytes;
    const start = new Uint8Array(Math.min(HEADER_READ_BYTES, this.#sizeBytes));
    this.header = this.#noting((findings) => readMemoHeader(kind, start.subarray(0, this.#fill(start, 0)), this.#sizeBytes, findings));
  }

  /** Reads the header straight from the file. */
  static open(file: VfsFile, kind: MemoKind): MemoFile { return new MemoFile(file, kind); }

  get path(): string { return this.#file.path; }

  /** Size of the file, as last seen: it is looked at again before a pointer is called dangling. */
  get sizeBytes(): number { return this.#sizeBytes; }

  /** The file was written to: its size is looked at again, so that no memo is cut at the old end. */
  measure(): void { this.#sizeBytes = this.#file.stat().sizeBytes; }

  /** The free list as it was at the first call; empty in all kinds but DBT IV. */
  get freeList(): FreeList {
    return this.#freeList ??= this.kind === 'dbt4' && !this.header.isMissing
      ? this.#noting((findings) => readFreeList(this.header, (target, position) => this.#fill(target, position), this.#sizeBytes, findings))
      : { runs: [], endBlock: this.header.nextBlock };
  }

  /** The value, as bytes of its own; undefined when the pointer leads nowhere (a finding then says why). */
  read(pointer: MemoPointer): Uint8Array | undefined {
    const { memo, start } = this.#find(pointer);
    if (typeof memo === 'string') return this.#dangling(pointer, memo);
    const skip = memo.dataOffset - memo.offset;
    this.counters.reads++;
    this.counters.bytesRead += memo.lengthBytes;
    if (skip + memo.lengthBytes <= start.length) return Uint8Array.prototype.slice.call(start, skip, skip + memo.lengthBytes);
    const bytes = new Uint8Array(memo.lengthBytes);
    const known = start.subarray(Math.min(skip, start.length));
    bytes.set(known);
    const got = this.#fill(bytes.subarray(known.length), memo.dataOffset + known.length);
    // The file became shorter since it was measured.
    return known.length + got < bytes.length ? this.#dangling(pointer, 'longer than the file') : bytes;
  }

  /** As read(), but the value stays where it stands if that can be: true leaves its place in `into`, good until anything else is read or written. */
  locate(pointer: MemoPointer, into: MemoSpan): boolean {
    const offset = pointer.block * this.header.blockSizeBytes;
    const isPlain = this.kind === 'fpt' && this.header.flexCounter === undefined && offset >= this.header.dataStartBytes;
    if (!isPlain || this.#inPlace === undefined || offset + BLOCK_HEADER_BYTES > this.#sizeBytes || !this.#inPlace(offset, into)) {
      return wholeSpan(this.read(pointer), into);
    }
    const { bytes } = into;
    const start = into.start + BLOCK_HEADER_BYTES;
    if (start > into.end) return wholeSpan(this.read(pointer), into);
    const lengthBytes = (((bytes[start - 4] ?? 0) << 24) | ((bytes[start - 3] ?? 0) << 16) | ((bytes[start - 2] ?? 0) << 8) | (bytes[start - 1] ?? 0)) >>> 0;
    if (start + lengthBytes > into.end) return wholeSpan(this.read(pointer), into);
    this.counters.reads++;
    this.counters.bytesRead += lengthBytes;
    into.start = start;
    into.end = start + lengthBytes;
    return true;
  }

  /** Where the memo of a pointer stands; undefined when the pointer leads nowhere. Adds no finding. */
  describe(pointer: MemoPointer): MemoPlace | undefined {
    const { memo } = this.#find(pointer);
    return typeof memo === 'string' ? undefined : memo;
  }

  /** Why a pointer leads nowhere; undefined when it leads to a memo. */
  explain(pointer: MemoPointer): Dangling | undefined {
    const { memo } = this.#find(pointer);
    return typeof memo === 'string' ? memo : undefined;
  }

  #find(pointer: MemoPointer): { readonly memo: MemoPlace | Dangling; readonly start: Uint8Array } {
    const found = this.#findWithin(pointer);
    if (typeof found.memo !== 'string') return found;
    const sizeBytes = this.#file.stat().sizeBytes;
    if (sizeBytes === this.#sizeBytes) return found;
    this.#sizeBytes = sizeBytes;
    return this.#findWithin(pointer);
  }

  #findWithin(pointer: MemoPointer): { readonly memo: MemoPlace | Dangling; readonly start: Uint8Array } {
    const bytes = { header: this.header, sizeBytes: this.#sizeBytes, readAt: (target: Uint8Array, position: number) => this.#fill(target, position) };
    const offset = offsetOf(bytes, pointer);
    const nothing = this.#scratch.subarray(0, 0);
    if (!(offset >= this.header.dataStartBytes)) return { memo: 'before the data', start: nothing };
    if (offset >= this.#sizeBytes && !(this.kind === 'smt' && pointer.lengthBytes === 0)) return { memo: 'behind the end of the file', start: nothing };
    const start = this.#scratch.subarray(0, Math.min(FIRST_READ_BYTES, Math.max(0, this.#sizeBytes - offset)));
    const read = start.subarray(0, this.#fill(start, offset));
    return { memo: findMemo(bytes, pointer, read), start: read };
  }

  #fill(target: Uint8Array, position: number): number {
    let done = 0;
    while (done < target.length) {
      const got = this.#readAt(done === 0 ? target : target.subarray(done), position + done);
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  #noting<Result>(look: (findings: MemoFinding[]) => Result): Result {
    const findings: MemoFinding[] = [];
    const result = look(findings);
    for (const finding of findings) this.findings.push({ ...finding, file: this.path });
    return result;
  }

  #dangling(pointer: MemoPointer, why: Dangling): undefined {
    this.counters.dangling++;
    if (this.findings.reduce((n, finding) => n + (finding.code === 'MEMO_DANGLING' ? 1 : 0), 0) < DESCRIBED_DANGLING) {
      this.findings.push({
        code: 'MEMO_DANGLING', severity: 'warning', file: this.path, offset: pointer.block * this.header.blockSizeBytes,
        message: `memo pointer ${pointer.block} leads nowhere: ${why}`,
      });
    }
    return undefined;
  }
}
