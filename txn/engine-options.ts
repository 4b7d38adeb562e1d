import type { IndexKeysFactory } from './index/index-keys.js';
import type { CodecName, Environment, Probe, ProcessIdentity } from '#storage';
import type { Durability } from './commit/commit-pipeline.js';

/** Resolved settings of an engine; see docs/config.md for their meaning. Sizes in bytes, times in ms. */
export interface EngineOptions {
  readonly env: Environment;
  readonly probe: Probe;
  /** Who takes the lock. */
  readonly identity: ProcessIdentity;
  /** Absolute path of the database folder. */
  readonly folder: string;
  readonly readOnly: boolean;
  readonly create: boolean;
  /** The files are nobody else's and end with the handle: no lock is taken, nothing is folded into them when it is closed. Default false. */
  readonly ephemeral?: boolean;
  readonly durability: Durability;
  readonly syncIntervalMs: number;
  readonly cacheSizeBytes: number;
  readonly pageSizeBytes: number;
  readonly checkpointSizeBytes: number;
  readonly logLimitBytes: number;
  readonly compression: CodecName;
  readonly compressionThresholdBytes: number;
  readonly bloomBitsPerKey: number;
  /** Memory for texts that repeat; 0 = every text is made anew. */
  readonly internMemoryBytes: number;
  readonly lockShards: number;
  readonly lockTimeoutMs: number;
  readonly retries: number;
  readonly bufferPoolBytes: number;
  readonly readAheadBytes: number;
  readonly snapshotMemoryBytes: number;
  readonly transactionMemoryBytes: number;
  readonly transactionWarnMs: number;
  readonly encoding: string | undefined;
  /** Makes the keys of rows for an index. */
  readonly indexKeys: IndexKeysFactory;
  /** Told of things a person should look at; rare. */
  readonly warn: (message: string) => void;
}
