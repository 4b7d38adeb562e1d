import type { ProfileData } from '../../profile/profile-data.js';
import { escapeMarkup } from '../format/escape.js';
import { countOf, countText, momentText, ratio, shareText, unitText } from '../format/units.js';
import type { CallTree } from '../tree/call-tree.js';
import { cpuTree } from '../tree/cpu-tree.js';
import { framePlace, OWNER_LABELS } from '../tree/frame.js';
import { heapTree } from '../tree/heap-tree.js';
import { ownerShares } from '../tree/hot-functions.js';
import { operationTree } from '../tree/operation-tree.js';
import { layOutFlame, type FlameBox, type FlameLayout } from './flame-layout.js';
import { FLAME_SCRIPT } from './flame-script.js';
import { FLAME_STYLE } from './flame-style.js';

/** What a flame graph is of. */
export type FlameSubject = 'cpu' | 'heap' | 'operations';

const ROW = 20;
const HEAD_HEIGHT = 150;
/** Frames narrower than this share get their name only when somebody zooms in. */
const NAMED_WIDTH = 0.02;

/** The tree of that subject; undefined when the profile does not have it. */
export function treeOf(data: ProfileData, subject: FlameSubject): CallTree | undefined {
  const { engineUrl } = data.meta;
  switch (subject) {
    case 'cpu': return data.cpu === undefined ? undefined : cpuTree(data.cpu, engineUrl);
    case 'heap': return data.heap === undefined ? undefined : heapTree(data.heap, engineUrl);
    case 'operations': return data.operations === undefined ? undefined : operationTree(data.operations);
  }
}

/**
 * A flame graph as an SVG that stands alone: the root on top, each function below its caller, as wide as its share;
 * coloured by whose code it is. In a browser a click zooms, a search marks functions, the keyboard walks; anywhere else
 * it is a picture. Without a `subject` it shows CPU time, else memory, else the time of operations: the first there is.
 *
 * @example
 * await writeFile('flame.svg', flameGraphReport(data));
 */
export function flameGraphReport(data: ProfileData, subject?: FlameSubject): string {
  const subjects: readonly FlameSubject[] = subject === undefined ? ['cpu', 'heap', 'operations'] : [subject];
  const tree = subjects.map((one) => treeOf(data, one)).find((one) => one !== undefined) ?? operationTree([]);
  const { database, title, startedAtMs } = data.meta;
  const of = [title ?? database, momentText(startedAtMs)].filter((part) => part !== undefined).join(', ');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${flameSvg(tree, `Flame graph of ${tree.title}`, of)}\n`;
}

/** The picture as an svg element, for a file of its own or inside a page. */
export function flameSvg(tree: CallTree, title: string, subtitle: string): string {
  const layout = layOutFlame(tree.root);
  const height = layout.depth * ROW;
  const frames = layout.boxes.map((box) => frameSvg(box, tree)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" class="fs-flame" width="1200" height="${HEAD_HEIGHT + height + 12}" aria-label="${escapeMarkup(title)}">
<style>${FLAME_STYLE}</style>
<foreignObject x="0" y="0" width="100%" height="${HEAD_HEIGHT}">${headHtml(tree, layout, title, subtitle)}</foreignObject>
<svg class="frames" x="1%" y="${HEAD_HEIGHT}" width="98%" height="${height}" role="tree" aria-label="Functions, each below its caller">
${frames}
</svg>
<script><![CDATA[${FLAME_SCRIPT}]]></script>
</svg>`;
}

function headHtml(tree: CallTree, layout: FlameLayout, title: string, subtitle: string): string {
  const shares = ownerShares(tree).filter(() => tree.title !== 'time of operations');
  const legend = shares.map(({ owner, share }) => `<li class="o-${owner}"><i></i>${OWNER_LABELS[owner]} ${escapeMarkup(shareText(share))}</li>`).join('');
  const hidden = layout.hidden === 0 ? '' : ` ${countOf(layout.hidden, 'frame')} too narrow to show.`;
  const hint = tree.root.total > 0
    ? `${unitText(tree.root.total, tree.unit)} in ${countText(layout.boxes.length)} frames.${hidden} Click to zoom, / to search, arrows to walk, Esc to go back.`
    : 'Nothing was recorded.';
  return `<div xmlns="http://www.w3.org/1999/xhtml" class="head"><h2>${escapeMarkup(title)}</h2><p>${escapeMarkup(subtitle)}</p>`
    + '<div class="bar"><input type="search" placeholder="Search functions" aria-label="Search functions" autocomplete="off" spellcheck="false"/>'
    + '<button type="button" disabled="disabled">Reset zoom</button><span class="found" role="status"></span></div>'
    + `<ul aria-label="Colours">${legend}</ul><span class="detail">${escapeMarkup(hint)}</span></div>`;
}

function frameSvg({ node, start, width, depth }: FlameBox, { root, unit }: CallTree): string {
  const { frame, self, total } = node;
  const place = framePlace(frame);
  const share = ratio(total, root.total);
  const own = self > 0 ? `, ${unitText(self, unit)} of its own` : '';
  const title = `${escapeMarkup(frame.name)}\n${escapeMarkup(place === '' ? OWNER_LABELS[frame.owner] : place)}\n${escapeMarkup(`${unitText(total, unit)}, ${shareText(share)}${own}`)}`;
  const text = width < NAMED_WIDTH ? '' : `<text x="5" y="14">${escapeMarkup(frame.name)}</text>`;
  const alt = (frame.name.length + frame.line + depth) % 2 === 0 ? '' : ' alt';
  return `<svg class="f o-${frame.owner}${alt}" x="${percent(start)}" y="${depth * ROW}" width="${percent(width)}" height="${ROW}" role="treeitem" `
    + `aria-level="${depth + 1}" tabindex="-1"><title>${title}</title><rect width="100%" height="${ROW - 1}"/>${text}</svg>`;
}

function percent(share: number): string { return `${(share * 100).toFixed(4)}%`; }
