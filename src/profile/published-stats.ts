import { readUpTo, writeFully, type Environment, type Timer, type Vfs } from '#storage';
import { health, type Health } from './health.js';
import type { ProfileSource } from './profile-source.js';
import { statistics, type DatabaseStats } from './statistics.js';
import { PACKAGE_VERSION } from '../package-version.js';

/** File in the folder of a database that holds what its owner counted. */
export const STATS_FILE = 'fieldstone-stats.json';
const FORMAT = 1;
/** A larger file is not ours. */
const MOST_BYTES = 16 << 20;

/** What the owner of a database publishes. Histograms are left out but for those of operations. */
export interface PublishedStats {
  readonly format: typeof FORMAT;
  readonly version: string;
  readonly pid: number;
  readonly database: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly uptimeMs: number;
  readonly intervalMs: number;
  readonly stats: Omit<DatabaseStats, 'histograms'>;
  readonly health: Health;
  /** Counters and calls as they were the time before: what rates are made of. */
  readonly before: { readonly agoMs: number; readonly counters: DatabaseStats['counters'] } | undefined;
}

/** Writes the statistics of a database to its folder again and again. A reader sees a whole file or none. */
export class StatsPublisher {
  readonly #source: ProfileSource;
  readonly #env: Environment;
  readonly #path: string;
  readonly #intervalMs: number;
  readonly #openedNs: number;
  #timer: Timer | undefined;
  #before: { readonly atNs: number; readonly counters: DatabaseStats['counters'] } | undefined;
  /** Times that the file could not be written: the database goes on. */
  failures = 0;

  constructor(source: ProfileSource, intervalMs: number) {
    this.#source = source;
    this.#env = source.engine.options.env;
    this.#path = `${source.engine.options.folder}/${STATS_FILE}`;
    this.#intervalMs = intervalMs;
    this.#openedNs = this.#env.clock.monotonicNs();
    this.#write();
    this.#arm();
  }

  #arm(): void {
    this.#timer = this.#env.scheduler.timer(() => {
      this.#write();
      this.#arm();
    }, this.#intervalMs);
  }

  #write(): void {
    try {
      const { histograms: _, ...stats } = statistics(this.#source);
      const now = this.#env.clock.monotonicNs();
      const before = this.#before;
      this.#before = { atNs: now, counters: stats.counters };
      const published: PublishedStats = {
        format: FORMAT, version: PACKAGE_VERSION, pid: this.#source.runtime?.pid ?? 0, database: this.#source.name, atMs: this.#env.clock.nowMs(),
        uptimeMs: (now - this.#openedNs) / 1e6, intervalMs: this.#intervalMs, stats, health: health(this.#source),
        before: before === undefined ? undefined : { agoMs: (now - before.atNs) / 1e6, counters: before.counters },
      };
      this.#replace(Buffer.from(`${JSON.stringify(published)}\n`));
    } catch {
      this.failures++;
    }
  }

  /** Not synced: after a crash of the machine the file is of no use. */
  #replace(bytes: Uint8Array): void {
    const { vfs } = this.#source;
    const temporary = `${this.#path}.new`;
    if (vfs.stat(temporary) !== undefined) vfs.unlink(temporary); // of a process that was killed; the lock says it is gone
    const file = vfs.open(temporary, 'exclusive');
    try {
      writeFully(file, bytes, 0);
    } finally {
      file.close();
    }
    vfs.rename(temporary, this.#path);
  }

  /** Nothing is left in the folder. */
  stop(): void {
    this.#timer?.cancel();
    const { vfs } = this.#source;
    for (const path of [this.#path, `${this.#path}.new`]) if (vfs.stat(path) !== undefined) vfs.unlink(path);
  }
}

/** What the owner of a folder published last; undefined when there is nothing, or something else. */
export function readPublishedStats(vfs: Vfs, folder: string): PublishedStats | undefined {
  const path = `${folder}/${STATS_FILE}`;
  const sizeBytes = vfs.stat(path)?.sizeBytes;
  if (sizeBytes === undefined || sizeBytes > MOST_BYTES) return undefined;
  const bytes = Buffer.alloc(sizeBytes);
  const file = vfs.open(path, 'read');
  let text = '';
  try {
    text = bytes.toString('utf8', 0, readUpTo(file, bytes, 0));
  } finally {
    file.close();
  }
  try {
    const value: unknown = JSON.parse(text);
    return isPublished(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPublished(value: unknown): value is PublishedStats {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT && 'stats' in value && 'health' in value
    && 'atMs' in value && typeof value.atMs === 'number';
}
