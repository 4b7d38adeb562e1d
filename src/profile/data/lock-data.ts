import type { HistogramData } from './histogram-data.js';

/** One shard of the lock manager. */
export interface LockShardData {
  readonly shard: number;
  readonly acquisitions: number;
  readonly waits: number;
  readonly waitNs?: number;
  /** The longest wait; missing where an earlier one, before the profile, was longer. */
  readonly maxWaitNs?: number;
  readonly timeouts?: number;
  readonly deadlocks?: number;
  /** The longest queue, in the same way. */
  readonly maxQueue?: number;
}

/** Waits by shard and time: `waits[shard][column]`, column i covering the time up to `untilMs[i]`. */
export interface LockHeatData {
  readonly untilMs: readonly number[];
  readonly waits: readonly (readonly number[])[];
  readonly waitNs?: readonly (readonly number[])[];
}

/** A resource that was waited for often. */
export interface HotLockData {
  /** `t:people/3`: table and record number, or the store; the key only when the profile includes values. */
  readonly resource: string;
  readonly shard?: number;
  readonly waits: number;
  readonly waitNs?: number;
  /** The longest wait; missing where an earlier one, before the profile, was longer. */
  readonly maxWaitNs?: number;
  /** `waits` is too high by at most this. */
  readonly overcount?: number;
}

/** A transaction in the wait-for graph. */
export interface WaitNodeData {
  readonly id: number;
  readonly name?: string;
  /** Locks held. */
  readonly held: number;
}

/** `from` waits for `to`. */
export interface WaitEdgeData {
  readonly from: number;
  readonly to: number;
  readonly resource: string;
  readonly mode: string;
  /** Whether `to` holds the lock or stands before `from` in its queue. */
  readonly why: 'holds' | 'queued';
}

/** Who waited for whom at one moment. */
export interface WaitGraphData {
  readonly atMs: number;
  readonly nodes: readonly WaitNodeData[];
  readonly edges: readonly WaitEdgeData[];
}

/** A deadlock that was broken: each transaction waited for the next, the last for the first. */
export interface DeadlockData {
  readonly atMs: number;
  readonly cycle: readonly { readonly id: number; readonly name?: string; readonly resource: string; readonly mode: string }[];
  /** Id of the transaction that was ended. */
  readonly victim?: number;
}

/** Locks. */
export interface LockData {
  readonly shards: readonly LockShardData[];
  readonly waitNs?: HistogramData;
  readonly heat?: LockHeatData;
  /** The most waited for first. */
  readonly hot?: readonly HotLockData[];
  /** The moment with the most edges. */
  readonly waitGraph?: WaitGraphData;
  readonly deadlocks?: readonly DeadlockData[];
}

/** A transaction that was open at the end, or the longest that ended. */
export interface TransactionAgeData {
  /** Number of an open one; those that ended are known by name alone. */
  readonly id?: number;
  readonly name?: string;
  readonly ageMs: number;
  readonly open: boolean;
  /** Older than the option transactionWarnMs. */
  readonly overdue?: boolean;
  readonly readOnly?: boolean;
}

/** Transactions. */
export interface TransactionData {
  readonly commits: number;
  readonly rollbacks: number;
  readonly conflicts: number;
  readonly retries: number;
  readonly durationNs?: HistogramData;
  /** From the call of commit to its acknowledgement. */
  readonly commitNs?: HistogramData;
  /** The longest first. */
  readonly longest?: readonly TransactionAgeData[];
  /** Bytes of old versions kept for snapshots, at most during the profile. */
  readonly historyBytes?: number;
  /** Snapshots that were ended because their old versions took too much memory. */
  readonly endedSnapshots?: number;
}
