import { FieldstoneError, isDeleted, type DbfLayout, type MemoSource, type Row, type RowDecoder, type Scheduler, type VfsFile } from '#storage';
import type { DbfScan } from './dbf-file.js';
import { RecordWindows, type RecordWindow } from './record-window.js';

/** Rows decoded in one go: enough to pay, few enough not to matter when the caller stops early. */
const RUN_ROWS = 32;

export interface ScanPlan {
  readonly file: VfsFile;
  readonly layout: DbfLayout;
  readonly decoder: RowDecoder;
  readonly memo: MemoSource;
  readonly from: number;
  readonly to: number;
  readonly reverse: boolean;
  readonly deleted: boolean;
  readonly signal: AbortSignal | undefined;
  readonly scheduler: Scheduler;
  /** Throws CLOSED after the file was closed. */
  readonly assertOpen: () => void;
}

/** A run of rows in scan order: `rows[0..count)`, valid until the next one is asked for. */
interface RowRun { readonly rows: readonly Row[]; readonly count: number }

/** One pass over the records of a plan: rows come in runs, taken from windows of the file. */
class ScanPass {
  readonly #plan: ScanPlan;
  readonly #windows: RecordWindows;
  readonly #rows: Row[] = [];
  #low: number;
  #high: number;
  #window: RecordWindow | undefined;
  /** Records of the window that were looked at. */
  #done = 0;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#low = plan.from;
    this.#high = plan.to;
    this.#windows = new RecordWindows(plan.file, plan.layout, Math.max(1, plan.to - plan.from + 1));
  }

  /** True when the next run needs a read of the file first. */
  get needsRead(): boolean { return this.#windowIsDone() && this.#low <= this.#high; }

  /** The next run, never empty; undefined at the end. */
  nextRun(): RowRun | undefined {
    for (;;) {
      this.#check();
      if (this.#windowIsDone()) {
        if (this.#low > this.#high) return undefined;
        this.#advance();
      }
      const count = this.#decodeRun();
      if (count > 0) return { rows: this.#rows, count };
    }
  }

  #windowIsDone(): boolean { return this.#window === undefined || this.#done >= this.#window.count; }

  #check(): void {
    this.#plan.assertOpen();
    const { file, signal } = this.#plan;
    if (signal?.aborted === true) throw new FieldstoneError('ABORTED', 'the scan was cancelled', { file: file.path, cause: signal.reason });
  }

  #advance(): void {
    if (this.#plan.reverse) {
      this.#window = this.#windows.backward(this.#low, this.#high);
      this.#high = this.#window.first - 1;
    } else {
      this.#window = this.#windows.forward(this.#low, this.#high);
      this.#low = this.#window.first + this.#window.count;
    }
    this.#done = 0;
  }

  /** Decodes the next run of neighbouring records that are wanted; 0 when the rest of the window is deleted. */
  #decodeRun(): number {
    const window = this.#window;
    if (window === undefined) return 0;
    const { decoder, layout, memo, reverse } = this.#plan;
    const length = layout.recordLength;
    const { index, count } = this.#nextWanted(window, length);
    if (count === 0) return 0;
    this.#rows.length = count;
    decoder.decodeRun(window.bytes, index * length, count, window.first + index, this.#rows, memo);
    if (reverse) this.#rows.reverse();
    return count;
  }

  /** The next run in scan order as positions in the window, skipping deleted records that are not wanted. */
  #nextWanted(window: RecordWindow, length: number): { index: number; count: number } {
    const { deleted, reverse } = this.#plan;
    const { bytes, count } = window;
    const step = reverse ? -length : length;
    let done = this.#done;
    let at = (reverse ? count - 1 - done : done) * length;
    if (!deleted) for (; done < count && isDeleted(bytes, at); at += step) done++;
    const first = done;
    const last = Math.min(count, first + RUN_ROWS);
    if (deleted) done = last;
    else for (; done < last && !isDeleted(bytes, at); at += step) done++;
    this.#done = done;
    return { index: reverse ? count - done : first, count: done - first };
  }
}

const NO_RUN: RowRun = { rows: [], count: 0 };

/** next() stays small, so that the loop around it can take it in: it hands out rows of the run at hand. */
class SyncRows implements IterableIterator<Row> {
  readonly #pass: ScanPass;
  #run: RowRun = NO_RUN;
  #next = 0;
  #ended = false;

  constructor(plan: ScanPlan) { this.#pass = new ScanPass(plan); }

  [Symbol.iterator](): this { return this; }

  next(): IteratorResult<Row> {
    const row = this.#next < this.#run.count ? this.#run.rows[this.#next++] : this.#refill();
    return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
  }

  return(): IteratorResult<Row> {
    this.#end();
    return { done: true, value: undefined };
  }

  #end(): void {
    this.#ended = true;
    this.#run = NO_RUN;
    this.#next = 0;
  }

  /** First row of the next run. An iteration that throws is over. */
  #refill(): Row | undefined {
    if (this.#ended) return undefined;
    this.#end();
    const run = this.#pass.nextRun();
    if (run === undefined) return undefined;
    this.#ended = false;
    this.#run = run;
    this.#next = 1;
    return run.rows[0];
  }
}

/** As SyncRows, but lets the event loop run before every read of the file but the first. */
function asyncRows(plan: ScanPlan): AsyncIterableIterator<Row> {
  const pass = new ScanPass(plan);
  let run = NO_RUN;
  let next = 0;
  let ended = false;
  let reads = 0;
  const refill = async (): Promise<void> => {
    next = 0;
    run = NO_RUN;
    if (pass.needsRead && reads++ > 0) await new Promise<void>((resolve) => { plan.scheduler.later(resolve); });
    run = pass.nextRun() ?? NO_RUN;
    ended = run.count === 0;
  };
  return {
    [Symbol.asyncIterator]() { return this; },
    async next(): Promise<IteratorResult<Row>> {
      if (next >= run.count && !ended) {
        ended = true;
        await refill();
      }
      const row = next < run.count ? run.rows[next++] : undefined;
      return row === undefined ? { done: true, value: undefined } : { done: false, value: row };
    },
    return(): Promise<IteratorResult<Row>> {
      ended = true;
      run = NO_RUN;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** The scan of a plan: every iteration is a pass of its own. */
export function makeScan(plan: ScanPlan): DbfScan {
  return {
    [Symbol.iterator]: () => new SyncRows(plan),
    [Symbol.asyncIterator]: () => asyncRows(plan),
  };
}
