import { describe, expect, test } from 'vitest';
import { writeFully, type MemoryVfs } from '#storage';
import { compareValues } from '../../../src/filter/compare-values.js';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { ROWS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import { indexesOf } from '../../../src/indexes/indexes-of.js';
import { char, currency, date, datetime, double, float, integer, logical, numeric, varchar, type Database, type WritableDialect } from '../../../src/main.js';
import type { IndexRange, IndexSource } from '../../../src/query/index-source.js';
import { codePage, codePageNames } from '../../../storage/codepage/code-page.js';
import { seededRandom } from '../../support/sim-clock.js';
import { bytesOf, FOLDER, memoryFolder, openMemory } from '../check/memory-folder.js';

const SEED = Number(process.env['SEED'] ?? 5);
const ROWS_OF_A_TABLE = 150;
const RANGES = 120;
type Row = Readonly<Record<string, unknown>> & { readonly $recno: number };

const DAY = 86_400_000;
const TEXTS = ['', 'a', 'A', 'ab', 'AB', 'AB C', 'ABC', 'B', 'é', 'Zé', '~', '€', 'ÿ', 'a\u0001', 'A\u0001b', ' x'];
const NUMBERS = [0, 1, -1, 2.5, -2.5, 99.99, -9.99, 1000, 0.01, 12.34];
const INTEGERS = [0, 1, -1, 5, 2 ** 31 - 1, -(2 ** 31), 77];
const DATES = [null, new Date('1999-12-31'), new Date('2000-01-01'), new Date('2000-01-02'), new Date('0001-01-01'), new Date('9999-12-31')];
/** What filters ask for: also what no row has, and what no key can be made of. */
const OPERANDS: readonly unknown[] = [
  ...TEXTS, 'AB ', 'ab\u0000', 'A longer text than the field', '日', '\uFFFD', ...NUMBERS, ...INTEGERS, 0.5, 5.5, -5.5, 1.005, 3e9, -3e9, 1e300, -1e300, Infinity, -Infinity,
  1n, 5n, 10n ** 30n, true, false, null, ...DATES.slice(1), new Date('2000-01-01T12:00:00Z'), new Date('2000-01-01T00:00:00.500Z'), new Date(8.64e15), new Date(-8.64e15),
];

const SCHEMAS: Readonly<Record<'vfp' | 'clipper', Parameters<Database['createTable']>[1]>> = {
  vfp: {
    c: char(5), v: varchar(5), n: numeric(6, 2), f: float(8, 1), b: double(), i: integer(), y: currency(), d: date(), t: datetime(), l: logical(),
    cn: char(4, { nullable: true }), nn: numeric(6, 2, { nullable: true }), inn: integer({ nullable: true }), dn: date({ nullable: true }),
  },
  clipper: { c: char(5), n: numeric(6, 2), w: numeric(5, 0), d: date(), l: logical() },
};

/** Cells as sloppy programs write them: zeros behind text, days that no calendar has, digits with other decimals than declared. */
const ODD_CELLS: Readonly<Record<string, readonly string[]>> = {
  c: ['AB\0\0\0', 'A\0\0\0\0', '\x01\x02   ', 'ab\x1f  ', '\xff\xff\xff\xff\xff'], n: ['123456', '1.2345', '   *  ', '-    1', '1e3   ', '******', '  .5  '],
  w: ['1.255', '99999', '*****'], d: ['20000231', '00000000', '2000 1 1', '1999123x', '99991332'],
};

function putOddCells(vfs: MemoryVfs, random: ReturnType<typeof seededRandom>): void {
  const bytes = bytesOf(vfs, `${FOLDER}/t.dbf`);
  const [count, headerLength, recordLength] = [bytes.readUInt32LE(4), bytes.readUInt16LE(8), bytes.readUInt16LE(10)];
  for (let at = 32, offset = 1; bytes[at] !== 0x0d; at += 32) {
    const name = bytes.toString('latin1', at, at + 11).replace(/\0.*/s, '').toLowerCase();
    const length = bytes[at + 16] ?? 0;
    for (let recno = 1; recno <= count; recno++) {
      const odd = ODD_CELLS[name];
      if (odd !== undefined && random.chance(0.15)) bytes.write(random.pick(odd).padEnd(length), headerLength + (recno - 1) * recordLength + offset, length, 'latin1');
    }
    offset += length;
  }
  const file = vfs.open(`${FOLDER}/t.dbf`, 'write');
  writeFully(file, bytes, 0);
  file.close();
}

function randomRow(names: readonly string[], random: ReturnType<typeof seededRandom>): Record<string, unknown> {
  const maybe = <T>(value: T): T | null => (random.chance(0.15) ? null : value);
  const values: Record<string, () => unknown> = {
    c: () => random.pick(TEXTS), v: () => random.pick([...TEXTS, 'AB ', 'a  ']), n: () => maybe(random.pick(NUMBERS)), f: () => maybe(random.pick([0, 1.5, -1.5])),
    b: () => random.pick([...NUMBERS, 1e300, 5e-324, -0]), i: () => random.pick(INTEGERS), y: () => random.pick([...NUMBERS, 9e13, -9e13, 123456789012.3457]),
    d: () => random.pick(DATES), t: () => random.pick([...DATES, new Date('2000-01-01T12:00:01Z')]), l: () => maybe(random.chance(0.5)),
    cn: () => maybe(random.pick(['', 'a', 'AB'])), nn: () => maybe(random.pick(NUMBERS)), inn: () => maybe(random.pick(INTEGERS)), dn: () => random.pick(DATES),
    w: () => maybe(random.pick([0, 7, -7, 12345])),
  };
  return Object.fromEntries(names.map((name) => [name, values[name]?.()]));
}

async function tableWith(dialect: 'vfp' | 'clipper', seed: number): Promise<{ db: Database; names: readonly string[] }> {
  const random = seededRandom(seed);
  const vfs = memoryFolder();
  const names = Object.keys(SCHEMAS[dialect]);
  const first = await openMemory(vfs);
  const made = await first.createTable('t', SCHEMAS[dialect], { dialect: dialect satisfies WritableDialect, encoding: random.pick(['cp1252', 'latin1', 'cp437']) });
  for (let i = 0; i < ROWS_OF_A_TABLE; i++) {
    try {
      await made.insert(randomRow(names, random));
    } catch (e) {
      if (!(e instanceof Error && 'code' in e && e.code === 'VALUE')) throw e; // a character that the code page does not have
    }
  }
  const gone = new Set(Array.from({ length: 10 }, () => 1 + random.int(made.recordCount)));
  for (const recno of gone) await made.delete(recno);
  await first.close();
  putOddCells(vfs, random);
  const db = await openMemory(vfs);
  for (const type of ['cdx', 'idx', 'ntx', 'ndx'] as const) {
    for (const name of names) {
      try {
        await db.table('t').createIndex(`${type}_${name}`, { on: name, type, ...(random.chance(0.4) && type !== 'ndx' ? { descending: true } : {}) });
      } catch (e) {
        if (!(e instanceof Error && 'code' in e && (e.code === 'UNSUPPORTED' || e.code === 'LIMIT'))) throw e;
      }
    }
  }
  return { db, names };
}

function rangeOf(random: ReturnType<typeof seededRandom>): { readonly range: IndexRange; readonly condition: unknown } {
  const dice = random.int(4);
  const [a, b] = [random.pick(OPERANDS), random.pick(OPERANDS)];
  if (dice === 0) return { range: { equal: [a] }, condition: { $eq: a } };
  if (dice === 1 && typeof a === 'string') return { range: { equal: [], prefix: a }, condition: { $startsWith: a } };
  const [low, high] = [random.chance(0.5), random.chance(0.5)];
  if (a === null || b === null) return { range: { equal: [null] }, condition: { $eq: null } };
  if (dice === 2) return { range: { equal: [], low: { value: a, inclusive: low } }, condition: low ? { $gte: a } : { $gt: a } };
  return {
    range: { equal: [], low: { value: a, inclusive: low }, high: { value: b, inclusive: high } },
    condition: { ...(low ? { $gte: a } : { $gt: a }), ...(high ? { $lte: b } : { $lt: b }) },
  };
}

function walked(source: IndexSource, range: IndexRange): number[] {
  const found: number[] = [];
  for (const { recno } of source.entries(range)) found.push(recno);
  return found;
}

/** Rows in the order of the index, as a sort would have them. */
function sorted(rows: readonly Row[], path: string, descending: boolean): number[] {
  return rows.slice().sort((a, b) => (compareValues(a[path], b[path]) || 0) * (descending ? -1 : 1) || a.$recno - b.$recno).map(({ $recno }) => $recno);
}

describe.each(['vfp', 'clipper'] as const)('tags over bare fields, %s', (dialect) => {
  test.each([0, 1])('hold every row of the ranges that they accept, and stand in the order that they claim (%i)', async (round) => {
    const { db } = await tableWith(dialect, SEED * 100 + round);
    const t = db.table('t');
    const rows = t.scan().toArray() as unknown as Row[];
    const live = new Map(rows.map((row) => [row.$recno, row]));
    const random = seededRandom(SEED * 1000 + round);
    let accepted = 0;
    let ranges = 0;
    db.transactionSync((tx) => {
      const { access } = tx.table(t);
      const { codec, view } = access.view();
      for (const source of indexesOf(access.engine, codec, view).sources) {
        const [field] = source.fields;
        if (field === undefined) continue;
        const path = field.path;
        if (source.ordered) expect(walked(source, { equal: [] }).filter((recno) => live.has(recno)), `${source.name}, SEED=${SEED}`).toEqual(sorted(rows, path, field.descending));
        if (source.orderedWithoutNull) {
          const withValue = rows.filter((row) => row[path] !== null);
          const order = walked(source, { equal: [] }).filter((recno) => live.get(recno)?.[path] !== null && live.has(recno));
          expect(order, `${source.name} without null, SEED=${SEED}`).toEqual(sorted(withValue, path, field.descending));
        }
        for (let i = 0; i < RANGES; i++) {
          const { range, condition } = rangeOf(random);
          if ((range.equal.length === 0 && !source.ranged) || !source.accepts(range)) continue;
          accepted++;
          if (range.equal.length === 0) ranges++;
          const has = new Set(walked(source, range));
          const test = compileFilter(parseFilter({ [path]: condition }), ROWS);
          const lost = rows.filter((row) => test(row) && !has.has(row.$recno));
          expect(lost.map((row) => row[path]), `${source.name} ${JSON.stringify(condition, (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v))}, SEED=${SEED}`).toEqual([]);
        }
      }
    });
    expect(accepted).toBeGreaterThan(dialect === 'vfp' ? 900 : 350);
    expect(ranges).toBeGreaterThan(150);
    await db.close();
  });
});

test('a user sees the entries between bounds, exclusive ones too, and a descending tag from its highest key down', async () => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { name: char(5), n: numeric(5, 2), i: numeric(9) }, { dialect: 'foxpro2' });
  await t.insertMany(['Ada', 'Bob', 'Bob', 'Cy', 'Dee'].map((name, k) => ({ name, n: k + 0.5, i: k })));
  for (const type of ['cdx', 'idx', 'ntx', 'ndx'] as const) {
    for (const descending of type === 'ndx' ? [false] : [false, true]) {
      const name = `${type}${descending ? 'd' : 'a'}`;
      await t.createIndex(`${name}c`, { on: 'name', type, descending });
      await t.createIndex(`${name}n`, { on: 'n', type, descending });
      const turned = <T>(list: T[]): T[] => (descending ? list.reverse() : list);
      const names = t.index(`${name}c`);
      const keys = (range: Parameters<typeof names.entries>[0], index = names): unknown[] => index.entries(range).toArray().map(({ key }) => key);
      expect(keys({}), name).toEqual(turned(['Ada', 'Bob', 'Bob', 'Cy', 'Dee']));
      expect(keys({ reverse: true }), name).toEqual(turned(['Ada', 'Bob', 'Bob', 'Cy', 'Dee']).reverse());
      expect(keys({ gt: 'Ada', lt: 'Cy' }), name).toEqual(['Bob', 'Bob']);
      expect(keys({ gte: 'Bob', lte: 'Cy' }), name).toEqual(turned(['Bob', 'Bob', 'Cy']));
      expect(keys({ gt: 'Bob' }), name).toEqual(turned(['Cy', 'Dee']));
      expect(keys({ lt: 'Bob' }), name).toEqual(['Ada']);
      const numbers = t.index(`${name}n`);
      expect(keys({ gt: 1.5, lt: 3.5 }, numbers), name).toEqual([2.5]);
      expect(keys({ gt: 1.4999, lt: 2.5001 }, numbers), name).toEqual(turned([1.5, 2.5]));
      expect(keys({ gte: 1.501, lte: 3.499 }, numbers), name).toEqual([2.5]);
      expect(numbers.seek(1.501), name).toBeUndefined();
      expect(numbers.seek(2.5)?.$recno, name).toBe(3);
      expect(names.seek('Bob')?.$recno, name).toBe(descending && type !== 'ntx' ? 3 : 2);
    }
  }
  await db.close();
});

test('ranges and orders of xBase tags are used by plans, and their rows are those of a scan', async () => {
  const db = await openMemory(memoryFolder());
  const t = await db.createTable('t', { name: char(8), n: numeric(8, 2), d: date() }, { dialect: 'foxpro2' });
  await t.insertMany(Array.from({ length: 3000 }, (_, i) => ({
    name: `${'ABCDEFGHIJ'[i % 10] ?? ''}${i % 300}`, n: i % 50 === 0 ? null : ((i * 7919) % 30_000) / 10 - 500, d: i % 9 === 0 ? null : new Date(DAY * ((i * 31) % 4000)),
  })));
  const queries = [
    [{ name: { $gte: 'C27', $lt: 'C28' } }, { sort: { name: 1 } }], [{ name: { $startsWith: 'B15' } }, {}], [{ n: { $gt: 100, $lt: 130 } }, { sort: { n: 1 } }],
    [{ n: { $gt: 2000 } }, { sort: { n: -1 }, limit: 5 }], [{ n: { $lt: -480 } }, {}], [{ d: { $gte: new Date(DAY * 3900) } }, { sort: { d: 1 }, limit: 20 }],
    [{}, { sort: { d: -1 }, limit: 3 }], [{}, { sort: { n: 1 }, limit: 3 }],
  ] as const;
  const answers = queries.map(([filter, options]) => t.find(filter, options).toArray());
  for (const type of ['cdx', 'ntx'] as const) {
    for (const name of ['name', 'n', 'd']) await t.createIndex(`${type}_${name}`, { on: name, type });
    const ways = queries.map(([filter, options]) => t.find(filter, options).explain().considered[0]?.way ?? '');
    expect(queries.map(([filter, options]) => t.find(filter, options).toArray())).toEqual(answers);
    expect(ways.map((way) => /^index/.test(way))).toEqual([true, true, type === 'cdx', type === 'cdx', type === 'cdx', true, true, false]);
    for (const name of ['name', 'n', 'd']) await t.dropIndex(`${type}_${name}`);
  }
  await db.close();
});

test('in every code page ASCII is its own byte, and nothing else is below it', () => {
  for (const name of codePageNames()) {
    const page = codePage(name);
    for (let byte = 0x20; byte < 0x7f; byte++) expect(page.decode(Uint8Array.of(byte), 0, 1), `${name} ${byte}`).toBe(String.fromCharCode(byte));
    for (let byte = 0x80; byte < 0x100; byte++) for (const char of page.decode(Uint8Array.of(byte, 0x41), 0, 1)) expect(char.codePointAt(0), `${name} ${byte}`).toBeGreaterThanOrEqual(0x80);
  }
});
