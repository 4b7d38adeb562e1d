import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDbfLayout, readFully, visibleFields, writeFully, type MemoryVfs } from '#storage';
import { char, date, numeric, type Database, type FindOptions } from '../../../src/main.js';
import { corpus } from '../../support/corpus.js';
import { mdxImage, type MdxTagImage } from '../../support/mdx-image.js';
import { seededRandom } from '../../support/sim-clock.js';
import { FOLDER, memoryFolder, openMemory } from '../check/memory-folder.js';
import { day, nullable, queriesOver, small, text, truth, type Row } from '../table/random-queries.js';

const SEED = Number(process.env['SEED'] ?? 13);
const RUNS = Number(process.env['RUNS'] ?? 30);
const CORPUS_QUERIES = 30;
const FIELDS = ['c', 'n', 'k', 'd'];
const KINDS = ['cdx', 'idx', 'ntx', 'ndx', 'mdx'] as const;
const JULIAN_OF_1970 = 2_440_587.5;
const DAY_MS = 86_400_000;
/** What dBASE III documents for a blank date. */
const NO_DAY = 1e100;

type Table = ReturnType<Database['table']>;
const ways = new Map<string, number>();

function agree(t: Pick<Table, 'scan' | 'find'>, wanted: Row, how: FindOptions): void {
  const found = t.find(wanted as never, how as never);
  const expected = truth(t.scan(), wanted, how);
  const way = found.explain().considered[0]?.way ?? '';
  ways.set(way, (ways.get(way) ?? 0) + 1);
  expect(found.toArray(), way).toEqual(expected);
  expect(found.count(), way).toBe(expected.length);
}

/** Most rows have values that no filter asks for: then an index is worth its while. */
const others = fc.integer({ min: 4, max: 400 });
const row = fc.record({
  c: fc.oneof(text, { arbitrary: others.map((n) => `o${n}`), weight: 4 }),
  n: fc.oneof(nullable(fc.constantFrom(0, 0.5, -1.5, 3)), { arbitrary: others, weight: 4 }),
  k: fc.oneof(nullable(small), { arbitrary: others, weight: 4 }),
  d: fc.oneof(nullable(day), { arbitrary: others.map((n) => new Date(n * 20 * DAY_MS)), weight: 4 }),
});

async function folderOf(rows: readonly Row[], gone: readonly number[], kinds: readonly string[]): Promise<MemoryVfs> {
  const vfs = memoryFolder();
  const db = await openMemory(vfs);
  const t = await db.createTable('t', { c: char(6), n: numeric(6, 1), k: numeric(3), d: date() }, { dialect: 'foxpro2' });
  await t.insertMany(rows);
  for (const recno of gone) if (t.get(recno) !== undefined) await t.delete(recno);
  for (const type of KINDS) if (type !== 'mdx' && kinds.includes(type)) for (const on of FIELDS) await t.createIndex(`${type}_${on}`, { on, type });
  await db.close();
  if (kinds.includes('mdx')) putMdx(vfs);
  return vfs;
}

/** Over what stands in the table, deleted rows included. */
function putMdx(vfs: MemoryVfs): void {
  const table = vfs.open(`${FOLDER}/t.dbf`, 'read');
  const layout = readDbfLayout(table, {});
  const records = Buffer.alloc(layout.recordCount * layout.recordLength);
  readFully(table, records, layout.headerLength);
  table.close();
  const tag = (name: string, type: 'C' | 'D', keyOf: (cell: Buffer) => Buffer): MdxTagImage => {
    const field = visibleFields(layout).find((each) => each.name.toLowerCase() === name);
    const entries = Array.from({ length: layout.recordCount }, (_, i) => {
      const at = i * layout.recordLength + (field?.offset ?? 0);
      return { key: keyOf(records.subarray(at, at + (field?.length ?? 0))), recno: i + 1 };
    });
    const order = type === 'C' ? (a: Buffer, b: Buffer): number => a.compare(b) : (a: Buffer, b: Buffer): number => a.readDoubleLE(0) - b.readDoubleLE(0);
    entries.sort((a, b) => order(a.key, b.key) || a.recno - b.recno);
    return { name: `MDX_${name.toUpperCase()}`, expression: name.toUpperCase(), type, keyLength: type === 'D' ? 8 : field?.length ?? 0, entries };
  };
  const image = mdxImage([tag('c', 'C', (cell) => Buffer.from(cell)), tag('d', 'D', dayKey)]);
  const file = vfs.open(`${FOLDER}/t.mdx`, 'exclusive');
  writeFully(file, image, 0);
  file.close();
}

function dayKey(cell: Buffer): Buffer {
  const said = cell.toString('latin1');
  const key = Buffer.alloc(8);
  const time = Date.parse(`${said.slice(0, 4)}-${said.slice(4, 6)}-${said.slice(6)}T00:00:00Z`);
  key.writeDoubleLE(said.trim() === '' ? NO_DAY : Math.ceil(time / DAY_MS + JULIAN_OF_1970), 0);
  return key;
}

test('random filters under every set of xBase indexes, MDX among them, agree with a plain filter over a scan', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(row, { minLength: 100, maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 10 }),
    fc.oneof(fc.constant(['mdx']), fc.subarray<string>([...KINDS], { minLength: 1 })), fc.array(queriesOver(FIELDS), { minLength: 4, maxLength: 20 }),
    async (rows, gone, kinds, queries) => {
      const db = await openMemory(await folderOf(rows, gone, kinds), { readOnly: true });
      const t = db.table('t');
      const snapshot = db.snapshot();
      for (const [wanted, how] of queries) {
        agree(t, wanted, how);
        agree(snapshot.table(t), wanted, how);
      }
      snapshot.close();
      if (kinds.includes('mdx')) expect(t.indexes().filter(({ kind }) => kind === 'mdx')).toHaveLength(2);
      expect((await db.check()).findings.filter(({ code }) => code === 'CORRUPT_INDEX')).toEqual([]);
      await db.close();
    }), { seed: SEED, numRuns: RUNS });
  const used = [...ways.keys()].join('; ');
  console.log([...ways].map(([way, n]) => `${n} ${way}`).join(', '));
  expect(used).toContain('index MDX_');
  expect(used).toContain('scan');
}, 300_000);

test('random filters over the tables of the corpus that have an MDX agree with a plain filter over a scan', async () => {
  const found = corpus();
  if (found === undefined) {
    console.log('MDX files of other programs were not asked: the corpus is not there');
    return;
  }
  ways.clear();
  const random = seededRandom(SEED);
  let tables = 0;
  let queries = 0;
  for (const unit of found.units.filter(({ kind, files }) => kind !== 'mutated' && files.some(({ path }) => /\.mdx$/i.test(path)))) {
    const parts = unit.files.filter(({ role }) => ['table', 'memo', 'index'].includes(role));
    const files = Object.fromEntries(parts.map(({ path }) => [basename(path), readFileSync(found.path(path))]));
    const db = await openMemory(memoryFolder(files), { readOnly: true });
    for (const name of db.tables()) {
      const t = db.table(name);
      const fields = [...new Set(t.indexes().filter(({ kind }) => kind === 'mdx').flatMap((index) => [...index.fields]))];
      const rows: Row[] = t.scan().toArray();
      if (fields.length === 0 || rows.length === 0) continue;
      tables++;
      for (let i = 0; i < CORPUS_QUERIES; i++, queries++) {
        const field = random.pick(fields);
        const [a, b] = [random.pick(rows)[field], random.pick(rows)[field]];
        const prefix = typeof a === 'string' ? { $startsWith: a.slice(0, 1 + random.int(4)) } : { $lte: a };
        const condition = random.pick([a, { $in: [a, b] }, { $gte: a, $lt: b }, { $gt: a }, prefix]);
        agree(t, { [field]: condition }, random.chance(0.3) ? { sort: { [field]: random.pick([1, -1]) }, limit: 7 } : {});
      }
    }
    await db.close();
  }
  console.log(`${tables} tables of the corpus with an MDX over a field, ${queries} filters: ${[...ways].map(([way, n]) => `${n} ${way}`).join(', ')}`);
  expect(tables).toBeGreaterThan(2);
  expect([...ways.keys()].some((way) => way.startsWith('index'))).toBe(true);
}, 300_000);
