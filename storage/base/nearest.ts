/** Longer names are compared by their beginning only, so that hostile input cannot make the comparison slow. */
const COMPARED_CHARS = 64;

/**
 * Up to `limit` of the `known` names that are spelled most like `given`, best first; for the text of an error.
 * Case is not regarded. Distance: optimal string alignment (insert, delete, replace, swap of neighbours).
 *
 * @example
 * nearestNames('cachesize', ['cacheSize', 'pageSize', 'create']); // ['cacheSize']
 */
export function nearestNames(given: string, known: Iterable<string>, limit = 3): string[] {
  const wanted = given.slice(0, COMPARED_CHARS).toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const found: { name: string; distance: number }[] = [];
  for (const name of known) {
    const other = name.slice(0, COMPARED_CHARS).toLowerCase();
    if (Math.abs(other.length - wanted.length) > allowed) continue;
    const distance = editDistance(wanted, other);
    if (distance <= allowed) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance);
  const best = found[0]?.distance ?? 0;
  return found.filter((one) => one.distance <= best + 1).slice(0, limit).map((one) => one.name);
}

function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let oneBack = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((row[j - 1] ?? 0) + 1, (oneBack[j] ?? 0) + 1, (oneBack[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (twoBack[j - 2] ?? 0) + 1);
      row.push(least);
    }
    twoBack = oneBack;
    oneBack = row;
  }
  return oneBack[b.length] ?? 0;
}
