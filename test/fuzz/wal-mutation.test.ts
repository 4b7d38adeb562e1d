import { describe, expect, test } from 'vitest';
import { MemoryVfs } from '#storage';
import { seededRandom, type SeededRandom } from '../support/sim-clock.js';
import { journalBytes, META, readBytes as readJournalBytes } from '../storage/journal/journal-kit.js';
import { buildWal, bytesOf, EXPECT, otherDatabaseId, PATH, readWal, SEGMENT, walHeader, wrongReading, type BuiltWal } from '../storage/wal/wal-kit.js';
import type { JournalEntry } from '#storage';

// SEED=<n> ROUNDS=<n> npx vitest run test/fuzz/wal-mutation.test.ts
const SEED = Number(process.env['SEED'] ?? 20260902);
const ROUNDS = Number(process.env['ROUNDS'] ?? 1500);

type Mutation = (bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]) => Uint8Array;

const pick = <Item>(random: SeededRandom, items: readonly Item[]): Item => items[random.int(items.length)]!;
const splice = (bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array => (
  new Uint8Array(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(Math.min(bytes.length, at + removed))]))
);

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  byte: (bytes, random) => splice(bytes, random.int(bytes.length), 1, Uint8Array.of(random.int(256))),
  bit: (bytes, random) => {
    const at = random.int(bytes.length);
    return splice(bytes, at, 1, Uint8Array.of(bytes[at]! ^ (1 << random.int(8))));
  },
  cut: (bytes, random) => bytes.slice(0, random.int(bytes.length + 1)),
  insert: (bytes, random) => splice(bytes, random.int(bytes.length), 0, new Uint8Array(1 + random.int(60)).map(() => random.int(256))),
  remove: (bytes, random) => splice(bytes, random.int(bytes.length), 1 + random.int(100), new Uint8Array(0)),
  zeros: (bytes, random) => { const size = 1 + random.int(600); return splice(bytes, random.int(bytes.length), size, new Uint8Array(size)); },
  lyingNumber: (bytes, random) => {
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, pick(random, [0, 1, 0xffffffff, 0x7fffffff, 0x40000000, 0x40000001, 0x00ffffff]), true);
    return splice(bytes, random.int(bytes.length), 4, word);
  },
  copyWithin: (bytes, random) => bytes.slice().copyWithin(random.int(bytes.length), random.int(bytes.length), random.int(bytes.length)),
  sameplaceOfOther: (bytes, random, others) => {
    const other = pick(random, others);
    const at = random.int(Math.min(bytes.length, other.length));
    const size = random.int(Math.min(bytes.length, other.length) - at + 1);
    return splice(bytes, at, size, other.subarray(at, at + size));
  },
  tailOfOther: (bytes, random, others) => splice(bytes, bytes.length, 0, pick(random, others).subarray(bytes.length)),
  anyOfOther: (bytes, random, others) => {
    const other = pick(random, others);
    const from = random.int(other.length);
    return splice(bytes, random.int(bytes.length + 1), random.int(200), other.subarray(from, from + random.int(300)));
  },
};

function mutate(bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]): { mutated: Uint8Array; how: string } {
  const names: string[] = [];
  let mutated = bytes;
  for (let i = 0; i <= random.int(3); i++) {
    const name = pick(random, Object.keys(MUTATIONS));
    names.push(name);
    if (mutated.length > 0) mutated = MUTATIONS[name]!(mutated, random, others);
  }
  return { mutated, how: names.join('+') };
}

function randomBodies(random: SeededRandom): Uint8Array[][] {
  return Array.from({ length: 1 + random.int(4) }, () => Array.from({ length: 1 + random.int(3) }, () => (
    new Uint8Array(random.int(4) === 0 ? 0 : random.int(120)).map(() => random.int(256))
  )));
}

describe('mutated logs', () => {
  test('read as a beginning of what was written, or are refused; no file changes', () => {
    const outcomes = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const random = seededRandom(SEED * 100_003 + round);
      const groups = randomBodies(random);
      const sync = random.int(2) === 0;
      const built: BuiltWal = buildWal(groups, { sync });
      const others = [
        buildWal(groups, { header: walHeader({ segment: SEGMENT - 1 }), sync }).content,
        buildWal(groups, { header: walHeader({ databaseId: otherDatabaseId }), sync }).content,
        buildWal(groups, { header: walHeader({ fence: new Uint8Array(16) }), sync }).content,
        built.content,
      ];
      const { mutated, how } = mutate(built.content, random, others);
      const vfs = new MemoryVfs([[PATH, mutated]]);
      const result = readWal(vfs, PATH, EXPECT);
      const label = `SEED=${SEED} round ${round}: ${how}`;
      // The whole header of another life of this segment, pasted in with all its records, is another log, and a right one.
      if (Buffer.compare(mutated, others[2]!.subarray(0, mutated.length)) !== 0) expect(wrongReading(built, result), label).toBeUndefined();
      expect(vfs.files().get(PATH)?.length, label).toBe(mutated.length);
      const kind = result.failed ?? (result.end?.torn === true ? 'torn' : 'whole');
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    // The mutations reach every outcome.
    expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['CORRUPT_WAL', 'torn', 'whole']));
  });
});

function randomEntries(random: SeededRandom): JournalEntry[] {
  const name = (): string => pick(random, ['a.dbf', 'b.fpt', 'c.dbf.fs-2']);
  return Array.from({ length: random.int(6) }, (): JournalEntry => {
    switch (random.int(5)) {
      case 0: return { kind: 'rename', from: name(), to: name() };
      case 1: return { kind: 'unlink', file: name() };
      case 2: return { kind: 'truncate', file: name(), sizeBytes: random.int(10_000) };
      default: return {
        kind: 'write', file: name(), phase: pick(random, ['body', 'header'] as const), offset: random.int(5000),
        bytes: new Uint8Array(1 + random.int(200)).map(() => random.int(256)),
      };
    }
  });
}

describe('mutated journals', () => {
  test('are what was written, unfinished, or refused', () => {
    const outcomes = new Map<string, number>();
    for (let round = 0; round < ROUNDS / 2; round++) {
      const random = seededRandom(SEED * 100_003 + 50_000_000 + round);
      const entries = randomEntries(random);
      const whole = journalBytes(entries);
      const others = [journalBytes(entries, { ...META, checkpoint: 11 }), journalBytes(entries, { ...META, databaseId: bytesOf('another database') }), whole];
      const { mutated, how } = mutate(whole, random, others);
      const result = readJournalBytes(mutated);
      const label = `SEED=${SEED} round ${round}: ${how}`;
      if (result.failed !== undefined) expect(['CORRUPT_WAL', 'VERSION'], label).toContain(result.failed);
      if (result.entries !== undefined && result.meta?.checkpoint === META.checkpoint) expect(result, label).toMatchObject({ entries, meta: META });
      if (result.entries !== undefined && result.meta?.checkpoint === 11) expect(how, label).toMatch(/Other/);
      const kind = result.failed ?? (result.entries === undefined ? 'unfinished' : 'complete');
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(expect.arrayContaining(['CORRUPT_WAL', 'complete', 'unfinished']));
  });
});
