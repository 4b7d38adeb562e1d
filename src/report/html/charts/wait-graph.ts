import type { WaitGraphData } from '../../../profile/data/lock-data.js';
import { clipMiddle } from '../../format/escape.js';
import { countOf, durationText } from '../../format/units.js';
import { text, type Markup } from '../markup.js';
import { round } from './line-chart.js';
import { placeWaitGraph, type PlacedNode } from './wait-graph-layout.js';

const BOX = { width: 128, height: 40 };
const STEP = { x: 152, y: 104 };
const MARGIN = 14;
/** Room beside the boxes for arrows that pass others by. */
const SIDE = 56;
const NAME_CHARS = 18;
const LABEL_CHARS = 22;

/** Who waited for whom: whoever waits stands above, an arrow leads to the one it waits for. */
export function waitGraph(graph: WaitGraphData): Markup {
  if (graph.edges.length === 0) return '';
  const { nodes, edges, layers, columns, left } = placeWaitGraph(graph);
  const width = MARGIN * 2 + SIDE * 2 + columns * STEP.x - (STEP.x - BOX.width);
  const height = MARGIN * 2 + layers * STEP.y - (STEP.y - BOX.height);
  const places = new Map(nodes.map((one) => [one.node.id, centre(one)]));
  const waiting = new Set(edges.map((edge) => edge.from));
  const blocking = new Map<number, number>();
  const many = new Map(nodes.map(({ node }) => [node.id, node.ids.length]));
  for (const { from, to } of edges) blocking.set(to, (blocking.get(to) ?? 0) + (many.get(from) ?? 1));
  const most = Math.max(...blocking.values());
  const arrows = edges.map(({ from, to, why }) => arrow(places.get(from), places.get(to), why === 'queued')).join('');
  // One label for all who wait for the same: beside the arrow of the first.
  const named = new Set<string>();
  const names = edges.flatMap(({ from, to, resource, mode, why }) => {
    const key = `${to} ${resource}`;
    if (why === 'queued' || named.has(key)) return [];
    named.add(key);
    return [edgeName(places.get(from), places.get(to), `${clipMiddle(resource, LABEL_CHARS)}`, mode)];
  }).join('');
  const boxes = nodes.map((one) => box(one, waiting.has(one.node.id), (blocking.get(one.node.id) ?? 0) === most)).join('');
  const more = left > 0 ? `; ${countOf(left, 'transaction')} with fewer waits are left out` : '';
  const label = edges.map(({ from, to, resource }) => `${from} waits for ${to} because of ${resource}`).join('; ');
  return `<figure class="chart waits"><figcaption><h4>Who waited for whom, at ${text(durationText(graph.atMs * 1e6))}</h4>
<p>An arrow leads from the transaction that waits to the one in its way; dashed: only queued behind it. Those who wait for the same are one box${more}</p></figcaption>
<div class="scroll"><svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${text(clipMiddle(label, 2000))}">
<defs><marker id="arrowhead" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z"/></marker></defs>
${arrows}${boxes}${names}</svg></div></figure>`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function centre({ layer, column }: PlacedNode): Point {
  return { x: MARGIN + SIDE + BOX.width / 2 + column * STEP.x, y: MARGIN + BOX.height / 2 + layer * STEP.y };
}

function arrow(from: Point | undefined, to: Point | undefined, isQueued: boolean): Markup {
  if (from === undefined || to === undefined) return '';
  const kind = `<path class="arrow${isQueued ? ' queued' : ''}" marker-end="url(#arrowhead)" d="`;
  if (to.y - from.y > STEP.y) {
    // Past the boxes between the two, into the side.
    const side = from.x >= to.x ? 1 : -1;
    const far = round((side > 0 ? Math.max(from.x, to.x) : Math.min(from.x, to.x)) + side * (BOX.width / 2 + SIDE));
    return `${kind}M${from.x + side * 20} ${from.y + BOX.height / 2}C${far} ${from.y + STEP.y / 2} ${far} ${to.y} ${to.x + side * (BOX.width / 2 + 2)} ${to.y}"/>`;
  }
  if (from.y < to.y) {
    const [top, end] = [from.y + BOX.height / 2, to.y - BOX.height / 2 - 2];
    const bend = (end - top) / 2;
    return `${kind}M${from.x} ${top}C${from.x} ${round(top + bend)} ${to.x} ${round(end - bend)} ${to.x} ${end}"/>`;
  }
  // Beside or above: around the side.
  const isRight = to.x >= from.x;
  const [x1, x2] = [from.x + (isRight ? 1 : -1) * BOX.width / 2, to.x + (from.y === to.y ? (isRight ? -1 : 1) : (isRight ? 1 : -1)) * (BOX.width / 2 + 2)];
  const bend = from.y === to.y ? 0 : isRight ? 40 : -40;
  return `${kind}M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 + bend} ${to.y} ${x2} ${to.y}"/>`;
}

function edgeName(from: Point | undefined, to: Point | undefined, resource: string, mode: string): Markup {
  if (from === undefined || to === undefined) return '';
  const [x, y] = [round(from.x * 0.5 + to.x * 0.5) + 8, round(from.y * 0.5 + to.y * 0.5)];
  return `<text class="edge" x="${x}" y="${y}">${text(resource)}<tspan class="soft" x="${x}" dy="13">${text(mode)}</tspan></text>`;
}

function box(placed: PlacedNode, isWaiting: boolean, isWorst: boolean): Markup {
  const { x, y } = centre(placed);
  const { id, name, held, ids } = placed.node;
  const isOne = ids.length === 1;
  const words = isOne ? clipMiddle(name ?? 'transaction', NAME_CHARS) : countOf(ids.length, 'transaction');
  const title = isOne ? `${name ?? 'transaction'} ${id}, ${countOf(held, 'lock')} held` : `transactions ${ids.join(', ')}`;
  const numbers = isOne ? `no. ${id}, ${held} held` : `no. ${id} and others`;
  return `<g class="node${isWaiting ? '' : ' free'}${isWorst ? ' worst' : ''}"><title>${text(title)}</title>`
    + `<rect x="${x - BOX.width / 2}" y="${y - BOX.height / 2}" width="${BOX.width}" height="${BOX.height}" rx="7"/>`
    + `<text x="${x}" y="${y - 2}">${text(words)}</text><text class="soft" x="${x}" y="${y + 13}">${text(numbers)}</text></g>`;
}
