import type { CallNode } from '../tree/call-tree.js';

/** A frame in its place: `start` and `width` as shares (0 to 1) of the whole, `depth` from 0. */
export interface FlameBox {
  readonly node: CallNode;
  readonly start: number;
  readonly width: number;
  readonly depth: number;
}

/** What a flame graph shows. */
export interface FlameLayout {
  readonly boxes: readonly FlameBox[];
  readonly depth: number;
  /** Frames that are too narrow to be shown. */
  readonly hidden: number;
}

/** Frames narrower than this share of the whole are left out; more of them when there are more than MAX_BOXES. */
const LEAST_WIDTH = 0.0002;
const MAX_BOXES = 3000;

/** Places of the frames, parents first, children from the left, the largest first. */
export function layOutFlame(root: CallNode): FlameLayout {
  if (!(root.total > 0)) return { boxes: [{ node: root, start: 0, width: 1, depth: 0 }], depth: 1, hidden: 0 };
  let boxes: FlameBox[] = [];
  let all = 0;
  const open: FlameBox[] = [{ node: root, start: 0, width: 1, depth: 0 }];
  for (let box = open.pop(); box !== undefined; box = open.pop()) {
    all++;
    if (box.width >= LEAST_WIDTH) boxes.push(box);
    let start = box.start;
    const children = box.node.children.map((node) => {
      const child = { node, start, width: node.total / root.total, depth: box.depth + 1 };
      start += child.width;
      return child;
    });
    for (let i = children.length - 1; i >= 0; i--) open.push(...children.slice(i, i + 1));
  }
  if (boxes.length > MAX_BOXES) {
    const least = [...boxes].sort((a, b) => b.width - a.width)[MAX_BOXES - 1]?.width ?? 0;
    boxes = boxes.filter((box) => box.width >= least).slice(0, MAX_BOXES);
  }
  return { boxes, depth: boxes.reduce((most, box) => Math.max(most, box.depth), 0) + 1, hidden: all - boxes.length };
}
