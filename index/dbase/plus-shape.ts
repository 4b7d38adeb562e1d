import { corruptIndex, u32 } from '../xbase/bytes.js';
import type { KeyForm } from './key-form.js';

/** Blocks are numbered in units of so many bytes, whatever their size. */
export const UNIT_BYTES = 512;

/**
 * The tree of NDX and MDX files: all entries are in leaves; a page with children has a key for each child but the last, the last
 * key of that child. What differs is where things stand.
 */
export interface PlusShape {
  readonly path: string;
  /** Name of the tag for errors; empty where the file has one order. */
  readonly tag: string;
  readonly form: KeyForm;
  readonly blockBytes: number;
  /** Where the first entry begins, behind the count. */
  readonly entriesAt: number;
  readonly entryBytes: number;
  /** Where in an entry the record number of a leaf stands; the child stands at 0. */
  readonly recnoAt: number;
  readonly keyAt: number;
  readonly maxEntries: number;
  readonly descending: boolean;
  /** False for text in the order of a language driver: then nothing is known of the order. */
  readonly ordered: boolean;
  /** Number behind the last unit of the file, and the first that may be a page. */
  readonly unitCount: number;
  readonly firstUnit: number;
  /** True for a page without children; its count is sound. */
  isLeaf(page: Buffer, count: number): boolean;
}

export function entryCount(page: Buffer): number { return u32(page, 0); }

export function entryAt(i: number, shape: PlusShape): number { return shape.entriesAt + i * shape.entryBytes; }

export function keyPlace(i: number, shape: PlusShape): number { return entryAt(i, shape) + shape.keyAt; }

export function childOf(page: Buffer, i: number, shape: PlusShape): number { return u32(page, entryAt(i, shape)); }

export function recnoOf(page: Buffer, i: number, shape: PlusShape): number { return u32(page, entryAt(i, shape) + shape.recnoAt); }

export function isLeafPage(page: Buffer, shape: PlusShape): boolean { return shape.isLeaf(page, entryCount(page)); }

/** Compares a sortable key (its first `length` bytes) with entry `i` in the order of the file: below 0 when it stands before. */
export function compareWithEntry(key: Uint8Array, keyAt: number, length: number, page: Buffer, i: number, shape: PlusShape): number {
  const order = shape.form.compare(key, keyAt, length, page, keyPlace(i, shape));
  return shape.descending ? -order : order;
}

const one = Buffer.alloc(256);

/** True when entry `i` of a page may stand before entry `k` of another. */
export function mayPrecede(page: Buffer, i: number, other: Buffer, k: number, shape: PlusShape): boolean {
  if (!shape.ordered) return true;
  shape.form.toSortable(page, keyPlace(i, shape), one, 0);
  return compareWithEntry(one, 0, shape.form.sortableBytes, other, k, shape) <= 0;
}

/**
 * Proves what readers rely on: the count, children inside the file, record numbers, keys that are keys, and their order.
 *
 * @throws FieldstoneError CORRUPT_INDEX
 */
export function assertSoundBlock(page: Buffer, unit: number, shape: PlusShape): void {
  const problem = blockProblem(page, shape);
  if (problem !== undefined) throw corruptBlock(unit, problem, shape);
}

export function corruptBlock(unit: number, problem: string, { path, tag }: PlusShape): Error {
  return corruptIndex(path, unit * UNIT_BYTES, tag === '' ? problem : `tag ${tag}: ${problem}`);
}

export function isUnitOfFile(unit: number, { firstUnit, unitCount, blockBytes }: PlusShape): boolean {
  return unit >= firstUnit && unit + blockBytes / UNIT_BYTES <= unitCount;
}

function blockProblem(page: Buffer, shape: PlusShape): string | undefined {
  const count = entryCount(page);
  if (count > shape.maxEntries) return `a page of ${count} keys, ${shape.maxEntries} go into one`;
  const leaf = shape.isLeaf(page, count);
  for (let i = 0; i < count; i++) {
    if (leaf ? recnoOf(page, i, shape) === 0 : !isUnitOfFile(childOf(page, i, shape), shape)) return leaf ? `key ${i} has no record number` : `child ${i} is outside the file`;
    // In leaves of an NDX the child's place is 0; in an MDX it is that of the record number.
    if (leaf && shape.recnoAt !== 0 && childOf(page, i, shape) !== 0) return `key ${i} of a leaf has a child`;
    if (!shape.form.toSortable(page, keyPlace(i, shape), one, 0)) return `key ${i} is no number`;
    if (shape.ordered && i + 1 < count && compareWithEntry(one, 0, shape.form.sortableBytes, page, i + 1, shape) > 0) return `key ${i + 1} does not stand behind the one before it`;
  }
  return leaf || isUnitOfFile(childOf(page, count, shape), shape) ? undefined : 'the last child is outside the file';
}
