import { codePage } from '../codepage/code-page.js';
import type { VfsFile } from '../vfs/vfs.js';
import type { DbfLayout, Dialect, Finding } from './dbf-types.js';
import { readDescriptorArray, type DescriptorArray } from './descriptor-array.js';
import { settleWidths, type FieldWidths } from './field-widths.js';
import { asciiUntilNul, corruptDbf, readHeaderBytes, u16, u32, unsupportedDbf } from './header-bytes.js';
import { readHeaderDate } from './header-date.js';
import { buildFields } from './layout-fields.js';
import { memoKindOf } from './memo-fields.js';
import { countRecords, noteRecordsBeyondCount } from './record-count.js';
import { tableEncoding } from './table-encoding.js';
import {
  hexByte, isDbase4Version, isEncryptedVersion, isVfpVersion, versionFacts, type DescriptorForm, type VersionFacts,
} from './version-byte.js';

export interface ReadLayoutOptions {
  /** Code page to use whatever the file says; `latin1` is the identity view of the bytes. */
  readonly encoding?: string;
  /** Text of the `.cpg` file beside the table; goes before the language driver byte. */
  readonly codePageFile?: string;
}

const FIRST_DESCRIPTOR: Readonly<Record<DescriptorForm, number>> = { dbase2: 8, common: 32, dbase7: 68 };
const BACKLINK_BYTES = 263;

/** What is known while a header is being read. */
interface Reading {
  /** Path of the file, for errors. */
  readonly file: string;
  readonly header: Uint8Array;
  readonly version: number;
  readonly facts: VersionFacts;
  readonly findings: Finding[];
}

function beginReading(file: string, header: Uint8Array): Reading {
  const version = header[0] ?? 0;
  if (isEncryptedVersion(version)) {
    throw unsupportedDbf(file, `its records are encrypted (version ${hexByte(version)}); decrypt it with the program that wrote it`);
  }
  if (isDbase4Version(version) && header[15] === 1) {
    throw unsupportedDbf(file, 'dBASE marks it as encrypted; decrypt it with the program that wrote it');
  }
  const facts = versionFacts(version) ?? { dialect: 'dbase3', form: 'common' };
  return { file, header, version, facts, findings: [] };
}

/** An unknown version byte is forgiven only when everything else is exactly as in a table. */
function judgeVersion(reading: Reading, array: DescriptorArray, widths: FieldWidths): void {
  if (versionFacts(reading.version) !== undefined) return;
  const exact = array.terminated && array.descriptors.length > 0 && widths.correction === undefined
    && widths.lengths.reduce((total, n) => total + n, 1) === widths.recordLength;
  if (!exact) throw unsupportedDbf(reading.file, `not a DBF file that is known: version byte ${hexByte(reading.version)}`);
  reading.findings.push({
    code: 'VERSION_UNKNOWN', severity: 'warning', offset: 0,
    message: `version byte ${hexByte(reading.version)} is not known; read as dBASE III`,
  });
}

/** DATASUS ships tables named .dbc whose records are compressed behind an ordinary header. */
function refuseCompressed({ file, version }: Reading, counts: { readonly physicalCount: number }, claimedCount: number): void {
  if (version === 0x03 && claimedCount > counts.physicalCount && file.toLowerCase().endsWith('.dbc')) {
    throw unsupportedDbf(file, 'its records are compressed (DATASUS .dbc); decompress it to .dbf first');
  }
}

function noteHeader(reading: Reading, array: DescriptorArray, widths: FieldWidths, claimedLength: number): void {
  const { findings, facts } = reading;
  if (!array.terminated) {
    findings.push({ code: 'TERMINATOR_MISSING', severity: 'note', offset: array.end, message: 'no 0x0D after the last field descriptor' });
  }
  if (array.descriptors.length === 0) findings.push({ code: 'NO_FIELDS', severity: 'warning', message: 'the table has no fields' });
  if (widths.correction !== undefined) {
    findings.push({
      code: 'RECORD_LENGTH_WRONG', severity: 'error', offset: facts.form === 'dbase2' ? 6 : 10,
      message: `the header says records are ${claimedLength} bytes long; ${widths.recordLength} is taken, because ${widths.correction}`,
    });
  }
  const used = widths.lengths.reduce((total, n) => total + n, 1);
  if (used < widths.recordLength) {
    findings.push({
      code: 'RECORD_TAIL_UNUSED', severity: 'warning',
      message: `the last ${widths.recordLength - used} bytes of each record belong to no field`,
    });
  }
}

/** Harbour and Clipper end the header with 0x0D 0x00; long C fields also tell. */
function dialectOf(reading: Reading, array: DescriptorArray, lengths: readonly number[]): Dialect {
  const { dialect } = reading.facts;
  if (dialect !== 'dbase3') return dialect;
  const gap = reading.header.length - array.end;
  const longText = array.descriptors.some((d, i) => d.type === 'C' && (lengths[i] ?? 0) > 254);
  return (gap === 2 && reading.header[array.end + 1] === 0) || longText ? 'clipper' : dialect;
}

/** Descriptor flags mean something in Visual FoxPro, and where the writer proves that it leaves no garbage. */
function flagsTrusted(reading: Reading, array: DescriptorArray): boolean {
  if (isVfpVersion(reading.version)) return true;
  return reading.facts.form === 'common' && array.descriptors.every((d) => d.clean);
}

/** Bit 0 of byte 28; where Clipper leaves garbage in the reserved bytes it says nothing. */
function announcesIndex({ header, version, facts }: Reading): boolean {
  const flags = header[28] ?? 0;
  if (facts.form === 'dbase2' || (flags & 1) === 0) return false;
  return isVfpVersion(version) || (flags <= 7 && u16(header, 12) === 0 && u16(header, 30) === 0);
}

function lastUpdateOf({ header, facts }: Reading): Date | null {
  if (facts.form === 'dbase2') return readHeaderDate(header[5] ?? 0, header[3] ?? 0, header[4] ?? 0);
  return readHeaderDate(header[1] ?? 0, header[2] ?? 0, header[3] ?? 0);
}

function backlinkOf({ header, version }: Reading, end: number): string | undefined {
  if (!isVfpVersion(version) || header.length < end + 1 + BACKLINK_BYTES) return undefined;
  return asciiUntilNul(header, end + 1, end + 1 + BACKLINK_BYTES) || undefined;
}

/**
 * What the header bytes of a file of `sizeBytes` bytes say.
 *
 * @throws as readDbfLayout.
 */
export function interpretHeader(path: string, header: Uint8Array, sizeBytes: number, options: ReadLayoutOptions): DbfLayout {
  const reading = beginReading(path, header);
  const { facts, findings, version } = reading;
  const dbase2 = facts.form === 'dbase2';
  const claimedLength = u16(header, dbase2 ? 6 : 10);
  const claimedCount = dbase2 ? u16(header, 1) : u32(header, 4);
  const array = readDescriptorArray(header, FIRST_DESCRIPTOR[facts.form], facts.form, claimedLength);
  const widths = settleWidths(array.descriptors, claimedLength, sizeBytes - header.length, claimedCount, facts.form === 'common');
  if (widths === undefined) throw corruptDbf(path, `its fields are wider than its records of ${claimedLength} bytes`, dbase2 ? 6 : 10);
  if (array.descriptors.length === 0 && claimedLength > 1) {
    throw corruptDbf(path, 'no field descriptor can be read', FIRST_DESCRIPTOR[facts.form]);
  }
  judgeVersion(reading, array, widths);
  noteHeader(reading, array, widths, claimedLength);
  const encoding = tableEncoding(header, facts.form, options, findings);
  const { fields, nullFlags } = buildFields(array.descriptors, widths.lengths, {
    header, codePage: codePage(encoding), flagsTrusted: flagsTrusted(reading, array), dbase7: facts.form === 'dbase7', findings,
  });
  const counts = countRecords({ sizeBytes, headerLength: header.length, recordLength: widths.recordLength, claimedCount }, findings);
  refuseCompressed(reading, counts, claimedCount);
  const memoKind = memoKindOf(facts.memoKind, fields);
  const backlink = backlinkOf(reading, array.end);
  return {
    version, dialect: dialectOf(reading, array, widths.lengths), headerLength: header.length, recordLength: widths.recordLength,
    claimedCount, ...counts, fields,
    languageDriver: dbase2 ? 0 : header[29] ?? 0, tableFlags: dbase2 ? 0 : header[28] ?? 0, encoding,
    lastUpdate: lastUpdateOf(reading), hasStructuralIndex: announcesIndex(reading), headerBytes: header, findings,
    ...(nullFlags === undefined ? {} : { nullFlags }),
    ...(memoKind === undefined ? {} : { memoKind }),
    ...(backlink === undefined ? {} : { backlink }),
  };
}

/**
 * Reads the header of a table of any dialect and checks it against the file. Oddities that real files show are
 * tolerated and listed in `findings`. Reads header bytes only, and only those the file has; a header that lies
 * about counts or lengths never makes it allocate or read more.
 *
 * @throws FieldstoneError CORRUPT_DBF when the header cannot be understood, UNSUPPORTED for encrypted tables and
 * unknown version bytes, OPTION for an unknown `encoding`.
 */
export function readDbfLayout(file: VfsFile, options: ReadLayoutOptions = {}): DbfLayout {
  const { sizeBytes } = file.stat();
  const layout = interpretHeader(file.path, readHeaderBytes(file, sizeBytes), sizeBytes, options);
  const beyond = noteRecordsBeyondCount(file, layout);
  return beyond === undefined ? layout : { ...layout, findings: [...layout.findings, beyond] };
}
