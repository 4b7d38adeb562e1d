import { hasCode, MemoryVfs, nodeEnvironment } from '#storage';
import { KNOB_NAMES } from '../config/knobs.js';
import type { OpenOptions } from '../config/open-options.js';
import { Database } from '../database.js';
import type { Kv } from '../kv/kv.js';
import { open, openIn } from '../open.js';
import { LevelError, openingError } from './level-errors.js';

export const MEMORY = ':memory:';
const MEMORY_FOLDER = '/memory';
const NOT_OPEN = 'LEVEL_DATABASE_NOT_OPEN';

/** Options as abstract-level hands them to `_open`, those of its users among them. */
export interface LevelOpenOptions {
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
}

/** What a level database works with while it is open. */
export interface OpenedStore {
  readonly database: Database;
  /** True when the database is closed with the level database. */
  readonly ownsDatabase: boolean;
  readonly kv: Kv<Uint8Array, Uint8Array>;
}

/** Opens a folder of the level database's own. */
export type OpenFolder = (options: OpenOptions) => Promise<Database>;

/** How the folder is opened, each time anew; one in memory keeps what it holds while it is closed. */
export function folderAt(location: string): OpenFolder {
  if (location !== MEMORY) return (options) => open(location, options);
  const vfs = new MemoryVfs();
  vfs.makeFolder(MEMORY_FOLDER);
  return (options) => openIn(nodeEnvironment(vfs), MEMORY_FOLDER, options);
}

/** Opens the folder, or takes the open database, and finds the store. Throws errors of the kind that abstract-level wants as cause. */
export async function openStore(target: OpenFolder | Database, name: string, options: LevelOpenOptions): Promise<OpenedStore> {
  const ownsDatabase = !(target instanceof Database);
  const database = ownsDatabase ? await openFolder(target, name, options) : target;
  try {
    assertWanted(database, name, options);
    const kv = database.kv<Uint8Array, Uint8Array>(name, { keys: 'binary', values: 'binary' });
    // From now on the level database exists, also when nothing is ever written: deleting a key makes the store.
    if (ownsDatabase && !database.options.readOnly && !hasStore(database, name)) await kv.delete(new Uint8Array(0));
    return { database, ownsDatabase, kv };
  } catch (e) {
    if (ownsDatabase) await database.close();
    throw openingError(e);
  }
}

async function openFolder(openIt: OpenFolder, name: string, options: LevelOpenOptions): Promise<Database> {
  const given: OpenOptions = Object.fromEntries(Object.entries(options).filter(([option]) => (KNOB_NAMES as readonly string[]).includes(option)));
  try {
    return await openIt(options.createIfMissing ? given : { ...given, create: false });
  } catch (e) {
    throw hasCode(e, 'NOT_FOUND') ? missing(name, e) : openingError(e);
  }
}

function assertWanted(database: Database, name: string, { createIfMissing, errorIfExists }: LevelOpenOptions): void {
  const exists = hasStore(database, name);
  if (!exists && !createIfMissing) throw missing(name);
  if (exists && errorIfExists) throw new LevelError(NOT_OPEN, `the store "${name}" exists already (errorIfExists is true)`);
}

function missing(name: string, cause?: unknown): LevelError {
  return new LevelError(NOT_OPEN, `the store "${name}" does not exist (createIfMissing is false)`, cause);
}

function hasStore(database: Database, name: string): boolean {
  const key = name.toLowerCase();
  return database.stores().some((store) => store.toLowerCase() === key);
}
