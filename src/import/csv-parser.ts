import { FieldstoneError } from '#storage';
import type { RecordBatch, RecordParser } from './record-parser.js';
import { MAX_RECORD_CHARS } from './record-parser.js';

const QUOTE = '"';

/**
 * Reads CSV by RFC 4180: fields may be quoted, a quoted field may hold delimiters, line ends and doubled quotes. Lines
 * end with LF, CRLF or CR. Beyond the RFC: a quote inside an unquoted field is text, and empty lines are no records.
 * Feed it text in pieces of any size; memory is bounded by the longest record.
 *
 * @example
 * const parser = new CsvParser(',');
 * parser.push('name,city\nAda,"Lon');   // records: [['name', 'city']]
 * parser.push('don"\n');                // records: [['Ada', 'London']]
 * parser.end();
 */
export class CsvParser implements RecordParser<string[]> {
  readonly #delimiter: string;
  /** What was pushed and is not yet part of a whole record. */
  #text = '';
  #at = 0;
  #line = 1;
  #final = false;
  /** Next places at or after #at, -1 for none; looked up once for each. */
  #quote = -1;
  #feed = -1;
  #return = -1;

  constructor(delimiter = ',') {
    if (delimiter.length !== 1 || delimiter === QUOTE || delimiter === '\r' || delimiter === '\n') {
      throw new FieldstoneError('OPTION', `a CSV delimiter is one character and neither a quote nor a line end, got ${JSON.stringify(delimiter)}`, { option: 'delimiter' });
    }
    this.#delimiter = delimiter;
  }

  /** The records that `text` completes. Throws VALUE for text after a closing quote, LIMIT for a record without an end. */
  push(text: string): RecordBatch<string[]> {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    this.#lookAll();
    const batch: { records: string[][]; lines: number[] } = { records: [], lines: [] };
    for (;;) {
      const line = this.#line;
      const record = this.#next();
      if (record === undefined) break;
      if (record.length === 0) continue;
      batch.records.push(record);
      batch.lines.push(line);
    }
    if (this.#text.length - this.#at > MAX_RECORD_CHARS) {
      throw new FieldstoneError('LIMIT', `line ${this.#line}: a record is longer than ${MAX_RECORD_CHARS} characters; is a quote left open?`);
    }
    return batch;
  }

  /** The last record, when no line end follows it. Throws VALUE for a quote left open. */
  end(): RecordBatch<string[]> {
    this.#final = true;
    return this.push('');
  }

  #lookAll(): void {
    this.#quote = this.#text.indexOf(QUOTE, this.#at);
    this.#feed = this.#text.indexOf('\n', this.#at);
    this.#return = this.#text.indexOf('\r', this.#at);
  }

  #lookFrom(at: number): void {
    this.#at = at;
    if (this.#quote >= 0 && this.#quote < at) this.#quote = this.#text.indexOf(QUOTE, at);
    if (this.#feed >= 0 && this.#feed < at) this.#feed = this.#text.indexOf('\n', at);
    if (this.#return >= 0 && this.#return < at) this.#return = this.#text.indexOf('\r', at);
  }

  /** The next record; empty for an empty line; undefined when more text is needed. */
  #next(): string[] | undefined {
    const text = this.#text;
    const start = this.#at;
    if (start >= text.length) return undefined;
    const end = this.#lineEnd();
    if (end < 0 && !this.#final) return undefined;
    const stop = end < 0 ? text.length : end;
    if (this.#quote >= 0 && this.#quote < stop) return this.#quoted(start);
    const skip = this.#lengthOfEnd(stop);
    if (skip === undefined) return undefined;
    this.#line++;
    this.#lookFrom(stop + skip);
    return stop === start ? [] : text.slice(start, stop).split(this.#delimiter);
  }

  #lineEnd(): number {
    if (this.#return >= 0 && (this.#feed < 0 || this.#return < this.#feed)) return this.#return;
    return this.#feed;
  }

  /** Bytes of the line end at `at`: undefined when a LF may still follow a CR. */
  #lengthOfEnd(at: number): number | undefined {
    if (this.#text[at] !== '\r') return at < this.#text.length ? 1 : 0;
    if (at + 1 < this.#text.length) return this.#text[at + 1] === '\n' ? 2 : 1;
    return this.#final ? 1 : undefined;
  }

  /** A record with at least one quote, field by field. */
  #quoted(start: number): string[] | undefined {
    const text = this.#text;
    const fields: string[] = [];
    let lines = 1;
    let at = start;
    for (;;) {
      let stop: number;
      if (text[at] === QUOTE) {
        const close = this.#closingQuote(at);
        if (close === undefined) return undefined;
        const field = text.slice(at + 1, close);
        for (let i = field.indexOf('\n'); i >= 0; i = field.indexOf('\n', i + 1)) lines++;
        fields.push(field.includes(QUOTE) ? field.replaceAll('""', QUOTE) : field);
        stop = close + 1;
        if (stop >= text.length && !this.#final) return undefined;
      } else {
        stop = this.#endOfPlain(at);
        if (stop >= text.length && !this.#final) return undefined;
        fields.push(text.slice(at, stop));
      }
      if (text[stop] === this.#delimiter) {
        at = stop + 1;
        continue;
      }
      if (stop < text.length && text[stop] !== '\n' && text[stop] !== '\r') {
        throw new FieldstoneError('VALUE', `line ${this.#line + lines - 1}: text after the closing quote of a field; double the quotes inside a quoted field`);
      }
      const skip = this.#lengthOfEnd(stop);
      if (skip === undefined) return undefined;
      this.#line += lines;
      this.#lookFrom(stop + skip);
      return fields;
    }
  }

  #closingQuote(open: number): number | undefined {
    const text = this.#text;
    for (let at = open + 1; ;) {
      const quote = text.indexOf(QUOTE, at);
      if (quote < 0) {
        if (this.#final) throw new FieldstoneError('VALUE', `line ${this.#line}: a quote is opened and never closed`);
        return undefined;
      }
      if (text[quote + 1] !== QUOTE) return quote + 1 >= text.length && !this.#final ? undefined : quote;
      at = quote + 2;
    }
  }

  #endOfPlain(from: number): number {
    let at = from;
    for (; at < this.#text.length; at++) {
      const char = this.#text[at];
      if (char === this.#delimiter || char === '\n' || char === '\r') break;
    }
    return at;
  }
}

/** The delimiter that a first line seems to use: the most frequent of comma, semicolon, tab and bar outside quotes. */
export function guessDelimiter(text: string): string {
  const line = /^(?:[^"\r\n]|"[^"]*")*/.exec(text)?.[0].replace(/"[^"]*"/g, '') ?? '';
  let best = ',';
  let most = 0;
  for (const candidate of [',', ';', '\t', '|']) {
    const n = line.split(candidate).length - 1;
    if (n > most) [best, most] = [candidate, n];
  }
  return best;
}
