import { readUpTo } from '../vfs/full-io.js';
import type { VfsFile } from '../vfs/vfs.js';
import type { Finding } from './dbf-types.js';

interface Extent {
  readonly sizeBytes: number;
  readonly headerLength: number;
  readonly recordLength: number;
  readonly claimedCount: number;
}

const LIVE = 0x20;
const DELETED = 0x2a;

/**
 * How many records there are: what the header counts, but never more than the file holds. Records past the count
 * are not shown: they may be the rest of a crash, and only `check` and `repair` speak of them.
 */
export function countRecords(file: VfsFile, extent: Extent, findings: Finding[]): { recordCount: number; physicalCount: number } {
  const { claimedCount, headerLength, recordLength } = extent;
  const physicalCount = Math.max(0, Math.floor((extent.sizeBytes - headerLength) / recordLength));
  if (claimedCount > physicalCount) {
    findings.push({
      code: 'COUNT_TOO_LARGE', severity: 'error', offset: 4, message: `the header counts ${claimedCount} records, the file holds ${physicalCount}`,
    });
    return { recordCount: physicalCount, physicalCount };
  }
  if (physicalCount > claimedCount) {
    const mark = new Uint8Array(1);
    const at = headerLength + claimedCount * recordLength;
    const present = readUpTo(file, mark, at);
    if (present === 1 && (mark[0] === LIVE || mark[0] === DELETED)) {
      findings.push({
        code: 'RECORDS_BEYOND_COUNT', severity: 'warning', offset: at,
        message: `the header counts ${claimedCount} records, the file has room for ${physicalCount}; those past the count are not shown`,
      });
    }
  }
  return { recordCount: claimedCount, physicalCount };
}
