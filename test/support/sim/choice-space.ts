import type { SeededRandom } from '../sim-clock.js';
import { fatesOf, growsAFile, subsetCount, subsets, tearsOf, type CrashChoice } from './crash-choice.js';
import type { Fate, Fill, SizeMode } from './crash-file.js';
import type { DataOp, FolderOp } from './disk-state.js';

/** Which choices are new at a point: only those in which the last operation took part, or all. */
export type Focus = 'last data operation' | 'last folder operation' | 'all';

/** How far sets are taken apart completely before only the telling ones are taken. */
export interface SpaceLimits {
  /** Up to this many subsets of data operations (256 = all subsets of 8 operations). */
  readonly keepSets: number;
  readonly folderSets: number;
  /** What happened to the other operations while one was torn. */
  readonly tearContexts: number;
}

export const SPACE_LIMITS: SpaceLimits = { keepSets: 256, folderSets: 32, tearContexts: 16 };

interface SizeVariant { readonly size: SizeMode; readonly fill: Fill }

const PLAIN: readonly SizeVariant[] = [{ size: 'data', fill: 'zero' }];
const GROWN: readonly SizeVariant[] = [
  ...PLAIN, { size: 'lost', fill: 'zero' }, { size: 'first', fill: 'zero' }, { size: 'first', fill: 'a5' },
  { size: 'first', fill: 'random' }, { size: 'data', fill: 'a5' },
];

interface TornOp { readonly index: number; readonly tears: readonly Fate[]; readonly contexts: readonly boolean[][] }

/**
 * All crashes at one point, numbered: first keep-set x folder-set x size, then tear x what the others did x folder-set.
 * Numbering lets a sampler draw from a space that nobody could write down.
 */
export class ChoiceSpace {
  readonly total: number;
  readonly #dataOps: readonly DataOp[];
  readonly #folderOps: readonly FolderOp[];
  readonly #keepSets: readonly boolean[][];
  readonly #folderSets: readonly boolean[][];
  readonly #sizes: readonly SizeVariant[];
  readonly #torn: readonly TornOp[];
  readonly #wholeCount: number;
  readonly #forceLast: boolean;

  constructor(
    dataOps: readonly DataOp[], folderOps: readonly FolderOp[], durableBytes: (inode: number) => number,
    focus: Focus = 'all', limits: SpaceLimits = SPACE_LIMITS,
  ) {
    this.#dataOps = dataOps;
    this.#folderOps = folderOps;
    const n = dataOps.length, last = n - 1;
    this.#forceLast = focus === 'last data operation' && n > 0;
    this.#keepSets = this.#forceLast ? subsets(last, limits.keepSets).map((set) => [...set, true]) : subsets(n, limits.keepSets);
    this.#folderSets = focus === 'last folder operation' && folderOps.length > 0
      ? subsets(folderOps.length - 1, limits.folderSets).map((set) => [...set, true])
      : subsets(folderOps.length, limits.folderSets);
    this.#sizes = growsAFile(dataOps, durableBytes) ? GROWN : PLAIN;
    const contexts = n === 0 ? [] : subsets(n - 1, limits.tearContexts);
    this.#torn = dataOps.map((op, index) => ({ index, tears: tearsOf(op), contexts: this.#contextsOf(index, contexts) }));
    this.#wholeCount = this.#keepSets.length * this.#folderSets.length * this.#sizes.length;
    this.total = this.#torn.reduce((sum, torn) => sum + torn.tears.length * torn.contexts.length * this.#folderSets.length, this.#wholeCount);
  }

  at(number: number): CrashChoice {
    return number < this.#wholeCount ? this.#whole(number) : this.#tornAt(number - this.#wholeCount);
  }

  /** The choices that tell most: each operation alone, all but each, all up to each; each folder set; each size. */
  core(): CrashChoice[] {
    const keeps = this.#pruned(subsets(this.#dataOps.length, 0));
    const folders = subsets(this.#folderOps.length, 0);
    const ends = <Item>(items: readonly Item[]): Item[] => items.slice(0, 2);
    return [
      ...ends(folders).flatMap((folderSet) => keeps.map((kept) => choiceOf(kept, PLAIN[0]!, folderSet))),
      ...ends(keeps).flatMap((kept) => folders.map((folderSet) => choiceOf(kept, PLAIN[0]!, folderSet))),
      ...ends(keeps).flatMap((kept) => this.#sizes.map((size) => choiceOf(kept, size, folders[1] ?? []))),
    ];
  }

  /** Anything may happen to each operation, several tears included. */
  wild(random: SeededRandom): CrashChoice {
    const fates = this.#dataOps.map((op): Fate => {
      const tears = tearsOf(op);
      if (tears.length > 0 && random.chance(0.3)) return random.pick(tears);
      return random.chance(0.5) ? 'kept' : 'lost';
    });
    const { size, fill } = random.pick(this.#sizes);
    return { fates, size, fill, folders: random.pick(this.#folderSets) };
  }

  #pruned(keepSets: readonly boolean[][]): readonly boolean[][] {
    return this.#forceLast ? keepSets.filter((set) => set.at(-1) === true) : keepSets;
  }

  /** A torn operation other than the last one is only news when the last one was kept. */
  #contextsOf(index: number, contexts: readonly boolean[][]): readonly boolean[][] {
    const isLast = index === this.#dataOps.length - 1;
    return this.#forceLast && !isLast ? contexts.filter((set) => set.at(-1) === true) : contexts;
  }

  #whole(number: number): CrashChoice {
    const size = this.#sizes[number % this.#sizes.length]!;
    const rest = Math.floor(number / this.#sizes.length);
    const folders = this.#folderSets[rest % this.#folderSets.length]!;
    return choiceOf(this.#keepSets[Math.floor(rest / this.#folderSets.length)]!, size, folders);
  }

  #tornAt(number: number): CrashChoice {
    let rest = number;
    for (const torn of this.#torn) {
      const count = torn.tears.length * torn.contexts.length * this.#folderSets.length;
      if (rest >= count) {
        rest -= count;
        continue;
      }
      const folders = this.#folderSets[rest % this.#folderSets.length]!;
      rest = Math.floor(rest / this.#folderSets.length);
      const others = fatesOf(torn.contexts[rest % torn.contexts.length]!);
      const tear = torn.tears[Math.floor(rest / torn.contexts.length)]!;
      return { fates: [...others.slice(0, torn.index), tear, ...others.slice(torn.index)], size: 'data', fill: 'zero', folders };
    }
    throw new RangeError(`no crash choice ${number}`);
  }
}

function choiceOf(kept: readonly boolean[], { size, fill }: SizeVariant, folders: readonly boolean[]): CrashChoice {
  return { fates: fatesOf(kept), size, fill, folders };
}

/** At most `cap` choices: all of them where that is enough (`exhaustive`), else the core ones and a seeded sample of the rest. */
export function chooseFrom(space: ChoiceSpace, cap: number, random: SeededRandom): { choices: CrashChoice[]; exhaustive: boolean } {
  if (space.total <= cap) return { choices: Array.from({ length: space.total }, (_, i) => space.at(i)), exhaustive: true };
  const core = random.shuffle(space.core()).slice(0, Math.ceil(cap * 0.6));
  const drawn = new Set<number>();
  const wilds: CrashChoice[] = [];
  for (let i = core.length; i < cap; i++) {
    if (random.chance(0.2)) wilds.push(space.wild(random));
    else drawn.add(random.int(space.total));
  }
  return { choices: [...core, ...[...drawn].map((number) => space.at(number)), ...wilds], exhaustive: false };
}

/** A cheap upper bound of `total`, for sharing out a budget. */
export function roughTotal(dataOps: readonly DataOp[], folderOps: readonly FolderOp[], limits: SpaceLimits = SPACE_LIMITS): number {
  const folders = subsetCount(folderOps.length, limits.folderSets);
  const tears = dataOps.reduce((sum, op) => sum + (op.kind === 'write' ? 4 * Math.min(5 + op.bytes.length / 512, 24) : 0), 0);
  return folders * (subsetCount(dataOps.length, limits.keepSets) * 6 + tears * subsetCount(Math.max(0, dataOps.length - 1), limits.tearContexts));
}
