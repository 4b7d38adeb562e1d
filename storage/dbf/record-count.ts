import { readUpTo } from '../vfs/full-io.js';
import type { VfsFile } from '../vfs/vfs.js';
import type { DbfLayout, Finding } from './dbf-types.js';
import { DELETED_MARK, LIVE_MARK, recordOffset } from './record.js';

interface Extent {
  readonly sizeBytes: number;
  readonly headerLength: number;
  readonly recordLength: number;
  readonly claimedCount: number;
}

/** How many records there are: what the header counts, but never more than the file holds. */
export function countRecords(extent: Extent, findings: Finding[]): { recordCount: number; physicalCount: number } {
  const { claimedCount, headerLength, recordLength, sizeBytes } = extent;
  const physicalCount = Math.max(0, Math.floor((sizeBytes - headerLength) / recordLength));
  if (claimedCount > physicalCount) {
    findings.push({
      code: 'COUNT_TOO_LARGE', severity: 'error', offset: 4,
      message: `the header counts ${claimedCount} records, the file holds ${physicalCount}`,
    });
  }
  return { recordCount: Math.min(claimedCount, physicalCount), physicalCount };
}

/**
 * Says when what follows the counted records looks like more of them: perhaps the rest of a crash. They are not
 * shown; only `check` and `repair` deal with them.
 */
export function noteRecordsBeyondCount(file: VfsFile, layout: DbfLayout): Finding | undefined {
  const { claimedCount, physicalCount } = layout;
  if (physicalCount <= claimedCount) return undefined;
  const mark = new Uint8Array(1);
  const offset = recordOffset(layout, claimedCount + 1);
  if (readUpTo(file, mark, offset) !== 1 || (mark[0] !== LIVE_MARK && mark[0] !== DELETED_MARK)) return undefined;
  return {
    code: 'RECORDS_BEYOND_COUNT', severity: 'warning', offset,
    message: `the header counts ${claimedCount} records, the file has room for ${physicalCount}; those past the count are not shown`,
  };
}
