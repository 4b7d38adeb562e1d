import { buildFile, KEEP_ALL } from './crash-file.js';
import { folderOf, type DiskImage, type ImageFile } from './disk-image.js';
import type { TraceEvent } from './trace.js';

/** Content that survives a power loss. Never changed in place. */
export interface DurableFile { readonly bytes: Uint8Array; readonly changed: number }

/** A change of content that no sync has covered yet. `id` is its number among all operations of the disk. */
export type DataOp =
  | { readonly kind: 'write'; readonly id: number; readonly path: string; readonly inode: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly id: number; readonly path: string; readonly inode: number; readonly sizeBytes: number };

/** A change of names that no folder sync has covered yet: first `remove` goes, then `add` comes. */
export interface FolderOp {
  readonly id: number;
  readonly remove?: string;
  readonly add?: string;
  /** The inode of a file, or FOLDER. */
  readonly node: number;
  /** Syncing any of these makes it durable. */
  readonly folders: readonly string[];
}

/** Stands for a folder in the map of names. */
export const FOLDER = 0;

/**
 * What a power loss would find: durable contents and names, and the operations that are still in the air, in order.
 * Rules: syncing a file does not make its name durable; syncing a folder does not make contents durable; a rename is atomic.
 */
export class DiskState {
  readonly files: Map<number, DurableFile>;
  readonly names: Map<string, number>;
  dataOps: DataOp[];
  folderOps: FolderOp[];
  /** The number that the next operation gets. */
  nextOp: number;
  nextInode: number;
  /** When each file was last changed, durable or not. */
  readonly #lastChange: Map<number, number>;
  /** What programs see of files whose sync failed: more than will ever be on disk. */
  readonly #ghosts: Map<number, Uint8Array>;

  constructor(from?: DiskState) {
    this.files = new Map(from?.files);
    this.names = new Map(from?.names);
    this.dataOps = [...from?.dataOps ?? []];
    this.folderOps = [...from?.folderOps ?? []];
    this.#lastChange = new Map(from === undefined ? [] : from.#lastChange);
    this.#ghosts = new Map(from === undefined ? [] : from.#ghosts);
    this.nextOp = from?.nextOp ?? 0;
    this.nextInode = from?.nextInode ?? 1;
  }

  /** A disk after a reboot: everything in the image is durable. */
  static fromImage(image: DiskImage): DiskState {
    const state = new DiskState();
    for (const folder of image.folders) state.names.set(folder, FOLDER);
    for (const [path, file] of image.files) {
      state.names.set(path, file.inode);
      state.files.set(file.inode, { bytes: file.bytes, changed: file.changed });
      state.nextInode = Math.max(state.nextInode, file.inode + 1);
      state.nextOp = Math.max(state.nextOp, file.changed);
    }
    return state;
  }

  /** Takes the next event of a trace. */
  apply(event: TraceEvent): void {
    const id = this.nextOp++;
    switch (event.op) {
      case 'write': this.#dataOp({ kind: 'write', id, ...pick(event), position: event.position, bytes: event.bytes }); break;
      case 'truncate': this.#dataOp({ kind: 'truncate', id, ...pick(event), sizeBytes: event.sizeBytes }); break;
      case 'create':
        this.nextInode = Math.max(this.nextInode, event.inode + 1);
        this.#lastChange.set(event.inode, id + 1);
        this.#folderOp({ id, add: event.path, node: event.inode, folders: [folderOf(event.path)] });
        break;
      case 'rename':
        this.#folderOp({ id, remove: event.path, add: event.to, node: event.inode, folders: [folderOf(event.path), folderOf(event.to)] });
        break;
      case 'unlink': this.#folderOp({ id, remove: event.path, node: event.inode, folders: [folderOf(event.path)] }); break;
      case 'makeFolder': this.#folderOp({ id, add: event.path, node: FOLDER, folders: [folderOf(event.path)] }); break;
      case 'removeFolder': this.#folderOp({ id, remove: event.path, node: FOLDER, folders: [folderOf(event.path)] }); break;
      case 'synced': this.#synced(event.inode, event.upTo, event.full); break;
      case 'syncLost':
        if (event.visible) this.#ghosts.set(event.inode, this.#latestBytes(event.inode));
        this.dataOps = this.dataOps.filter((op) => op.inode !== event.inode || op.id >= event.upTo);
        break;
      case 'syncFolder': this.#folderSynced(event.path); break;
      case 'mark': break;
    }
  }

  /** The durable content of an inode; empty for one that was never synced. */
  durableFile(inode: number): DurableFile { return this.files.get(inode) ?? NEVER_SYNCED; }

  /** Whether all that programs see of the file is on disk. */
  isDurable(inode: number): boolean {
    return !this.#ghosts.has(inode) && !this.dataOps.some((op) => op.inode === inode);
  }

  /** All that programs see, durable or not. */
  latest(): DiskImage {
    return imageOf(applyFolderOps(this.names, this.folderOps), (inode) => ({
      bytes: this.#latestBytes(inode), changed: this.#lastChange.get(inode) ?? this.durableFile(inode).changed,
    }));
  }

  #latestBytes(inode: number): Uint8Array {
    return this.#ghosts.get(inode) ?? buildFile(this.durableFile(inode), this.dataOps.filter((op) => op.inode === inode), KEEP_ALL).bytes;
  }

  #dataOp(op: DataOp): void {
    this.dataOps.push(op);
    this.#lastChange.set(op.inode, op.id + 1);
    const ghost = this.#ghosts.get(op.inode);
    if (ghost === undefined) return;
    // A file that was emptied holds nothing that could be lost.
    if (op.kind === 'truncate' && op.sizeBytes === 0) this.#ghosts.delete(op.inode);
    else this.#ghosts.set(op.inode, buildFile({ bytes: ghost, changed: 0 }, [op], KEEP_ALL).bytes);
  }

  #folderOp(op: FolderOp): void { this.folderOps.push(op); }

  #synced(inode: number, upTo: number, full: boolean): void {
    const covered = this.dataOps.filter((op) => op.inode === inode && op.id < upTo);
    const before = this.durableFile(inode);
    const after = buildFile(before, covered, KEEP_ALL);
    // fdatasync writes the inode (and with it the time of change) only when the size needs it.
    let changed = before.changed;
    if (full) changed = this.#lastChange.get(inode) ?? changed;
    else if (after.bytes.length !== before.bytes.length) changed = after.changed;
    if (covered.length === 0 && changed === before.changed) return;
    this.files.set(inode, { bytes: after.bytes, changed });
    this.dataOps = this.dataOps.filter((op) => op.inode !== inode || op.id >= upTo);
  }

  #folderSynced(folder: string): void {
    const covered = this.folderOps.filter((op) => op.folders.includes(folder));
    if (covered.length === 0) return;
    const names = applyFolderOps(this.names, covered);
    this.names.clear();
    for (const [path, node] of names) this.names.set(path, node);
    this.folderOps = this.folderOps.filter((op) => !op.folders.includes(folder));
  }
}

const NEVER_SYNCED: DurableFile = { bytes: new Uint8Array(0), changed: 0 };

function pick(event: { readonly path: string; readonly inode: number }): { path: string; inode: number } {
  return { path: event.path, inode: event.inode };
}

export function opsByInode(ops: readonly DataOp[]): Map<number, DataOp[]> {
  const all = new Map<number, DataOp[]>();
  for (const op of ops) {
    const list = all.get(op.inode);
    if (list === undefined) all.set(op.inode, [op]);
    else list.push(op);
  }
  return all;
}

/** The names after those of `ops` for which `kept` says true (all by default). */
export function applyFolderOps(names: ReadonlyMap<string, number>, ops: readonly FolderOp[], kept?: readonly boolean[]): Map<string, number> {
  const after = new Map(names);
  for (const [i, op] of ops.entries()) {
    if (kept !== undefined && kept[i] !== true) continue;
    if (op.node === FOLDER && op.remove !== undefined && op.add !== undefined) moveInside(after, op.remove, op.add);
    if (op.remove !== undefined && after.get(op.remove) === op.node) after.delete(op.remove);
    if (op.add !== undefined) after.set(op.add, op.node);
  }
  return after;
}

/** A renamed folder takes along what is in it. */
function moveInside(names: Map<string, number>, from: string, to: string): void {
  for (const [path, node] of [...names]) {
    if (!path.startsWith(`${from}/`)) continue;
    names.delete(path);
    names.set(to + path.slice(from.length), node);
  }
}

/** The image that these names give; a name whose folder is missing is not reachable. */
export function imageOf(names: ReadonlyMap<string, number>, fileOf: (inode: number) => DurableFile): DiskImage {
  const files = new Map<string, ImageFile>();
  const folders = new Set<string>();
  for (const [path, node] of names) {
    if (!reachable(names, path)) continue;
    if (node === FOLDER) folders.add(path);
    else files.set(path, { inode: node, ...fileOf(node) });
  }
  return { files, folders };
}

function reachable(names: ReadonlyMap<string, number>, path: string): boolean {
  for (let folder = folderOf(path); folder !== '/'; folder = folderOf(folder)) {
    if (names.get(folder) !== FOLDER) return false;
  }
  return true;
}
