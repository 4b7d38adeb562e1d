import { FieldstoneError, MemoryVfs, nodeEnvironment, type Vfs } from '#storage';
import { char, memo, numeric, type Database } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import { readState, stateKey } from '../crash/engine/engine-state.js';
import { fakeIdentity } from '../support/fake-identity.js';
import { CrashNow, FaultVfs } from '../support/sim/fault-vfs.js';

/** Files by name. */
export type FolderFiles = ReadonlyMap<string, Uint8Array>;

/** A database folder, and the states that opening it may give, newest last. */
export interface Victim {
  readonly name: string;
  readonly files: FolderFiles;
  readonly states: readonly string[];
}

export const FOLDER = '/db';
let pid = 3_000_000;

export function vfsOf(files: FolderFiles): MemoryVfs {
  const vfs = new MemoryVfs([...files].map(([name, bytes]) => [`${FOLDER}/${name}`, bytes] as const));
  if (files.size === 0) vfs.makeFolder(FOLDER);
  return vfs;
}

/** The plain files of the folder; the lock is a folder and not among them. */
export function filesOf(vfs: Vfs, folder = FOLDER): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of vfs.list(folder)) {
    if (!isPlain(vfs, `${folder}/${name}`)) continue;
    const file = vfs.open(`${folder}/${name}`, 'read');
    const bytes = new Uint8Array(file.stat().sizeBytes);
    file.readAt(bytes, 0);
    file.close();
    files.set(name, bytes);
  }
  return files;
}

/** A link that leads to itself cannot even be looked at. */
function isPlain(vfs: Vfs, path: string): boolean {
  try {
    return vfs.stat(path)?.kind === 'file';
  } catch (e) {
    if (e instanceof FieldstoneError) return false;
    throw e;
  }
}

/** A new process opens it. */
export function openFiles(vfs: Vfs, folder = FOLDER): Promise<Database> {
  return openIn(nodeEnvironment(vfs), folder, { profiling: 'off', cacheSize: '64kb' }, fakeIdentity(++pid));
}

const SCHEMA = { name: char(6), n: numeric(4), notes: memo() };

async function work(db: Database, tag: string, rows: number, states: string[]): Promise<void> {
  for (let i = 0; i < rows; i++) {
    await db.transaction((tx) => tx.table('a').insert({ name: `${tag}${i}`, n: i, notes: `${tag} memo ${i}` }));
    states.push(stateKey(readState(db)));
  }
}

/** A small database: closed; with a log; with a log and a complete journal that waits to be applied. `tag` makes another one. */
export async function makeVictims(tag: string, rows = 2): Promise<{ closed: Victim; logged: Victim; pending: Victim }> {
  const vfs = vfsOf(new Map());
  const first = await openFiles(vfs);
  await first.createTable('a', SCHEMA);
  const states: string[] = [];
  await work(first, tag, rows, states);
  await first.close();
  const closed: Victim = { name: 'closed', files: filesOf(vfs), states: states.slice(-1) };
  const loggedVfs = vfsOf(closed.files);
  const db = await openFiles(loggedVfs);
  const later = states.slice(-1);
  await work(db, `${tag}l`, 2, later);
  db.transactionSync((tx) => tx.table('a').update(1, { n: 99, notes: 'changed' }));
  later.push(stateKey(readState(db)));
  const logged: Victim = { name: 'logged', files: filesOf(loggedVfs), states: later };
  return { closed, logged, pending: await pendingOf(logged) };
}

/** The process dies before it reads its journal back: nothing of it is applied. */
async function pendingOf(logged: Victim): Promise<Victim> {
  const vfs = vfsOf(logged.files);
  const deadly = new FaultVfs(vfs, { plan: { fault: 'dieBefore', at: 1, kinds: ['read'], path: (path) => path.endsWith('fieldstone.journal') } });
  try {
    await openFiles(deadly.vfs);
  } catch (e) {
    if (!(e instanceof CrashNow)) throw e;
  }
  const files = filesOf(vfs);
  if (!files.has('fieldstone.journal')) throw new Error('there is no journal');
  return { name: 'pending', files, states: logged.states.slice(-1) };
}

export function sameFiles(a: FolderFiles, b: FolderFiles): string | undefined {
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const x = a.get(name), y = b.get(name);
    if (x === undefined || y === undefined) return `${name} ${x === undefined ? 'is new' : 'is gone'}`;
    if (Buffer.compare(x, y) !== 0) return `${name} has changed`;
  }
  return undefined;
}
