import { FieldstoneError } from '#storage';
import { MAX_RECORD_CHARS, type RecordBatch, type RecordParser } from './record-parser.js';

/** A JSON object: field names and values. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The text as a JSON object; VALUE when it is none. */
export function parseObject(text: string, line: number): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (e) {
    throw new FieldstoneError('VALUE', `line ${line}: not JSON: ${e instanceof Error ? e.message : String(e)}`, { cause: e });
  }
  if (!isObject(value)) throw new FieldstoneError('VALUE', `line ${line}: a record is a JSON object with field names and values`);
  return value;
}

function isObject(value: unknown): value is JsonObject { return typeof value === 'object' && value !== null && !Array.isArray(value); }

/** Reads NDJSON: one JSON object on each line; empty lines are skipped. */
export class NdjsonParser implements RecordParser<JsonObject> {
  #rest = '';
  #line = 1;

  push(text: string): RecordBatch<JsonObject> {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_RECORD_CHARS) throw new FieldstoneError('LIMIT', `line ${this.#line + lines.length}: longer than ${MAX_RECORD_CHARS} characters`);
    return this.#parse(lines);
  }

  end(): RecordBatch<JsonObject> {
    const rest = this.#rest;
    this.#rest = '';
    return this.#parse([rest]);
  }

  #parse(texts: readonly string[]): RecordBatch<JsonObject> {
    const records: JsonObject[] = [];
    const lines: number[] = [];
    for (const text of texts) {
      const line = this.#line++;
      if (text.trim() === '') continue;
      records.push(parseObject(text, line));
      lines.push(line);
    }
    return { records, lines };
  }
}
