import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { FieldstoneError, hasCode, nodeVfs, type Vfs } from '#storage';
import type { Database } from '../../src/main.js';
import { readState, stateKey } from '../crash/engine/engine-state.js';
import { filesOf, FOLDER, makeVictims, openFiles, sameFiles, vfsOf, type FolderFiles, type Victim } from './engine-folder.js';
import { timeLimitMs } from '../support/time-limit.js';

const LONG = process.env['ROUNDS'] !== undefined;
/** What a byte is changed to, by exclusive or. */
const MASKS = LONG ? [0xff, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x55] : [0xff, 1];
const LONGEST_MS = 2000;
const prototype = Object.getOwnPropertyNames(Object.prototype).join();
type Outcome = 'opened' | FieldstoneError['code'];

let one: Awaited<ReturnType<typeof makeVictims>>;
let other: typeof one;
beforeAll(async () => {
  one = await makeVictims('p');
  other = await makeVictims('q', 3);
}, 60_000);

/** Opens it: either a typed error, and every file is as it was; or one of the states, and it closes. */
async function judge(vfs: Vfs, states: readonly string[] | undefined, what: string, folder = FOLDER): Promise<Outcome> {
  const before = filesOf(vfs, folder);
  const started = performance.now();
  let outcome: Outcome = 'opened';
  let db: Database | undefined;
  try {
    db = await openFiles(vfs, folder);
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw new Error(`${what}: not a typed error`, { cause: e });
    outcome = e.code;
    const changed = sameFiles(before, filesOf(vfs, folder));
    if (changed !== undefined) throw new Error(`${what}: ${e.message}, but ${changed}`, { cause: e });
  }
  if (db !== undefined) outcome = await judgeOpen(db, states, what);
  const elapsed = performance.now() - started;
  if (elapsed > LONGEST_MS) throw new Error(`${what}: ${elapsed} ms`);
  if (Object.getOwnPropertyNames(Object.prototype).join() !== prototype) throw new Error(`${what}: Object.prototype has changed`);
  return outcome;
}

async function judgeOpen(db: Database, states: readonly string[] | undefined, what: string): Promise<Outcome> {
  let outcome: Outcome = 'opened';
  try {
    const seen = stateKey(readState(db));
    if (states !== undefined && !states.includes(seen)) throw new Error(`${what}: opened as\n  ${seen}\nexpected\n  ${states.join('\n  ')}`);
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw e;
    outcome = e.code;
  }
  try {
    await db.close();
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw new Error(`${what}: close`, { cause: e });
    outcome = e.code;
  }
  return outcome;
}

function withFile(files: FolderFiles, name: string, bytes: Uint8Array | undefined): FolderFiles {
  const changed = new Map(files);
  if (bytes === undefined) changed.delete(name);
  else changed.set(name, bytes);
  return changed;
}

function ours(victim: Victim): [string, Uint8Array][] {
  return [...victim.files].filter(([name]) => name.startsWith('fieldstone'));
}

class Tally {
  readonly #counts = new Map<string, number>();
  add(outcome: Outcome): void { this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1); }
  get total(): number { return [...this.#counts.values()].reduce((a, b) => a + b, 0); }
  toString(): string { return [...this.#counts].map(([outcome, n]) => `${n} ${outcome}`).join(', '); }
}

const KINDS = ['closed', 'logged', 'pending'] as const;

/** The short form takes every fifth place of the largest folder. */
const stepOf = (kind: (typeof KINDS)[number]): number => (LONG || kind !== 'pending' ? 1 : 5);

describe.each(KINDS)('the files of ours in a folder that is %s', (kind) => {
  test('with any byte changed', async () => {
    const tally = new Tally();
    for (const [name, bytes] of ours(one[kind])) {
      for (let at = 0; at < bytes.length; at += stepOf(kind)) {
        for (const mask of MASKS) {
          const changed = bytes.slice();
          changed[at] = (changed[at] ?? 0) ^ mask;
          tally.add(await judge(vfsOf(withFile(one[kind].files, name, changed)), one[kind].states, `${name} with byte ${at} ^ ${mask}`));
        }
      }
    }
    console.log(`${kind}, bytes changed: ${tally.toString()}`);
    expect(tally.total).toBeGreaterThan(500);
  }, timeLimitMs(600_000, 'ROUNDS'));

  test('cut anywhere, or with something behind', async () => {
    const tally = new Tally();
    for (const [name, bytes] of ours(one[kind])) {
      for (let size = 0; size < bytes.length; size += stepOf(kind)) {
        tally.add(await judge(vfsOf(withFile(one[kind].files, name, bytes.slice(0, size))), one[kind].states, `${name} cut to ${size}`));
      }
      for (const tail of [[0], [0xff], new Array<number>(600).fill(0), new Array<number>(600).fill(0xf5), [...bytes]]) {
        tally.add(await judge(vfsOf(withFile(one[kind].files, name, Uint8Array.from([...bytes, ...tail]))), one[kind].states, `${name} with ${tail.length} bytes behind`));
      }
    }
    console.log(`${kind}, cut: ${tally.toString()}`);
  }, timeLimitMs(600_000, 'ROUNDS'));

  test('missing, or those of another database, or of another time', async () => {
    const tally = new Tally();
    const strange: readonly (readonly [string, FolderFiles])[] = [['another database', other[kind].files], ...KINDS.filter((k) => k !== kind).map((k) => [k, one[k].files] as const)];
    for (const name of one[kind].files.keys()) {
      tally.add(await judge(vfsOf(withFile(one[kind].files, name, undefined)), undefined, `${name} missing`));
      for (const [from, files] of strange) {
        const bytes = files.get(name);
        if (bytes !== undefined) tally.add(await judge(vfsOf(withFile(one[kind].files, name, bytes)), name.startsWith('fieldstone') ? [...one[kind].states, ...one.logged.states, ...one.closed.states] : undefined, `${name} from ${from}`));
      }
    }
    for (const [from, files] of strange) {
      for (const [name, bytes] of files) {
        if (!one[kind].files.has(name)) tally.add(await judge(vfsOf(withFile(one[kind].files, name, bytes)), name.startsWith('fieldstone') ? [...one[kind].states, ...one.logged.states] : undefined, `${name} added from ${from}`));
      }
    }
    console.log(`${kind}, missing and mixed: ${tally.toString()}`);
  }, timeLimitMs(600_000, 'ROUNDS'));

  test('that are folders, links, pipes', async () => {
    if (process.platform === 'win32') {
      console.log('links and pipes: not on Windows');
      return;
    }
    const home = mkdtempSync(join(tmpdir(), 'fieldstone-files-'));
    const tally = new Tally();
    let round = 0;
    for (const name of one[kind].files.keys()) {
      for (const trick of ['folder', 'link', 'dangling link', 'link to itself', 'pipe'] as const) {
        const folder = join(home, `db${round++}`);
        mkdirSync(folder);
        for (const [file, bytes] of one[kind].files) writeFileSync(join(folder, file), bytes);
        const path = join(folder, name);
        const away = join(home, `away${round}`);
        renameSync(path, away);
        if (trick === 'folder') mkdirSync(path);
        else if (trick === 'pipe') execFileSync('mkfifo', [path]);
        else symlinkSync(trick === 'link' ? away : trick === 'link to itself' ? path : join(home, 'nowhere'), path);
        tally.add(await judge(nodeVfs(), trick === 'link' ? one[kind].states : undefined, `${name} as ${trick}`, folder));
      }
    }
    rmSync(home, { recursive: true });
    console.log(`${kind}, folders, links, pipes: ${tally.toString()}`);
  }, timeLimitMs(600_000, 'ROUNDS'));
});

/** Bytes that an insert and an update of record 1 may touch, as the header says where these are: date, count, record 1, what is not counted. */
function mayChange(file: string, bytes: Uint8Array, at: number): boolean {
  if (file.endsWith('.fpt')) return at < 4;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerLength = view.getUint16(8, true), recordLength = view.getUint16(10, true);
  const count = Math.max(0, Math.min(view.getUint32(4, true), Math.floor((bytes.length - headerLength) / recordLength)));
  return (at >= 1 && at <= 7) || (at >= headerLength && at < headerLength + recordLength) || at >= headerLength + count * recordLength;
}

test('a table or memo with any byte changed takes a write or refuses it, and keeps its other bytes', async () => {
  const tally = new Tally();
  const { closed } = one;
  for (const name of ['a.dbf', 'a.fpt']) {
    const bytes = closed.files.get(name) ?? new Uint8Array(0);
    for (let at = 0; at < bytes.length; at++) {
      for (const mask of MASKS) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        tally.add(await writeInto(withFile(closed.files, name, changed), `${name} with byte ${at} ^ ${mask}`));
      }
    }
  }
  console.log(`write after damage: ${tally.toString()}`);
  expect(tally.total).toBeGreaterThan(1000);
}, timeLimitMs(600_000, 'ROUNDS'));

async function writeInto(files: FolderFiles, what: string): Promise<Outcome> {
  const vfs = vfsOf(files);
  let outcome: Outcome = 'opened';
  try {
    const db = await openFiles(vfs);
    try {
      db.transactionSync((tx) => {
        tx.table('a').update(1, { notes: 'new text' });
        tx.table('a').insert({ name: 'new' });
      });
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
      outcome = e.code;
    }
    await db.close();
  } catch (e) {
    if (!(e instanceof FieldstoneError)) throw new Error(`${what}: not a typed error`, { cause: e });
    outcome = e.code;
  }
  const after = filesOf(vfs);
  for (const [name, bytes] of files) {
    if (name === 'fieldstone.json') continue;
    const now = after.get(name);
    if (now === undefined) throw new Error(`${what}: ${name} is gone`);
    for (let at = 0; at < bytes.length; at++) {
      if (now[at] === bytes[at] || (outcome === 'opened' && mayChange(name, bytes, at))) continue;
      throw new Error(`${what}: ${outcome}, and byte ${at} of ${name} was ${bytes[at] ?? -1} and is ${now[at] ?? -1}`);
    }
  }
  return outcome;
}

test('what is not a catalog of ours is refused by its code', async () => {
  for (const text of ['', '{}', '[]', 'null', '{"checksum":"00000000","catalog":\n{}\n}\n']) {
    const vfs = vfsOf(withFile(one.closed.files, 'fieldstone.json', Buffer.from(text)));
    await expect(openFiles(vfs)).rejects.toSatisfy((e) => hasCode(e, 'CORRUPT_PAGE') || hasCode(e, 'VERSION'));
  }
});
