import type { Clock } from '../base/environment.js';
import type { Histogram } from '../probe/histogram.js';
import { PHASE, phases } from '../probe/phases.js';
import type { Probe } from '../probe/probe.js';
import { addTime, FileMeters, type FileIo } from './file-meters.js';
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
  readonly files: FileMeters;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly syncNs: Histogram;
  readonly readNs: Histogram;
  readonly writeNs: Histogram;
}

/**
 * Counts what goes through `inner`: in the group `io`, and by file in `files`. Histogram `io.syncNs` takes the time of every
 * sync (at level `off` of none); `io.readNs` and `io.writeNs` fill at the level `times` only (a share of the calls), since
 * asking for the time costs more than a cached read.
 *
 * @example
 * const vfs = countingVfs(nodeVfs(), probe, environment.clock);
 * probe.snapshot().counters['io'];
 */
export function countingVfs(inner: Vfs, probe: Probe, clock: Clock, files = new FileMeters()): Vfs {
  const io: IoCounters = probe.counters('io', {
    reads: 0, bytesRead: 0, writes: 0, bytesWritten: 0, syncs: 0, folderSyncs: 0, opens: 0, renames: 0, unlinks: 0,
  });
  const meter: Meter = {
    io, files, probe, clock,
    syncNs: probe.histogram('io.syncNs'), readNs: probe.histogram('io.readNs'), writeNs: probe.histogram('io.writeNs'),
  };
  return {
    open: (path, mode) => {
      const file = inner.open(path, mode);
      io.opens++;
      probe.traces.io?.({ event: 'open', file: path, mode });
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
  readonly #own: FileIo;
  /** What is shown is not read: it is counted nowhere. */
  readonly show: VfsFile['show'];

  constructor(file: VfsFile, meter: Meter) {
    this.path = file.path;
    this.#file = file;
    this.#meter = meter;
    this.#io = meter.io;
    this.#own = meter.files.of(file.path);
    this.show = file.show;
  }

  readAt(target: Uint8Array, position: number): number {
    const count = this.#isWatched() ? this.#watchedRead(target, position) : this.#file.readAt(target, position);
    this.#io.reads++;
    this.#io.bytesRead += count;
    this.#own.reads++;
    this.#own.bytesRead += count;
    return count;
  }

  writeAt(source: Uint8Array, position: number): number {
    const count = this.#isWatched() ? this.#watchedWrite(source, position) : this.#file.writeAt(source, position);
    this.#io.writes++;
    this.#io.bytesWritten += count;
    this.#own.writes++;
    this.#own.bytesWritten += count;
    return count;
  }

  truncate(sizeBytes: number): void { this.#file.truncate(sizeBytes); }

  datasync(): void {
    const start = this.#meter.clock.monotonicNs();
    if (phases.active) phases.measure(PHASE.io, () => this.#file.datasync());
    else this.#file.datasync();
    this.#synced(start);
  }

  sync(): void {
    const start = this.#meter.clock.monotonicNs();
    if (phases.active) phases.measure(PHASE.io, () => this.#file.sync());
    else this.#file.sync();
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
    const ns = this.#meter.clock.monotonicNs() - startNs;
    this.#io.syncs++;
    this.#own.syncs++;
    if (this.#meter.probe.level === 'off') return;
    this.#meter.syncNs.record(ns);
    addTime(this.#own, 'syncNs', ns);
    this.#meter.probe.traces.io?.({ event: 'sync', file: this.path, ns });
  }

  /** True when this call is to be timed, or somebody follows what is done. */
  #isWatched(): boolean {
    const { probe } = this.#meter;
    return probe.takesTime() || phases.active || probe.traces.io !== undefined;
  }

  #watchedRead(target: Uint8Array, position: number): number {
    const { clock, probe, readNs } = this.#meter;
    const read = (): number => this.#file.readAt(target, position);
    const start = clock.monotonicNs();
    const bytes = phases.active ? phases.measure(PHASE.io, read) : read();
    const ns = clock.monotonicNs() - start;
    if (probe.level === 'times') {
      readNs.record(ns);
      addTime(this.#own, 'readNs', ns);
    }
    probe.traces.io?.({ event: 'read', file: this.path, position, bytes, ns });
    return bytes;
  }

  #watchedWrite(source: Uint8Array, position: number): number {
    const { clock, probe, writeNs } = this.#meter;
    const write = (): number => this.#file.writeAt(source, position);
    const start = clock.monotonicNs();
    const bytes = phases.active ? phases.measure(PHASE.io, write) : write();
    const ns = clock.monotonicNs() - start;
    if (probe.level === 'times') {
      writeNs.record(ns);
      addTime(this.#own, 'writeNs', ns);
    }
    probe.traces.io?.({ event: 'write', file: this.path, position, bytes, ns });
    return bytes;
  }
}
