import type { Fate, Fill, SizeMode, Tear } from './crash-file.js';
import type { DataOp, FolderOp } from './disk-state.js';

/** What one crash did to everything that was not durable. `fates` follows the data operations, `folders` the folder operations. */
export interface CrashChoice {
  readonly fates: readonly Fate[];
  readonly size: SizeMode;
  readonly fill: Fill;
  readonly folders: readonly boolean[];
}

const FILL_LETTERS: ReadonlyMap<string, Fill> = new Map<string, Fill>([['o', 'old'], ['z', 'zero'], ['a', 'a5'], ['r', 'random']]);
const SIZE_MODES: readonly SizeMode[] = ['data', 'first', 'lost'];

/** A capital letter where the tail arrived. */
function tearWords({ at, fill, part }: Tear): string {
  const letter = letterOf(fill);
  return `${at}${part === 'tail' ? letter.toUpperCase() : letter}`;
}

function letterOf(fill: Fill): string { return fill === 'a5' ? 'a' : fill.charAt(0); }

/** Text that decodeChoice() reads: `kx7o;first;z;10` = kept, lost, torn after 7 with old rest; size first, zeros; first folder operation kept. */
export function encodeChoice(choice: CrashChoice): string {
  const fates = choice.fates.map((fate) => fate === 'kept' ? 'k' : fate === 'lost' ? 'x' : tearWords(fate)).join('');
  return [fates, choice.size, letterOf(choice.fill), choice.folders.map((kept) => kept ? '1' : '0').join('')].join(';');
}

export function decodeChoice(text: string): CrashChoice {
  const [fates = '', size = '', fill = '', folders = ''] = text.split(';');
  const parts = fates.match(/k|x|\d+[ozarOZAR]/g) ?? [];
  const sizeMode = SIZE_MODES.find((mode) => mode === size);
  if (parts.join('') !== fates || sizeMode === undefined) throw new RangeError(`not a crash choice: ${text}`);
  return { fates: parts.map(decodeFate), size: sizeMode, fill: fillOf(fill), folders: [...folders].map((bit) => bit === '1') };
}

function decodeFate(part: string): Fate {
  if (part === 'k') return 'kept';
  if (part === 'x') return 'lost';
  const letter = part.slice(-1), small = letter.toLowerCase();
  return { at: Number(part.slice(0, -1)), fill: fillOf(small), ...(letter === small ? {} : { part: 'tail' as const }) };
}

function fillOf(letter: string): Fill {
  const fill = FILL_LETTERS.get(letter);
  if (fill === undefined) throw new RangeError(`not a fill: ${letter}`);
  return fill;
}

const SECTORS = [512, 4096];
/** More edges than this in one write are thinned out evenly. */
const MOST_EDGES = 16;

/** The sector and page edges of the file inside a write, as offsets into the write. */
function edgesIn(position: number, length: number): Set<number> {
  const places = new Set<number>();
  for (const sector of SECTORS) {
    const edges: number[] = [];
    for (let edge = (Math.floor(position / sector) + 1) * sector - position; edge < length; edge += sector) edges.push(edge);
    const step = Math.max(1, Math.ceil(edges.length / MOST_EDGES));
    for (let i = 0; i < edges.length; i += step) places.add(edges[i] ?? 0);
  }
  return places;
}

/** Where a write may be torn: at sector and page edges of the file, and at odd places. */
export function tearPlaces(op: DataOp): number[] {
  if (op.kind !== 'write') return [];
  const length = op.bytes.length;
  const places = new Set([0, 1, 7, length >>> 1, length - 1, ...edgesIn(op.position, length)]);
  return [...places].filter((at) => at >= 0 && at < length).sort((a, b) => a - b);
}

const FILLS: readonly Fill[] = ['old', 'zero', 'a5', 'random'];

/**
 * All ways to tear one operation; empty for a truncation, which happens or not. Sectors of one write may arrive in any order,
 * so at their edges the tail may be all that came.
 */
export function tearsOf(op: DataOp): Fate[] {
  if (op.kind !== 'write') return [];
  const heads = tearPlaces(op).flatMap((at) => FILLS.filter((fill) => at > 0 || fill !== 'old').map((fill) => ({ at, fill })));
  const tails = [...edgesIn(op.position, op.bytes.length)].flatMap((at) => FILLS.map((fill) => ({ at, fill, part: 'tail' as const })));
  return [...heads, ...tails];
}

/** Whether any operation makes its file longer than it was when last synced. */
export function growsAFile(ops: readonly DataOp[], durableBytes: (inode: number) => number): boolean {
  return ops.some((op) => (op.kind === 'truncate' ? op.sizeBytes : op.position + op.bytes.length) > durableBytes(op.inode));
}

/** True and false for each of `count` things: all 2^count when that is at most `most`, else the telling ones. */
export function subsets(count: number, most: number): boolean[][] {
  if (2 ** count <= most) {
    return Array.from({ length: 2 ** count }, (_, bits) => Array.from({ length: count }, (__, i) => (bits >>> i & 1) === 1));
  }
  const make = (kept: (i: number) => boolean): boolean[] => Array.from({ length: count }, (_, i) => kept(i));
  const all = [make(() => false), make(() => true)];
  for (let k = 0; k < count; k++) all.push(make((i) => i === k), make((i) => i !== k), make((i) => i < k));
  return all;
}

/** How many sets subsets() gives. */
export function subsetCount(count: number, most: number): number {
  return 2 ** count <= most ? 2 ** count : 2 + 3 * count;
}

export function fatesOf(kept: readonly boolean[]): Fate[] {
  return kept.map((is) => is ? 'kept' : 'lost');
}

/** Everything arrived: what another process sees when only this one died. */
export function keepAll(dataOps: readonly DataOp[], folderOps: readonly FolderOp[]): CrashChoice {
  return { fates: dataOps.map(() => 'kept' as const), size: 'data', fill: 'zero', folders: folderOps.map(() => true) };
}
