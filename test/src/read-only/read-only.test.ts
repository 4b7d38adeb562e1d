import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, statSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { nodeVfs, type Vfs } from '#storage';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { memo, numeric, open, type Database } from '../../../src/main.js';
import { openIn } from '../../../src/open.js';
import { fakeIdentity } from '../../support/fake-identity.js';
import { crashStates } from '../../support/sim/crash-states.js';
import type { DiskState } from '../../support/sim/disk-state.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { simEnvironmentOf, SimScheduler } from '../../support/sim/sim-scheduler.js';
import { transpile, type Transpiled } from '../../support/transpiled.js';

const SCRIPT = fileURLToPath(new URL('./opener.mjs', import.meta.url));

interface Answer {
  readonly rows?: number;
  readonly sum?: number;
  readonly memos?: number;
  readonly code?: string;
  readonly message?: string;
  readonly written?: number;
  readonly details?: unknown;
}

/** Another process with the database open. */
class Opener {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(address: string, at: string, options: object) {
    this.#child = spawn(process.execPath, [SCRIPT, address, at, JSON.stringify(options)]);
    this.#child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number { return this.#child.pid ?? 0; }

  async ask(command: string): Promise<Answer> {
    this.#child.stdin.write(`${command}\n`);
    const line = await this.#answers.next();
    const answer: unknown = JSON.parse(String(line.value));
    return answer as Answer;
  }

  end(): void { this.#child.kill('SIGKILL'); }
}

let js: Transpiled;
let folder: string;
const openers: Opener[] = [];

beforeAll(() => { js = transpile(['storage', 'index', 'txn', 'src']); }, 60_000);
afterAll(() => { js.dispose(); });
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'fieldstone-readers-')); });
afterEach(() => {
  for (const opener of openers.splice(0)) opener.end();
  rmSync(folder, { recursive: true });
});

function opener(options: object, at = folder): Opener {
  const one = new Opener(js.url('src/open.js'), at, options);
  openers.push(one);
  return one;
}

/** Every file and folder with its bytes and the time of its last change. */
function everything(at: string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of readdirSync(at, { recursive: true, encoding: 'utf8' })) {
    const stat = statSync(join(at, name));
    all[name] = `${stat.mtimeMs} ${stat.ino} ${stat.isFile() ? readFileSync(join(at, name)).toString('base64') : ''}`;
  }
  return all;
}

async function writer(): Promise<Database> {
  const db = await open(folder);
  await db.createTable('t', { n: numeric(8), notes: memo() });
  await db.transaction((tx) => { for (let i = 1; i <= 100; i++) tx.table('t').insert({ n: i, notes: `memo ${i}` }); });
  return db;
}

describe('beside a live writer', () => {
  test('readers in other processes see one state, write nothing, and go on with refresh()', async () => {
    const db = await writer();
    const readers = [opener({ readOnly: true }), opener({ readOnly: true }), opener({ readOnly: true })];
    const before = everything(folder);
    for (const reader of readers) {
      expect(await reader.ask('open')).toEqual({});
      expect(await reader.ask('sum')).toEqual({ rows: 100, sum: 5050, memos: 100 });
    }
    expect(everything(folder)).toEqual(before);
    await db.transaction((tx) => { for (let i = 1; i <= 100; i++) tx.table('t').update(i, { n: 0, notes: 'same' }); });
    expect(await readers[0]?.ask('sum')).toEqual({ rows: 100, sum: 5050, memos: 100 }); // the log moved, the files did not
    await db.checkpoint();
    await new Promise((resolve) => { setTimeout(resolve, 5); }); // readers look at the disk once a millisecond
    const folded = everything(folder);
    for (const reader of readers) {
      expect(await reader.ask('sum')).toMatchObject({ code: 'EXTERNAL_CHANGE' });
      expect(await reader.ask('refresh')).toEqual({});
      expect(await reader.ask('sum')).toEqual({ rows: 100, sum: 0, memos: 1 });
      expect(await reader.ask('insert')).toMatchObject({ code: 'READ_ONLY' });
      expect(await reader.ask('written')).toEqual({ written: 0 });
    }
    expect(everything(folder)).toEqual(folded);
    await db.table('t').insert({ n: 7 });
    await readers[1]?.ask('refresh');
    expect(await readers[1]?.ask('sum')).toMatchObject({ rows: 101, sum: 7 });
    for (const reader of readers) expect(await reader.ask('close')).toEqual({});
    await db.close();
  });

  test('readers never see half of a transfer while commits and checkpoints go on', async () => {
    const db = await writer();
    const reader = opener({ readOnly: true });
    await reader.ask('open');
    let going = true, seen = 0, moved = 0;
    const work = (async () => {
      for (let i = 0; going; i++) {
        await db.transaction((tx) => {
          const [from, to] = [1 + (i % 100), 1 + ((i * 7 + 3) % 100)];
          if (from === to) return;
          tx.table('t').update(from, { n: Number(tx.table('t').get(from)?.['n']) - 1 });
          tx.table('t').update(to, { n: Number(tx.table('t').get(to)?.['n']) + 1 });
        });
        if (i % 5 === 0) await db.checkpoint();
      }
    })();
    for (let i = 0; i < 60; i++) {
      const answer = await reader.ask('sum');
      if (answer.code === 'EXTERNAL_CHANGE') {
        moved++;
        await reader.ask('refresh');
      } else {
        expect(answer).toMatchObject({ rows: 100, sum: 5050 });
        seen++;
      }
    }
    going = false;
    await work;
    expect(seen).toBeGreaterThan(0);
    expect(moved).toBeGreaterThan(0);
    await db.close();
  }, 30_000);

  test('a second writer is refused and told who holds the lock', async () => {
    const db = await writer();
    const second = opener({});
    expect(await second.ask('open')).toMatchObject({ code: 'LOCKED', message: expect.stringContaining(String(process.pid)), details: { pid: process.pid, host: hostname() } });
    await expect(open(folder)).rejects.toThrow(expect.objectContaining({ code: 'LOCKED' }));
    await db.close();
    expect(await second.ask('open')).toEqual({});
    await expect(open(folder)).rejects.toThrow(expect.objectContaining({ code: 'LOCKED', message: expect.stringContaining(String(second.pid)) }));
    second.end();
  });
});

describe('over what a crash left', () => {
  test('a log with a torn tail gives all whole commits; nothing is written', async () => {
    const db = await writer();
    await db.table('t').insert({ n: 1000 });
    const crashed = mkdtempSync(join(tmpdir(), 'fieldstone-crashed-'));
    for (const e of readdirSync(folder, { withFileTypes: true })) if (e.isFile()) copyFileSync(join(folder, e.name), join(crashed, e.name));
    await db.close();
    const log = join(crashed, readdirSync(crashed).find((name) => name.endsWith('.wal')) ?? '');
    const bytes = readFileSync(log);
    let end = bytes.length;
    while (bytes[end - 1] === 0) end--; // behind the records there is room, of zeros
    truncateSync(log, end - 3);
    const before = everything(crashed);
    const reader = await open(crashed, { readOnly: true });
    expect(reader.table('t').recordCount).toBe(100);
    expect(reader.table('t').get(100)).toMatchObject({ n: 100, notes: 'memo 100' });
    await reader.close();
    expect(everything(crashed)).toEqual(before);
    rmSync(crashed, { recursive: true });
  });

  test('at every point of checkpoints and packs, a reader sees what recovery would, and writes nothing', async () => {
    const disk = new SimDisk();
    const scheduler = new SimScheduler();
    disk.useScheduler(scheduler);
    const db = await scheduler.settle(openIn(simEnvironmentOf(disk, scheduler, 1), '/db', {}, fakeIdentity(++lives)));
    const t = await scheduler.settle(db.createTable('t', { n: numeric(4), notes: memo() }));
    await scheduler.settle(t.insert({ n: 1, notes: 'one' }));
    await scheduler.settle(t.insert({ n: 2, notes: 'two' }));
    const from = disk.trace.length;
    await scheduler.settle(db.checkpoint());
    await scheduler.settle(t.update(1, { n: 3, notes: 'three' }));
    await scheduler.settle(t.delete(2));
    await scheduler.settle(db.checkpoint());
    await scheduler.settle(t.pack());
    await scheduler.settle(t.insertMany([{ n: 4, notes: 'four' }], { direct: true }));
    await scheduler.settle(db.close());
    let journals = 0, states = 0;
    for (const state of crashStates(disk.start, disk.trace, { seed: 3, budget: 200, from })) {
      const seen = await lookAt(state.disk(), { readOnly: true }, state.seed);
      const recovered = await lookAt(state.disk(), {}, state.seed);
      expect(seen.rows, `point ${state.point} ${state.kind} ${state.choice}`).toEqual(recovered.rows);
      expect(seen.calls, `point ${state.point} ${state.kind} ${state.choice}`).toEqual([]);
      if ([...state.image.files.keys()].some((path) => path.endsWith('.journal'))) journals++;
      states++;
    }
    expect(states).toBeGreaterThan(60);
    expect(journals).toBeGreaterThan(5);
  }, 60_000);
});

let lives = 0;

/** Opens a disk and reads the table; which calls changed the disk. */
async function lookAt(start: DiskState, options: { readOnly?: boolean }, seed: number): Promise<{ rows: unknown; calls: string[] }> {
  const disk = new SimDisk({ start });
  const scheduler = new SimScheduler();
  disk.useScheduler(scheduler);
  const db = await scheduler.settle(openIn(simEnvironmentOf(disk, scheduler, seed), '/db', options, fakeIdentity(++lives)));
  const rows = db.tables().includes('t') ? db.table('t').scan({ deleted: true }).toArray().map((row) => [row.$recno, row.$deleted, row['n'], row['notes']]) : 'no table';
  await scheduler.settle(db.close());
  return { rows, calls: disk.trace.map((event) => event.op) };
}

describe('a read-only handle', () => {
  test('never makes a folder, and opens plain files without a catalog', async () => {
    const missing = join(folder, 'missing');
    await expect(open(missing, { readOnly: true })).rejects.toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(readdirSync(folder)).toEqual([]);
    await (await writer()).close();
    rmSync(join(folder, 'fieldstone.json'));
    const before = everything(folder);
    const db = await open(folder, { readOnly: true });
    expect(db.table('t').recordCount).toBe(100);
    expect(await db.transaction((tx) => tx.table('t').get(5)?.['N'])).toBe(5);
    expect(db.transactionSync((tx) => tx.table('t').get(6)?.['N'])).toBe(6);
    const refused = expect.objectContaining({ code: 'READ_ONLY' });
    for (const write of [
      () => db.table('t').insert({ n: 1 }), () => db.table('t').insertMany([{ n: 1 }]), () => db.table('t').insertMany([{ n: 1 }], { direct: true }), () => db.table('t').update(1, { n: 1 }),
      () => db.table('t').delete(1), () => db.table('t').recall(1), async () => db.table('t').pack(), async () => db.table('t').zap(),
      () => db.createTable('u', { n: numeric(1) }), () => db.dropTable('t'), () => db.renameTable('t', 'u'), () => db.alterTable('t', { drop: ['n'] }),
      () => db.checkpoint(), () => db.transaction((tx) => tx.table('t').insert({ n: 1 })), async () => db.transactionSync((tx) => tx.table('t').insert({ n: 1 })),
    ]) await expect(write(), String(write)).rejects.toThrow(refused);
    await db.close();
    expect(everything(folder)).toEqual(before);
  });

  test('asks the file system for nothing but reads', async () => {
    await (await writer()).close();
    const inner = nodeVfs();
    const refuse = (): never => { throw new Error('a read-only handle wrote'); };
    const vfs: Vfs = {
      stat: (path) => inner.stat(path), list: (path) => inner.list(path), realPath: (path) => inner.realPath(path),
      open: (path, mode) => (mode === 'read' ? inner.open(path, mode) : refuse()),
      rename: refuse, unlink: refuse, makeFolder: refuse, removeFolder: refuse, syncFolder: refuse,
    };
    const scheduler = new SimScheduler();
    const db = await openIn({ ...simEnvironmentOf(vfs, scheduler, 1), scheduler }, folder, { readOnly: true });
    expect([...db.table('t').scan()]).toHaveLength(100);
    await db.refresh();
    await db.close();
  });
});
