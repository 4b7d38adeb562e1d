import { RunBuilder, type SortedRun } from './sorted-run.js';

const WORD_BYTES = 4;
/** So many wait to be joined: each has memory of its own. */
const MOST_WAITING = 64;

interface Group {
  readonly runs: readonly SortedRun[];
  readonly count: number;
}

/**
 * Runs that came one after another, joined when somebody asks for them: one that is not larger than all behind it becomes one with them. So each
 * is larger than those behind it together: of n runs that are alike at most log2 n are left, and a key was copied at most as often. Bentley and Saxe,
 * Decomposable searching problems I, 1980.
 */
export class RunList {
  #joined: readonly SortedRun[] = [];
  #waiting: SortedRun[];
  #count = 0;

  constructor(runs: readonly SortedRun[] = []) {
    this.#waiting = [...runs];
    for (const run of runs) this.#count += run.count;
  }

  /** Keys of all. */
  get count(): number { return this.#count; }

  get sizeBytes(): number {
    let sum = 0;
    for (const run of this.#joined) sum += run.sizeBytes;
    for (const run of this.#waiting) sum += run.sizeBytes;
    return sum;
  }

  add(run: SortedRun): void {
    this.#waiting.push(run);
    this.#count += run.count;
    if (this.#waiting.length > MOST_WAITING) this.joined();
  }

  /** All keys, in few runs. Those that others are walking stay what they are. */
  joined(): readonly SortedRun[] {
    if (this.#waiting.length === 0) return this.#joined;
    const groups: Group[] = [];
    for (const run of [...this.#joined, ...this.#waiting]) {
      groups.push({ runs: [run], count: run.count });
      const together = groups.splice(firstToJoin(groups));
      groups.push({ runs: together.flatMap(({ runs }) => runs), count: together.reduce((sum, { count }) => sum + count, 0) });
    }
    this.#waiting = [];
    return this.#joined = groups.map(joinedRun);
  }
}

/** Place of the first that is not larger than all behind it. */
function firstToJoin(groups: readonly Group[]): number {
  let first = groups.length - 1;
  let behind = 0;
  for (let i = first; i >= 0; i--) {
    const count = groups[i]?.count ?? 0;
    if (count <= behind) first = i;
    behind += count;
  }
  return first;
}

function joinedRun({ runs, count }: Group): SortedRun {
  const [first] = runs;
  if (first !== undefined && runs.length === 1) return first;
  const builder = new RunBuilder(count);
  for (const { table } of runs) copyKeys(table, builder);
  return builder.finish();
}

function copyKeys(table: RunBuilder, into: RunBuilder): void {
  for (let entry = 0; entry < table.count; entry++) {
    const { bytes, words } = table.memoryOf(entry);
    const start = table.startOf(entry);
    const length = table.lengthOf(entry);
    into.room();
    const { bytes: toBytes, words: toWords } = into.memory;
    const to = into.position;
    let i = 0;
    for (; i + WORD_BYTES <= length; i += WORD_BYTES) toWords.setUint32(to + i, words.getUint32(start + i));
    for (; i < length; i++) toBytes[to + i] = bytes[start + i] ?? 0;
    into.push(to + length);
  }
}
