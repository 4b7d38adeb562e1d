import type { DbfField } from '#storage';

/** The record at hand. One object serves all records: set it and evaluate. */
export interface ExpressionRow {
  /** The record begins, with its mark of deletion, at bytes[start]. */
  bytes: Uint8Array;
  start: number;
  recno: number;
}

/** Writes the value's bytes to `out` from `at` on, where there is room for `length` of them; returns how many, -1 for NULL. */
export type TextOf = (row: ExpressionRow, out: Buffer, at: number) => number;
/** NaN for NULL. Days are Julian day numbers, times milliseconds since the beginning of day 0; 0 is blank. */
export type NumberOf = (row: ExpressionRow) => number;
/** 0, 1, or 2 for NULL. */
export type LogicalOf = (row: ExpressionRow) => number;

interface Facts {
  readonly mayBeNull: boolean;
}

/** Text; `length` is the most bytes that it can have. */
export interface TextValue extends Facts {
  readonly type: 'C';
  readonly length: number;
  readonly text: TextOf;
  /** Memo fields only say whether they are empty. */
  readonly memoIsEmpty?: LogicalOf;
}

/** A number. `width` and `decimals` are those of STR() without them, in Clipper and Harbour. */
export interface NumberValue extends Facts {
  readonly type: 'N';
  readonly number: NumberOf;
  readonly width: number;
  readonly decimals: number;
  /** The value when it does not depend on the row. */
  readonly constant?: number | undefined;
}

export interface DayValue extends Facts {
  readonly type: 'D';
  readonly number: NumberOf;
}

export interface TimeValue extends Facts {
  readonly type: 'T';
  readonly number: NumberOf;
}

export interface LogicalValue extends Facts {
  readonly type: 'L';
  readonly logical: LogicalOf;
}

/** A compiled part of an expression. */
export type Value = TextValue | NumberValue | DayValue | TimeValue | LogicalValue;

/** What the compiler knows of the table. */
export interface CompileContext {
  readonly dialect: 'foxpro' | 'clipper' | 'dbase';
  /** Upper and lower case of the code page, in place. */
  readonly upper: (bytes: Buffer, from: number, to: number) => void;
  readonly lower: (bytes: Buffer, from: number, to: number) => void;
  /** Order of the parts of a date as text. */
  readonly dateOrder: 'mdy' | 'dmy' | 'ymd';
  readonly field: (name: string, alias: string | undefined) => DbfField | undefined;
}

/** Longest text on the way, bytes. */
export const MAX_TEXT_BYTES = 65_535;

export function numberValue(number: NumberOf, mayBeNull: boolean, width = 10, decimals = 0): NumberValue {
  return { type: 'N', number, mayBeNull, width, decimals };
}

export function constantNumber(value: number, width: number, decimals: number): NumberValue {
  return { type: 'N', number: () => value, mayBeNull: false, width, decimals, constant: value };
}

export function textValue(length: number, text: TextOf, mayBeNull: boolean): TextValue { return { type: 'C', length, text, mayBeNull }; }
export function logicalValue(logical: LogicalOf, mayBeNull: boolean): LogicalValue { return { type: 'L', logical, mayBeNull }; }
