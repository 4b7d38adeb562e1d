/**
 * Declared field types. Each carries the type of its values, so rows and inputs are inferred.
 *
 * @example
 * const schema = { name: char(30), born: date(), salary: numeric(12, 2), active: logical(), notes: memo() };
 * type Person = RowOf<typeof schema>; // { name: string; born: Date | null; salary: number | null; ... }
 */
export interface FieldType<Value = unknown, Input = Value> {
  /** DBF type letter. */
  readonly type: string;
  readonly length: number;
  readonly decimals: number;
  readonly nullable: boolean;
  readonly binary: boolean;
  /** How a number comes back; of the documents of a collection, how they are packed. */
  readonly as: 'number' | 'bigint' | 'string' | 'lz4' | 'deflate';
  /** First value and step. */
  readonly autoIncrement?: { readonly next: number; readonly step: number };
  /** Types only; never set. */
  readonly value?: Value;
  readonly input?: Input;
}

/** Field names with their types, in order. */
export type TableSchema = Readonly<Record<string, FieldType>>;

type ValueOf<Field> = Field extends FieldType<infer Value, unknown> ? Value : never;
type InputOf<Field> = Field extends FieldType<unknown, infer Input> ? Input : never;

/** What a row of the schema looks like when read. */
export type RowOf<Schema extends TableSchema> = { -readonly [Name in keyof Schema]: ValueOf<Schema[Name]> };

/** What may be given to insert and update: any of the fields; null or a missing field is blank. */
export type InputOfSchema<Schema extends TableSchema> = { readonly [Name in keyof Schema]?: InputOf<Schema[Name]> | null | undefined };

/** Whether the field can hold null besides blank; Visual FoxPro tables only. Default false. */
export interface Nullable { readonly nullable?: boolean }

interface Parts { readonly decimals?: number; readonly nullable?: boolean | undefined; readonly binary?: boolean; readonly as?: 'number' | 'bigint' | 'string' }

function field<Value, Input = Value>(type: string, length: number, parts: Parts = {}): FieldType<Value, Input> {
  return {
    type, length, decimals: parts.decimals ?? 0, nullable: parts.nullable ?? false, binary: parts.binary ?? false, as: parts.as ?? 'number',
  };
}

/** Text of at most `length` bytes; trailing blanks are not kept. Nullable only in Visual FoxPro tables. */
export function char(length: number): FieldType<string>;
export function char(length: number, options: { readonly nullable: true }): FieldType<string | null>;
export function char(length: number, options: Nullable = {}): FieldType<string | null> {
  return field('C', length, { nullable: options.nullable });
}

/** Text that keeps its trailing blanks, at most `length` bytes (Visual FoxPro). */
export function varchar(length: number): FieldType<string>;
export function varchar(length: number, options: { readonly nullable: true }): FieldType<string | null>;
export function varchar(length: number, options: Nullable = {}): FieldType<string | null> {
  return field('V', length, { nullable: options.nullable });
}

/**
 * A decimal number of `length` characters, sign and point included, with `decimals` places. Wider
 * than 15 digits a double loses some: ask for `bigint` (no decimals) or `string`.
 */
export function numeric(length: number, decimals?: number, options?: Nullable & { readonly as?: 'number' }): FieldType<number | null>;
export function numeric(length: number, decimals: number, options: Nullable & { readonly as: 'bigint' }): FieldType<bigint | null, bigint | number>;
export function numeric(length: number, decimals: number, options: Nullable & { readonly as: 'string' }): FieldType<string | null, string | number>;
export function numeric(length: number, decimals = 0, options: Nullable & { readonly as?: 'number' | 'bigint' | 'string' } = {}): FieldType {
  return field('N', length, { decimals, nullable: options.nullable, ...(options.as === undefined ? {} : { as: options.as }) });
}

/** As numeric, stored as F (dBASE IV, FoxPro). */
export function float(length: number, decimals = 0, options: Nullable = {}): FieldType<number | null> {
  return field('F', length, { decimals, nullable: options.nullable });
}

/** A 32-bit whole number (Visual FoxPro). With `autoIncrement` it numbers inserted rows by itself. */
export function integer(options: Nullable & { readonly autoIncrement?: boolean | { readonly next?: number; readonly step?: number } } = {}): FieldType<number | null> {
  const base = field<number | null>('I', 4, { nullable: options.nullable });
  const auto = options.autoIncrement;
  if (auto === undefined || auto === false) return base;
  return { ...base, autoIncrement: { next: auto === true ? 1 : auto.next ?? 1, step: auto === true ? 1 : auto.step ?? 1 } };
}

/** An IEEE double (Visual FoxPro); `decimals` is for display only. */
export function double(decimals = 2, options: Nullable = {}): FieldType<number | null> {
  return field('B', 8, { decimals, nullable: options.nullable });
}

/** Money in ten-thousandths (Visual FoxPro): a number, or exact ten-thousandths with `as: 'bigint'`. */
export function currency(options?: Nullable & { readonly as?: 'number' }): FieldType<number | null>;
export function currency(options: Nullable & { readonly as: 'bigint' }): FieldType<bigint | null, bigint | number>;
export function currency(options: Nullable & { readonly as?: 'number' | 'bigint' } = {}): FieldType {
  return field('Y', 8, { decimals: 4, nullable: options.nullable, ...(options.as === undefined ? {} : { as: options.as }) });
}

/** A day: a Date at UTC midnight. */
export function date(options: Nullable = {}): FieldType<Date | null> {
  return field('D', 8, { nullable: options.nullable });
}

/** A moment, to the second (Visual FoxPro). */
export function datetime(options: Nullable = {}): FieldType<Date | null> {
  return field('T', 8, { nullable: options.nullable });
}

/** true, false or not set. */
export function logical(options: Nullable = {}): FieldType<boolean | null> {
  return field('L', 1, { nullable: options.nullable });
}

/** Text of any length, kept in the memo file. */
export function memo(): FieldType<string>;
export function memo(options: { readonly nullable: true }): FieldType<string | null>;
export function memo(options: Nullable = {}): FieldType<string | null> {
  return field('M', 0, { nullable: options.nullable });
}

/** Bytes: of at most `length` in the record (varbinary), or of any length in the memo file (Visual FoxPro). */
export function binary(length?: number, options: Nullable = {}): FieldType<Uint8Array | null> {
  return length === undefined ? field('W', 4, { nullable: options.nullable, binary: true }) : field('Q', length, { nullable: options.nullable, binary: true });
}
