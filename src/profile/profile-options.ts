import { ArgumentRangeError, ArgumentTypeError } from '#storage';
import { assertOptions, assertSignal, shown } from '../arguments.js';

/** Parts of the code that a profile of the processor can be confined to; `user` is everything that is not of the engine. */
export const CODE_PARTS = ['storage', 'index', 'txn', 'src', 'node', 'user'] as const;
/** A part of the code. */
export type CodePart = (typeof CODE_PARTS)[number];

/** What a profile is confined to. Each list that is given narrows it. */
export interface ProfileFilter {
  /** Parts of the code: time in other parts is given to their callers. */
  readonly parts?: readonly CodePart[];
  /** Operations (`table.get`), also with a star at the end (`kv.*`). */
  readonly operations?: readonly string[];
  /** Files of tables and stores, by name without the ending: what is recorded of files and of the cache. */
  readonly targets?: readonly string[];
}

/**
 * What a profile takes down. Without options: the processor, files, locks and queries.
 *
 * @example
 * const profiler = db.profile({ cpu: true, memory: true, samplingRate: 0.01 });
 */
export interface ProfileOptions {
  /** Samples of the call stack (V8). Default true. */
  readonly cpu?: boolean;
  /** Samples of allocations that are still alive at the end (V8). Default false. */
  readonly memory?: boolean;
  /** Files: calls, bytes, latencies. Default true. */
  readonly io?: boolean;
  /** Locks: waits by shard and time, hot resources, who waits for whom, deadlocks. Default true. */
  readonly locks?: boolean;
  /** Queries by shape, slow ones with plans. Default true. */
  readonly queries?: boolean;
  /** Each lookup in the page cache; production mode follows a share of the pages, and ends the trace when that costs too much. Default false. */
  readonly cache?: boolean;
  /** Share (0 to 1) of the operations whose time is taken. Default 1, in production mode 0.001. */
  readonly samplingRate?: number;
  /** For a database at work: few samples, and fewer still when they cost more than `maxOverhead`. Default false. */
  readonly production?: boolean;
  /** Share (0 to 1) of the time that the profiler may take itself in production mode. Default 0.01. */
  readonly maxOverhead?: number;
  /** Between two samples of the call stack, in microseconds. Default 1,000, in production mode 10,000, or more when a sample costs too much for that. */
  readonly cpuIntervalUs?: number;
  /** Between two samples of allocations, in bytes on average. Default 65,536, in production mode 8,388,608. */
  readonly heapIntervalBytes?: number;
  /** Between two points of the time line, in milliseconds; doubled whenever there are too many. Default 100, in production mode 1,000. */
  readonly timelineMs?: number;
  readonly filter?: ProfileFilter;
  /** Also keys and operands of filters. Default false: names and numbers only. */
  readonly values?: boolean;
  /** What the profile is of, for its title. */
  readonly title?: string;
  /** Ends the recording; stop() gives what was recorded until then. */
  readonly signal?: AbortSignal;
}

/** Options with nothing left open. */
export interface SettledProfileOptions extends Required<Omit<ProfileOptions, 'filter' | 'title' | 'signal'>> {
  readonly filter: ProfileFilter;
  readonly title: string | undefined;
  readonly signal: AbortSignal | undefined;
}

const SWITCHES = ['cpu', 'memory', 'io', 'locks', 'queries', 'cache', 'production', 'values'] as const;
const NAMES = [...SWITCHES, 'samplingRate', 'maxOverhead', 'cpuIntervalUs', 'heapIntervalBytes', 'timelineMs', 'filter', 'title', 'signal'];

/** Throws OPTION: unknown name, wrong type, out of range. */
export function settleProfileOptions(options: ProfileOptions): SettledProfileOptions {
  assertOptions(options, NAMES, 'profile');
  for (const name of SWITCHES) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'boolean') throw new ArgumentTypeError('OPTION', `${name} of a profile is true or false, got ${shown(value)}`);
  }
  assertNumber('samplingRate', options.samplingRate, 0, 1);
  assertNumber('maxOverhead', options.maxOverhead, 0.0001, 1);
  assertNumber('cpuIntervalUs', options.cpuIntervalUs, 50, 1e6);
  assertNumber('heapIntervalBytes', options.heapIntervalBytes, 128, 2 ** 30);
  assertNumber('timelineMs', options.timelineMs, 1, 3_600_000);
  assertFilter(options.filter);
  assertSignal(options.signal);
  if (options.title !== undefined && typeof options.title !== 'string') throw new ArgumentTypeError('OPTION', 'the title of a profile is text');
  const production = options.production ?? false;
  return {
    cpu: options.cpu ?? true, memory: options.memory ?? false, io: options.io ?? true, locks: options.locks ?? true, queries: options.queries ?? true,
    cache: options.cache ?? false, values: options.values ?? false, production, maxOverhead: options.maxOverhead ?? 0.01,
    samplingRate: options.samplingRate ?? (production ? 0.001 : 1), cpuIntervalUs: options.cpuIntervalUs ?? (production ? 10_000 : 1000),
    heapIntervalBytes: options.heapIntervalBytes ?? (production ? 1 << 23 : 1 << 16), timelineMs: options.timelineMs ?? (production ? 1000 : 100),
    filter: options.filter ?? {}, title: options.title, signal: options.signal,
  };
}

function assertNumber(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return;
  throw new ArgumentRangeError('OPTION', `${name} of a profile is a number from ${least} to ${most}, got ${shown(value)}`);
}

function assertFilter(filter: ProfileFilter | undefined): void {
  if (filter === undefined) return;
  assertOptions(filter, ['parts', 'operations', 'targets'], 'the filter of a profile');
  for (const [name, list] of Object.entries(filter)) {
    if (!Array.isArray(list) || list.some((one) => typeof one !== 'string')) throw new ArgumentTypeError('OPTION', `${name} of a filter is a list of names, got ${shown(list)}`);
  }
  for (const part of filter.parts ?? []) {
    if (!CODE_PARTS.includes(part)) throw new ArgumentRangeError('OPTION', `a part of the code is one of ${CODE_PARTS.join(', ')}, got ${shown(part)}`);
  }
}

/** True for names that a list of names and beginnings (`kv.*`) holds; without a list for all. */
export function matches(list: readonly string[] | undefined, name: string): boolean {
  if (list === undefined) return true;
  return list.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name));
}

/** The same for a file: `people.dbf` is of the target `people`. */
export function matchesTarget(list: readonly string[] | undefined, file: string): boolean {
  if (list === undefined) return true;
  const name = file.slice(file.lastIndexOf('/') + 1).toLowerCase();
  return list.some((one) => name === one.toLowerCase() || name.startsWith(`${one.toLowerCase()}.`));
}
