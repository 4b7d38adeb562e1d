import type { HistogramData } from './data/histogram-data.js';
import type { LockData, TransactionData } from './data/lock-data.js';
import type { OperationBreakdown } from './data/operation-data.js';
import type { QueryData } from './data/query-data.js';
import type { BufferPoolData, CacheData, CacheTraceData, CodecData, FileIoData, LogData } from './data/storage-data.js';
import type { GcData, TimelineSample } from './data/timeline-data.js';
import type { CpuProfileData, HeapProfileData } from './data/v8-data.js';

/** The version of the schema of ProfileData; raised when a field changes its meaning. New optional fields do not raise it. */
export const PROFILE_SCHEMA_VERSION = 1;

/** Where, when and how a profile was taken. */
export interface ProfileMeta {
  /** Version of the package. */
  readonly engineVersion: string;
  readonly nodeVersion: string;
  /** `linux`, `darwin`, `win32` ... */
  readonly platform?: string;
  /** `x64`, `arm64` ... */
  readonly arch?: string;
  readonly cpuCount?: number;
  readonly pid: number;
  /** Name of the database: its folder without the path, or `:memory:`. */
  readonly database?: string;
  /** What the profile is of, in the user's words. */
  readonly title?: string;
  /** URL of the folder above the engine's code (`file:///app/node_modules/fieldstone/dist/`): frames below it are the engine's. */
  readonly engineUrl?: string;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** By the monotonic clock. */
  readonly durationMs: number;
  /** `counts`, `times`. */
  readonly level?: string;
  /** Share (0 to 1) of the operations whose time was taken. */
  readonly samplingRate?: number;
  /** Milliseconds between two samples of the time line. */
  readonly timelineIntervalMs?: number;
  /** Share (0 to 1) of the time that the profiler itself took, as it measured it. */
  readonly overheadShare?: number;
  /** True when the user asked for values (keys, operands of filters) in the profile. */
  readonly includesValues: boolean;
  /** Parts of the profile that could not be taken, with the reason. */
  readonly missing?: readonly string[];
}

/** An option in force. */
export interface KnobInForce {
  readonly name: string;
  /** As a person would write it: `64 MB`, `commit`. */
  readonly value: string;
  /** `option`, `environment`, `preset`, `default`. */
  readonly source: string;
  readonly default?: string;
  /** One sentence. */
  readonly meaning?: string;
}

/** How urgent a finding is. */
export type FindingLevel = 'problem' | 'advice' | 'note';

/** What a reader should know or do, in plain sentences. */
export interface ProfileFinding {
  /** Stable name of the rule: `cache-too-small`. */
  readonly id: string;
  readonly level: FindingLevel;
  /** One sentence: what is the case. */
  readonly title: string;
  /** The figures that show it. */
  readonly evidence: string;
  /** What to do about it; names the knob or the call. */
  readonly remedy: string;
  /** Section of the report that shows more: `cache`, `locks`, `queries` ... */
  readonly section?: string;
}

/**
 * A profile as data: the only input of every report, plain JSON. Every section may be absent (not asked for, or not to
 * be had). Names of tables, fields, files and operations are in it as they are, hostile ones too: reports escape them.
 * Values (keys, operands) are only in it when `meta.includesValues`.
 *
 * Times end in Ms (milliseconds) or Ns (nanoseconds); `atMs` counts from the start of the profile. Counts are of the time
 * of the profile, not of the life of the database, unless the field says otherwise.
 *
 * @example
 * const data: ProfileData = JSON.parse(await readFile('profile.json', 'utf8'));
 */
export interface ProfileData {
  readonly schemaVersion: typeof PROFILE_SCHEMA_VERSION;
  readonly meta: ProfileMeta;
  readonly knobs?: readonly KnobInForce[];
  /** Every group of counters of the probe: increase during the profile (gauges: value at its end). */
  readonly counters?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Every histogram of the probe; latencies of operations are named `op.<operation>` and are in ns. */
  readonly histograms?: readonly HistogramData[];
  readonly timeline?: readonly TimelineSample[];
  readonly gc?: GcData;
  readonly cpu?: CpuProfileData;
  readonly heap?: HeapProfileData;
  readonly cache?: CacheData;
  readonly cacheTrace?: CacheTraceData;
  readonly io?: readonly FileIoData[];
  readonly log?: LogData;
  readonly buffers?: BufferPoolData;
  readonly codecs?: readonly CodecData[];
  readonly locks?: LockData;
  readonly transactions?: TransactionData;
  readonly queries?: QueryData;
  /** Where the time of operations went. */
  readonly operations?: readonly OperationBreakdown[];
  /** What monitors noticed while the profile ran; reports add what the figures themselves say. */
  readonly findings?: readonly ProfileFinding[];
}
