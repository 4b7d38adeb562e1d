import type { TagSpec } from '../../../index/xbase/index-file.js';
import { seededRandom, type SeededRandom } from '../../support/sim-clock.js';
import { compareEntries, MemoryIndex, type Change, type Entry } from './memory-index.js';

/** One way of making random keys; small worlds make duplicates, long common beginnings make deep trees. */
interface KeyWorld {
  readonly spec: TagSpec;
  make(random: SeededRandom): Buffer;
}

const text = (value: string, length: number): Buffer => Buffer.from(value.padEnd(length).slice(0, length), 'latin1');

export const KEY_WORLDS: Readonly<Record<string, KeyWorld>> = {
  numbers: {
    spec: { name: 'NUM', expression: 'NUM', keyType: 'N', keyLength: 8 },
    make: (random) => {
      const key = Buffer.alloc(8);
      key.writeDoubleBE(1 + random.int(300) / 4);
      key[0] = (key[0] ?? 0) ^ 0x80;
      return key;
    },
  },
  words: { spec: { name: 'WORD', expression: 'WORD', keyType: 'C', keyLength: 20 },
    make: (random) => text('abcab'.slice(random.int(4)).repeat(1 + random.int(3)) + random.int(500), 20) },
  blanks: { spec: { name: 'BLANK', expression: 'X', keyType: 'C', keyLength: 10 },
    make: (random) => text(random.int(3) === 0 ? '' : ' '.repeat(random.int(4)) + 'x'.repeat(random.int(7)), 10) },
  long: { spec: { name: 'LONG', expression: 'LONG', keyType: 'C', keyLength: 240 },
    make: (random) => text('n'.repeat(random.int(180)) + random.int(30), 240) },
  dense: { spec: { name: 'DENSE', expression: 'D', keyType: 'C', keyLength: 240 }, make: (random) => Buffer.from(Array.from({ length: 240 },
    () => 33 + random.int(200))) },
  flags: { spec: { name: 'FLAG', expression: 'FLAG', keyType: 'L', keyLength: 1 }, make: (random) => Buffer.from(random.int(2) === 0 ? 'T' : 'F') },
  integers: {
    spec: { name: 'INT', expression: 'INT', keyType: 'I', keyLength: 4 },
    make: (random) => {
      const key = Buffer.alloc(4);
      key.writeUInt32BE(0x80000000 + random.int(5000) - 100);
      return key;
    },
  },
};

/** Changes in order, each entry once. */
function sortedChanges(changes: readonly Change[]): Change[] {
  const once = new Map(changes.map((change) => [`${change.key.toString('latin1')}/${change.recno}`, change]));
  return [...once.values()].sort(compareEntries);
}

function expectSame(got: readonly Entry[], wanted: readonly Entry[], what: string): void {
  if (got.length !== wanted.length) throw new Error(`${what}: ${got.length} entries, not ${wanted.length}`);
  got.forEach((entry, i) => { if (compareEntries(entry, wanted[i]!) !== 0) throw new Error(`${what}: entry ${i} is of record ${entry.recno},
    not ${wanted[i]!.recno}`); });
}

/** What a tag must hold after changes. */
export class TagModel {
  readonly #entries = new Map<string, Entry>();
  #sorted: Entry[] | undefined = [];

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      const name = `${change.key.toString('latin1')}/${change.recno}`;
      if (change.isRemoval) this.#entries.delete(name);
      else this.#entries.set(name, { key: change.key, recno: change.recno });
    }
    this.#sorted = undefined;
  }

  get entries(): readonly Entry[] { return this.#sorted ??= [...this.#entries.values()].sort(compareEntries); }
}

function expectSeeks(index: MemoryIndex, tag: string, model: readonly Entry[], probes: readonly Entry[]): void {
  const cursor = index.open().tag(tag).cursor();
  for (const probe of probes) {
    const at = model.findIndex((entry) => compareEntries(entry, probe) >= 0);
    const wanted = at < 0 ? undefined : model[at];
    const stands = cursor.seek(probe.key, probe.recno);
    if (stands !== (wanted !== undefined)) throw new Error(`seek of record ${probe.recno}: ${stands}`);
    if (wanted === undefined) continue;
    expectSame([{ key: cursor.key, recno: cursor.recno }], [wanted], 'seek');
    const before = model[at - 1];
    if (cursor.previous() !== (before !== undefined)) throw new Error('previous after seek');
    if (before === undefined) continue;
    expectSame([{ key: cursor.key, recno: cursor.recno }], [before], 'previous after seek');
    if (!cursor.next()) throw new Error('next after previous');
    expectSame([{ key: cursor.key, recno: cursor.recno }], [wanted], 'next after previous');
  }
}

/** A random history of one tag; throws, naming the seed, when it is not what a sorted array would be. */
export function runHistory(seed: number, world: string, rounds: number, mostChanges: number): void {
  const random = seededRandom(seed);
  const { spec, make } = KEY_WORLDS[world]!;
  const index = new MemoryIndex();
  const model = new TagModel();
  // Some with one bit more than those before them.
  const recno = (): number => (random.int(20) !== 0 ? 1 + random.int(400) : random.int(2) === 0 ? 1 + random.int(70_000_000) : 2 ** random.int(27));
  const entry = (): Entry => ({ key: make(random), recno: recno() });
  try {
    const first = sortedChanges(Array.from({ length: random.int(3) === 0 ? 0 : random.int(mostChanges) }, () => ({ ...entry(), isRemoval: false })));
    index.add(spec, first);
    model.apply(first);
    for (let round = 0; round < rounds; round++) {
      const kind = random.int(5);
      const count = random.int(kind === 0 ? 4 : mostChanges);
      const removals = kind === 1 ? 95 : kind === 2 ? 5 : 50;
      // Whole leaves go when neighbours are removed in a row.
      const from = random.int(model.entries.length + 1);
      const row = kind === 4 ? model.entries.slice(from, from + random.int(3 * mostChanges)).map((one): Change => ({ ...one, isRemoval: true })) : [];
      const changes = sortedChanges([...row, ...Array.from({ length: kind === 4 ? random.int(3) : count }, (): Change => {
        const isRemoval = random.int(100) < removals;
        const held = model.entries;
        const old = held[random.int(Math.max(1, held.length))];
        return isRemoval && old !== undefined && random.int(10) > 0 ? { ...old, isRemoval } : { ...entry(), isRemoval };
      })]);
      const before = model.entries.length;
      const applied = index.apply(spec.name, changes, () => random.int(3) === 0);
      model.apply(changes);
      if (applied.added + applied.removed + applied.alreadyThere + applied.notThere !== changes.length) throw new Error('the counts are not those of the changes');
      if (before + applied.added - applied.removed !== model.entries.length) throw new Error('the counts do not give the entries');
      expectSame(index.list(spec.name), model.entries, 'forward');
      const checked = index.check();
      if (checked.findings.length > 0) throw new Error(`check: ${checked.findings[0]!.message}`);
      if (checked.lostPages > 0) throw new Error(`${checked.lostPages} pages are lost`);
      expectSeeks(index, spec.name, model.entries, [entry(), entry(), ...model.entries.slice(0, 1), ...model.entries.slice(-1)]);
    }
    const cursor = index.open().tag(spec.name).cursor();
    const back: Entry[] = [];
    for (let stands = cursor.last(); stands; stands = cursor.previous()) back.push({ key: Buffer.from(cursor.key), recno: cursor.recno });
    expectSame(back.reverse(), model.entries, 'backward');
  } catch (e) {
    throw new Error(`seed ${seed}, ${world}: ${String(e)}; run again: FIELDSTONE_SEED=${seed} npx vitest run test/index/cdx/cdx-random.test.ts`,
      { cause: e });
  }
}
