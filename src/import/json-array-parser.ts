import { FieldstoneError } from '#storage';
import { parseObject, type JsonObject } from './ndjson-parser.js';
import { MAX_RECORD_CHARS, type RecordBatch, type RecordParser } from './record-parser.js';

type Place = 'before' | 'element' | 'between' | 'after';

const BLANK = /\s/;

/** Reads one JSON array of objects without holding more than one of them. */
export class JsonArrayParser implements RecordParser<JsonObject> {
  #place: Place = 'before';
  #text = '';
  /** First character of the element under way, and how far it was looked at. */
  #start = 0;
  #at = 0;
  #depth = 0;
  #inString = false;
  #line = 1;
  #startLine = 1;
  #wantsElement = false;

  push(text: string): RecordBatch<JsonObject> {
    const keep = this.#place === 'element' ? this.#start : this.#at;
    this.#text = this.#text.slice(keep) + text;
    this.#at -= keep;
    this.#start = 0;
    const records: JsonObject[] = [];
    const lines: number[] = [];
    while (this.#at < this.#text.length) {
      if (this.#place !== 'element') this.#step(this.#text[this.#at] ?? '');
      else if (this.#endOfElement()) {
        records.push(parseObject(this.#text.slice(this.#start, this.#at), this.#startLine));
        lines.push(this.#startLine);
        this.#place = 'between';
      } else break;
    }
    if (this.#place === 'element' && this.#at - this.#start > MAX_RECORD_CHARS) {
      throw new FieldstoneError('LIMIT', `line ${this.#startLine}: a record is longer than ${MAX_RECORD_CHARS} characters`);
    }
    return { records, lines };
  }

  end(): RecordBatch<JsonObject> {
    if (this.#place !== 'after') throw new FieldstoneError('VALUE', `line ${this.#line}: the JSON array is not closed; the file may have been cut off`);
    return { records: [], lines: [] };
  }

  #step(char: string): void {
    this.#at++;
    if (char === '\n') this.#line++;
    if (BLANK.test(char)) return;
    if (this.#place === 'before' && char === '[') this.#place = 'between';
    else if (this.#place === 'between' && char === ']' && !this.#wantsElement) this.#place = 'after';
    else if (this.#place === 'between' && char === ',' && !this.#wantsElement && this.#depth === 0 && this.#seen) this.#wantsElement = true;
    else if (this.#place === 'between' && char === '{' && (this.#wantsElement || !this.#seen)) this.#begin();
    else throw new FieldstoneError('VALUE', `line ${this.#line}: an array of JSON objects is expected, found ${JSON.stringify(char)}`);
  }

  #seen = false;

  #begin(): void {
    this.#place = 'element';
    this.#seen = true;
    this.#wantsElement = false;
    this.#start = this.#at - 1;
    this.#startLine = this.#line;
    this.#depth = 1;
    this.#inString = false;
  }

  /** Moves on to the end of the element; false when more text is needed. */
  #endOfElement(): boolean {
    const text = this.#text;
    let at = this.#at;
    for (; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (this.#inString) {
        if (char === 0x5c) {
          if (at + 1 >= text.length) break; // what is escaped comes with the next piece
          at++;
        } else if (char === 0x22) this.#inString = false;
      } else if (char === 0x22) this.#inString = true;
      else if (char === 0x7b || char === 0x5b) this.#depth++;
      else if (char === 0x0a) this.#line++;
      else if ((char === 0x7d || char === 0x5d) && --this.#depth === 0) {
        this.#at = at + 1;
        return true;
      }
    }
    this.#at = at;
    return false;
  }
}
