import { ArgumentRangeError, ArgumentTypeError, FieldstoneError, type Environment, type Timer } from '#storage';
import { assertFunction, assertOptions, shown } from '../arguments.js';
import type { ProfileData } from './profile-data.js';
import type { ProfileOptions } from './profile-options.js';
import type { Profiler } from './profiler.js';
import { formatOfReport } from '../report/report-format.js';
import { writeProfile } from './write-profile.js';

/** What of the profiles in a folder is kept; what is too much goes, the oldest first. */
export interface KeepOptions {
  /** Default one day. */
  readonly ageMs?: number;
  /** All of them together. Default 256 MB. */
  readonly bytes?: number;
}

/** Options of db.profileContinuously(). Either `folder` or `upload` is given, or both. */
export interface ContinuousOptions {
  /** From the beginning of one profile to the beginning of the next, in milliseconds. Default ten minutes. */
  readonly everyMs?: number;
  /** How long each one takes, in milliseconds; at most everyMs. Default 30 seconds. */
  readonly lengthMs?: number;
  /** Ending of the files: `.json`, `.html`, `.pb.gz` and so on, as Profile.save() takes them. Default `.json`. */
  readonly format?: string;
  /** Where the files go, named by time; made when missing (its parent must be there). It should not be the folder of the database. */
  readonly folder?: string;
  readonly keep?: KeepOptions;
  /**
   * Takes each profile, one after the other; `name` is what the file is or would be called. What it throws, or rejects with, is `lastError`. `signal` is
   * aborted when it takes longer than uploadTimeoutMs: that profile counts as failed, and the next one is handed over.
   */
  readonly upload?: (data: ProfileData, name: string, signal: AbortSignal) => void | Promise<void>;
  /** How long an upload may take, in milliseconds. Default 30 seconds, at most everyMs. After stop() and close() it has 5 seconds. */
  readonly uploadTimeoutMs?: number;
  /** What is recorded. Default: production mode with samples of the call stack. */
  readonly profile?: ProfileOptions;
}

const DAY_MS = 86_400_000;
/** The database must not stay open for the sake of an upload. */
const MOST_AT_END_MS = 5000;
const NAME = /^fieldstone-(\d{8}T\d{9}Z)-\d+\./;

/** Takes profile after profile until it is stopped. */
export class ContinuousProfiler {
  readonly #env: Environment;
  readonly #begin: (options: ProfileOptions) => Profiler;
  readonly #o: ContinuousOptions;
  readonly #everyMs: number;
  readonly #lengthMs: number;
  readonly #format: string;
  readonly #uploadTimeoutMs: number;
  #giveUp: ((afterMs: number) => void) | undefined;
  #timer: Timer | undefined;
  #profiler: Profiler | undefined;
  #startedNs = 0;
  #saving: Promise<void> = Promise.resolve();
  #stopped = false;
  #count = 0;
  /** What the last profile failed with, until one succeeds; the database goes on. */
  lastError: unknown;

  /** @internal Throws OPTION. */
  constructor(env: Environment, begin: (options: ProfileOptions) => Profiler, options: ContinuousOptions) {
    assertContinuous(options);
    this.#env = env;
    this.#begin = begin;
    this.#o = options;
    this.#everyMs = options.everyMs ?? 600_000;
    this.#lengthMs = Math.min(options.lengthMs ?? 30_000, this.#everyMs);
    this.#format = options.format ?? '.json';
    this.#uploadTimeoutMs = Math.min(options.uploadTimeoutMs ?? 30_000, this.#everyMs);
    if (options.folder !== undefined && env.vfs.stat(options.folder) === undefined) env.vfs.makeFolder(options.folder);
    this.#start();
  }

  /** Profiles that were taken and handed over. */
  get count(): number { return this.#count; }

  #start(): void {
    this.#startedNs = this.#env.clock.monotonicNs();
    this.#profiler = this.#begin({ production: true, ...this.#o.profile });
    this.#timer = this.#env.scheduler.timer(() => this.#endOne(), this.#lengthMs);
  }

  #endOne(): void {
    this.#saving = this.#save();
    if (this.#stopped) return;
    const elapsedMs = (this.#env.clock.monotonicNs() - this.#startedNs) / 1e6;
    this.#timer = this.#env.scheduler.timer(() => this.#start(), Math.max(0, this.#everyMs - elapsedMs));
  }

  async #save(): Promise<void> {
    const before = this.#saving;
    const profiler = this.#profiler;
    this.#profiler = undefined;
    const stopped = profiler?.stop(); // now, however long the one before takes to be written
    try {
      await before;
      if (stopped === undefined) return;
      const { data } = await stopped;
      const name = `fieldstone-${new Date(data.meta.startedAtMs).toISOString().replace(/[-:.]/g, '')}-${this.#count}${this.#format}`;
      const results = await Promise.allSettled([this.#keep(data, name), this.#handOver(data, name)]);
      const failed = results.find((result) => result.status === 'rejected');
      this.lastError = failed?.reason;
      if (failed === undefined) this.#count++;
    } catch (e) {
      this.lastError = e;
    }
  }

  async #keep(data: ProfileData, name: string): Promise<void> {
    const { folder } = this.#o;
    if (folder === undefined) return;
    await writeProfile(this.#env.vfs, this.#env.scheduler, data, `${folder}/${name}`);
    this.#tidy(folder);
  }

  /** Ends in time, whatever the upload does. */
  async #handOver(data: ProfileData, name: string): Promise<void> {
    const { upload } = this.#o;
    if (upload === undefined) return;
    const control = new AbortController();
    const { scheduler } = this.#env;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      this.#giveUp = (afterMs) => {
        timer?.cancel();
        timer = scheduler.timer(() => {
          const error = new FieldstoneError('ABORTED', `the upload of ${name} did not end in time`);
          control.abort(error);
          reject(error);
        }, afterMs);
      };
    });
    this.#giveUp?.(this.#stopped ? Math.min(MOST_AT_END_MS, this.#uploadTimeoutMs) : this.#uploadTimeoutMs);
    try {
      await Promise.race([upload(data, name, control.signal), late]);
    } finally {
      timer?.cancel();
      this.#giveUp = undefined;
    }
  }

  /** Removes what is too old, then the oldest while there is too much. Age is read from the name, as the file system may say anything. */
  #tidy(folder: string): void {
    const { vfs, clock } = this.#env;
    const { ageMs = DAY_MS, bytes = 256 << 20 } = this.#o.keep ?? {};
    const files = vfs.list(folder).flatMap((name) => {
      const stamp = NAME.exec(name)?.[1];
      return stamp === undefined ? [] : [{ path: `${folder}/${name}`, atMs: timeOf(stamp), sizeBytes: vfs.stat(`${folder}/${name}`)?.sizeBytes ?? 0 }];
    }).sort((a, b) => a.atMs - b.atMs);
    let sum = files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
    for (const { path, atMs, sizeBytes } of files.slice(0, -1)) {
      if (sum <= bytes && atMs >= clock.nowMs() - ageMs) continue;
      vfs.unlink(path);
      sum -= sizeBytes;
    }
  }

  /** Ends it; the profile under way is kept as it is. */
  async stop(): Promise<void> {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#timer?.cancel();
      this.#giveUp?.(Math.min(MOST_AT_END_MS, this.#uploadTimeoutMs));
      this.#saving = this.#save();
    }
    await this.#saving;
  }

  [Symbol.asyncDispose](): Promise<void> { return this.stop(); }
}

/** `20240101T000000000Z` as milliseconds since 1970. */
function timeOf(stamp: string): number {
  const [, year, month, day, hour, minute, second, ms] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), Number(ms));
}

function assertContinuous(options: ContinuousOptions): void {
  assertOptions(options, ['everyMs', 'lengthMs', 'format', 'folder', 'keep', 'upload', 'uploadTimeoutMs', 'profile'], 'profileContinuously');
  const { everyMs, lengthMs, format, folder, keep, upload, uploadTimeoutMs } = options;
  for (const [name, value] of [['everyMs', everyMs], ['lengthMs', lengthMs], ['uploadTimeoutMs', uploadTimeoutMs]] as const) {
    if (value !== undefined && !(typeof value === 'number' && value >= 10 && value <= DAY_MS)) {
      throw new ArgumentRangeError('OPTION', `${name} of profileContinuously is milliseconds from 10 to ${DAY_MS}, got ${shown(value)}`);
    }
  }
  if (everyMs !== undefined && lengthMs !== undefined && lengthMs > everyMs) {
    throw new FieldstoneError('OPTION', 'lengthMs is longer than everyMs: profiles would overlap; make everyMs at least as long', { option: 'lengthMs' });
  }
  if (folder === undefined && upload === undefined) throw new FieldstoneError('OPTION', 'profileContinuously takes a folder, or an upload function', { option: 'folder' });
  if (folder !== undefined && (typeof folder !== 'string' || folder === '')) throw new ArgumentTypeError('OPTION', `folder is a path, got ${shown(folder)}`);
  if (upload !== undefined) assertFunction(upload, 'upload of profileContinuously');
  if (format !== undefined) formatOfReport(`profile${format}`);
  assertOptions(keep, ['ageMs', 'bytes'], 'keep');
  for (const value of [keep?.ageMs, keep?.bytes]) {
    if (value !== undefined && !(typeof value === 'number' && value > 0)) throw new ArgumentRangeError('OPTION', `keep takes numbers above 0, got ${shown(value)}`);
  }
}
