import { compareValues } from './compare-values.js';
import type { ItemReader } from './item-reader.js';
import { anyAtPath, parsePath } from './path.js';

/**
 * Reads what an item is sorted by at a path. A missing value sorts as null; of arrays the least element counts, or
 * the greatest when descending; an empty array sorts before null (undefined is returned for it).
 */
export function sortValue<Item>(path: string, descending: boolean, reader: ItemReader<Item>): (item: Item) => unknown {
  if (!reader.nested) {
    const read = reader.field(path);
    return (item) => read(item) ?? null;
  }
  const [first, ...rest] = parsePath(path);
  const read = reader.field(first?.name ?? '');
  return (item) => {
    const value = read(item);
    if (rest.length > 0 || Array.isArray(value)) return extreme(value, rest, descending);
    return value ?? null;
  };
}

function extreme(value: unknown, rest: Parameters<typeof anyAtPath>[1], descending: boolean): unknown {
  let best: unknown;
  let found = false;
  const see = (one: unknown): false => {
    const order = found ? compareValues(one, best) : 0;
    if (!found || (descending ? order > 0 : order < 0)) best = one;
    found = true;
    return false;
  };
  const single = (one: unknown): false => see(one ?? null);
  const field = (one: unknown): false => {
    if (!Array.isArray(one)) return single(one);
    if (one.length === 0) return see(undefined);
    one.forEach(single);
    return false;
  };
  anyAtPath(value, rest, 0, { single, field });
  return found ? best : null;
}
