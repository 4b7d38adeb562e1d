import type { CallFrameData } from '../../profile/data/v8-data.js';
import { frameOf, type Frame } from './frame.js';

/** A function with what it called: a figure of its own, and one with all below it. */
export interface CallNode {
  readonly frame: Frame;
  readonly self: number;
  readonly total: number;
  /** The largest first; equal ones by name. */
  readonly children: readonly CallNode[];
}

/** A tree of calls whose figures are all of one unit. */
export interface CallTree {
  readonly root: CallNode;
  readonly unit: 'ns' | 'bytes';
  /** What the figures are: `CPU time`, `memory in use`. */
  readonly title: string;
}

interface OpenNode {
  readonly frame: Frame;
  readonly key: string;
  readonly depth: number;
  self: number;
  total: number;
  readonly children: Map<string, OpenNode>;
  readonly parent: OpenNode | undefined;
}

/** Deeper frames are counted to the one at this depth, so that no input makes a document without end. */
const MAX_DEPTH = 500;

/**
 * Gathers call trees: nodes with the same function under the same parent become one.
 */
export class CallTreeBuilder {
  readonly #root: OpenNode;
  readonly #all: OpenNode[];
  readonly #engineUrl: string | undefined;

  constructor(rootName: string, engineUrl: string | undefined) {
    this.#root = openNode({ name: rootName, file: '', url: '', line: 0, owner: 'native' }, '', undefined);
    this.#all = [this.#root];
    this.#engineUrl = engineUrl;
  }

  get root(): OpenNode { return this.#root; }

  /** The node of that function under `parent`; `parent` itself at the greatest depth. */
  child(parent: OpenNode, callFrame: CallFrameData): OpenNode {
    if (parent.depth >= MAX_DEPTH) return parent;
    const key = `${callFrame.functionName}\u0000${callFrame.url}\u0000${callFrame.lineNumber}`;
    const known = parent.children.get(key);
    if (known !== undefined) return known;
    const node = openNode(frameOf(callFrame, this.#engineUrl), key, parent);
    parent.children.set(key, node);
    this.#all.push(node);
    return node;
  }

  /** The finished tree, without branches that hold nothing. */
  finish(): CallNode {
    // Children stand behind their parents in the list, so that one walk backwards sums up.
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const node = this.#all[i];
      if (node === undefined) continue;
      node.total += node.self;
      if (node.parent !== undefined) node.parent.total += node.total;
    }
    const done = new Map<OpenNode, CallNode>();
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const node = this.#all[i];
      if (node !== undefined) done.set(node, closeNode(node, done));
    }
    return done.get(this.#root) ?? closeNode(this.#root, done);
  }
}

export type { OpenNode };

function openNode(frame: Frame, key: string, parent: OpenNode | undefined): OpenNode {
  return { frame, key, depth: parent === undefined ? 0 : parent.depth + 1, self: 0, total: 0, children: new Map(), parent };
}

function closeNode(node: OpenNode, done: ReadonlyMap<OpenNode, CallNode>): CallNode {
  const children = [...node.children.values()].filter((child) => child.total > 0).flatMap((child) => done.get(child) ?? []);
  children.sort((a, b) => b.total - a.total || compareText(a.frame.name, b.frame.name) || compareText(a.frame.url, b.frame.url) || a.frame.line - b.frame.line);
  return { frame: node.frame, self: node.self, total: node.total, children };
}

function compareText(a: string, b: string): number { return a < b ? -1 : a > b ? 1 : 0; }

/** Calls `visit` for each node, parents first, children in their order. */
export function walkCalls(root: CallNode, visit: (node: CallNode, depth: number) => void): void {
  const stack: { node: CallNode; depth: number }[] = [{ node: root, depth: 0 }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    visit(top.node, top.depth);
    const { children } = top.node;
    for (let i = children.length - 1; i >= 0; i--) {
      const node = children[i];
      if (node !== undefined) stack.push({ node, depth: top.depth + 1 });
    }
  }
}
