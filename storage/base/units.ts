/**
 * Branded numbers: a page number cannot be passed where a record number is meant.
 * They are plain numbers at run time and cost nothing.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

/** 1-based physical position of a record in its table. */
export type RecordNo = Branded<'RecordNo'>;
/** Commit sequence number: 1 for the first commit of a database, then rising by 1. 0 = before all commits. */
export type SequenceNo = Branded<'SequenceNo'>;
/** Block number in a memo file; byte address = number x block size. 0 = no memo. */
export type BlockNo = Branded<'BlockNo'>;
/** 0-based page number in a paged file. */
export type PageNo = Branded<'PageNo'>;

function safeCount(n: number, least: number, what: string): number {
  if (!Number.isSafeInteger(n) || n < least) throw new RangeError(`${what} must be an integer >= ${least}, got ${n}`);
  return n;
}

export function recordNo(n: number): RecordNo { return safeCount(n, 1, 'record number') as RecordNo; }
export function sequenceNo(n: number): SequenceNo { return safeCount(n, 0, 'sequence number') as SequenceNo; }
export function blockNo(n: number): BlockNo { return safeCount(n, 0, 'block number') as BlockNo; }
export function pageNo(n: number): PageNo { return safeCount(n, 0, 'page number') as PageNo; }
