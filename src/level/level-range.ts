import { toBytes, type LevelData } from './formats.js';

/** A range as abstract-level hands it over: bounds encoded, limit -1 for none. */
export interface LevelRange {
  readonly gt?: LevelData;
  readonly gte?: LevelData;
  readonly lt?: LevelData;
  readonly lte?: LevelData;
  readonly reverse: boolean;
  readonly limit: number;
}

/** The same in bytes. Of two bounds on one side the inclusive one counts, as abstract-level says. */
export interface LevelBounds {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly reverse: boolean;
}

export function boundsOf({ gt, gte, lt, lte, reverse }: LevelRange): LevelBounds {
  return {
    ...(gte !== undefined ? { gte: toBytes(gte) } : gt !== undefined ? { gt: toBytes(gt) } : {}),
    ...(lte !== undefined ? { lte: toBytes(lte) } : lt !== undefined ? { lt: toBytes(lt) } : {}),
    reverse,
  };
}

/** What is left of the range from the target on, in the direction of the range; undefined when the target lies outside of it. */
export function boundsFrom(bounds: LevelBounds, target: Uint8Array): LevelBounds | undefined {
  const { gt, gte, lt, lte, reverse } = bounds;
  if (gte !== undefined && Buffer.compare(target, gte) < 0) return undefined;
  if (gt !== undefined && Buffer.compare(target, gt) <= 0) return undefined;
  if (lte !== undefined && Buffer.compare(target, lte) > 0) return undefined;
  if (lt !== undefined && Buffer.compare(target, lt) >= 0) return undefined;
  if (reverse) return { ...(gte === undefined ? {} : { gte }), ...(gt === undefined ? {} : { gt }), lte: target, reverse };
  return { gte: target, ...(lte === undefined ? {} : { lte }), ...(lt === undefined ? {} : { lt }), reverse };
}
