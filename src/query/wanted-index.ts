import type { Condition } from './conditions.js';
import type { SortKey } from './sort-key.js';

/** Fields of one index; more make it larger than it is worth. */
const MOST_FIELDS = 3;

/**
 * The fields of the index that would serve a query best: those with equal values, then those of the sort or else one with a range.
 * Undefined when no index could serve it.
 */
export function wantedIndex(conditions: readonly Condition[], sort: readonly SortKey[]): readonly string[] | undefined {
  const equal = new Set<string>();
  let range: string | undefined;
  for (const condition of conditions) {
    if (condition.kind === 'points') equal.add(condition.path);
    else if (condition.kind === 'range' || condition.kind === 'prefix') range ??= condition.path;
  }
  const fields = [...equal];
  const sorted = sort.map(({ path }) => path).filter((path) => !equal.has(path));
  if (range !== undefined && !equal.has(range)) fields.push(range);
  else if (range === undefined) fields.push(...sorted);
  const [first] = conditions;
  if (fields.length === 0 && first?.kind === 'or') return wantedForOr(first.branches);
  return fields.length === 0 ? undefined : fields.slice(0, MOST_FIELDS);
}

/** An $or needs an index for each branch; one is named, when all branches ask for the same field. */
function wantedForOr(branches: readonly (readonly Condition[])[]): readonly string[] | undefined {
  const wanted = branches.map((branch) => wantedIndex(branch, [])?.[0]);
  const [first] = wanted;
  return first !== undefined && wanted.every((one) => one === first) ? [first] : undefined;
}
