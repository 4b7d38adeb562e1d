import { walkCalls, type CallTree } from './call-tree.js';
import { FRAME_OWNERS, type Frame, type FrameOwner } from './frame.js';

/** A function, wherever it was called from. */
export interface HotFunction {
  readonly frame: Frame;
  readonly self: number;
}

/** The functions with most of their own, the largest first. */
export function hotFunctions(tree: CallTree, limit: number): readonly HotFunction[] {
  const byPlace = new Map<string, { frame: Frame; self: number }>();
  walkCalls(tree.root, ({ frame, self }) => {
    if (self <= 0) return;
    const key = `${frame.name}\u0000${frame.url}\u0000${frame.line}`;
    const known = byPlace.get(key);
    if (known === undefined) byPlace.set(key, { frame, self });
    else known.self += self;
  });
  return [...byPlace.values()].sort((a, b) => b.self - a.self || (a.frame.name < b.frame.name ? -1 : 1)).slice(0, limit);
}

/** What each owner has of its own; owners with nothing are left out. */
export function ownerShares(tree: CallTree): readonly { readonly owner: FrameOwner; readonly self: number; readonly share: number }[] {
  const sums = new Map<FrameOwner, number>();
  walkCalls(tree.root, ({ frame, self }) => sums.set(frame.owner, (sums.get(frame.owner) ?? 0) + self));
  return FRAME_OWNERS.flatMap((owner) => {
    const self = sums.get(owner) ?? 0;
    return self > 0 ? [{ owner, self, share: self / tree.root.total }] : [];
  });
}
