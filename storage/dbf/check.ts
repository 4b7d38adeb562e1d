import { FieldstoneError } from '../base/errors.js';
import { readUpTo } from '../vfs/full-io.js';
import type { VfsFile } from '../vfs/vfs.js';
import type { DbfField, DbfLayout, Finding } from './dbf-types.js';
import { fieldCheck, type FieldCheck, type MemoChecker } from './field-check.js';
import { fieldDecoder } from './field-decoder.js';
import { NO_MEMO } from './memo-source.js';
import { DELETED_MARK, END_MARK, LIVE_MARK, recordOffset } from './record.js';
import { hexByte } from './version-byte.js';

export interface CheckDbfOptions {
  /** Ends the check with ABORTED. */
  readonly signal?: AbortSignal;
  /** Called after every chunk of records, and at the end. */
  readonly onProgress?: (recordsDone: number, recordsTotal: number) => void;
  /** Awaited after every chunk, so that the caller decides how much of the event loop the check may take. */
  readonly pause?: () => Promise<void>;
}

const CHUNK_BYTES = 1 << 20;
/** So many findings of one kind in one field are described; the rest is counted. */
const DESCRIBED = 20;

/** Describes the first findings of a kind and counts the others. */
class FindingTally {
  readonly #seen = new Map<string, { count: number; finding: Finding }>();

  /** The finding to report, or undefined when enough of its kind were. */
  take(finding: Finding): Finding | undefined {
    const key = `${finding.code} ${finding.field ?? ''}`;
    const known = this.#seen.get(key);
    if (known === undefined) this.#seen.set(key, { count: 1, finding });
    else known.count++;
    return (known?.count ?? 1) <= DESCRIBED ? finding : undefined;
  }

  *rest(): Generator<Finding> {
    for (const { count, finding } of this.#seen.values()) {
      if (count <= DESCRIBED) continue;
      const { code, field, file, severity } = finding;
      const message = `${count - DESCRIBED} more of these${field === undefined ? '' : ` in field "${field}"`}`;
      yield { code, severity, message, ...(field === undefined ? {} : { field }), ...(file === undefined ? {} : { file }) };
    }
  }
}

interface Column { readonly field: DbfField; readonly check: FieldCheck; readonly isNull: (bytes: Uint8Array, start: number) => boolean }

function columnsOf(layout: DbfLayout, memo: MemoChecker | undefined): Column[] {
  return layout.fields.filter((field) => !field.hidden).flatMap((field) => {
    const check = fieldCheck(layout, field, memo);
    if (check === undefined) return [];
    const { nullFlags } = layout;
    const { nullBit } = field;
    const isNull = nullFlags === undefined || nullBit === undefined
      ? (): boolean => false
      : (bytes: Uint8Array, start: number): boolean => ((bytes[start + nullFlags.offset + (nullBit >> 3)] ?? 0) & (1 << (nullBit & 7))) !== 0;
    return [{ field, check, isNull }];
  });
}

/** The end of the file: the end mark, and what stands after the last record. */
function* checkEnd(file: VfsFile, layout: DbfLayout): Generator<Finding> {
  const end = recordOffset(layout, layout.recordCount + 1);
  const extra = file.stat().sizeBytes - end;
  const mark = new Uint8Array(1);
  const present = extra > 0 && readUpTo(file, mark, end) === 1;
  if (!present || mark[0] !== END_MARK) {
    const message = 'no end mark (0x1A) after the last record; readers do not need it';
    yield { code: 'END_MARK_MISSING', severity: 'note', file: file.path, offset: end, message };
  }
  if (extra > 1 && layout.physicalCount <= layout.claimedCount) {
    yield { code: 'TRAILING_BYTES', severity: 'note', file: file.path, offset: end, message: `${extra} bytes after the last record` };
  }
}

interface CounterWatch {
  see(bytes: Uint8Array, start: number): void;
  findings(file: VfsFile): Generator<Finding>;
}

/** Autoincrement counters must be past every value in use, or the next insert repeats one. */
function counterWatch(layout: DbfLayout): CounterWatch {
  const watched = layout.fields.flatMap((field) => {
    const counter = field.autoIncrement;
    return counter === undefined ? [] : [{ field, counter, decode: fieldDecoder(layout, field), largest: -Infinity }];
  });
  return {
    see(bytes, start) {
      for (const one of watched) {
        const value = one.decode(bytes, start, '', 0, NO_MEMO);
        if (typeof value === 'number' && value > one.largest) one.largest = value;
      }
    },
    *findings(file) {
      for (const { counter, field, largest } of watched) {
        if (largest < counter.next) continue;
        yield {
          code: 'AUTOINCREMENT_LOW', severity: 'error', file: file.path, field: field.name, offset: counter.headerOffset,
          message: `the next value is ${counter.next}, but ${largest} is in use`,
        };
      }
    },
  };
}

function* checkRecord(columns: readonly Column[], bytes: Uint8Array, start: number, recno: number): Generator<Finding> {
  const mark = bytes[start] ?? 0;
  if (mark !== LIVE_MARK && mark !== DELETED_MARK) {
    yield { code: 'DELETE_MARK_ODD', severity: 'warning', recno, message: `the delete mark is ${hexByte(mark)}; the record counts as live` };
  }
  for (const { check, field, isNull } of columns) {
    if (isNull(bytes, start)) continue;
    const fault = check(bytes, start);
    if (fault !== undefined) yield { ...fault, message: `record ${recno}, field "${field.name}": ${fault.message}`, recno, field: field.name };
  }
}

function assertNotAborted(file: VfsFile, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new FieldstoneError('ABORTED', 'the check was cancelled', { file: file.path, cause: signal.reason });
}

/**
 * Looks at every byte of a table that can be wrong and reports what is: the header's oddities, then records (delete marks,
 * numbers, dates, logicals, times, text, memo pointers), then the end of the file. Reads in chunks of 1 MiB, changes
 * nothing, and describes at most 20 findings of a kind per field; the rest is counted in one more.
 *
 * @param memo where memo pointers are looked up; without it only their form is checked.
 * @throws FieldstoneError ABORTED when `signal` fires.
 */
export async function* checkDbf(
  file: VfsFile, layout: DbfLayout, memo?: MemoChecker, options: CheckDbfOptions = {},
): AsyncGenerator<Finding> {
  for (const finding of layout.findings) yield { ...finding, file: file.path };
  const columns = columnsOf(layout, memo);
  const tally = new FindingTally();
  const counters = counterWatch(layout);
  const { recordCount, recordLength } = layout;
  const rows = Math.max(1, Math.min(recordCount, Math.floor(CHUNK_BYTES / recordLength)));
  const chunk = new Uint8Array(rows * recordLength);
  for (let first = 1; first <= recordCount; first += rows) {
    assertNotAborted(file, options.signal);
    const offset = recordOffset(layout, first);
    const count = Math.min(rows, recordCount - first + 1);
    const present = Math.floor(readUpTo(file, chunk.subarray(0, count * recordLength), offset) / recordLength);
    if (present < count) {
      throw new FieldstoneError('EXTERNAL_CHANGE', `${file.path} became shorter while it was checked`, { file: file.path, offset });
    }
    for (let i = 0; i < count; i++) {
      const start = i * recordLength;
      counters.see(chunk, start);
      for (const finding of checkRecord(columns, chunk, start, first + i)) {
        const told = tally.take({ ...finding, file: file.path, offset: offset + start });
        if (told !== undefined) yield told;
      }
    }
    options.onProgress?.(first + count - 1, recordCount);
    await options.pause?.();
  }
  yield* tally.rest();
  yield* counters.findings(file);
  yield* checkEnd(file, layout);
}
