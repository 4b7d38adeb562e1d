import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { IndependentReader, ReadRow } from './independent-readers.js';
import type { CaseRow, CaseValue, ReaderCase, TableFiles } from './reader-cases.js';

/** A value as all readers can be brought to show it. */
function canonical(type: string, value: CaseValue): string | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof Date) return type === 'D' ? value.toISOString().slice(0, 10) : value.toISOString().slice(0, 23);
  if (typeof value === 'string') return value === '' ? null : value;
  return String(value);
}

/** What a reader printed, in the same form. */
function canonicalRead(reader: IndependentReader, given: ReaderCase, type: string, text: string | null | undefined): string | null {
  if (text === null || text === undefined || text === '') return null;
  switch (type) {
    case 'N': case 'F': case 'B': case 'Y': case 'I': return String(Number(text));
    case 'D': {
      const digits = text.replace(/\D/g, '');
      return `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
    }
    case 'L': return String(/^(1|t|true|y)$/i.test(text));
    // Perl's reader gives seconds since 1970.
    case 'T': return /^-?[\d.]+$/.test(text) ? new Date(Number(text) * 1000).toISOString().slice(0, 23) : text;
    // dbfread takes the eight bytes of the block's header for data, and so eight bytes more behind it.
    case 'M': return reader.name === 'dbfread' && given.dialect === 'dbase4' ? text.replace(/\0{8}$/, '') : text;
    default: return text.replace(/[ \0]+$/, '') || null;
  }
}

/** Rows in the order a reader gives them. */
function expectedRows(reader: IndependentReader, given: ReaderCase, rows: readonly CaseRow[]): { readonly row: CaseRow; readonly deleted: boolean }[] {
  const marked = rows.map((row, i) => ({ row, deleted: i === given.deleted }));
  const live = marked.filter((one) => !one.deleted);
  if (reader.liveOnly) return live;
  return reader.name === 'dbfread' ? [...live, ...marked.filter((one) => one.deleted)] : marked;
}

/** Asserts that the readers find exactly `rows` in the files. Returns how many of them can read such a table. */
export function assertReadersAgree(readers: readonly IndependentReader[], given: ReaderCase, files: TableFiles, rows: readonly CaseRow[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'fieldstone-readers-'));
  try {
    const path = join(folder, 'case.dbf');
    writeFileSync(path, files.table);
    if (files.memo !== undefined) writeFileSync(join(folder, `case${files.memo.extension}`), files.memo.bytes);
    return assertReadersAgreeOn(readers, given, path, rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for a table that stands in a folder already. */
export function assertReadersAgreeOn(readers: readonly IndependentReader[], given: ReaderCase, path: string, rows: readonly CaseRow[]): number {
  const able = readers.filter((reader) => given.specs.every((spec) => reader.accepts(spec, given.version)));
  for (const reader of able) compareRows(reader, given, reader.rows(path, given.encoding), rows);
  return able.length;
}

function compareRows(reader: IndependentReader, given: ReaderCase, read: readonly ReadRow[], rows: readonly CaseRow[]): void {
  const wanted = expectedRows(reader, given, rows);
  const specs = given.specs.filter((spec) => reader.types.includes(spec.type));
  expect(read.map((row) => row.deleted), reader.name).toEqual(wanted.map((row) => row.deleted));
  read.forEach((row, i) => {
    const shown = specs.map(({ name, type }) => [name, canonicalRead(reader, given, type, row.values[name])]);
    const truth = specs.map(({ name, type }) => [name, canonical(type, wanted[i]?.row[name] ?? null)]);
    expect(shown, `${reader.name}, row ${i + 1}`).toEqual(truth);
  });
}
