import { simulatedError, type Vfs, type VfsFile } from '#storage';
import { interceptVfs, type Interceptors } from './intercept-vfs.js';
import type { SyncFailure } from './sim-disk.js';

/** Kinds of calls; `sync` stands for all four syncs of a file. */
export type CallKind = 'open' | 'stat' | 'rename' | 'unlink' | 'makeFolder' | 'removeFolder' | 'list' | 'syncFolder' | 'realPath'
  | 'read' | 'write' | 'truncate' | 'sync' | 'fileStat' | 'close';

/**
 * - an errno: the call does nothing and fails;
 * - `halfEIO`, `halfENOSPC`: half of the bytes are written, then the call fails; a truncation just fails;
 * - `shortWrite`, `shortRead`: half of the bytes (rounded up), no error;
 * - `syncLost`, `syncLate`, `syncRevert`: the sync fails with that after-effect (see SyncFailure);
 * - `dieBefore`, `dieHalf`, `dieAfter`: the process dies before, amid (a write stops half-way) or after the call.
 */
export type Fault = 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EMFILE' | 'EACCES' | 'EROFS' | 'EBUSY' | 'halfEIO' | 'halfENOSPC'
  | 'shortWrite' | 'shortRead' | 'syncLost' | 'syncLate' | 'syncRevert' | 'dieBefore' | 'dieHalf' | 'dieAfter';

const EVERY_KIND: readonly CallKind[] = [
  'open', 'stat', 'rename', 'unlink', 'makeFolder', 'removeFolder', 'list', 'syncFolder', 'realPath',
  'read', 'write', 'truncate', 'sync', 'fileStat', 'close',
];
const GROWING: readonly CallKind[] = ['open', 'rename', 'makeFolder', 'write', 'truncate', 'sync'];
const NAMING: readonly CallKind[] = ['open', 'rename', 'unlink', 'makeFolder', 'removeFolder'];

/** The calls in which a fault can happen; only these are counted for it. */
export const KINDS_OF_FAULT: Readonly<Record<Fault, readonly CallKind[]>> = {
  EIO: EVERY_KIND.filter((kind) => kind !== 'close'),
  ENOSPC: GROWING, EDQUOT: GROWING, EMFILE: ['open', 'list'], EACCES: NAMING, EROFS: [...NAMING, 'write'], EBUSY: ['rename', 'unlink'],
  halfEIO: ['write', 'truncate'], halfENOSPC: ['write', 'truncate'], shortWrite: ['write'], shortRead: ['read'],
  syncLost: ['sync'], syncLate: ['sync'], syncRevert: ['sync'],
  dieBefore: EVERY_KIND, dieHalf: ['write'], dieAfter: EVERY_KIND,
};

const SYNC_FAILURE: ReadonlyMap<Fault, SyncFailure> = new Map<Fault, SyncFailure>([['syncLost', 'lost'], ['syncLate', 'late'], ['syncRevert', 'revert']]);

export interface FaultPlan {
  readonly fault: Fault;
  /** The k-th call (from 1) that the fault can happen in; 0 for never, to count. */
  readonly at: number;
  /** That call and all later ones; default: that one alone. */
  readonly sticky?: boolean;
  /** Fewer kinds of calls than the fault can happen in. */
  readonly kinds?: readonly CallKind[];
  /** Only calls on these paths (for a rename, either). */
  readonly path?: (path: string) => boolean;
}

export interface FaultVfsOptions {
  /** A SimDisk, for the after-effects of failed syncs; without one a sync only fails. */
  readonly disk?: { armSyncFailure(failure: SyncFailure): void };
  readonly plan?: FaultPlan;
  /** Files may grow by this many bytes in all, then ENOSPC; a write that does not fit is cut short first. */
  readonly quotaBytes?: number;
}

/** The process is dead: thrown by the call that killed it and by every later one. */
export class CrashNow extends Error {
  override readonly name = 'CrashNow';
}

/** Any file system, with faults. `vfs` is what the engine gets. */
export class FaultVfs {
  readonly vfs: Vfs;
  readonly #options: FaultVfsOptions;
  readonly #counts = new Map<CallKind, number>();
  #plan: FaultPlan | undefined;
  #quotaLeft: number;
  #met = 0;
  #fired = 0;
  #dead = false;
  #first: { readonly kind: CallKind; readonly path: string } | undefined;
  readonly #paths = new Set<string>();

  constructor(inner: Vfs, options: FaultVfsOptions = {}) {
    this.#options = options;
    this.#plan = options.plan;
    this.#quotaLeft = options.quotaBytes ?? Infinity;
    this.vfs = interceptVfs(inner, this.#interceptors());
  }

  /** How often the fault happened. */
  get fired(): number { return this.#fired; }
  /** The first call that the fault happened in. */
  get firstFired(): { readonly kind: CallKind; readonly path: string } | undefined { return this.#first; }
  /** Where the fault happened: of a rename the old name. */
  get firedPaths(): ReadonlySet<string> { return this.#paths; }
  /** Calls so far in which the planned fault could have happened: the range of `at`. */
  get met(): number { return this.#met; }
  get dead(): boolean { return this.#dead; }
  get counts(): ReadonlyMap<CallKind, number> { return this.#counts; }

  /** From now on everything works, except that the dead stay dead. */
  heal(): void {
    this.#plan = undefined;
    this.#quotaLeft = Infinity;
  }

  #interceptors(): Interceptors {
    const name = <Result>(kind: CallKind) => (path: string, next: () => Result): Result => this.#around(kind, path, undefined, next);
    return {
      open: (path, _mode, next) => this.#around('open', path, undefined, next),
      stat: name('stat'), unlink: name('unlink'), makeFolder: name('makeFolder'), removeFolder: name('removeFolder'),
      list: name('list'), syncFolder: name('syncFolder'), realPath: name('realPath'),
      rename: (from, to, next) => this.#around('rename', from, to, next),
      read: (file, target, position, next) => this.#read(file, target, position, next),
      write: (file, source, position, next) => this.#write(file, source, position, next),
      truncate: (file, _sizeBytes, next) => this.#around('truncate', file.path, undefined, next),
      sync: (file, _full, next) => this.#around('sync', file.path, undefined, next),
      syncAsync: (file, _full, next) => this.#syncAsync(file, next),
      fileStat: (file, next) => this.#around('fileStat', file.path, undefined, next),
      close: (file, next) => this.#around('close', file.path, undefined, next),
    };
  }

  /** The fault of this call, if it is its turn. */
  #faultFor(kind: CallKind, path: string, to?: string): Fault | undefined {
    if (this.#dead) throw new CrashNow(`${kind} ${path} after the process died`);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const plan = this.#plan;
    if (plan === undefined || !KINDS_OF_FAULT[plan.fault].includes(kind) || plan.kinds?.includes(kind) === false) return undefined;
    if (plan.path !== undefined && !plan.path(path) && (to === undefined || !plan.path(to))) return undefined;
    this.#met++;
    if (plan.at === 0 || (plan.sticky === true ? this.#met < plan.at : this.#met !== plan.at)) return undefined;
    this.#fired++;
    this.#first ??= { kind, path };
    this.#paths.add(path);
    return plan.fault;
  }

  #around<Result>(kind: CallKind, path: string, to: string | undefined, next: () => Result): Result {
    const fault = this.#faultFor(kind, path, to);
    if (fault === undefined) return next();
    const failure = SYNC_FAILURE.get(fault);
    if (failure !== undefined) return this.#failSync(failure, path, next);
    if (fault !== 'dieAfter') this.#failBefore(fault, kind, path);
    next();
    return this.#die(kind, path);
  }

  #failSync<Result>(failure: SyncFailure, path: string, next: () => Result): Result {
    if (this.#options.disk === undefined) throw simulatedError('EIO', 'sync', path);
    this.#options.disk.armSyncFailure(failure);
    return next();
  }

  async #syncAsync(file: VfsFile, next: () => Promise<void>): Promise<void> {
    const fault = this.#faultFor('sync', file.path);
    if (fault === undefined) return next();
    const failure = SYNC_FAILURE.get(fault);
    if (failure !== undefined) return this.#failSync(failure, file.path, next);
    if (fault !== 'dieAfter') this.#failBefore(fault, 'sync', file.path);
    await next();
    return this.#die('sync', file.path);
  }

  #read(file: VfsFile, target: Uint8Array, position: number, next: (target: Uint8Array, position: number) => number): number {
    const fault = this.#faultFor('read', file.path);
    if (fault === undefined) return next(target, position);
    if (fault === 'shortRead') return next(target.subarray(0, Math.ceil(target.length / 2)), position);
    if (fault !== 'dieAfter') this.#failBefore(fault, 'read', file.path);
    next(target, position);
    return this.#die('read', file.path);
  }

  #write(file: VfsFile, source: Uint8Array, position: number, next: (source: Uint8Array, position: number) => number): number {
    const fault = this.#faultFor('write', file.path);
    const half = source.subarray(0, Math.ceil(source.length / 2));
    switch (fault) {
      case undefined: return this.#writeInQuota(file, source, position, next);
      case 'shortWrite': return this.#writeInQuota(file, half, position, next);
      case 'halfEIO': case 'halfENOSPC':
        next(half, position);
        throw simulatedError(fault.slice(4), 'write', file.path, position);
      case 'dieHalf':
        next(half, position);
        return this.#die('write', file.path);
      case 'dieAfter':
        next(source, position);
        return this.#die('write', file.path);
      default: return this.#failBefore(fault, 'write', file.path);
    }
  }

  #writeInQuota(file: VfsFile, source: Uint8Array, position: number, next: (source: Uint8Array, position: number) => number): number {
    if (this.#quotaLeft === Infinity) return next(source, position);
    const growth = Math.max(0, position + source.length - Math.max(position, file.stat().sizeBytes));
    const fitting = source.length - Math.max(0, growth - this.#quotaLeft);
    if (fitting <= 0 && source.length > 0) {
      this.#fired++;
      throw simulatedError('ENOSPC', 'write', file.path, position);
    }
    this.#quotaLeft -= Math.min(growth, this.#quotaLeft);
    return next(source.subarray(0, fitting), position);
  }

  #failBefore(fault: Fault, kind: CallKind, path: string): never {
    if (fault === 'dieBefore' || fault === 'dieHalf') return this.#die(kind, path);
    throw simulatedError(fault.startsWith('half') ? fault.slice(4) : fault, kind, path);
  }

  #die(kind: CallKind, path: string): never {
    this.#dead = true;
    throw new CrashNow(`the process died in ${kind} ${path}`);
  }
}

/** How many calls of a run the fault can happen in: `at` goes from 1 to this. */
export function countCalls(inner: Vfs, plan: Omit<FaultPlan, 'at'>, run: (vfs: Vfs) => void): number {
  const counter = new FaultVfs(inner, { plan: { ...plan, at: 0 } });
  run(counter.vfs);
  return counter.met;
}
