import type { Clock } from '../base/environment.js';
import type { Histogram } from '../probe/histogram.js';
import type { Probe } from '../probe/probe.js';
import type { FileStat, Vfs, VfsFile } from './vfs.js';

/** Counters of group `io`: calls that succeeded, and bytes moved by them. */
export interface IoCounters extends Record<string, number> {
  reads: number;
  bytesRead: number;
  writes: number;
  bytesWritten: number;
  syncs: number;
  folderSyncs: number;
  opens: number;
  renames: number;
  unlinks: number;
}

interface Meter {
  readonly io: IoCounters;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly syncNs: Histogram;
  readonly readNs: Histogram;
  readonly writeNs: Histogram;
}

/**
 * Counts what goes through `inner` in the group `io`: one add for each call. Histogram `io.syncNs`
 * takes the time of every sync; `io.readNs` and `io.writeNs` fill at the level `times` only (a share of the calls), since
 * asking for the time costs more than a cached read.
 *
 * @example
 * const vfs = countingVfs(nodeVfs(), probe, environment.clock);
 * probe.snapshot().counters['io'];
 */
export function countingVfs(inner: Vfs, probe: Probe, clock: Clock): Vfs {
  const io: IoCounters = probe.counters('io', {
    reads: 0, bytesRead: 0, writes: 0, bytesWritten: 0, syncs: 0, folderSyncs: 0, opens: 0, renames: 0, unlinks: 0,
  });
  const meter: Meter = {
    io, probe, clock,
    syncNs: probe.histogram('io.syncNs'), readNs: probe.histogram('io.readNs'), writeNs: probe.histogram('io.writeNs'),
  };
  return {
    open: (path, mode) => {
      const file = inner.open(path, mode);
      io.opens++;
      return new CountingFile(file, meter);
    },
    stat: (path) => inner.stat(path),
    rename: (from, to) => { inner.rename(from, to); io.renames++; },
    unlink: (path) => { inner.unlink(path); io.unlinks++; },
    makeFolder: (path) => inner.makeFolder(path),
    removeFolder: (path) => inner.removeFolder(path),
    list: (folder) => inner.list(folder),
    syncFolder: (folder) => { inner.syncFolder(folder); io.folderSyncs++; },
    realPath: (path) => inner.realPath(path),
  };
}

class CountingFile implements VfsFile {
  readonly path: string;
  readonly #file: VfsFile;
  readonly #meter: Meter;
  readonly #io: IoCounters;

  constructor(file: VfsFile, meter: Meter) {
    this.path = file.path;
    this.#file = file;
    this.#meter = meter;
    this.#io = meter.io;
  }

  readAt(target: Uint8Array, position: number): number {
    if (this.#meter.probe.takesTime()) return this.#timedRead(target, position);
    const count = this.#file.readAt(target, position);
    this.#io.reads++;
    this.#io.bytesRead += count;
    return count;
  }

  writeAt(source: Uint8Array, position: number): number {
    if (this.#meter.probe.takesTime()) return this.#timedWrite(source, position);
    const count = this.#file.writeAt(source, position);
    this.#io.writes++;
    this.#io.bytesWritten += count;
    return count;
  }

  truncate(sizeBytes: number): void { this.#file.truncate(sizeBytes); }

  datasync(): void {
    const start = this.#meter.clock.monotonicNs();
    this.#file.datasync();
    this.#synced(start);
  }

  sync(): void {
    const start = this.#meter.clock.monotonicNs();
    this.#file.sync();
    this.#synced(start);
  }

  async datasyncAsync(): Promise<void> {
    const start = this.#meter.clock.monotonicNs();
    await this.#file.datasyncAsync();
    this.#synced(start);
  }

  async syncAsync(): Promise<void> {
    const start = this.#meter.clock.monotonicNs();
    await this.#file.syncAsync();
    this.#synced(start);
  }

  stat(): FileStat { return this.#file.stat(); }

  close(): void { this.#file.close(); }

  #synced(startNs: number): void {
    this.#io.syncs++;
    this.#meter.syncNs.record(this.#meter.clock.monotonicNs() - startNs);
  }

  #timedRead(target: Uint8Array, position: number): number {
    const start = this.#meter.clock.monotonicNs();
    const count = this.#file.readAt(target, position);
    this.#meter.readNs.record(this.#meter.clock.monotonicNs() - start);
    this.#io.reads++;
    this.#io.bytesRead += count;
    return count;
  }

  #timedWrite(source: Uint8Array, position: number): number {
    const start = this.#meter.clock.monotonicNs();
    const count = this.#file.writeAt(source, position);
    this.#meter.writeNs.record(this.#meter.clock.monotonicNs() - start);
    this.#io.writes++;
    this.#io.bytesWritten += count;
    return count;
  }
}
