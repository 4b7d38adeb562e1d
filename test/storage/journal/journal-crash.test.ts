import { expect, test } from 'vitest';
import { applyJournal, JournalWriter, MemoryVfs, readJournal, writeFully, type Vfs } from '#storage';
import { crashStates, newCrashCounts, type CrashState } from '../../support/sim/crash-states.js';
import { imageBytes } from '../../support/sim/disk-image.js';
import { SimDisk } from '../../support/sim/sim-disk.js';
import { databaseId, FOLDER, META, PATH } from './journal-kit.js';

// Two tables of generation 1 or 2: they must agree after any crash, however the checkpoint that changes both was cut short.
const TABLE_BYTES = 1600;
const image = (generation: number, table: number): Uint8Array => new Uint8Array(TABLE_BYTES).map((_, i) => (i * 7 + table * 31 + generation * 101) & 0xff);
const NAMES = ['a.dbf', 'b.dbf'];

function checkpoint(vfs: Vfs, say: (what: string) => void): void {
  const built = vfs.open(`${FOLDER}/c.dbf.fs-2`, 'create');
  writeFully(built, image(2, 2), 0);
  built.sync();
  built.close();
  vfs.syncFolder(FOLDER);
  const writer = JournalWriter.create(vfs, PATH, META);
  writer.rename('c.dbf.fs-2', 'c.dbf');
  for (const [table, name] of NAMES.entries()) {
    writer.write(name, 'body', 32, image(2, table).subarray(32));
    writer.write(name, 'header', 0, image(2, table).subarray(0, 32));
  }
  writer.finish();
  writer.sync();
  writer.close();
  vfs.syncFolder(FOLDER);
  say('sure');
  applyAll(vfs);
  vfs.unlink(PATH);
  vfs.syncFolder(FOLDER);
}

function applyAll(vfs: Vfs): void {
  const journal = readJournal(vfs, PATH, databaseId);
  if (journal === undefined) return;
  for (const step of applyJournal(vfs, FOLDER, journal)) {
    if (step.kind === 'sync') step.file.datasync();
    if (step.kind === 'syncFolder') vfs.syncFolder(FOLDER);
  }
}

function generationOf(files: ReadonlyMap<string, Uint8Array>, name: string, table: number): number {
  const bytes = files.get(`${FOLDER}/${name}`);
  return [1, 2].find((generation) => bytes !== undefined && Buffer.compare(bytes, image(generation, table)) === 0) ?? 0;
}

function check(state: CrashState, sure: boolean): string | undefined {
  const vfs = new MemoryVfs(imageBytes(state.image));
  applyAll(vfs);
  const files = vfs.files();
  const found = ['a.dbf', 'b.dbf', 'c.dbf'].map((name, table) => generationOf(files, name, table));
  const whole = found.every((generation) => generation === found[0]) && found[0] !== 0;
  return whole && (found[0] === 2 || !sure) ? undefined : `generations ${found.join(' ')}`;
}

test('after a crash anywhere in a checkpoint, recovery finds all tables before it or all after it', () => {
  const seed = Number(process.env['SEED'] ?? 11);
  const disk = SimDisk.withFiles([...NAMES, 'c.dbf'].map((name, table) => [`${FOLDER}/${name}`, image(1, table)] as const));
  checkpoint(disk, (what) => disk.mark(what));
  const counts = newCrashCounts();
  for (const state of crashStates(disk.start, disk.trace, { seed, budget: 2500 }, counts)) {
    const sure = disk.trace.slice(0, state.point).some((event) => event.op === 'mark');
    expect(check(state, sure), `SEED=${seed} ${state.kind} point ${state.point} choice ${state.choice}`).toBeUndefined();
  }
  expect(counts.distinct).toBeGreaterThan(300);
});
