import type { TextFormat } from '../import/read-records.js';

/** What a writer needs to know of a field. */
export interface ExportField {
  readonly name: string;
  /** DBF type letter. */
  readonly type: string;
}

type ExportRow = Readonly<Record<string, unknown>>;

/** Turns rows into text, one piece at a time: begin(), row() for each row, end(). */
export interface RecordWriter {
  begin(): string;
  row(row: ExportRow): string;
  end(): string;
}

/**
 * A value as text: days YYYY-MM-DD, moments ISO 8601 in UTC, logicals true and false, bytes base64, nothing for null.
 *
 * @example
 * valueText('D', new Date('2024-12-31')); // '2024-12-31'
 */
export function valueText(type: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return type === 'D' ? value.toISOString().slice(0, 10) : value.toISOString().replace(/(?:\.000)?Z$/, '');
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return String(value);
}

function jsonValue(type: string, value: unknown): unknown {
  return value instanceof Date || value instanceof Uint8Array || typeof value === 'bigint' ? valueText(type, value) : value;
}

/** A row as an object for JSON; Dates, bytes and bigints as text. */
export function jsonRow(fields: readonly ExportField[], row: ExportRow): ExportRow {
  return Object.fromEntries(fields.map(({ name, type }) => [name, jsonValue(type, row[name]) ?? null]));
}

/** One CSV record by RFC 4180, with its line end (CRLF). */
export function csvLine(values: readonly string[], delimiter: string): string {
  const special = (text: string): boolean => text.includes('"') || text.includes(delimiter) || text.includes('\n') || text.includes('\r');
  // A line without a character is no record to readers, so a single empty value is quoted.
  if (values.length === 1 && values[0] === '') return '""\r\n';
  return `${values.map((text) => (special(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(delimiter)}\r\n`;
}

/** The writer of a format. CSV begins with the names of the fields. */
export function recordWriter(format: TextFormat, fields: readonly ExportField[], delimiter = ','): RecordWriter {
  if (format === 'csv') {
    return {
      begin: () => csvLine(fields.map((f) => f.name), delimiter),
      row: (row) => csvLine(fields.map((f) => valueText(f.type, row[f.name])), delimiter),
      end: () => '',
    };
  }
  if (format === 'ndjson') return { begin: () => '', row: (row) => `${JSON.stringify(jsonRow(fields, row))}\n`, end: () => '' };
  let first = true;
  return {
    begin: () => '[',
    row: (row) => {
      const text = `${first ? '\n' : ',\n'}${JSON.stringify(jsonRow(fields, row))}`;
      first = false;
      return text;
    },
    end: () => (first ? ']\n' : '\n]\n'),
  };
}
