import type { ByteRange } from '#index';

/** Where entries of a range lie in an index, and whether all of them match it. */
export interface LocatedRange {
  readonly range: ByteRange;
  /** False: a bound was cut, so there may be some entries more. */
  readonly exact: boolean;
}
