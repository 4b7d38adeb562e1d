import type { Probe, TraceEvent } from '#storage';
import type { CheckpointData } from './data/storage-data.js';

const MOST_CHECKPOINTS = 1000;

/** Takes down the checkpoints of a profile. */
export class CheckpointRecorder {
  readonly #startNs: number;
  readonly #stop: () => void;
  readonly #list: CheckpointData[] = [];
  #journalBytes = 0;

  constructor(probe: Probe, startNs: number) {
    this.#startNs = startNs;
    this.#stop = probe.traces.listen('checkpoint', (event) => { this.#note(event); });
  }

  #note({ event, cause, stores, atNs, ns, bytes, bytesWritten }: TraceEvent): void {
    if (event === 'journal' && typeof bytes === 'number') this.#journalBytes = bytes;
    if (event !== 'end' || typeof ns !== 'number' || this.#list.length >= MOST_CHECKPOINTS) return;
    this.#list.push({
      atMs: Math.max(0, (atNs - ns - this.#startNs) / 1e6), durationNs: ns, journalBytes: this.#journalBytes, ...(typeof cause === 'string' ? { cause } : {}),
      ...(typeof stores === 'number' ? { stores } : {}), ...(typeof bytesWritten === 'number' ? { bytesWritten } : {}),
    });
  }

  stop(): readonly CheckpointData[] {
    this.#stop();
    return this.#list;
  }
}
