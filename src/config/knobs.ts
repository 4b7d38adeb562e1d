const KB = 1024;
const MB = 1024 * KB;
const GB = 1024 * MB;
const TB = 1024 * GB;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Sets of values for a kind of use; explicit options and the environment win over them. */
export const PRESETS = ['development', 'staging', 'production'] as const;
/** Name of a preset. */
export type Preset = (typeof PRESETS)[number];

interface KnobText {
  /** What it sets and what follows from more or less of it. */
  readonly meaning: string;
  /** `group.counter` of `db.stats().counters` or a histogram, in which the effect shows; a test asks for each. */
  readonly counters: readonly string[];
}

/** A number: bytes, milliseconds, a plain count, or a share between 0 and 1. */
export interface NumberKnob extends KnobText {
  readonly kind: 'size' | 'duration' | 'count' | 'ratio';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly powerOfTwo?: boolean;
  /** The default is this many times the resolved value of another knob; `default` holds it for that knob's own default. */
  readonly follows?: { readonly knob: string; readonly times: number };
  readonly presets?: Partial<Record<Preset, number>>;
}

/** One of a closed list of words; `default: undefined` means "not set". */
export interface EnumKnob extends KnobText {
  readonly kind: 'enum';
  readonly default: string | undefined;
  readonly choices: readonly string[];
  readonly presets?: Partial<Record<Preset, string>>;
}

/** Yes or no. */
export interface BooleanKnob extends KnobText {
  readonly kind: 'boolean';
  readonly default: boolean;
  readonly presets?: Partial<Record<Preset, boolean>>;
}

/** The name of a code page; kept as its canonical name. */
export interface EncodingKnob extends KnobText {
  readonly kind: 'encoding';
  readonly default: undefined;
  readonly presets?: Partial<Record<Preset, string>>;
}

/** One line of the table of knobs. */
export type Knob = NumberKnob | EnumKnob | BooleanKnob | EncodingKnob;

/**
 * Every knob of the engine, in the order of docs/config.md, which is generated from here. No preset weakens
 * durability. Types of the values follow from the table (`open-options.ts`).
 */
export const KNOBS = {
  preset: {
    kind: 'enum', default: undefined, choices: PRESETS,
    meaning: 'A set of values for a kind of use: development (small memory, all times measured), staging (sizes of production, some times '
      + 'measured), production (large caches).',
    counters: [],
  },
  readOnly: {
    kind: 'boolean', default: false,
    meaning: 'Open without the lock and without writing a byte, also beside a live writer. Every write throws READ_ONLY.',
    counters: ['io.bytesWritten'],
  },
  create: {
    kind: 'boolean', default: true,
    meaning: 'Make the folder when it is missing; with false a missing folder throws NOT_FOUND. A read-only open never makes it.',
    counters: [],
  },
  durability: {
    kind: 'enum', default: 'commit', choices: ['commit', 'interval', 'none'],
    meaning: 'When a commit is acknowledged: commit (it is on disk), interval (in the log; synced every syncIntervalMs), none (synced at '
      + 'checkpoint and close). In every mode a crash leaves a prefix of the commit order.',
    counters: ['wal.syncs', 'transactions.commits'],
  },
  syncIntervalMs: {
    kind: 'duration', default: 100, min: 1, max: HOUR,
    meaning: 'With durability interval: the longest time an acknowledged commit may wait for its sync, which is what a power failure can take.',
    counters: ['wal.syncs'],
  },
  cacheSize: {
    kind: 'size', default: 64 * MB, min: 64 * KB, max: TB, presets: { development: 16 * MB, staging: 256 * MB, production: 256 * MB },
    meaning: 'Memory for cached blocks of files, evicted least recently used. More raises the share of reads that need no system call.',
    counters: ['cache.table.hits', 'cache.table.misses', 'cache.table.evictions'],
  },
  pageSize: {
    kind: 'size', default: 8 * KB, min: 512, max: 64 * KB, powerOfTwo: true,
    meaning: 'Aim for the size of a cached block. Blocks of a table are cut at record boundaries, so they hold whole rows and are about this large. '
      + 'Pages of new stores have this size, from 4 KB on, those of new indexes from 8 KB on. Smaller pages cost less to read one entry of a store larger than its cache.',
    counters: ['io.reads', 'io.bytesRead'],
  },
  checkpointSize: {
    kind: 'size', default: 16 * MB, min: 4 * KB, max: TB, presets: { staging: 64 * MB, production: 64 * MB },
    meaning: 'Bytes of log that start a checkpoint in the background. More makes checkpoints rarer and recovery longer.',
    counters: ['checkpoint.runs', 'engine.logBytes'],
  },
  logLimit: {
    kind: 'size', default: 64 * MB, min: 4 * KB, max: 4 * TB, follows: { knob: 'checkpointSize', times: 4 },
    meaning: 'Hard limit of the log: past it commits wait until the running checkpoint has ended.',
    counters: ['wal.stalls', 'wal.longestWaitNs'],
  },
  compression: {
    kind: 'enum', default: 'none', choices: ['none', 'lz4', 'deflate'],
    meaning: 'Codec for large values in files of our own, kept only where the result is smaller. DBF and memo files are never compressed.',
    counters: ['codec.bytesIn', 'codec.bytesOut'],
  },
  compressionThreshold: {
    kind: 'size', default: KB, min: 64, max: GB,
    meaning: 'Values smaller than this are not compressed.',
    counters: ['codec.bytesIn', 'codec.bytesOut'],
  },
  bloomBitsPerKey: {
    kind: 'count', default: 10, min: 0, max: 32,
    meaning: 'Bits per key of the filters in front of key-value trees; 10 leave about 1 % false answers, 0 means no filter. Tables have none.',
    counters: [],
  },
  internMemory: {
    kind: 'size', default: 0, min: 0, max: GB,
    meaning: 'Memory for texts that repeat: values of character fields, keys and utf8 values of stores, of at most 64 bytes. Equal ones are one text then, which saves memory '
      + 'where rows are kept; texts that seldom repeat cost time. 0 makes every text anew.',
    counters: ['interning.hits', 'interning.misses', 'interning.replaced'],
  },
  lockShards: {
    kind: 'count', default: 16, min: 1, max: 1024, presets: { development: 4, staging: 64, production: 64 },
    meaning: 'Parts of the lock table. More shortens each part and gives finer counts of waits.',
    counters: ['locks.waits'],
  },
  lockTimeoutMs: {
    kind: 'duration', default: 10 * SECOND, min: 0, max: 24 * HOUR,
    meaning: 'How long tx.lock() waits before LOCK_TIMEOUT; 0 fails at once when the lock is taken.',
    counters: ['locks.timeouts', 'locks.waitNs'],
  },
  retries: {
    kind: 'count', default: 10, min: 0, max: 1000,
    meaning: 'How often a transaction body is run again after CONFLICT or DEADLOCK before the error reaches the caller.',
    counters: ['transactions.retries', 'transactions.conflicts'],
  },
  bufferPool: {
    kind: 'size', default: 16 * MB, min: 1 * MB, max: 64 * GB, presets: { development: 4 * MB, staging: 64 * MB, production: 64 * MB },
    meaning: 'Memory kept for reuse in buffers of 1 KB, 64 KB and 1 MB: read-ahead, log groups, copies.',
    counters: ['buffers.reused', 'buffers.allocated', 'buffers.dropped'],
  },
  readAhead: {
    kind: 'size', default: 1 * MB, min: 4 * KB, max: 64 * MB,
    meaning: 'Bytes that a scan reads at once. Scans pass the cache by, so they do not flush it.',
    counters: ['io.reads', 'io.bytesRead'],
  },
  snapshotMemory: {
    kind: 'size', default: 64 * MB, min: 64 * KB, max: TB, presets: { staging: 256 * MB, production: 256 * MB },
    meaning: 'Memory for old versions that live snapshots still need after a checkpoint. Past it the oldest snapshot ends with ABORTED.',
    counters: ['engine.historyBytes', 'snapshots.ended'],
  },
  transactionMemory: {
    kind: 'size', default: 256 * MB, min: 64 * KB, max: 64 * GB, presets: { development: 64 * MB },
    meaning: 'Largest write set of one transaction; past it the write throws LIMIT. insertMany is not bound by it.',
    counters: ['engine.deltaBytes'],
  },
  transactionWarnMs: {
    kind: 'duration', default: 10 * SECOND, min: 1, max: 24 * HOUR, presets: { development: 2 * SECOND },
    meaning: 'Age after which an open transaction is reported by name and age in db.stats().',
    counters: ['engine.openTransactions'],
  },
  sortMemory: {
    kind: 'size', default: 64 * MB, min: 64 * KB, max: 64 * GB, presets: { staging: 256 * MB, production: 256 * MB },
    meaning: 'Memory of one query for the keys of rows that it sorts, and for the groups of an aggregate. Past it the query throws LIMIT: give it a limit, or '
      + 'make an index on the fields of the sort.',
    counters: ['queries.rowsExamined'],
  },
  slowQueryMs: {
    kind: 'duration', default: 100, min: 0, max: 24 * HOUR, presets: { development: 20 },
    meaning: 'Queries that take longer are remembered in db.queryLog.slow(), the newest 200.',
    counters: ['queries.slow'],
  },
  queryLogShapes: {
    kind: 'count', default: 500, min: 0, max: 100_000,
    meaning: 'Shapes of queries (queries that differ in values alone are one) that db.queryLog remembers; 0 remembers none. db.advise() and autoIndex go by them.',
    counters: ['queries.shapes'],
  },
  queryLogValues: {
    kind: 'boolean', default: false,
    meaning: 'Slow queries are remembered with their values. Without it no value of a query stands in any report.',
    counters: [],
  },
  queryCache: {
    kind: 'count', default: 0, min: 0, max: 100_000,
    meaning: 'Results of queries that are kept: the numbers of their rows, until something is written to the table. 0 keeps none.',
    counters: ['queries.resultHits', 'queries.resultMisses', 'queries.resultsStale'],
  },
  queryCacheTtlMs: {
    kind: 'duration', default: 60 * SECOND, min: 1, max: 24 * HOUR,
    meaning: 'How long a result is kept at most.',
    counters: ['queries.resultsStale'],
  },
  queryCacheSize: {
    kind: 'size', default: 8 * MB, min: 4 * KB, max: 64 * GB,
    meaning: 'Memory for all kept results, 8 bytes a row. A result larger than its share (this size divided by queryCache) is not kept.',
    counters: ['queries.resultHits', 'queries.resultMisses'],
  },
  autoIndex: {
    kind: 'boolean', default: false,
    meaning: 'Make the indexes that db.advise() names by itself, in the background: for the five shapes of queries that waste most, after more than 100 uses.',
    counters: ['queries.indexesMade', 'queries.fullScans'],
  },
  encoding: {
    kind: 'encoding', default: undefined,
    meaning: 'Code page of character fields and memos; latin1 shows the bytes as they stand. Not set: the language driver byte of each file '
      + 'decides. createTable may name its own.',
    counters: [],
  },
  profiling: {
    kind: 'enum', default: 'counts', choices: ['off', 'counts', 'times'], presets: { development: 'times', staging: 'times' },
    meaning: 'How much is measured: off (the integer counters alone, which cost an addition), counts (also sizes and queue lengths), '
      + 'times (also durations, for a share of the operations).',
    counters: ['io.readNs', 'io.writeNs'],
  },
  samplingRate: {
    kind: 'ratio', default: 0.01, min: 0, max: 1, presets: { development: 1 },
    meaning: 'Share of the operations whose time is taken when profiling is times.',
    counters: ['io.readNs', 'io.writeNs'],
  },
  publishStatsMs: {
    kind: 'duration', default: 0, min: 0, max: HOUR,
    meaning: 'Write what is counted to the file fieldstone-stats.json in the folder so often, for `fieldstone top` and `fieldstone stats`; it is removed '
      + 'at close. Names and numbers only, no values. 0 writes none.',
    counters: ['operations.table.get'],
  },
} as const satisfies Record<string, Knob>;

/** Name of a knob, as it stands in `options`. */
export type KnobName = keyof typeof KNOBS;

/** The names of all knobs, in the order of the table. */
export const KNOB_NAMES = Object.keys(KNOBS) as readonly KnobName[];

/** The table with its lines seen as plain knobs, for code that treats all of them alike. */
export function knobOf(name: KnobName): Knob {
  return KNOBS[name];
}
