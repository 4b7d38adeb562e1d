import type { DataOp, DurableFile } from './disk-state.js';

/** What stands where a write did not arrive: the old bytes, or what the disk happened to put there. */
export type Fill = 'old' | 'zero' | 'a5' | 'random';
/** Only the bytes before `at` arrived, or only those behind it (`part` 'tail'); the rest of the write's range is `fill`. */
export interface Tear { readonly at: number; readonly fill: Fill; readonly part?: 'tail' }
/** What a crash did to one unsynced operation. */
export type Fate = 'kept' | 'lost' | Tear;
/**
 * What a crash did to the file's size: as the kept writes say; already as the last operation says, although
 * content is missing (`first`); still as it was when last synced, although content arrived (`lost`).
 */
export type SizeMode = 'data' | 'first' | 'lost';

/** How one file came through the crash. Without `fates` everything was kept. */
export interface FileChoice {
  readonly fates?: readonly Fate[];
  readonly size: SizeMode;
  /** For the parts of a file that exist only because of its size. */
  readonly fill: Fill;
  readonly seed: number;
}

export const KEEP_ALL: FileChoice = { size: 'data', fill: 'zero', seed: 0 };

/** The file after a crash, from what was durable and the operations that were not. Shares `durable.bytes` when nothing changed. */
export function buildFile(durable: DurableFile, ops: readonly DataOp[], choice: FileChoice): DurableFile {
  if (ops.length === 0) return durable;
  const work = { bytes: roomFor(durable, ops), sizeBytes: durable.bytes.length, grown: false };
  let latestBytes = durable.bytes.length, changed = durable.changed;
  for (const [i, op] of ops.entries()) {
    const fate = choice.fates?.[i] ?? 'kept';
    latestBytes = op.kind === 'truncate' ? op.sizeBytes : Math.max(latestBytes, op.position + op.bytes.length);
    if (fate === 'lost') continue;
    changed = op.id + 1;
    if (op.kind === 'truncate') truncateTo(work, op.sizeBytes);
    else writeTo(work, op, fate, choice);
  }
  if (choice.size === 'first' && latestBytes > work.sizeBytes) {
    fillRange(work.bytes, work.sizeBytes, latestBytes, choice.fill, choice.seed);
    work.sizeBytes = latestBytes;
  }
  if (choice.size === 'lost') work.sizeBytes = Math.min(work.sizeBytes, durable.bytes.length);
  return { bytes: work.bytes.subarray(0, work.sizeBytes), changed: choice.size === 'data' ? changed : durable.changed };
}

interface Work { readonly bytes: Uint8Array; sizeBytes: number }

function roomFor(durable: DurableFile, ops: readonly DataOp[]): Uint8Array {
  let most = durable.bytes.length;
  for (const op of ops) most = Math.max(most, op.kind === 'truncate' ? op.sizeBytes : op.position + op.bytes.length);
  const bytes = new Uint8Array(most);
  bytes.set(durable.bytes);
  return bytes;
}

function truncateTo(work: Work, sizeBytes: number): void {
  // Bytes that a later growth brings back must read as zero, as on a real file system.
  if (sizeBytes < work.sizeBytes) work.bytes.fill(0, sizeBytes, work.sizeBytes);
  work.sizeBytes = sizeBytes;
}

function writeTo(work: Work, op: Extract<DataOp, { kind: 'write' }>, fate: 'kept' | Tear, choice: FileChoice): void {
  const length = op.bytes.length;
  const from = fate !== 'kept' && fate.part === 'tail' ? Math.min(fate.at, length) : 0;
  const to = fate !== 'kept' && fate.part !== 'tail' ? Math.min(fate.at, length) : length;
  // Old bytes that never were do not make the file longer.
  const endBytes = fate !== 'kept' && fate.fill === 'old' ? op.position + to : op.position + length;
  if (endBytes === op.position) return;
  if (op.position > work.sizeBytes) fillRange(work.bytes, work.sizeBytes, op.position, choice.fill, choice.seed);
  work.bytes.set(from === 0 && to === length ? op.bytes : op.bytes.subarray(from, to), op.position + from);
  if (fate !== 'kept' && fate.fill !== 'old') {
    fillRange(work.bytes, op.position, op.position + from, fate.fill, choice.seed + op.id);
    fillRange(work.bytes, op.position + to, endBytes, fate.fill, choice.seed + op.id);
  }
  work.sizeBytes = Math.max(work.sizeBytes, endBytes);
}

function fillRange(bytes: Uint8Array, from: number, to: number, fill: Fill, seed: number): void {
  if (fill !== 'random') {
    bytes.fill(fill === 'a5' ? 0xa5 : 0, from, to);
    return;
  }
  let state = (seed * 2654435761 + from * 40503 + 1) | 0;
  for (let i = from; i < to; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
}
