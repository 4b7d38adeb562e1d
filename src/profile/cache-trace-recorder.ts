import type { Probe, TraceEvent } from '#storage';
import type { CacheOutcome, CacheTraceData } from './data/storage-data.js';
import { matchesTarget } from './profile-options.js';

const OUTCOMES: readonly CacheOutcome[] = ['hit', 'cold', 'evicted', 'invalidated'];
const MOST_LOOKUPS = 200_000;

/**
 * Takes down lookups in the page cache, as columns. With a sampling rate below 1 it follows a share of the pages, and of those
 * every lookup: so the distances between two lookups of a page stay true (the sampling of SHARDS, C. Waldspurger et al., 2015).
 */
export class CacheTraceRecorder {
  readonly #startNs: number;
  readonly #rate: number;
  readonly #targets: readonly string[] | undefined;
  readonly #stop: () => void;
  readonly #files: string[] = [];
  readonly #kinds: string[] = [];
  readonly #positions = new Map<string, number>();
  readonly #columns: Record<'atUs' | 'file' | 'kind' | 'page' | 'outcome', number[]> = { atUs: [], file: [], kind: [], page: [], outcome: [] };
  #dropped = 0;
  #seen = 0;

  constructor(probe: Probe, startNs: number, rate: number, targets: readonly string[] | undefined) {
    this.#startNs = startNs;
    this.#rate = rate;
    this.#targets = targets;
    this.#stop = probe.traces.listen('cache', (event) => { this.#note(event); });
  }

  /** Lookups that were looked at, also those that are not followed: each costs about the same. */
  get lookups(): number { return this.#seen; }

  #note({ event, file, page, kind, atNs }: TraceEvent): void {
    this.#seen++;
    const outcome = OUTCOMES.findIndex((one) => one === event);
    if (outcome < 0 || typeof file !== 'string' || typeof page !== 'number' || typeof kind !== 'string') return;
    if (this.#rate < 1 && !isFollowed(file, page, this.#rate)) return;
    if (!matchesTarget(this.#targets, file)) return;
    const { atUs, file: files, kind: kinds, page: pages, outcome: outcomes } = this.#columns;
    if (atUs.length >= MOST_LOOKUPS) {
      this.#dropped++;
      return;
    }
    atUs.push(Math.round((atNs - this.#startNs) / 1000));
    files.push(this.#positionOf(this.#files, `file ${file}`, file.slice(file.lastIndexOf('/') + 1)));
    kinds.push(this.#positionOf(this.#kinds, `kind ${kind}`, kind));
    pages.push(page);
    outcomes.push(outcome);
  }

  #positionOf(list: string[], key: string, name: string): number {
    let position = this.#positions.get(key);
    if (position === undefined) this.#positions.set(key, position = list.push(name) - 1);
    return position;
  }

  /** Takes down no more; what there is stays for stop(). */
  end(): void { this.#stop(); }

  /** `pageBytes`: the size that pages are meant to have. */
  stop(pageBytes: number): CacheTraceData {
    this.#stop();
    return { samplingRate: this.#rate, dropped: this.#dropped, pageBytes, files: this.#files, kinds: this.#kinds, outcomes: OUTCOMES, ...this.#columns };
  }
}

function isFollowed(file: string, page: number, rate: number): boolean {
  let h = Math.imul(page + 1, 0x9e3779b1);
  for (let i = 0; i < file.length; i++) h = Math.imul(h ^ file.charCodeAt(i), 0x01000193);
  h ^= h >>> 15;
  h = Math.imul(h, 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0) < rate * 0x1_0000_0000;
}
