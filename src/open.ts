import { basename, resolve } from 'node:path';
import { countingVfs, FieldstoneError, FileMeters, MemoryVfs, nodeEnvironment, nodeProcessIdentity, nodeVfs, Probe, type Environment, type ProcessIdentity } from '#storage';
import { Engine, type EngineOptions } from '#txn';
import type { OpenOptions, Options } from './config/open-options.js';
import { resolveOptions } from './config/resolve.js';
import { indexKeysFactory } from './indexes/index-keys-factory.js';
import { Database } from './database.js';
import { Instruments } from './profile/instruments.js';
import { nodeRuntime } from './profile/node-runtime.js';
import { GcCount } from './profile/profile-source.js';
import type { Runtime } from './profile/runtime.js';

const MEMORY_FOLDER = '/memory';

/**
 * Opens a folder of DBF files as a database; made if missing. `':memory:'` opens an empty one that
 * lives in memory. Every .dbf in the folder is a table.
 *
 * @throws FieldstoneError OPTION, NOT_FOUND, LOCKED (names the holder), CORRUPT_WAL, CORRUPT_PAGE, EXTERNAL_CHANGE, VERSION
 * @example
 * const db = await open('./data', { cacheSize: '128mb' });
 */
export async function open(folder: string, options?: OpenOptions): Promise<Database> {
  if (typeof folder !== 'string' || folder === '' || folder.includes('\0')) throw new FieldstoneError('NAME', 'open takes the path of a folder, or \':memory:\'');
  if (folder === ':memory:') return openIn(nodeEnvironment(memoryWithFolder()), MEMORY_FOLDER, options, undefined, nodeRuntime(), true);
  return openIn(nodeEnvironment(nodeVfs()), resolve(folder), options, undefined, nodeRuntime());
}

function memoryWithFolder(): MemoryVfs {
  const vfs = new MemoryVfs();
  vfs.makeFolder(MEMORY_FOLDER);
  return vfs;
}

/**
 * The same in a given environment: file system, clock, random source, scheduler. For tests.
 * @internal
 */
export async function openIn(
  env: Environment, folder: string, options?: OpenOptions, identity: ProcessIdentity = nodeProcessIdentity(), runtime?: Runtime, ephemeral = false,
): Promise<Database> {
  const resolved = resolveOptions(options, process.env);
  const { values } = resolved;
  const probe = new Probe(values.profiling, values.samplingRate, env.clock, folder);
  const files = new FileMeters();
  const counted: Environment = { ...env, vfs: countingVfs(env.vfs, probe, env.clock, files) };
  const engine = Engine.open({ ...engineOptions(counted, folder, probe, identity, values), ephemeral });
  const name = folder === MEMORY_FOLDER ? ':memory:' : basename(folder);
  const instruments = new Instruments({
    engine, probe, files, vfs: env.vfs, reportVfs: ephemeral ? nodeVfs() : env.vfs, options: resolved, runtime, openedCpuNs: runtime?.cpuNs(),
    gc: new GcCount(), queries: undefined, name,
  });
  // What the user names by its path lies on the disk, also when the database does not.
  return Promise.resolve(new Database(engine, resolved, instruments, ephemeral ? nodeVfs() : counted.vfs));
}

function engineOptions(env: Environment, folder: string, probe: Probe, identity: ProcessIdentity, v: Options): EngineOptions {
  return {
    env, probe, identity, folder, readOnly: v.readOnly, create: v.create, durability: v.durability, syncIntervalMs: v.syncIntervalMs,
    cacheSizeBytes: v.cacheSize, pageSizeBytes: v.pageSize, checkpointSizeBytes: v.checkpointSize, logLimitBytes: v.logLimit,
    compression: v.compression, compressionThresholdBytes: v.compressionThreshold, bloomBitsPerKey: v.bloomBitsPerKey,
    internMemoryBytes: v.internMemory, lockShards: v.lockShards, lockTimeoutMs: v.lockTimeoutMs,
    retries: v.retries, bufferPoolBytes: v.bufferPool, readAheadBytes: v.readAhead, snapshotMemoryBytes: v.snapshotMemory,
    transactionMemoryBytes: v.transactionMemory, transactionWarnMs: v.transactionWarnMs, encoding: v.encoding,
    indexKeys: indexKeysFactory,
    warn: (message) => { process.emitWarning(message, { type: 'FieldstoneWarning' }); },
  };
}
