import type { FilterNode } from '../filter/filter-node.js';

/** A filter as the catalog keeps it: JSON, with values that JSON does not know under a name of their own. */
export function filterToText(node: FilterNode): string {
  return JSON.stringify(node, function keep(this: unknown, key: string, value: unknown) {
    // toJSON() of a date comes before the replacer: the owner still has it.
    const raw: unknown = typeof this === 'object' && this !== null ? Reflect.get(this, key) : value;
    if (raw instanceof Date) return { $date: raw.getTime() };
    if (raw instanceof Uint8Array) return { $bytes: Buffer.from(raw).toString('base64') };
    if (typeof raw === 'bigint') return { $bigint: String(raw) };
    if (typeof raw === 'number' && !Number.isFinite(raw)) return { $number: String(raw) };
    return value;
  });
}

/** The filter of such a text. */
export function filterFromText(text: string): FilterNode {
  const parsed: unknown = JSON.parse(text, (_key, value: unknown) => valueOf(value));
  return parsed as FilterNode; // the catalog has a checksum of its own: nobody else wrote it
}

function valueOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$date' in value && typeof value.$date === 'number') return new Date(value.$date);
  if ('$bytes' in value && typeof value.$bytes === 'string') return new Uint8Array(Buffer.from(value.$bytes, 'base64'));
  if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint);
  if ('$number' in value && typeof value.$number === 'string') return Number(value.$number);
  return value;
}

/** The same filter over fields with other names. */
export function renamePaths(text: string, nameNow: (path: string) => string): string { return filterToText(renamed(filterFromText(text), nameNow)); }

function renamed(node: FilterNode, nameNow: (path: string) => string): FilterNode {
  if ('parts' in node) return { ...node, parts: node.parts.map((part) => renamed(part, nameNow)) };
  if ('path' in node) return { ...node, path: nameNow(node.path) };
  return 'part' in node ? { ...node, part: renamed(node.part, nameNow) } : node;
}
