import { beforeAll, describe, expect, test } from 'vitest';
import { FieldstoneError, MemoryVfs, nodeEnvironment } from '#storage';
import type { Database } from '../../src/main.js';
import { openIn } from '../../src/open.js';
import { fakeIdentity } from '../support/fake-identity.js';
import { filesOf, vfsOf, type FolderFiles } from './engine-folder.js';
import { timeLimitMs } from '../support/time-limit.js';

// Every byte of the file of a store, and of the store of its large parts, is changed; by default every STEP-th, with ROUNDS=1 all of them.
const LONG = process.env['ROUNDS'] !== undefined;
const STEP = LONG ? 1 : 23;
/** All bytes at the beginning of a page are changed: its header, its keys. */
const PAGE_BYTES = 8192;
const HEAD_BYTES = 96;
const MASKS = LONG ? [0xff, 1, 0x80] : [0xff];
const LONGEST_MS = 5000;
let pid = 5_000_000;

const entries = Array.from({ length: 120 }, (_, i) => [`key ${String(i).padStart(4, '0')}`, i % 40 === 7 ? 'long '.repeat(1200) : `value ${i} `.repeat(4)] as const);

let files: FolderFiles;
beforeAll(async () => {
  const vfs = new MemoryVfs();
  vfs.makeFolder('/db');
  const db = await openFiles(vfs);
  await db.kv<string, string>('s', { values: 'utf8' }).batch(entries.map(([key, value]) => ({ type: 'put', key, value })));
  await db.close();
  files = filesOf(vfs);
});

function openFiles(vfs: MemoryVfs): Promise<Database> {
  return openIn(nodeEnvironment(vfs), '/db', { profiling: 'off', cacheSize: '64kb' }, fakeIdentity(++pid));
}

/** What a read gives: right, or a typed error. Anything else throws. */
function reading(read: () => unknown, right: unknown, what: string): string {
  let got: unknown;
  try {
    got = read();
  } catch (e) {
    if (e instanceof FieldstoneError) return e.code;
    throw new Error(`${what}: not a typed error`, { cause: e });
  }
  if (JSON.stringify(got) !== JSON.stringify(right)) throw new Error(`${what}: a wrong answer: ${JSON.stringify(got).slice(0, 200)}`);
  return 'right';
}

async function judge(changed: FolderFiles, what: string): Promise<string[]> {
  const vfs = vfsOf(changed);
  const started = performance.now();
  const outcomes: string[] = [];
  let db: Database;
  try {
    db = await openFiles(vfs);
  } catch (e) {
    if (e instanceof FieldstoneError) return [e.code];
    throw new Error(`${what}: not a typed error`, { cause: e });
  }
  outcomes.push(reading(() => entries.map(([key]) => db.kv<string, string>('s').get(key)), entries.map(([, value]) => value), `${what}, get`));
  outcomes.push(reading(() => db.kv<string, string>('s').get('key 0007x') ?? null, null, `${what}, get of an absent key`));
  outcomes.push(reading(() => db.kv<string, string>('s').entries().toArray(), entries, `${what}, walk`));
  outcomes.push(reading(() => db.kv<string, string>('s').keys({ reverse: true }).toArray(), entries.map(([key]) => key).reverse(), `${what}, walk back`));
  outcomes.push(reading(() => db.kv('s').count(), entries.length, `${what}, count`));
  const { findings } = await db.check();
  outcomes.push(findings.length === 0 ? 'no finding' : 'found');
  const before = changed.get('s.kv');
  await db.close().catch((e: unknown) => {
    if (!(e instanceof FieldstoneError)) throw new Error(`${what}: close`, { cause: e });
  });
  const after = filesOf(vfs).get('s.kv');
  if (before === undefined || after === undefined || !Buffer.from(before).equals(after)) throw new Error(`${what}: reading has changed the file`);
  const elapsed = performance.now() - started;
  if (elapsed > LONGEST_MS) throw new Error(`${what}: ${elapsed} ms`);
  return outcomes;
}

function* places(sizeBytes: number): Generator<number, void, void> {
  for (let at = 0; at < sizeBytes; at++) if (at % STEP === 0 || at % PAGE_BYTES < HEAD_BYTES) yield at;
}

describe('the file of a store, damaged', () => {
  test('a changed byte gives typed errors or right answers, and check finds what reads refuse', async () => {
    const bytes = files.get('s.kv') ?? new Uint8Array(0);
    expect(bytes.length).toBeGreaterThan(2 * PAGE_BYTES);
    const tally = new Map<string, number>();
    for (const at of places(bytes.length)) {
      for (const mask of MASKS) {
        const changed = Uint8Array.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const outcomes = await judge(new Map(files).set('s.kv', changed), `byte ${at} of s.kv ^ ${mask}`);
        if (outcomes.includes('CORRUPT_PAGE') && outcomes.includes('no finding')) throw new Error(`byte ${at} ^ ${mask}: check says nothing of what reads refuse`);
        for (const outcome of new Set(outcomes)) tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
      }
    }
    console.log(`${bytes.length} bytes: ${[...tally].map(([outcome, n]) => `${n} ${outcome}`).join(', ')}`);
    expect(tally.get('CORRUPT_PAGE')).toBeGreaterThan(0);
  }, LONG ? 3_600_000 : 300_000);

  test('cut short at every page, or longer', async () => {
    const bytes = files.get('s.kv') ?? new Uint8Array(0);
    for (let size = 0; size < bytes.length; size += LONG ? 512 : 4096) await judge(new Map(files).set('s.kv', bytes.slice(0, size)), `s.kv of ${size} bytes`);
    const longer = new Uint8Array(bytes.length + 5000).fill(0x5a);
    longer.set(bytes);
    const vfs = vfsOf(new Map(files).set('s.kv', longer));
    const db = await openFiles(vfs);
    expect(db.kv('s').count()).toBe(entries.length);
    await db.close();
  }, timeLimitMs(120_000, 'ROUNDS'));
});
