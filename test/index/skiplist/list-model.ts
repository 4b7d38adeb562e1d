import { SkipCursor, type SkipList } from '#index';

export interface Put { readonly key: Uint8Array; readonly value: Uint8Array | undefined; readonly keepOlder: boolean; readonly adopted?: boolean }

/** The same as a skip list with snapshots, said with plain arrays. */
export class ListModel {
  readonly #chains = new Map<string, { sequence: number; value: Uint8Array | undefined }[]>();

  put(key: Uint8Array, sequence: number, value: Uint8Array | undefined, keepOlder: boolean): void {
    const name = Buffer.from(key).toString('latin1');
    const chain = this.#chains.get(name) ?? [];
    if (!keepOlder) chain.length = 0;
    chain.push({ sequence, value });
    this.#chains.set(name, chain);
  }

  /** What a snapshot sees, in key order: `key=value`, tombstones without value. */
  seen(sequence: number): string[] {
    const names = [...this.#chains.keys()].sort();
    return names.flatMap((name) => {
      const version = this.#chains.get(name)?.filter((v) => v.sequence <= sequence).at(-1);
      return version === undefined ? [] : [show(Buffer.from(name, 'latin1'), version.value)];
    });
  }
}

function show(key: Uint8Array, value: Uint8Array | undefined): string {
  return `${Buffer.from(key).toString('hex')}=${value === undefined ? '' : `[${Buffer.from(value).toString('hex')}]`}`;
}

export function shown(cursor: SkipCursor): string {
  const { list: { nodes, versions }, node, version } = cursor;
  const start = nodes.keyStart(node);
  const value = versions.bytesOf(version).subarray(versions.startOf(version), versions.startOf(version) + versions.lengthOf(version));
  return show(nodes.keyBytes(node).subarray(start, start + nodes.keyLength(node)), versions.isTombstone(version) ? undefined : value);
}

/** The first difference between list and model as one snapshot sees them; undefined = none. */
export function difference(list: SkipList, model: ListModel, sequence: number, probe: Uint8Array): string | undefined {
  const wanted = model.seen(sequence);
  const cursor = new SkipCursor(list, sequence);
  const forward: string[] = [];
  for (let ok = cursor.seek(); ok && forward.length < 10_000; ok = cursor.next()) forward.push(shown(cursor));
  if (forward.join() !== wanted.join()) return `at ${sequence} forward: ${forward.join()} instead of ${wanted.join()}`;
  const backward: string[] = [];
  for (let ok = cursor.seekBefore(); ok && backward.length < 10_000; ok = cursor.previous()) backward.push(shown(cursor));
  if (backward.reverse().join() !== wanted.join()) return `at ${sequence} backward: ${backward.join()} instead of ${wanted.join()}`;
  const at = show(probe, undefined).slice(0, -1);
  const split = wanted.filter((entry) => keyOf(entry) < at).length;
  const from = cursor.seek(probe) ? shown(cursor) : undefined;
  if (from !== wanted[split]) return `seek ${at}: ${from} instead of ${wanted[split]}`;
  const before = cursor.seekBefore(probe) ? shown(cursor) : undefined;
  if (before !== wanted[split - 1]) return `seekBefore ${at}: ${before} instead of ${wanted[split - 1]}`;
  const node = list.find(probe);
  const found = node !== 0 && list.visible(node, sequence) !== 0;
  const there = wanted.some((entry) => keyOf(entry) === at);
  return found === there ? undefined : `find ${at}: ${found} instead of ${there}`;
}

function keyOf(entry: string): string { return entry.slice(0, entry.indexOf('=')); }
