import { seededRandom } from '../sim-clock.js';
import { mixHashes } from './byte-hash.js';
import { chooseFrom, ChoiceSpace, roughTotal, SPACE_LIMITS, type Focus, type SpaceLimits } from './choice-space.js';
import { decodeChoice, encodeChoice, keepAll, tearPlaces, type CrashChoice } from './crash-choice.js';
import type { DiskImage } from './disk-image.js';
import { DiskState } from './disk-state.js';
import { ImageBuilder } from './image-builder.js';
import type { TraceEvent } from './trace.js';

/** `power`: only what was durable is sure. `kill`: the process died, the system lives on and still holds unsynced data. */
export type CrashKind = 'power' | 'kill';

export interface CrashState {
  readonly kind: CrashKind;
  /** Events 0 to point - 1 had happened. */
  readonly point: number;
  /** Replayed by crashStateAt(). */
  readonly choice: string;
  readonly seed: number;
  readonly image: DiskImage;
  /** Files with a write that arrived only in part. */
  readonly tornPaths: ReadonlySet<string>;
  /** The disk as the next process finds it; for `kill` with the operations that are still in the air. A new copy each time. */
  disk(): DiskState;
}

export interface CrashOptions {
  /** Decides the sample and the random fills. */
  readonly seed: number;
  /** About how many states to visit; fewer when the trace has fewer. Default: 20,000. */
  readonly budget?: number;
  /** The first point to crash at. Default 0: before the first event. */
  readonly from?: number;
  readonly kinds?: readonly CrashKind[];
  readonly limits?: SpaceLimits;
}

/** What the generator saw, for the report. */
export interface CrashCounts {
  /** States built, those included that turned out to be known. */
  visited: number;
  distinct: number;
  /** Of these, deaths of the process alone; each point has its own. */
  kills: number;
  points: number;
  /** Points at which every choice was taken. */
  wholePoints: number;
}

export function newCrashCounts(): CrashCounts { return { visited: 0, distinct: 0, kills: 0, points: 0, wholePoints: 0 }; }

/**
 * The states that crashes leave behind, at every point of a trace, each different one once: "different" by names, bytes and
 * by the marks that narrow what is right. A crash in the middle of an operation is the crash after it with the operation torn
 * or lost; one in the middle of a sync is the crash before it.
 */
export function* crashStates(
  start: DiskState, trace: readonly TraceEvent[], options: CrashOptions, counts: CrashCounts = newCrashCounts(),
): Generator<CrashState> {
  const { seed, budget = 20_000, from = 0, kinds = ['power', 'kill'], limits = SPACE_LIMITS } = options;
  const seen = new Set<number>();
  const state = new DiskState(start);
  const { cap, visited } = shareOut(start, trace, from, budget, limits);
  let narrowing = 0, builder: ImageBuilder | undefined;
  for (let point = 0; point <= trace.length; point++) {
    const event = trace[point - 1];
    if (event !== undefined) state.apply(event);
    if (event?.op === 'mark' && event.narrows) narrowing++;
    if (point < from || (event !== undefined && tellsNothing(event) && point !== from)) continue;
    const random = seededRandom(seed * 0x10001 + point);
    if (!random.chance(visited)) continue;
    counts.points++;
    builder = new ImageBuilder(state, seed, builder);
    if (kinds.includes('power')) {
      // Where points are left out, no point can rely on the one before it.
      const focus = visited < 1 ? 'all' : focusOf(event, point, from);
      const space = new ChoiceSpace(state.dataOps, state.folderOps, (inode) => state.durableFile(inode).bytes.length, focus, limits);
      const { choices, exhaustive } = chooseFrom(space, cap, random);
      if (exhaustive) counts.wholePoints++;
      for (const choice of choices) {
        counts.visited++;
        const { image, hash } = builder.build(choice);
        const identity = mixHashes(hash, narrowing);
        if (seen.has(identity)) continue;
        seen.add(identity);
        counts.distinct++;
        yield powerState(state, choice, image, point, seed);
      }
    }
    if (kinds.includes('kill')) {
      for (const choice of killChoices(state, event).slice(0, cap)) {
        counts.visited++;
        counts.distinct++;
        counts.kills++;
        yield killState(state, choice, point, seed);
      }
    }
  }
}

/** Builds one state again, from the words of a failure message. */
export function crashStateAt(
  start: DiskState, trace: readonly TraceEvent[], { kind, point, choice, seed }: Pick<CrashState, 'kind' | 'point' | 'choice' | 'seed'>,
): CrashState {
  const state = new DiskState(start);
  for (const event of trace.slice(0, point)) state.apply(event);
  const decoded = decodeChoice(choice);
  if (decoded.fates.length !== state.dataOps.length || decoded.folders.length !== state.folderOps.length) {
    throw new RangeError(`the choice ${choice} does not fit point ${point}: the trace has changed`);
  }
  if (kind === 'kill') return killState(state, decoded, point, seed);
  return powerState(state, decoded, new ImageBuilder(state, seed).build(decoded).image, point, seed);
}

/** The state without a crash: as another process finds the disk when this one stops here. */
export function endState(start: DiskState, trace: readonly TraceEvent[], seed = 0): CrashState {
  const state = new DiskState(start);
  for (const event of trace) state.apply(event);
  return killState(state, keepAll(state.dataOps, state.folderOps), trace.length, seed);
}

function powerState(state: DiskState, choice: CrashChoice, image: DiskImage, point: number, seed: number): CrashState {
  const nextOp = state.nextOp, nextInode = state.nextInode;
  return {
    kind: 'power', point, choice: encodeChoice(choice), seed, image, tornPaths: tornPaths(state, choice),
    disk: () => {
      const disk = DiskState.fromImage(image);
      disk.nextOp = nextOp;
      disk.nextInode = nextInode;
      return disk;
    },
  };
}

function killState(state: DiskState, choice: CrashChoice, point: number, seed: number): CrashState {
  const frozen = new DiskState(state);
  const last = frozen.dataOps.at(-1), fate = choice.fates.at(-1);
  if (last?.kind === 'write' && typeof fate === 'object') {
    frozen.dataOps.pop();
    if (fate.at > 0) frozen.dataOps.push({ ...last, bytes: last.bytes.subarray(0, fate.at) });
  }
  return {
    kind: 'kill', point, choice: encodeChoice(choice), seed, image: frozen.latest(), tornPaths: tornPaths(state, choice),
    disk: () => new DiskState(frozen),
  };
}

function tornPaths(state: DiskState, choice: CrashChoice): Set<string> {
  const paths = new Set<string>();
  for (const [i, op] of state.dataOps.entries()) if (typeof choice.fates[i] === 'object') paths.add(op.path);
  return paths;
}

/** A write may have been cut short by the death of its process; all other operations happened or not. */
function killChoices(state: DiskState, event: TraceEvent | undefined): CrashChoice[] {
  const all = keepAll(state.dataOps, state.folderOps);
  const last = state.dataOps.at(-1);
  if (event?.op !== 'write' || last === undefined) return [all];
  const torn = tearPlaces(last).filter((at) => at > 0).map((at) => ({ ...all, fates: [...all.fates.slice(0, -1), { at, fill: 'old' as const }] }));
  return [all, ...torn];
}

/** Before the first event of a part, everything is news; after a write, only what that write did. */
function focusOf(event: TraceEvent | undefined, point: number, from: number): Focus {
  if (event === undefined || point === from) return 'all';
  switch (event.op) {
    case 'write': case 'truncate': return 'last data operation';
    case 'create': case 'rename': case 'unlink': case 'makeFolder': case 'removeFolder': return 'last folder operation';
    default: return 'all';
  }
}

/** Marks that only widen what is right need no states of their own. */
function tellsNothing(event: TraceEvent): boolean {
  return event.op === 'mark' && !event.narrows;
}

/**
 * The number of choices for each point, such that all points together come to the budget: small points whole, large ones
 * equal. A budget of less than a few for each point visits a share of the points only.
 */
function shareOut(
  start: DiskState, trace: readonly TraceEvent[], from: number, budget: number, limits: SpaceLimits,
): { cap: number; visited: number } {
  const demands: number[] = [];
  const state = new DiskState(start);
  for (let point = 0; point <= trace.length; point++) {
    const event = trace[point - 1];
    if (event !== undefined) state.apply(event);
    if (point >= from && (event === undefined || !tellsNothing(event))) demands.push(roughTotal(state.dataOps, state.folderOps, limits));
  }
  if (budget < demands.length * LEAST_PER_POINT) return { cap: LEAST_PER_POINT, visited: budget / (demands.length * LEAST_PER_POINT) };
  demands.sort((a, b) => a - b);
  let left = budget;
  for (const [i, demand] of demands.entries()) {
    const share = left / (demands.length - i);
    if (demand > share) return { cap: Math.max(LEAST_PER_POINT, Math.floor(share)), visited: 1 };
    left -= demand;
  }
  return { cap: Number.MAX_SAFE_INTEGER, visited: 1 };
}

const LEAST_PER_POINT = 3;
