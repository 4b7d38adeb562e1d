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

/** One pass over the records of a plan: rows come in runs, taken from windows of the file. */
class ScanPass {
  readonly #plan: ScanPlan;
  readonly #windows: RecordWindows;
  #low: number;
  #high: number;
  #window: RecordWindow | undefined;
  /** Records of the window that were looked at. */
  #done = 0;
  readonly #rows: Row[] = [];
  #next = 0;

  constructor(plan: ScanPlan) {
    this.#plan = plan;
    this.#low = plan.from;
    this.#high = plan.to;
    this.#windows = new RecordWindows(plan.file, plan.layout, Math.max(1, plan.to - plan.from + 1));
  }

  /** True when the next row needs a read of the file first. */
  get needsRead(): boolean {
    return this.#next >= this.#rows.length && (this.#window === undefined || this.#done >= this.#window.count) && this.#low <= this.#high;
  }

  next(): Row | undefined {
    while (this.#next >= this.#rows.length) {
      this.#check();
      if (this.#window === undefined || this.#done >= this.#window.count) {
        if (this.#low > this.#high) return undefined;
        this.#advance();
      }
      this.#fill();
    }
    const row = this.#rows[this.#next];
    this.#next++;
    return row;
  }

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

  /** Decodes the next run of neighbouring records that are wanted; may give none when all are deleted. */
  #fill(): void {
    const window = this.#window;
    this.#rows.length = 0;
    this.#next = 0;
    if (window === undefined) return;
    const { decoder, layout, memo, reverse } = this.#plan;
    const length = layout.recordLength;
    const { index, count } = this.#run(window, length);
    if (count === 0) return;
    decoder.decodeRun(window.bytes, index * length, count, window.first + index, this.#rows, memo);
    if (reverse) this.#rows.reverse();
  }

  /** The next run in scan order as positions in the window, skipping deleted records that are not wanted. */
  #run(window: RecordWindow, length: number): { index: number; count: number } {
    const { deleted, reverse } = this.#plan;
    const place = (n: number): number => (reverse ? window.count - 1 - n : n);
    const wanted = (n: number): boolean => deleted || !isDeleted(window.bytes, place(n) * length);
    while (this.#done < window.count && !wanted(this.#done)) this.#done++;
    const first = this.#done;
    while (this.#done < window.count && this.#done - first < RUN_ROWS && wanted(this.#done)) this.#done++;
    const count = this.#done - first;
    return { index: reverse ? place(this.#done - 1) : first, count };
  }
}

function syncIterator(plan: ScanPlan): IterableIterator<Row> {
  const pass = new ScanPass(plan);
  let ended = false;
  return {
    [Symbol.iterator]() { return this; },
    next(): IteratorResult<Row> {
      if (ended) return { done: true, value: undefined };
      // An iteration that throws is over.
      ended = true;
      const row = pass.next();
      if (row === undefined) return { done: true, value: undefined };
      ended = false;
      return { done: false, value: row };
    },
    return(): IteratorResult<Row> {
      ended = true;
      return { done: true, value: undefined };
    },
  };
}

/** As the other, but lets the event loop run before every read of the file. */
function asyncIterator(plan: ScanPlan): AsyncIterableIterator<Row> {
  const pass = new ScanPass(plan);
  let ended = false;
  let reads = 0;
  return {
    [Symbol.asyncIterator]() { return this; },
    async next(): Promise<IteratorResult<Row>> {
      if (!ended && pass.needsRead && reads++ > 0) await new Promise<void>((resolve) => { plan.scheduler.later(resolve); });
      if (ended) return { done: true, value: undefined };
      // An iteration that throws is over.
      ended = true;
      const row = pass.next();
      if (row === undefined) return { done: true, value: undefined };
      ended = false;
      return { done: false, value: row };
    },
    return(): Promise<IteratorResult<Row>> {
      ended = true;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}

/** The scan of a plan: every iteration is a pass of its own. */
export function makeScan(plan: ScanPlan): DbfScan {
  return {
    [Symbol.iterator]: () => syncIterator(plan),
    [Symbol.asyncIterator]: () => asyncIterator(plan),
  };
}
