import { simulatedError, type FileStat, type OpenMode, type Scheduler, type Vfs, type VfsFile } from '#storage';
import { hashText } from './byte-hash.js';
import { buildFile, KEEP_ALL } from './crash-file.js';
import { folderOf, imageFromFiles, simPath, type DiskImage } from './disk-image.js';
import { DiskState, opsByInode } from './disk-state.js';
import { JournalRule, type JournalRuleOptions } from './journal-rule.js';
import { SimFile, type SimFileHost } from './sim-file.js';
import { SimInode } from './sim-inode.js';
import type { Mark, TraceEvent } from './trace.js';

/**
 * What a failed sync leaves behind: the data reads back but never reaches the disk; the same, and the failure is reported
 * only by the next sync; the file reads as it was when last synced.
 */
export type SyncFailure = 'lost' | 'late' | 'revert';

export interface SimDiskOptions {
  /** Default: an empty disk. */
  readonly start?: DiskState;
  /** Decides when asynchronous syncs end. Default: in the next microtask. */
  readonly scheduler?: Scheduler;
  /** Checks every write to a base file. */
  readonly journalRule?: JournalRuleOptions;
  /** More calls than this throw CallBoundHit: a recovery that never ends. Default: 1,000,000. */
  readonly mostCalls?: number;
}

/** The program under test made more calls than any sane run: the state cannot be verified. */
export class CallBoundHit extends Error {
  override readonly name = 'CallBoundHit';
}

const DEVICE = 77n;
const MOST_CALLS = 1_000_000;
type Node = SimInode | 'folder';

/**
 * A disk in memory that knows what a power loss would leave of it. Programs see the latest content; beside it runs a trace
 * of everything that was done, from which crashStates() builds the states that a crash can leave. Names and contents are
 * durable separately: a file needs its own sync and a sync of its folder. Write and truncate wait for a sync of the file;
 * create, rename, unlink, make and remove folder wait for syncFolder.
 *
 * @example
 * const disk = new SimDisk();
 * const file = disk.open('/a', 'create');
 * writeFully(file, bytes, 0);
 * for (const state of crashStates(disk.start, disk.trace, { seed: 1 })) console.log(state.image.files);
 */
export class SimDisk implements Vfs, SimFileHost {
  readonly start: DiskState;
  readonly trace: TraceEvent[] = [];
  readonly journalRule: JournalRule | undefined;
  #scheduler: Scheduler | undefined;
  readonly #nodes = new Map<string, Node>([['/', 'folder']]);
  readonly #mostCalls: number;
  #calls = 0;
  #nextInode: number;
  #armed: SyncFailure | undefined;

  constructor(options: SimDiskOptions = {}) {
    this.start = options.start ?? new DiskState();
    this.#scheduler = options.scheduler;
    this.#mostCalls = options.mostCalls ?? MOST_CALLS;
    this.#nextInode = this.start.nextInode;
    const image = this.start.latest();
    for (const folder of image.folders) this.#nodes.set(folder, 'folder');
    if (options.journalRule !== undefined) this.journalRule = new JournalRule(options.journalRule);
    for (const [path, file] of image.files) {
      const inode = new SimInode(file.inode, path, file.bytes, file.changed);
      if (this.start.isDurable(file.inode)) inode.syncedUpTo = Infinity;
      else inode.hasGhosts = !this.start.dataOps.some((op) => op.inode === file.inode);
      this.#nodes.set(path, inode);
      this.journalRule?.found(path, file.bytes, inode.isSynced, !this.start.folderOps.some((op) => op.add === path));
    }
  }

  /** A disk that holds these files durably. */
  static withFiles(files: Iterable<readonly [path: string, bytes: Uint8Array]>, options: Omit<SimDiskOptions, 'start'> = {}): SimDisk {
    return new SimDisk({ ...options, start: DiskState.fromImage(imageFromFiles(files)) });
  }

  /** Calls so far, syncs and handles included. */
  get calls(): number { return this.#calls; }

  /** Notes something in the trace; `narrows` when fewer answers are right from here on. */
  mark(label: string, data: unknown = undefined, narrows = true): void {
    this.trace.push({ op: 'mark', label, data, narrows });
  }

  marks(): Mark[] { return this.trace.filter((event) => event.op === 'mark'); }

  /** What a power loss would find now, with all that is in the air. */
  state(): DiskState {
    const state = new DiskState(this.start);
    for (const event of this.trace) state.apply(event);
    return state;
  }

  /** All that programs see now. Shares nothing with the disk. */
  image(): DiskImage {
    const files = [...this.#nodes].flatMap(([path, node]) => node === 'folder' ? [] : [[path, node] as const]);
    return {
      files: new Map(files.map(([path, node]) => [path, { bytes: node.copy(), inode: node.id, changed: node.changed }])),
      folders: new Set([...this.#nodes].flatMap(([path, node]) => node === 'folder' && path !== '/' ? [path] : [])),
    };
  }

  /** For the next life of a process; asynchronous syncs of the one before keep theirs. */
  useScheduler(scheduler: Scheduler): void { this.#scheduler = scheduler; }

  /** The next sync of any file fails in this way. */
  armSyncFailure(failure: SyncFailure): void { this.#armed = failure; }

  called(): void {
    if (++this.#calls > this.#mostCalls) throw new CallBoundHit(`more than ${this.#mostCalls} calls`);
  }

  open(path: string, mode: OpenMode): VfsFile {
    this.called();
    const spelled = simPath(path);
    const node = this.#nodes.get(spelled);
    if (node === 'folder') throw simulatedError(mode === 'exclusive' ? 'EEXIST' : 'EISDIR', 'open', path);
    if (node !== undefined) {
      if (mode === 'exclusive') throw simulatedError('EEXIST', 'open', path);
      return new SimFile(path, this, node, mode !== 'read');
    }
    this.#checkFolder(folderOf(spelled), 'open', path);
    if (mode === 'read' || mode === 'write') throw simulatedError('ENOENT', 'open', path);
    const made = new SimInode(this.#nextInode++, spelled, new Uint8Array(0), this.#now());
    this.#nodes.set(spelled, made);
    this.journalRule?.create(spelled);
    this.trace.push({ op: 'create', path: spelled, inode: made.id });
    return new SimFile(path, this, made, true);
  }

  stat(path: string): FileStat | undefined {
    this.called();
    const spelled = simPath(path);
    const node = this.#nodes.get(spelled);
    if (node === undefined) return undefined;
    if (node !== 'folder') return this.statOf(node);
    return { sizeBytes: 0, mtimeNs: 0n, device: DEVICE, inode: 2n ** 60n + BigInt(hashText(spelled)), linkCount: 1, kind: 'folder' };
  }

  rename(from: string, to: string): void {
    this.called();
    const source = simPath(from), target = simPath(to);
    const node = this.#nodes.get(source);
    if (node === undefined) throw simulatedError('ENOENT', 'rename', from);
    this.#checkFolder(folderOf(target), 'rename to', to);
    if (source === target) return;
    this.#checkReplace(node, source, target, to);
    if (node !== 'folder') this.journalRule?.rename(source, target, () => node.isSynced ? node.copy() : undefined, node.sizeBytes);
    const replaced = this.#nodes.get(target);
    if (replaced instanceof SimInode) replaced.path = undefined;
    this.#nodes.delete(source);
    this.#nodes.set(target, node);
    if (node === 'folder') this.#moveInside(source, target);
    else node.path = target;
    this.trace.push({ op: 'rename', path: source, to: target, inode: node === 'folder' ? 0 : node.id });
  }

  unlink(path: string): void {
    this.called();
    const spelled = simPath(path);
    const node = this.#nodes.get(spelled);
    if (node === undefined) throw simulatedError('ENOENT', 'remove', path);
    if (node === 'folder') throw simulatedError('EISDIR', 'remove', path);
    this.journalRule?.unlink(spelled);
    node.path = undefined;
    this.#nodes.delete(spelled);
    this.trace.push({ op: 'unlink', path: spelled, inode: node.id });
  }

  makeFolder(path: string): void {
    this.called();
    const spelled = simPath(path);
    if (this.#nodes.has(spelled)) throw simulatedError('EEXIST', 'make folder', path);
    this.#checkFolder(folderOf(spelled), 'make folder', path);
    this.#nodes.set(spelled, 'folder');
    this.trace.push({ op: 'makeFolder', path: spelled });
  }

  removeFolder(path: string): void {
    this.called();
    const spelled = simPath(path);
    this.#checkFolder(spelled, 'remove folder', path);
    if (this.#inside(spelled).length > 0) throw simulatedError('ENOTEMPTY', 'remove folder', path);
    this.#nodes.delete(spelled);
    this.trace.push({ op: 'removeFolder', path: spelled });
  }

  list(folder: string): string[] {
    this.called();
    const spelled = simPath(folder);
    this.#checkFolder(spelled, 'list', folder);
    const prefix = spelled === '/' ? '/' : `${spelled}/`;
    return this.#inside(spelled).map((path) => path.slice(prefix.length)).filter((name) => !name.includes('/')).sort();
  }

  syncFolder(folder: string): void {
    this.called();
    const spelled = simPath(folder);
    this.#checkFolder(spelled, 'sync folder', folder);
    this.trace.push({ op: 'syncFolder', path: spelled });
    this.journalRule?.folderSynced(spelled);
  }

  realPath(path: string): string {
    this.called();
    const spelled = simPath(path);
    if (!this.#nodes.has(spelled)) throw simulatedError('ENOENT', 'resolve', path);
    return spelled;
  }

  wrote(handlePath: string, inode: SimInode, source: Uint8Array, position: number): void {
    if (inode.path !== undefined) this.journalRule?.write(inode.path, position, source, () => inode.view());
    inode.write(source, position);
    this.#changed(inode);
    this.trace.push({ op: 'write', path: inode.path ?? handlePath, inode: inode.id, position, bytes: new Uint8Array(source) });
  }

  truncated(handlePath: string, inode: SimInode, sizeBytes: number): void {
    if (inode.path !== undefined) this.journalRule?.truncate(inode.path, sizeBytes, () => inode.view());
    inode.truncate(sizeBytes);
    this.#changed(inode);
    this.trace.push({ op: 'truncate', path: inode.path ?? handlePath, inode: inode.id, sizeBytes });
  }

  syncNow(handlePath: string, inode: SimInode, full: boolean): void {
    this.#endSync(handlePath, inode, full, this.#nextOp(), this.#takeFailure(inode), undefined);
  }

  syncLater(handlePath: string, inode: SimInode, full: boolean): Promise<void> {
    const upTo = this.#nextOp();
    const failure = this.#takeFailure(inode);
    const journal = this.journalRule === undefined ? undefined : inode.copy();
    return new Promise((resolve, reject) => {
      const end = (): void => {
        try {
          this.#endSync(handlePath, inode, full, upTo, failure, journal);
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      if (this.#scheduler === undefined) queueMicrotask(end);
      else this.#scheduler.later(end);
    });
  }

  statOf(inode: SimInode): FileStat {
    const linkCount = inode.path === undefined ? 0 : 1;
    return { sizeBytes: inode.sizeBytes, mtimeNs: BigInt(inode.changed), device: DEVICE, inode: BigInt(inode.id), linkCount, kind: 'file' };
  }

  #nextOp(): number { return this.start.nextOp + this.trace.length; }

  /** Same numbers as DiskState gives: the number of the operation plus 1. */
  #now(): number { return this.#nextOp() + 1; }

  #changed(inode: SimInode): void {
    inode.changed = this.#now();
    if (inode.syncedUpTo === Infinity) inode.syncedUpTo = this.#nextOp();
  }

  #takeFailure(inode: SimInode): SyncFailure | undefined {
    const failure = this.#armed;
    this.#armed = undefined;
    if (failure === undefined && inode.lateError) {
      inode.lateError = false;
      return 'lost';
    }
    if (failure === 'late') inode.lateError = true;
    return failure;
  }

  #endSync(
    handlePath: string, inode: SimInode, full: boolean, upTo: number, failure: SyncFailure | undefined, journal: Uint8Array | undefined,
  ): void {
    const path = inode.path ?? handlePath;
    if (failure === undefined) {
      inode.syncedUpTo = upTo;
      this.trace.push({ op: 'synced', path, inode: inode.id, upTo, full });
      if (!inode.hasGhosts) this.journalRule?.synced(path, () => journal ?? inode.copy());
      return;
    }
    this.trace.push({ op: 'syncLost', path, inode: inode.id, upTo, visible: failure !== 'revert' });
    inode.hasGhosts = failure !== 'revert';
    if (failure === 'late') return;
    if (failure === 'revert') this.#revert(inode);
    throw simulatedError('EIO', 'sync', handlePath);
  }

  #revert(inode: SimInode): void {
    const state = this.state();
    inode.replace(buildFile(state.durableFile(inode.id), opsByInode(state.dataOps).get(inode.id) ?? [], KEEP_ALL).bytes);
  }

  #checkFolder(folder: string, action: string, path: string): void {
    const node = this.#nodes.get(folder);
    if (node === 'folder') return;
    throw simulatedError(node === undefined && !this.#runsThroughFile(folder) ? 'ENOENT' : 'ENOTDIR', action, path);
  }

  #runsThroughFile(path: string): boolean {
    for (let folder = folderOf(path); folder !== '/'; folder = folderOf(folder)) if (this.#nodes.get(folder) instanceof SimInode) return true;
    return false;
  }

  #checkReplace(node: Node, source: string, target: string, to: string): void {
    const there = this.#nodes.get(target);
    if (node === 'folder' && target.startsWith(`${source}/`)) throw simulatedError('EINVAL', 'rename to', to);
    if (there === undefined) return;
    if (node === 'folder' && there !== 'folder') throw simulatedError('ENOTDIR', 'rename to', to);
    if (node !== 'folder' && there === 'folder') throw simulatedError('EISDIR', 'rename to', to);
    if (there === 'folder' && this.#inside(target).length > 0) throw simulatedError('ENOTEMPTY', 'rename to', to);
  }

  #inside(folder: string): string[] {
    const prefix = folder === '/' ? '/' : `${folder}/`;
    return [...this.#nodes.keys()].filter((path) => path.startsWith(prefix) && path !== '/');
  }

  #moveInside(source: string, target: string): void {
    for (const path of this.#inside(source)) {
      const node = this.#nodes.get(path);
      if (node === undefined) continue;
      const moved = target + path.slice(source.length);
      this.#nodes.delete(path);
      this.#nodes.set(moved, node);
      if (node !== 'folder') node.path = moved;
    }
  }
}

