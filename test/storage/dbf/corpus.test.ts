import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { FieldstoneError } from '#storage';
import { canonicalHash, settledValue } from '../../support/canonical.js';
import { corpus, type Corpus, type CorpusTruth, type CorpusUnit } from '../../support/corpus.js';
import { readCorpusTable, type CorpusTable } from '../../support/corpus-table.js';

/** Files that are no tables: refused with a code. */
const REFUSED: Readonly<Record<string, { code: string; why: string }>> = {
  u00042: { code: 'UNSUPPORTED', why: 'a STEP 7 link file that begins with "KNIL"' },
  u00046: { code: 'UNSUPPORTED', why: 'as u00042' },
  u01038: { code: 'UNSUPPORTED', why: 'as u00042' },
  u01041: { code: 'UNSUPPORTED', why: 'as u00042' },
  u00331: { code: 'UNSUPPORTED', why: 'version byte 0x0D is nobody\'s, and there is no field to confirm that it is a table' },
  u00883: { code: 'CORRUPT_DBF', why: 'text named .dbf: the header would be longer than the file' },
  u01128: { code: 'CORRUPT_DBF', why: 'the header stands twice, so no descriptor is where it should be; other readers return nonsense' },
  u01022: { code: 'UNSUPPORTED', why: 'DATASUS: compressed records; the decompressed twin is read' },
  u01024: { code: 'UNSUPPORTED', why: 'as u01022' },
  u01614: { code: 'CORRUPT_DBF', why: 'one byte' },
};

/** Cells where the format sheet decides against the majority of readers. */
const DECIDED: Readonly<Record<string, { fields: readonly string[]; why: string }>> = {
  u00322: { fields: ['ZIP:CODE', 'PHONE', 'SSN', 'HIREDATE', 'TERMDATE', 'PAYRATE', 'START:PAY'], why: 'the one reader of dBASE II cuts leading blanks and decimals off' },
  u00463: { fields: ['Tunnel', 'Bridge', 'CarAccess'], why: 'L of width 12: its first byte is the value (contested)' },
  u01257: { fields: ['SHAPE_LENG', 'SHAPE_AREA'], why: 'N with a decimal comma is no number; readers stop at the comma' },
  u01389: { fields: ['PARANAME', 'PARAVALUE', 'DEFAULTVAL', 'COMMENTS'], why: 'W of width 64 is no blob pointer; its bytes are given' },
  u01424: { fields: ['AUGSTUMS'], why: 'decimal comma' },
  u01497: { fields: ['PREC_PLANI', 'PREC_ALTI', 'LARGEUR', 'Z_INI', 'Z_FIN', 'NB_VOIES'], why: 'decimal comma' },
  u01693: { fields: ['TS'], why: 'type 7 is not known; its bytes are given' },
  u01811: { fields: ['SPRPERIMET'], why: 'two numbers in one field (the columns are shifted); readers take the first' },
  g0017: { fields: ['CN', 'LONGC', 'VC'], why: 'the null bit of a Harbour table counts too' },
};

/** Header numbers and field facts that are corrected or that the readers get wrong. */
const CORRECTED: Readonly<Record<string, string>> = {
  u00322: 'the reader of dBASE II takes no decimals; they are in byte 15 of the descriptor',
  u01554: 'the record length does not count the delete mark (DBF of a Rust writer): the sum of the widths is right',
};

/** Only the first and last records are listed, and the rest differs from the truth in what the corpus calls not significant. */
const HASH_NOT_COMPARABLE: Readonly<Record<string, string>> = {
  u01812: 'no reader, no truth',
  u01085: 'memos in records that are not listed end in a different run of NULs',
  u01274: 'N of 17 digits: the last one differs between readers', g0005: 'the truth has numbers with 17 digits in records that are not listed',
};

function fieldFacts(fields: readonly { name: string; type: string; length: number; decimals: number }[]): string[] {
  return fields.map((f) => `${f.name.toUpperCase()} ${f.type.replace('\0', '')}${f.length}.${f.decimals}`);
}

function compareHeader(table: CorpusTable, truth: CorpusTruth, say: (what: string) => void): void {
  const { layout } = table;
  const { header } = truth;
  if (header === undefined) return;
  const ours = { headerLength: layout.headerLength, recordLength: layout.recordLength, recordCount: layout.claimedCount, version: `0x${layout.version.toString(16).padStart(2, '0')}` };
  for (const key of ['headerLength', 'recordLength', 'recordCount', 'version'] as const) {
    if (ours[key] !== header[key] && CORRECTED[truth.unit] === undefined) say(`${key}: ${ours[key]} is not ${header[key]}`);
  }
  if (layout.version !== 0x02) {
    if (layout.languageDriver !== Number(header.languageDriver)) say('language driver');
    if (layout.tableFlags !== Number(header.tableFlags)) say('table flags');
  }
  const expected = truth.fields === undefined ? undefined : fieldFacts(truth.fields).join('|');
  if (expected !== undefined && fieldFacts(table.fields).join('|') !== expected && CORRECTED[truth.unit] === undefined) say(`fields ${fieldFacts(table.fields).join('|')} are not ${expected}`);
}

/** Compares every listed value; gives the hash over all records, in the truth's spelling where both agree. */
function compareRecords(table: CorpusTable, truth: CorpusTruth, say: (what: string) => void, decided: ReadonlySet<string>): string {
  const listed = new Map((truth.records ?? []).map((record) => [record.recno, record]));
  const hash = canonicalHash();
  for (const record of table.records) {
    const expected = listed.get(record.recno);
    if (expected !== undefined && expected.deleted !== record.deleted) say(`record ${record.recno}: deleted is ${record.deleted}`);
    hash.add(record.deleted, record.values.map((ours, i) => {
      const field = table.fields[i];
      const theirs = expected?.values[i];
      if (theirs === undefined || field === undefined) return ours;
      const settled = settledValue(field, ours, theirs);
      if (settled !== undefined) return settled;
      if (decided.has(field.name) && (typeof theirs !== 'object' || theirs === null)) return theirs;
      say(`record ${record.recno} ${field.name}: ${JSON.stringify(ours)?.slice(0, 80)} is not ${JSON.stringify(theirs)?.slice(0, 80)}`);
      return ours;
    }));
  }
  return hash.digest();
}

function compareUnit(source: Corpus, unit: CorpusUnit, truth: CorpusTruth, table: string): string[] {
  const failures: string[] = [];
  const say = (what: string): void => { if (failures.length < 4) failures.push(`${unit.unit} ${table}: ${what}`); };
  const refused = REFUSED[unit.unit];
  try {
    const read = readCorpusTable(source.path(table));
    if (refused !== undefined) say(`should be refused (${refused.why})`);
    compareHeader(read, truth, say);
    if (truth.rowsReadable !== undefined && read.records.length !== truth.rowsReadable) say(`${read.records.length} rows, not ${truth.rowsReadable}`);
    if (truth.deletedCount !== undefined && read.deletedCount !== truth.deletedCount) say(`${read.deletedCount} deleted, not ${truth.deletedCount}`);
    const hash = compareRecords(read, truth, say, new Set(DECIDED[unit.unit]?.fields));
    if (truth.canonicalSha256 !== undefined && hash !== truth.canonicalSha256 && HASH_NOT_COMPARABLE[unit.unit] === undefined) say('canonicalSha256 differs');
  } catch (e) {
    if (!(e instanceof FieldstoneError) || e.code !== refused?.code) say(`threw ${String(e)}`);
  }
  return failures;
}

/** What becomes of each mutation: a code, or rows and the finding that reports it. */
interface Outcome { readonly code?: string; readonly rows?: number; readonly finding?: string; readonly differs?: string }

const DOCUMENTED: Readonly<Record<string, Outcome>> = {
  'count-too-large': { rows: 14, finding: 'COUNT_TOO_LARGE' },
  'count-too-small': { rows: 7, finding: 'RECORDS_BEYOND_COUNT' },
  'count-zero': { rows: 0, finding: 'RECORDS_BEYOND_COUNT' },
  'count-minus-one': { rows: 14, finding: 'COUNT_TOO_LARGE' },
  'truncated-last-record': { rows: 13, finding: 'COUNT_TOO_LARGE', differs: 'a cut record is not shown' },
  'truncated-40pct': { rows: 8, finding: 'COUNT_TOO_LARGE', differs: 'cut records are not shown' },
  'truncated-in-header': { code: 'CORRUPT_DBF' },
  'trailing-garbage': { rows: 14 },
  'terminator-nul': { rows: 14, finding: 'TERMINATOR_MISSING' },
  'terminator-lf': { rows: 14, finding: 'TERMINATOR_MISSING' },
  'terminator-missing': { rows: 14, finding: 'TERMINATOR_MISSING' },
  'zero-fields': { rows: 5, finding: 'NO_FIELDS' },
  'numeric-garbage': { rows: 14, differs: 'only whole numbers count: 12a4, 1,5 and 0x1F are null, 1e3 is 1000; readers take the digits in front' },
  'fieldname-nul-garbage': { rows: 14, finding: 'FIELD_NAME_GARBAGE' },
  'fieldname-duplicate': { rows: 14, finding: 'FIELD_NAME_DUPLICATE' },
  'fieldname-empty': { rows: 14, finding: 'FIELD_NAME_EMPTY' },
  'headerlen-plus32': { rows: 13, finding: 'COUNT_TOO_LARGE', differs: 'records begin where the header says; junk numbers are null' },
  'recordlen-minus1': { rows: 14, finding: 'RECORD_LENGTH_WRONG', differs: 'the truth has the uncorrected length' },
  'recordlen-zero': { rows: 14, finding: 'RECORD_LENGTH_WRONG', differs: 'the truth has the uncorrected length' },
  'unknown-field-type': { rows: 14, finding: 'FIELD_TYPE_UNKNOWN', differs: 'its bytes are given, readers give nothing' },
  'unknown-version': { rows: 14, finding: 'VERSION_UNKNOWN' },
  'empty-file': { code: 'CORRUPT_DBF' },
  '31-bytes': { code: 'CORRUPT_DBF' },
  'memo-length-huge': { rows: 4, differs: 'a memo longer than its file is null' },
  'memo-blocksize-zero': { rows: 4, differs: 'block size 0 is 512 when that fits the file' },
};
/** All others read like their base. */
const LIKE_BASE: Outcome = {};
const LONGEST_MS = 1000;

function judgeMutation(source: Corpus, unit: CorpusUnit, truth: CorpusTruth, table: string): string[] {
  const outcome = DOCUMENTED[unit.name ?? ''] ?? LIKE_BASE;
  const failures: string[] = [];
  const say = (what: string): void => { if (failures.length < 4) failures.push(`${unit.name} (${unit.unit}): ${what}`); };
  try {
    const read = readCorpusTable(source.path(table));
    if (outcome.code !== undefined) say(`should be refused with ${outcome.code}`);
    const rows = outcome.rows ?? truth.rowsReadable;
    if (rows !== read.records.length) say(`${read.records.length} rows, not ${rows}`);
    const codes = read.layout.findings.map((finding) => finding.code);
    if (outcome.finding !== undefined && !codes.includes(outcome.finding)) say(`${outcome.finding} is not among ${codes.join(' ')}`);
    if (outcome.differs === undefined) {
      compareHeader(read, truth, say);
      compareRecords(read, truth, say, new Set());
    }
  } catch (e) {
    if (!(e instanceof FieldstoneError) || e.code !== outcome.code) say(`threw ${String(e)}`);
  }
  return failures;
}

describe('the corpus of real tables', () => {
  const source = corpus();
  for (const kind of ['real', 'generated'] as const) {
    test(`every ${kind} table says what independent readers say`, () => {
      if (source === undefined) return;
      const failures: string[] = [];
      let seen = 0;
      for (const unit of source.units.filter((one) => one.kind === kind)) {
        const truth = source.truth(unit.unit);
        if (truth.table === undefined) continue;
        seen++;
        failures.push(...compareUnit(source, unit, truth, truth.table));
      }
      expect(failures).toEqual([]);
      expect(seen).toBeGreaterThanOrEqual(kind === 'real' ? 900 : 10);
    });
  }

  test('every malformed table gives its documented code or tolerance, quickly', () => {
    if (source === undefined) return;
    const failures: string[] = [];
    const mutated = source.units.filter((one) => one.kind === 'mutated');
    for (const unit of mutated) {
      const truth = source.truth(unit.unit);
      const table = truth.table ?? unit.files.find((file) => file.role === 'table')?.path;
      if (table === undefined) continue;
      const before = performance.now();
      failures.push(...judgeMutation(source, unit, truth, table));
      const tookMs = performance.now() - before;
      if (tookMs > LONGEST_MS) failures.push(`${unit.name}: took ${tookMs} ms`);
    }
    expect(failures).toEqual([]);
    expect(mutated.length).toBeGreaterThanOrEqual(70);
  });
});
