import { DBT4_USED } from './memo-blocks.js';
import type { FreeRun } from './free-runs.js';
import type { MemoFinding } from './memo-finding.js';
import type { MemoHeader } from './memo-header.js';
import type { ReadAt } from './read-at.js';

export interface FreeList {
  readonly runs: readonly FreeRun[];
  /** The block number that ends the list: first block behind the file. */
  readonly endBlock: number;
}

/** A run's header: next run, number of blocks. */
const RUN_HEADER_BYTES = 8;
/** No sane list is longer; a walk of one read for each run stays short. */
const MAX_RUNS = 1 << 18;

/**
 * The free list of a DBT IV file. The format keeps it sorted by block, which also keeps the walk from going in circles: each
 * step must lead behind the run before. Damage gives a finding and an empty list: the blocks are then lost until the
 * table is packed, and nothing is ever written into a block that a memo may use.
 */
export function readFreeList(header: MemoHeader, readAt: ReadAt, sizeBytes: number, findings: MemoFinding[]): FreeList {
  const { blockSizeBytes } = header;
  const fileBlocks = Math.ceil(sizeBytes / blockSizeBytes);
  const empty = { runs: [], endBlock: Math.max(1, fileBlocks) };
  const damage = (block: number, what: string): FreeList => {
    findings.push({ code: 'MEMO_FREE_LIST', severity: 'warning', offset: block * blockSizeBytes, message: `the list of free memo blocks is damaged: ${what}; it is taken as empty` });
    return empty;
  };
  const runs: FreeRun[] = [];
  const word = new Uint8Array(RUN_HEADER_BYTES);
  const view = new DataView(word.buffer);
  let block = header.claimedNext;
  if (block === 0) return damage(0, 'it begins with the header itself');
  while (block < fileBlocks) {
    if (runs.length === MAX_RUNS) return damage(block, `it has more than ${MAX_RUNS} runs`);
    const got = readAt(word, block * blockSizeBytes);
    const next = view.getUint32(0, true);
    const count = view.getUint32(4, true);
    if (got < RUN_HEADER_BYTES) return damage(block, 'a run is cut off by the end of the file');
    if (next === DBT4_USED) return damage(block, `block ${block} is in use`);
    if (count === 0 || block + count > fileBlocks) return damage(block, `a run of ${count} blocks at block ${block} does not fit the file`);
    if (next < block + count) return damage(block, `run ${block} leads back to block ${next}`);
    runs.push({ block, count });
    block = next;
  }
  return { runs, endBlock: Math.max(block, fileBlocks) };
}
