import type { MemoFile } from './memo-file.js';
import type { MemoFinding } from './memo-finding.js';
import type { MemoPointer } from './memo-kind.js';

/** A pointer of the table and where it stands. */
export interface MemoUse {
  readonly pointer: MemoPointer;
  readonly recno: number;
  readonly field: string;
  /** The record is deleted: a pointer that leads nowhere is then common and harmless. */
  readonly deleted?: boolean;
}

interface UsedRun { readonly block: number; readonly end: number; readonly use: MemoUse }

const DEFAULT_LIMIT = 1000;

/**
 * Everything that can be said about a memo file given all pointers of its table: header and free list damage, pointers that
 * lead nowhere, into free blocks, or into the memo of another record. Reads, never writes. At most `limit` findings;
 * the last one then counts the rest.
 */
export function checkMemo(memo: MemoFile, uses: Iterable<MemoUse>, limit = DEFAULT_LIMIT): MemoFinding[] {
  const report = new Report(limit);
  const { freeList } = memo;
  for (const finding of memo.findings) if (finding.code !== 'MEMO_DANGLING') report.add(finding);
  checkEnd(memo, report);
  const used: UsedRun[] = [];
  for (const use of uses) {
    const place = memo.describe(use.pointer);
    if (place === undefined) report.add(dangling(memo, use));
    else used.push({ block: use.pointer.block, end: use.pointer.block + place.blocks, use });
  }
  used.sort((a, b) => a.block - b.block || a.end - b.end || a.use.recno - b.use.recno);
  checkOverlaps(memo, used, report);
  checkFree(memo, used, freeList.runs, report);
  return report.findings();
}

class Report {
  readonly #limit: number;
  readonly #kept: MemoFinding[] = [];
  #dropped = 0;

  constructor(limit: number) { this.#limit = limit; }

  add(finding: MemoFinding): void {
    if (this.#kept.length < this.#limit) this.#kept.push(finding);
    else this.#dropped++;
  }

  findings(): MemoFinding[] {
    if (this.#dropped === 0) return this.#kept;
    return [...this.#kept, { code: 'MEMO_MORE', severity: 'warning', message: `${this.#dropped} more findings are not listed` }];
  }
}

/** The header's end may lie behind the file's by less than the last memo; more means that the file was cut. */
function checkEnd(memo: MemoFile, report: Report): void {
  const { nextBlock, blockSizeBytes, isMissing } = memo.header;
  const missingBytes = memo.freeList.endBlock * blockSizeBytes - memo.sizeBytes;
  if (isMissing || missingBytes < Math.max(blockSizeBytes, memo.header.dataStartBytes)) return;
  report.add({
    code: 'MEMO_NEXT_HIGH', severity: 'warning', file: memo.path, offset: 0,
    message: `the header counts blocks up to ${nextBlock}, which is ${missingBytes} bytes behind the end of the file: it may have been cut off`,
  });
}

function dangling(memo: MemoFile, use: MemoUse): MemoFinding {
  return {
    code: 'MEMO_DANGLING', severity: use.deleted === true ? 'note' : 'error', file: memo.path, recno: use.recno, field: use.field,
    offset: use.pointer.block * memo.header.blockSizeBytes,
    message: `the memo pointer ${use.pointer.block} leads nowhere: ${memo.explain(use.pointer) ?? 'not a memo block'}`,
  };
}

function checkOverlaps(memo: MemoFile, used: readonly UsedRun[], report: Report): void {
  let widest: UsedRun | undefined;
  for (const run of used) {
    if (widest !== undefined && run.block < widest.end) report.add(overlap(memo, widest, run));
    if (widest === undefined || run.end > widest.end) widest = run;
  }
}

function overlap(memo: MemoFile, first: UsedRun, second: UsedRun): MemoFinding {
  const isShared = first.block === second.block;
  const what = isShared ? 'is shared with' : 'lies inside the memo of';
  return {
    code: isShared ? 'MEMO_SHARED' : 'MEMO_OVERLAP', severity: isShared || second.use.deleted === true || first.use.deleted === true ? 'warning' : 'error',
    file: memo.path, recno: second.use.recno, field: second.use.field, offset: second.block * memo.header.blockSizeBytes,
    message: `memo block ${second.block} ${what} record ${first.use.recno}, field ${first.use.field} (block ${first.block})`,
  };
}

function checkFree(memo: MemoFile, used: readonly UsedRun[], free: readonly { block: number; count: number }[], report: Report): void {
  let i = 0;
  for (const run of used) {
    while (i < free.length && (free[i]?.block ?? 0) + (free[i]?.count ?? 0) <= run.block) i++;
    const next = free[i];
    if (next === undefined || next.block >= run.end) continue;
    report.add({
      code: 'MEMO_FREE_IN_USE', severity: 'error', file: memo.path, recno: run.use.recno, field: run.use.field, offset: run.block * memo.header.blockSizeBytes,
      message: `memo block ${run.block} is on the list of free blocks (run ${next.block}, ${next.count} blocks): pack the table before writing to it`,
    });
  }
}
