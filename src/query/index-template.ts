import type { Condition, OrCondition, PathCondition, PointsCondition, PrefixCondition, RangeCondition } from './conditions.js';
import type { IndexSource } from './index-source.js';

/** A way to use one index for some of the conditions of a filter, whatever values the operands have. */
export interface IndexTemplate {
  /** Name of the index. */
  readonly index: string;
  /** Conditions on its first fields, in order. */
  readonly points: readonly PointsCondition[];
  /** Of the field behind them. */
  readonly low: RangeCondition | undefined;
  readonly high: RangeCondition | undefined;
  readonly prefix: PrefixCondition | undefined;
}

/** A way to answer an $or: for each branch the indexes that would serve it. */
export interface UnionTemplate {
  readonly or: OrCondition;
  readonly branches: readonly { readonly templates: readonly IndexTemplate[]; readonly conditions: readonly Condition[] }[];
}

/** Whatever could find the rows of a filter. */
export interface Templates {
  readonly indexes: readonly IndexTemplate[];
  readonly unions: readonly UnionTemplate[];
}

/** All ways to use these indexes. Depends on no value, so it is made once for a shape and a set of indexes. */
export function templatesFor(conditions: readonly Condition[], indexes: readonly IndexSource[]): Templates {
  const unions: UnionTemplate[] = [];
  for (const or of conditions) {
    if (or.kind !== 'or') continue;
    const others = conditions.filter((one) => one !== or);
    const branches = or.branches.map((branch) => {
      const all = [...branch, ...others];
      // Of the branch itself something must be looked up, else each branch would give the same rows.
      const templates = indexTemplates(all, indexes).filter((t) => conditionsUsed(t).some((c) => branch.includes(c)));
      return { templates, conditions: all };
    });
    if (branches.every(({ templates }) => templates.length > 0)) unions.push({ or, branches });
  }
  return { indexes: indexTemplates(conditions, indexes), unions };
}

/** The conditions that bound the range. */
export function conditionsUsed({ points, low, high, prefix }: IndexTemplate): PathCondition[] {
  const used: PathCondition[] = [...points];
  if (low !== undefined) used.push(low);
  if (high !== undefined && high !== low) used.push(high);
  if (prefix !== undefined) used.push(prefix);
  return used;
}

function indexTemplates(conditions: readonly Condition[], indexes: readonly IndexSource[]): IndexTemplate[] {
  return indexes.map((index) => templateOf(conditions, index)).filter((one) => one !== undefined);
}

function templateOf(conditions: readonly Condition[], index: IndexSource): IndexTemplate | undefined {
  const points: PointsCondition[] = [];
  for (const [i, { path }] of index.fields.entries()) {
    const here = conditions.filter((c): c is PathCondition => isOnPath(c, path) && mayFollow(c, path, points, index));
    const point = here.find((c) => c.kind === 'points' && c.operands.length === 1) ?? here.find((c) => c.kind === 'points');
    if (point?.kind === 'points') {
      points.push(point);
      if (i + 1 < index.fields.length) continue;
      break;
    }
    const range = index.ranged ? rangeOf(here, index.multikey) : undefined;
    if (range !== undefined) return { index: index.name, points, ...range };
    break;
  }
  return points.length === 0 ? undefined : { index: index.name, points, low: undefined, high: undefined, prefix: undefined };
}

function isOnPath(condition: Condition, path: string): condition is PathCondition {
  return condition.kind !== 'or' && condition.kind !== 'other' && condition.path === path;
}

/**
 * In an index with several entries for a row, two conditions may be met by different entries. Together they bound a range only when
 * their fields share no array, or speak of the same element of it.
 */
function mayFollow(condition: PathCondition, path: string, before: readonly PointsCondition[], index: IndexSource): boolean {
  if (!index.multikey) return true;
  return before.every((one) => firstName(one.path) !== firstName(path) || (one.element !== undefined && one.element === condition.element));
}

function firstName(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

function rangeOf(here: readonly PathCondition[], multikey: boolean): Pick<IndexTemplate, 'low' | 'high' | 'prefix'> | undefined {
  const prefix = here.find((c): c is PrefixCondition => c.kind === 'prefix');
  if (prefix !== undefined) return { low: undefined, high: undefined, prefix };
  const low = here.find((c): c is RangeCondition => c.kind === 'range' && c.low !== undefined);
  const high = here.find((c): c is RangeCondition => c.kind === 'range' && c.high !== undefined);
  if (low === undefined && high === undefined) return undefined;
  // One element may lie above the low end and another one below the high end of another condition: then only one may bound the entries.
  if (multikey && low !== undefined && low !== high) return { low, high: undefined, prefix: undefined };
  return { low, high, prefix: undefined };
}
