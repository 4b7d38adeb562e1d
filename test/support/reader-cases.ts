import {
  createMemoHeader, createRowEncoder, DELETED_MARK, encodeMemo, END_MARK, headerPatches, MemoAllocator, memoExtension, MemoFile, MemoryVfs, planDbf,
  readDbfLayout, recordOffset, writePointer, type DbfLayout, type FieldSpec, type MemoKind, type PendingMemo, type WritableDialect,
} from '#storage';

export type CaseValue = string | number | boolean | Date | Uint8Array | null;
export type CaseRow = Readonly<Record<string, CaseValue>>;

/** A table to be written by us and read by others. */
export interface ReaderCase {
  readonly name: string;
  readonly dialect: WritableDialect;
  readonly encoding: string;
  /** Another version byte than the dialect's own: a table that we write to but do not make. */
  readonly version?: number;
  readonly memoBlockSizeBytes?: number;
  readonly specs: readonly FieldSpec[];
  readonly rows: readonly CaseRow[];
  /** Index of a row that is deleted. */
  readonly deleted: number;
  /** What is changed in the second row. */
  readonly changes: CaseRow;
}

const field = (name: string, type: string, length = 0, decimals = 0): FieldSpec => ({ name, type, length, decimals });
const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
/** Ends so that bytes follow in the last block: one of the readers takes eight bytes too many out of dBASE IV memos. */
const long = (text: string, repeat: number): string => `${text}, `.repeat(repeat) + 'end.';

const PLAIN = [field('NAME', 'C', 24), field('AMOUNT', 'N', 12, 2), field('COUNT', 'N', 6), field('BORN', 'D'), field('ACTIVE', 'L')];

function plainRows(texts: readonly [string, string, string]): CaseRow[] {
  return [
    { NAME: texts[0], AMOUNT: 1234.5, COUNT: 7, BORN: day('1815-12-10'), ACTIVE: true },
    { NAME: texts[1], AMOUNT: -0.25, COUNT: -42, BORN: day('2000-02-29'), ACTIVE: false },
    { NAME: texts[2], AMOUNT: null, COUNT: 999999, BORN: null, ACTIVE: null },
    { NAME: 'gone', AMOUNT: 1, COUNT: 1, BORN: day('1999-12-31'), ACTIVE: true },
  ];
}

const MEMO_TEXTS = (text: string): readonly (string | null)[] => [`first ${text}`, long(text, 90), null, 'gone too'];

function withMemos(rows: readonly CaseRow[], text: string): CaseRow[] {
  const memos = MEMO_TEXTS(text);
  return rows.map((row, i) => ({ ...row, NOTES: memos[i] ?? null }));
}

function textCase(name: string, dialect: WritableDialect, encoding: string, texts: readonly [string, string, string], changes: CaseRow): ReaderCase {
  return { name, dialect, encoding, specs: PLAIN, rows: plainRows(texts), deleted: 3, changes };
}

function memoCase(name: string, dialect: WritableDialect, encoding: string, text: string, memoBlockSizeBytes?: number): ReaderCase {
  return {
    name, dialect, encoding, specs: [...PLAIN, field('NOTES', 'M')], rows: withMemos(plainRows([text, `${text} 2`, '']), text), deleted: 3,
    changes: { NAME: `new ${text}`, AMOUNT: 99999.99, BORN: day('2024-02-29'), NOTES: long(`changed ${text}`, 40) },
    ...(memoBlockSizeBytes === undefined ? {} : { memoBlockSizeBytes }),
  };
}

const VFP_FIELDS = [
  field('NAME', 'C', 12), field('WHOLE', 'I'), field('REAL', 'B', 8, 4), field('PRICE', 'Y'), field('AT', 'T'), field('CODE', 'V', 6),
  field('FLOATING', 'F', 14, 3), field('PIECE', 'G'), field('NOTES', 'M'), { ...field('MAYBE', 'N', 5), nullable: true },
];
const VFP_ROWS: readonly CaseRow[] = [
  { NAME: 'Größe', WHOLE: 1, REAL: 0.1, PRICE: 12.34, AT: new Date('2024-05-06T07:08:09Z'), CODE: 'full-6', FLOATING: 2.5, PIECE: Uint8Array.of(0, 255, 26, 1), NOTES: 'Notiz €', MAYBE: 5 },
  { NAME: 'zwei', WHOLE: -2147483648, REAL: -1e100, PRICE: 0.0001, AT: new Date('1970-01-01T00:00:00Z'), CODE: 'code-2', FLOATING: -1, PIECE: Uint8Array.from({ length: 700 }, (_, i) => i & 255), NOTES: long('Text', 50), MAYBE: 12345 },
  { NAME: '', WHOLE: 2147483647, REAL: 1 / 3, PRICE: 922337.5, AT: new Date('9999-12-31T23:59:59Z'), CODE: 'éèêëàâ', FLOATING: null, PIECE: null, NOTES: null, MAYBE: null },
  { NAME: 'weg', WHOLE: 4, REAL: 4, PRICE: 4, AT: new Date('2004-04-04T04:04:04Z'), CODE: 'gone-4', FLOATING: 4, PIECE: Uint8Array.of(4), NOTES: 'vier', MAYBE: 4 },
];

/** Every dialect that we write, with each memo layout and several block sizes and code pages. */
export const READER_CASES: readonly ReaderCase[] = [
  textCase('dBASE III', 'dbase3', 'cp437', ['Ünïcödé ½ ñ', 'plain', ''], { NAME: 'Çà et là', AMOUNT: -12.75, COUNT: 0, ACTIVE: true }),
  textCase('dBASE IV, Russian', 'dbase4', 'cp866', ['Привет, мир', 'Ёжик', ''], { NAME: 'до свидания', BORN: day('1961-04-12') }),
  textCase('FoxPro 2, Czech', 'foxpro2', 'cp852', ['Žluťoučký kůň', 'úpěl', ''], { NAME: 'ďábelské ódy', COUNT: -99999 }),
  textCase('Visual FoxPro, Cyrillic', 'vfp', 'cp1251', ['Съешь ещё', 'этих', ''], { NAME: 'мягких булок', ACTIVE: null }),
  memoCase('dBASE III with DBT III', 'dbase3', 'cp437', 'Ähnlich'),
  memoCase('Clipper with DBT III', 'clipper', 'cp850', 'São Paulo'),
  memoCase('dBASE IV with DBT IV', 'dbase4', 'cp850', 'Ångström'),
  memoCase('FoxPro 2 with FPT, blocks of 64', 'foxpro2', 'cp1252', 'naïve “€”'),
  memoCase('FoxPro 2 with FPT, blocks of 33', 'foxpro2', 'cp1252', 'crème brûlée', 33),
  memoCase('Visual FoxPro with FPT, blocks of 512', 'vfp', 'cp1250', 'Łódź i Żory', 512),
  // The one reader that knows SMT reads it right only with blocks of eight bytes.
  { ...memoCase('Clipper with SMT', 'clipper', 'cp850', 'Reykjavík', 8), version: 0xe5 },
  {
    name: 'Clipper, long text', dialect: 'clipper', encoding: 'cp850', deleted: 3,
    specs: [field('LONG', 'C', 700), ...PLAIN], rows: plainRows(['a', 'b', 'c']).map((row, i) => ({ LONG: 'é'.repeat(100 * i + 300), ...row })),
    changes: { LONG: 'x'.repeat(700) },
  },
  {
    name: 'Visual FoxPro, all types', dialect: 'vfp', encoding: 'cp1252', deleted: 3, specs: VFP_FIELDS, rows: VFP_ROWS,
    changes: { NAME: 'geändert', WHOLE: -1, REAL: 1.5e-300, PRICE: 99.99, AT: new Date('2000-02-29T12:00:00Z'), CODE: 'NEW-66', PIECE: Uint8Array.of(9, 9), NOTES: 'kurz', MAYBE: 1 },
  },
  {
    name: 'Visual FoxPro, blob and bytes', dialect: 'vfp', encoding: 'cp1252', deleted: 2,
    specs: [field('NAME', 'C', 10), field('BLOB', 'W'), field('BYTES', 'Q', 8), field('NOTES', 'M')],
    rows: [
      { NAME: 'eins', BLOB: Uint8Array.of(0, 1, 2, 26, 255), BYTES: Uint8Array.of(1, 2, 3), NOTES: 'a' },
      { NAME: 'zwei', BLOB: new Uint8Array(3000).fill(7), BYTES: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1), NOTES: null },
      { NAME: 'drei', BLOB: null, BYTES: Uint8Array.of(0), NOTES: 'c' },
    ],
    changes: { BLOB: Uint8Array.of(1), BYTES: Uint8Array.of(), NOTES: 'b' },
  },
];

/** The bytes of a table and its memo file. */
export interface TableFiles {
  readonly layout: DbfLayout;
  readonly table: Uint8Array;
  readonly memo?: { readonly extension: string; readonly bytes: Uint8Array };
}

/** Byte ranges, end excluded. */
export type ByteRanges = readonly (readonly [from: number, to: number])[];

const TODAY = new Date('2024-06-15T00:00:00Z');

/** Memo bytes in memory, with the places of what is written. */
class MemoBytes {
  readonly kind: MemoKind;
  readonly #vfs: MemoryVfs;
  readonly #allocator: MemoAllocator;

  constructor(kind: MemoKind, bytes: Uint8Array) {
    this.kind = kind;
    this.#vfs = new MemoryVfs([['/memo', bytes]]);
    this.#allocator = new MemoAllocator(MemoFile.open(this.#vfs.open('/memo', 'read'), kind));
  }

  place(layout: DbfLayout, memos: readonly PendingMemo[], record: Uint8Array, at: number): void {
    for (const memo of memos) {
      const image = encodeMemo(this.kind, this.#allocator.blockSizeBytes, memo.content, memo.bytes);
      const block = this.#allocator.allocate(memo.bytes.length);
      writePointer(layout, memo.field, { block, lengthBytes: memo.bytes.length }, record, at);
      this.#write(block * this.#allocator.blockSizeBytes, image);
    }
  }

  finish(): Uint8Array {
    for (const { offset, bytes } of this.#allocator.headerChanges()) this.#write(offset, bytes);
    return this.#vfs.files().get('/memo') ?? new Uint8Array(0);
  }

  #write(offset: number, bytes: Uint8Array): void {
    this.#vfs.open('/memo', 'write').writeAt(bytes, offset);
  }
}

/** Writes the case's rows with the parts of the storage floor alone. */
export function buildTable(given: ReaderCase): TableFiles {
  const layout = layoutOf(given);
  const { headerLength, recordLength, memoKind } = layout;
  const table = new Uint8Array(headerLength + given.rows.length * recordLength + 1);
  table.set(layout.headerBytes);
  const sizes = given.memoBlockSizeBytes === undefined ? {} : { blockSizeBytes: given.memoBlockSizeBytes };
  const memo = memoKind === undefined ? undefined : new MemoBytes(memoKind, createMemoHeader(memoKind, { tableName: 'CASE', ...sizes }));
  const encoder = createRowEncoder(layout);
  given.rows.forEach((row, i) => {
    const at = recordOffset(layout, i + 1);
    memo?.place(layout, encoder.encodeInsert(row, table, at), table, at);
    if (memo === undefined) encoder.encodeInsert(row, table, at);
    if (i === given.deleted) table[at] = DELETED_MARK;
  });
  table[table.length - 1] = END_MARK;
  patchHeader(layout, table, given.rows.length);
  return { layout, table, ...(memo === undefined ? {} : { memo: { extension: memoExtension(memo.kind), bytes: memo.finish() } }) };
}

function layoutOf(given: ReaderCase): DbfLayout {
  const layout = planDbf(given.specs, { dialect: given.dialect, encoding: given.encoding });
  if (given.version === undefined) return layout;
  const header = layout.headerBytes.slice();
  header[0] = given.version;
  return readDbfLayout(new MemoryVfs([['/table', header]]).open('/table', 'read'));
}

/** Changes row 2 of the built table, with the parts of the storage floor alone. */
export function rewriteRow(given: ReaderCase, files: TableFiles): TableFiles {
  const { layout } = files;
  const table = files.table.slice();
  const at = recordOffset(layout, 2);
  const memos = createRowEncoder(layout).encodeUpdate(given.changes, table, at);
  const memo = files.memo === undefined || layout.memoKind === undefined ? undefined : new MemoBytes(layout.memoKind, files.memo.bytes);
  memo?.place(layout, memos, table, at);
  patchHeader(layout, table, given.rows.length);
  const bytes = memo?.finish();
  return { layout, table, ...(files.memo === undefined || bytes === undefined ? {} : { memo: { ...files.memo, bytes } }) };
}

/** The case's rows after the change of row 2. */
export function changedRows(given: ReaderCase): CaseRow[] { return given.rows.map((row, i) => (i === 1 ? { ...row, ...given.changes } : row)); }

/** What a change of row 2 may touch in the table: the date of the last update and the row. */
export function tableRanges(layout: DbfLayout): ByteRanges {
  const at = recordOffset(layout, 2);
  return [[1, 4], [at, at + layout.recordLength]];
}

/**
 * What it may touch in the memo file: the header's first word and what is added behind the old end. `freedOffset`: the block of the
 * old memo, whose first bytes become the header of a free run (DBT IV).
 */
export function memoRanges(before: Uint8Array, freedOffset?: number): ByteRanges {
  return [[0, 4], [before.length, Infinity], ...(freedOffset === undefined ? [] : [[freedOffset, freedOffset + 8] as const])];
}

function patchHeader(layout: DbfLayout, table: Uint8Array, recordCount: number): void {
  for (const { offset, bytes } of headerPatches(layout, { recordCount, lastUpdate: TODAY, autoIncrementNext: new Map() })) table.set(bytes, offset);
}

/** Offsets at which `after` differs from `before` outside the ranges; bytes added at the end count as different. */
export function strayChanges(before: Uint8Array, after: Uint8Array, ranges: ByteRanges): number[] {
  const stray: number[] = [];
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    if (before[i] !== after[i] && !ranges.some(([from, to]) => i >= from && i < to)) stray.push(i);
  }
  return stray;
}
