import { assert } from '../base/assert.js';

/** Blocks in a row that no memo uses. */
export interface FreeRun {
  readonly block: number;
  readonly count: number;
}

/** Free runs of a memo file: sorted by block, neighbours merged. */
export class FreeRuns {
  #runs: FreeRun[] = [];

  constructor(runs: readonly FreeRun[] = []) {
    for (const run of runs) this.add(run.block, run.count);
  }

  get list(): readonly FreeRun[] { return this.#runs; }

  /** First fit, from the tail of the run: then the run keeps its address and its place in the chain. */
  take(count: number): number | undefined {
    const i = this.#runs.findIndex((run) => run.count >= count);
    const run = this.#runs[i];
    if (run === undefined) return undefined;
    if (run.count === count) this.#runs.splice(i, 1);
    else this.#runs[i] = { block: run.block, count: run.count - count };
    return run.block + run.count - count;
  }

  /** Blocks that are free already stay free: memos that share blocks are never freed twice. */
  add(block: number, count: number): void {
    assert(count > 0, 'a run has blocks');
    this.remove(block, count);
    const at = this.#firstBehind(block);
    const before = this.#runs[at - 1];
    const behind = this.#runs[at];
    const joinsBefore = before !== undefined && before.block + before.count === block;
    const joinsBehind = behind !== undefined && behind.block === block + count;
    const run = {
      block: joinsBefore ? before.block : block,
      count: count + (joinsBefore ? before.count : 0) + (joinsBehind ? behind.count : 0),
    };
    this.#runs.splice(joinsBefore ? at - 1 : at, (joinsBefore ? 1 : 0) + (joinsBehind ? 1 : 0), run);
  }

  /** Takes these blocks out, whichever runs they are in. */
  remove(block: number, count: number): void {
    const end = block + count;
    if (!this.overlaps(block, count)) return;
    this.#runs = this.#runs.flatMap((run) => {
      const runEnd = run.block + run.count;
      if (runEnd <= block || run.block >= end) return [run];
      const before = { block: run.block, count: block - run.block };
      const behind = { block: end, count: runEnd - end };
      return [before, behind].filter((part) => part.count > 0);
    });
  }

  /** True when one of these blocks is free. */
  overlaps(block: number, count: number): boolean {
    const next = this.#firstBehind(block);
    const before = this.#runs[next - 1];
    const behind = this.#runs[next];
    return (before !== undefined && before.block + before.count > block) || (behind !== undefined && behind.block < block + count);
  }

  /** Index of the first run that begins behind `block`. */
  #firstBehind(block: number): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#runs[middle]?.block ?? 0) <= block) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
