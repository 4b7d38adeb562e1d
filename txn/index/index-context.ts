import type { BufferPool, Codec, CodecCounters, PageCache, Vfs } from '#storage';
import type { IndexKeysFactory } from './index-keys.js';

/** What opening and building indexes needs of the engine. */
export interface IndexContext {
  readonly folder: string;
  readonly cache: PageCache;
  /** Of new index files. */
  readonly pageSizeBytes: number;
  readonly codec: Codec;
  readonly compressionThresholdBytes: number;
  readonly codecCounters: CodecCounters;
  readonly bloomBitsPerKey: number;
  readonly writable: boolean;
  /** Of reads of many records. */
  readonly buffers: BufferPool;
  readonly readAheadBytes: number;
  readonly keysFor: IndexKeysFactory;
  /** File system of the base files; a reader beside an unfinished checkpoint looks through its journal. */
  vfs(): Vfs;
  /** Called after each read of a file. */
  verify(): void;
  randomId(): number;
}
