import type { ProfileData } from '../profile/profile-data.js';
import { visibleText } from './format/escape.js';
import type { CallNode } from './tree/call-tree.js';
import { treeOf } from './flame/flame-graph.js';

/**
 * CPU stacks folded to lines `outermost;...;innermost microseconds`, the form that other flame graph tools read
 * (flamegraph.pl, inferno, Speedscope). Without a CPU profile the text is empty.
 */
export function foldedReport(data: ProfileData): string {
  const tree = treeOf(data, 'cpu');
  const lines: string[] = [];
  const open: { node: CallNode; path: string }[] = tree === undefined ? [] : tree.root.children.map((node) => ({ node, path: '' })).reverse();
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const name = visibleText(top.node.frame.name).replace(/[; ]/g, '_');
    const path = top.path === '' ? name : `${top.path};${name}`;
    if (top.node.self >= 500) lines.push(`${path} ${Math.round(top.node.self / 1000)}`);
    for (const node of [...top.node.children].reverse()) open.push({ node, path });
  }
  return lines.map((line) => `${line}\n`).join('');
}
