import type { Scheduler } from '#storage';
import { adviseIndexes, type IndexAdvice, type KnownIndex } from './advise.js';
import type { ShapeStats } from './query-log.js';
import type { RunReport } from './query-context.js';

/** What making indexes by itself needs of the database. */
export interface IndexMaker {
  /** Undefined when there is no such source any more. */
  indexesOf(source: string): readonly KnownIndex[] | undefined;
  create(advice: IndexAdvice): Promise<void>;
}

export interface AutoIndexOptions {
  readonly maker: IndexMaker;
  readonly shapes: () => readonly ShapeStats[];
  readonly scheduler: Scheduler;
  readonly warn: (message: string) => void;
}

/** Shapes whose indexes are made, and how often such a shape must have been used. */
const TOP_SHAPES = 5;
const LEAST_USES = 100;

/**
 * Makes the indexes that frequent queries lack, in the background and one after another: those of the five shapes that waste most,
 * when they were used more than 100 times. One that could not be made is not tried again.
 */
export class AutoIndex {
  readonly #options: AutoIndexOptions;
  readonly #tried = new Set<string>();
  #scans = 0;
  #running = false;
  #closed = false;
  /** Indexes made. */
  made = 0;

  constructor(options: AutoIndexOptions) { this.#options = options; }

  /** Told of every run. */
  noticed(report: RunReport): void {
    if (!report.fullScan || report.wanted === undefined || this.#running || this.#closed) return;
    if (++this.#scans <= LEAST_USES) return;
    this.#scans = 0;
    this.#running = true;
    this.#options.scheduler.later(() => {
      void this.#makeAll().finally(() => { this.#running = false; });
    });
  }

  async #makeAll(): Promise<void> {
    const { maker, shapes, warn } = this.#options;
    const frequent = shapes().filter(({ uses }) => uses > LEAST_USES);
    const advice = adviseIndexes(frequent, (source) => maker.indexesOf(source)).slice(0, TOP_SHAPES);
    for (const one of advice) {
      const key = `${one.source} ${one.on.join(',')}`;
      if (this.#closed || this.#tried.has(key)) continue;
      this.#tried.add(key);
      try {
        await maker.create(one);
        this.made++;
      } catch (e) {
        warn(`index "${one.name}" of "${one.source}" could not be made: ${e instanceof Error ? e.message : String(e)}`);
      }
    }
  }

  close(): void { this.#closed = true; }
}
