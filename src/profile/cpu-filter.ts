import type { CallFrameData, CpuNodeData, CpuProfileData } from './data/v8-data.js';
import type { CodePart } from './profile-options.js';

/** Where the files of the package lie: the folders of the four floors are in it, and this file, or the bundle that it is in, somewhere below `src`. */
export const PACKAGE_URL = import.meta.url.slice(0, import.meta.url.lastIndexOf('/src/') + 1);

/** The part of the code that a frame is of. Frames of V8 itself (`(garbage collector)`) are of `node`. */
export function partOf({ url }: CallFrameData): CodePart {
  if (url === '' || url.startsWith('node:')) return 'node';
  const path = url.startsWith(PACKAGE_URL) ? url.slice(PACKAGE_URL.length) : '';
  const floor = path.slice(0, path.indexOf('/'));
  return floor === 'storage' || floor === 'index' || floor === 'txn' || floor === 'src' ? floor : 'user';
}

/** The profile with the named parts alone: time in other parts is given to who called them, at last to the root. */
export function filterCpuProfile(profile: CpuProfileData, parts: readonly CodePart[] | undefined): CpuProfileData {
  if (parts === undefined) return profile;
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const root = profile.nodes[0];
  if (root === undefined) return profile;
  const keptIn = new Map<number, number>();
  const hits = new Map<number, number>();
  const children = new Map<number, number[]>();
  const walk: [node: CpuNodeData, kept: number][] = [[root, root.id]];
  for (let next = walk.pop(); next !== undefined; next = walk.pop()) {
    const [node, above] = next;
    const isKept = node === root || parts.includes(partOf(node.callFrame));
    const kept = isKept ? node.id : above;
    keptIn.set(node.id, kept);
    hits.set(kept, (hits.get(kept) ?? 0) + (node.hitCount ?? 0));
    if (isKept && node !== root) children.set(above, [...children.get(above) ?? [], node.id]);
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) walk.push([child, kept]);
    }
  }
  return {
    ...profile,
    nodes: profile.nodes.filter((node) => keptIn.get(node.id) === node.id).map((node) => ({
      ...node, hitCount: hits.get(node.id) ?? 0, children: children.get(node.id) ?? [],
    })),
    ...(profile.samples === undefined ? {} : { samples: profile.samples.map((id) => keptIn.get(id) ?? root.id) }),
  };
}
