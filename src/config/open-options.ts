import type { KNOBS, KnobName, Preset } from './knobs.js';

/** Bytes as a number, or text such as `'64mb'`; kb, mb, gb and tb are powers of 1024. */
export type Size = number | `${number}${'b' | 'kb' | 'mb' | 'gb' | 'tb'}`;

/**
 * Options of `open`. Each can also be set by environment (`cacheSize` is `FIELDSTONE_CACHE_SIZE`). An explicit option wins
 * over the environment, the environment over the preset, the preset over the default. docs/config.md has ranges and presets.
 *
 * @example
 * const db = await open('./data', { cacheSize: '256mb', durability: 'interval' });
 */
export interface OpenOptions {
  /** A set of values for a kind of use. Default: not set. */
  readonly preset?: Preset | undefined;
  /** Open without the lock and without writing a byte. Default: false. */
  readonly readOnly?: boolean | undefined;
  /** Make the folder when it is missing. Default: true (false with readOnly). */
  readonly create?: boolean | undefined;
  /** When a commit is acknowledged: on disk, synced every `syncIntervalMs`, or synced at checkpoint and close. Default: commit. */
  readonly durability?: 'commit' | 'interval' | 'none' | undefined;
  /** Milliseconds between syncs of the log with durability `interval`. Default: 100. */
  readonly syncIntervalMs?: number | undefined;
  /** Bytes of the block cache. Default: 64mb. */
  readonly cacheSize?: Size | undefined;
  /** Bytes of a cached block, a power of two; blocks of a table end at record boundaries. Default: 8kb. */
  readonly pageSize?: Size | undefined;
  /** Bytes of log that start a checkpoint. Default: 16mb. */
  readonly checkpointSize?: Size | undefined;
  /** Bytes of log past which commits wait for the checkpoint. Default: 4 x checkpointSize. */
  readonly logLimit?: Size | undefined;
  /** Codec for large values in files of our own. Default: none. */
  readonly compression?: 'none' | 'lz4' | 'deflate' | undefined;
  /** Bytes below which a value is not compressed. Default: 1kb. */
  readonly compressionThreshold?: Size | undefined;
  /** Bits per key of bloom filters; 0 means no filter. Default: 10. */
  readonly bloomBitsPerKey?: number | undefined;
  /** Bytes for texts that repeat in fields, keys and values, which are then in memory once; 0 keeps none. Default: 0. */
  readonly internMemory?: Size | undefined;
  /** Parts of the lock table. Default: 16. */
  readonly lockShards?: number | undefined;
  /** Milliseconds that `tx.lock()` waits before `LOCK_TIMEOUT`. Default: 10000. */
  readonly lockTimeoutMs?: number | undefined;
  /** How often a transaction body is run again after a conflict. Default: 10. */
  readonly retries?: number | undefined;
  /** Bytes of buffers kept for reuse. Default: 16mb. */
  readonly bufferPool?: Size | undefined;
  /** Bytes that a scan reads at once. Default: 1mb. */
  readonly readAhead?: Size | undefined;
  /** Bytes of old versions kept for live snapshots; past it the oldest snapshot ends with `ABORTED`. Default: 64mb. */
  readonly snapshotMemory?: Size | undefined;
  /** Bytes of the largest write set of one transaction; past it `LIMIT`. Default: 256mb. */
  readonly transactionMemory?: Size | undefined;
  /** Milliseconds after which an open transaction is reported in `db.stats()`. Default: 10000. */
  readonly transactionWarnMs?: number | undefined;
  /** Bytes of one query for the keys of rows that it sorts; past it `LIMIT`. Default: 64mb. */
  readonly sortMemory?: Size | undefined;
  /** Milliseconds after which a query counts as slow. Default: 100. */
  readonly slowQueryMs?: number | undefined;
  /** Shapes of queries that are remembered; 0 remembers none. Default: 500. */
  readonly queryLogShapes?: number | undefined;
  /** Remember slow queries with their values. Default: false. */
  readonly queryLogValues?: boolean | undefined;
  /** Results of queries that are kept until the table changes. Default: 0 (none). */
  readonly queryCache?: number | undefined;
  /** Milliseconds that a result is kept at most. Default: 60000. */
  readonly queryCacheTtlMs?: number | undefined;
  /** Bytes for all kept results. Default: 8mb. */
  readonly queryCacheSize?: Size | undefined;
  /** Make indexes that frequent queries lack, in the background. Default: false. */
  readonly autoIndex?: boolean | undefined;
  /** Code page of text, for example `cp1252`; `latin1` shows the bytes as they stand. Default: not set (each file's language driver byte). */
  readonly encoding?: string | undefined;
  /** How much is measured. Default: counts. */
  readonly profiling?: 'off' | 'counts' | 'times' | undefined;
  /** Share (0 to 1) of the operations whose time is taken. Default: 0.01. */
  readonly samplingRate?: number | undefined;
  /** Milliseconds between two writings of fieldstone-stats.json, for `fieldstone top`; 0 writes none. Default: 0. */
  readonly publishStatsMs?: number | undefined;
}

type Table = typeof KNOBS;
type ValueOf<Line> = Line extends { kind: 'boolean' } ? boolean
  : Line extends { kind: 'enum'; default: infer Default; choices: readonly (infer Choice)[] } ? Choice | (Default & undefined)
  : Line extends { kind: 'encoding' } ? string | undefined
  : number;

/** The value of every knob after resolving: sizes in bytes, durations in milliseconds. */
export type Options = { readonly [Name in KnobName]: ValueOf<Table[Name]> };

/** Where the value of a knob came from. */
export type OptionSource = 'option' | 'environment' | 'preset' | 'default';

/** What `db.options` shows: plain frozen data. */
export interface ResolvedOptions {
  readonly values: Options;
  readonly sources: Readonly<Record<KnobName, OptionSource>>;
}
