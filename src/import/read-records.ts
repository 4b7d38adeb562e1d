import { FieldstoneError, type WritableDialect } from '#storage';
import type { TableSchema } from '../table/field-types.js';
import { CsvParser, guessDelimiter } from './csv-parser.js';
import { fieldNamesFor } from './field-names.js';
import { convertValue, type ImportField } from './field-values.js';
import { ColumnGuess } from './guess-schema.js';
import { JsonArrayParser } from './json-array-parser.js';
import { NdjsonParser } from './ndjson-parser.js';
import type { RecordBatch, RecordParser } from './record-parser.js';

/** Text formats that can be imported and exported. */
export const TEXT_FORMATS = ['csv', 'ndjson', 'json'] as const;
/** Name of a text format. */
export type TextFormat = (typeof TEXT_FORMATS)[number];

/** A record as it stands in the input: fields of a CSV line in order, or a JSON object. */
type InputRecord = readonly string[] | Readonly<Record<string, unknown>>;

export interface ReadOptions {
  readonly format: TextFormat;
  /** CSV: between fields. Default: guessed from the first line. */
  readonly delimiter?: string;
  /** CSV: the first record holds titles. Default true. */
  readonly header?: boolean;
}

/** A column of the input and the field it goes to. */
interface Column { readonly title: string; readonly name: string }

/**
 * The records of a text, first a sample to learn the columns from, then all of them as rows.
 *
 * @example
 * const records = new RecordReader(decodeText(fileChunks(vfs, 'people.csv'), 'utf8'), { format: 'csv' });
 * const { complete } = await records.readSample(1000);
 * const schema = records.guessSchema('vfp', 'cp1252');
 * for await (const row of records.rows(importFields(schema))) console.log(row);
 */
export class RecordReader {
  readonly #texts: AsyncIterator<string>;
  readonly #options: ReadOptions;
  #parser: RecordParser<InputRecord> | undefined;
  #ended = false;
  readonly #sample: { records: InputRecord[]; lines: number[] } = { records: [], lines: [] };
  #columns: Column[] | undefined;
  #line = 0;

  constructor(texts: AsyncIterable<string>, options: ReadOptions) {
    this.#texts = texts[Symbol.asyncIterator]();
    this.#options = options;
  }

  /** Line on which the newest row begins. */
  get line(): number { return this.#line; }
  get columnNames(): readonly string[] { return (this.#columns ?? []).map((c) => c.name); }

  /** Reads at least `count` records (0: all of them) and learns the columns. */
  async readSample(count: number): Promise<{ readonly complete: boolean }> {
    const { records, lines } = this.#sample;
    while (!this.#ended && (count === 0 || records.length <= count)) {
      const batch = await this.#nextBatch();
      if (batch === undefined) break;
      for (const record of batch.records) records.push(record);
      for (const line of batch.lines) lines.push(line);
    }
    this.#columns = this.#learnColumns();
    return { complete: this.#ended };
  }

  async #nextBatch(): Promise<RecordBatch<InputRecord> | undefined> {
    if (this.#ended) return undefined;
    const next = await this.#texts.next();
    if (next.done !== true) return (this.#parser ??= this.#makeParser(next.value)).push(next.value);
    this.#ended = true;
    return this.#parser?.end();
  }

  #makeParser(first: string): RecordParser<InputRecord> {
    const { format, delimiter } = this.#options;
    if (format === 'ndjson') return new NdjsonParser();
    return format === 'json' ? new JsonArrayParser() : new CsvParser(delimiter ?? guessDelimiter(first));
  }

  #learnColumns(): Column[] {
    const { records, lines } = this.#sample;
    const first = records[0];
    if (first === undefined) return [];
    if (this.#options.format !== 'csv') {
      const titles = new Set<string>();
      for (const record of records) for (const key of Object.keys(record)) titles.add(key);
      return columnsOf([...titles]);
    }
    const titles = Object.values(first).map(String);
    if (this.#options.header === false) return columnsOf(titles.map(() => ''));
    records.shift();
    lines.shift();
    return columnsOf(titles);
  }

  /** A schema that holds the sample. `complete`: the sample is everything, so widths need no room. */
  guessSchema(dialect: WritableDialect, encoding: string, complete: boolean): TableSchema {
    const columns = this.#columns ?? [];
    const guesses = columns.map(() => new ColumnGuess(encoding));
    for (const record of this.#sample.records) {
      if (Array.isArray(record)) guesses.forEach((guess, i) => guess.note(record[i]));
      else guesses.forEach((guess, i) => guess.noteJson(valueOf(record, columns[i]?.title ?? '')));
    }
    return Object.fromEntries(columns.map(({ name }, i) => [name, guesses[i]?.type({ dialect, encoding, complete })]).filter(isField));
  }

  /** All records as rows with these fields. Throws VALUE, and NOT_FOUND for a column without a field. */
  async* rows(fields: readonly ImportField[]): AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined> {
    const byName = new Map(fields.map((field) => [field.name.toUpperCase(), field]));
    const targets: Targets = { byPlace: this.#options.format === 'csv' ? this.#targets(byName) : [], byKey: new Map(), byName };
    let batch: RecordBatch<InputRecord> | undefined = this.#sample;
    while (batch !== undefined) {
      for (let i = 0; i < batch.records.length; i++) {
        this.#line = batch.lines[i] ?? 0;
        const record = batch.records[i];
        if (record !== undefined) yield this.#row(record, targets);
      }
      batch = await this.#nextBatch();
    }
  }

  #targets(byName: ReadonlyMap<string, ImportField>): Target[] {
    return (this.#columns ?? []).map(({ name, title }, index) => {
      const field = byName.get(name.toUpperCase()) ?? byName.get(title.trim().toUpperCase());
      if (field === undefined) {
        const known = [...byName.values()].map((f) => f.name).join(', ');
        throw new FieldstoneError('NOT_FOUND', `the input has a column "${title}", the table has no such field; its fields: ${known}`, { field: title });
      }
      return { field, index };
    });
  }

  /** Keys of JSON objects: by their own spelling, or by the name that the column of that title got. */
  #target(key: string, targets: Targets): ImportField {
    const known = targets.byKey.get(key);
    if (known !== undefined) return known;
    const column = this.#columns?.find((c) => c.title === key);
    const field = targets.byName.get(key.toUpperCase()) ?? (column === undefined ? undefined : targets.byName.get(column.name.toUpperCase()));
    if (field === undefined) {
      throw new FieldstoneError('VALUE', `line ${this.#line}: there is no field for "${key.slice(0, 64)}"; it did not occur in the sample, or the schema does not name it`, { field: key });
    }
    targets.byKey.set(key, field);
    return field;
  }

  #row(record: InputRecord, targets: Targets): Readonly<Record<string, unknown>> {
    // A plain assignment would not make a property of that name.
    const row: Record<string, unknown> = targets.byName.has('__PROTO__') ? Object.create(null) : {};
    if (Array.isArray(record)) {
      if (record.length > targets.byPlace.length) {
        throw new FieldstoneError('VALUE', `line ${this.#line} has ${record.length} fields, the first line has ${targets.byPlace.length}; is the delimiter right?`);
      }
      for (const { field, index } of targets.byPlace) row[field.name] = this.#convert(field, record[index]);
      return row;
    }
    for (const [key, value] of Object.entries(record)) {
      const field = this.#target(key, targets);
      row[field.name] = this.#convert(field, value);
    }
    return row;
  }

  #convert(field: ImportField, value: unknown): unknown {
    try {
      return convertValue(field, value);
    } catch (e) {
      if (e instanceof FieldstoneError) throw new FieldstoneError(e.code, `line ${this.#line}: ${e.message}`, { field: field.name, cause: e });
      throw e;
    }
  }
}

interface Target { readonly field: ImportField; readonly index: number }

interface Targets {
  /** CSV: by place in the line. */
  readonly byPlace: readonly Target[];
  /** JSON: keys that were looked up. */
  readonly byKey: Map<string, ImportField>;
  readonly byName: ReadonlyMap<string, ImportField>;
}

function columnsOf(titles: readonly string[]): Column[] {
  const names = fieldNamesFor(titles);
  return titles.map((title, i) => ({ title, name: names[i] ?? title }));
}

function valueOf(record: InputRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? Object.getOwnPropertyDescriptor(record, key)?.value : undefined;
}

function isField<Type>(pair: readonly [string, Type | undefined] | readonly (string | Type | undefined)[]): pair is readonly [string, Type] {
  return pair[1] !== undefined;
}

/** What converters need of a declared schema. */
export function importFields(schema: TableSchema): ImportField[] {
  return Object.entries(schema).map(([name, type]) => ({ name, type: type.type, asText: type.as === 'string' }));
}
