import type { HistogramData } from './histogram-data.js';

/** The page cache, for one kind of page. */
export interface CacheKindData {
  /** `table`, `memo`, `tree` ... */
  readonly kind: string;
  readonly hits: number;
  /** Lookups in vain: the sum of the three reasons, as far as they are known. */
  readonly misses: number;
  /** Never there before. */
  readonly missesCold?: number;
  /** Was there, but had to leave for others. */
  readonly missesEvicted?: number;
  /** Was there, but its content was replaced. */
  readonly missesInvalidated?: number;
  readonly evictions?: number;
  readonly inserts?: number;
  /** At the end. */
  readonly bytes: number;
}

/** The page cache. */
export interface CacheData {
  readonly limitBytes: number;
  readonly kinds: readonly CacheKindData[];
}

/** How a lookup in the page cache ended. */
export type CacheOutcome = 'hit' | 'cold' | 'evicted' | 'invalidated';

/**
 * Lookups in the page cache, in order, as columns of equal length; file, kind and outcome are positions in the lists of
 * names. Bounded: `dropped` says how many lookups are not in it.
 */
export interface CacheTraceData {
  /** Share (0 to 1) of the pages that were followed, each of them in all its lookups. */
  readonly samplingRate: number;
  readonly dropped: number;
  /** Mean size of a page, when known: turns numbers of pages into memory. */
  readonly pageBytes?: number;
  readonly files: readonly string[];
  readonly kinds: readonly string[];
  readonly outcomes: readonly CacheOutcome[];
  /** Microseconds since the start of the profile. */
  readonly atUs: readonly number[];
  readonly file: readonly number[];
  readonly kind: readonly number[];
  readonly page: readonly number[];
  readonly outcome: readonly number[];
}

/** Input and output of one file. */
export interface FileIoData {
  /** Path inside the database folder. */
  readonly file: string;
  /** `table`, `memo`, `index`, `store`, `log`, `journal`, `catalog`, `lock`, `other`. */
  readonly kind?: string;
  readonly reads: number;
  readonly bytesRead: number;
  readonly writes: number;
  readonly bytesWritten: number;
  readonly syncs: number;
  /** Latencies, when times were taken. */
  readonly readNs?: HistogramData;
  readonly writeNs?: HistogramData;
  readonly syncNs?: HistogramData;
  /** At the end. */
  readonly sizeBytes?: number;
}

/** A checkpoint. */
export interface CheckpointData {
  /** When it began. */
  readonly atMs: number;
  readonly durationNs: number;
  /** Why it ran: `log size`, `log full`, `asked`, `files` (some were replaced), `opening`, `close`. */
  readonly cause?: string;
  readonly bytesWritten?: number;
  readonly journalBytes?: number;
  /** Tables and stores that had something to fold. */
  readonly stores?: number;
}

/** Write-ahead log and checkpoints. */
export interface LogData {
  readonly records: number;
  readonly bytesAppended: number;
  readonly flushes: number;
  readonly syncs: number;
  /** Commits that shared one sync. */
  readonly groupSize?: HistogramData;
  readonly syncNs?: HistogramData;
  /** Commits that had to wait for a checkpoint because the log was full. */
  readonly stalls?: number;
  readonly stallNs?: number;
  /** Size of the log at which commits wait. */
  readonly limitBytes?: number;
  /** Size of the log at which a checkpoint begins. */
  readonly checkpointBytes?: number;
  readonly checkpoints?: readonly CheckpointData[];
}

/** One size class of the buffer pool. */
export interface BufferClassData {
  readonly sizeBytes: number;
  readonly taken: number;
  readonly returned: number;
  readonly reused: number;
  readonly allocated: number;
  readonly dropped?: number;
  /** At the end. */
  readonly outstanding: number;
}

/** The buffer pool. */
export interface BufferPoolData {
  readonly limitBytes?: number;
  /** When only totals are known: one class of size 0. */
  readonly classes: readonly BufferClassData[];
  /** Larger than the largest class: made new, never kept. */
  readonly oversize?: number;
}

/** One codec. */
export interface CodecData {
  /** `lz4`, `deflate`. */
  readonly name: string;
  /** Bytes handed over to be compressed. */
  readonly bytesIn: number;
  /** Bytes that came out, also those that were kept plain. */
  readonly bytesOut: number;
  readonly compressed: number;
  /** Values that were not smaller when compressed, or too short to try. */
  readonly keptPlain: number;
  readonly decompressed: number;
  /** Values that were given to the codec, as they were long enough, their bytes, and what it made of them. */
  readonly tried?: number;
  readonly triedBytes?: number;
  readonly triedBytesOut?: number;
  readonly compressNs?: number;
  readonly decompressNs?: number;
  /** Share (0 to 1) of the processor time of the process that went into the codec. */
  readonly cpuShare?: number;
}
