import type { Param } from '../filter/param.js';
import type { Aggregate } from './aggregates.js';

type Operand<Value> = Value | Param | null;

/** Operators on one field. */
export interface FieldOperators<Value> {
  readonly $eq?: Operand<Value>;
  readonly $ne?: Operand<Value>;
  readonly $gt?: Operand<Value>;
  readonly $gte?: Operand<Value>;
  readonly $lt?: Operand<Value>;
  readonly $lte?: Operand<Value>;
  readonly $in?: readonly (Operand<Value> | RegExp)[] | Param;
  readonly $nin?: readonly (Operand<Value> | RegExp)[] | Param;
  /** Both ends included. */
  readonly $between?: readonly [low: Operand<Value>, high: Operand<Value>];
  readonly $exists?: boolean;
  readonly $type?: string | number | readonly (string | number)[];
  readonly $regex?: string | RegExp;
  readonly $options?: string;
  readonly $startsWith?: string | Param;
  readonly $not?: FieldOperators<Value> | RegExp;
  readonly $elemMatch?: object;
  readonly $size?: number | Param;
  readonly $all?: readonly unknown[] | Param;
}

/** What may stand for one field: a value (equal to it), a regular expression, or operators. */
export type FieldFilter<Value> = unknown extends Value ? unknown : Value | null | Param | RegExp | FieldOperators<NonNullable<Value>>;

/** Filters that are put together. */
export interface FilterGroups<Row> {
  readonly $and?: readonly Filter<Row>[];
  readonly $or?: readonly Filter<Row>[];
  readonly $nor?: readonly Filter<Row>[];
  readonly $not?: Filter<Row>;
}

/** Fields of a row that users name: not `$recno`, `$deleted`. */
export type FieldName<Row> = Exclude<Extract<keyof Row, string>, `$${string}`>;

/**
 * A filter of rows. All fields that are named must match; `$and`, `$or`, `$nor` and `$not` put filters together.
 *
 * @example
 * const filter: Filter<{ name: string; salary: number | null }> = { salary: { $gte: 1000 }, $or: [{ name: 'Ada' }, { name: /^G/ }] };
 */
export type Filter<Row> = { readonly [Field in FieldName<Row>]?: FieldFilter<Row[Field]> } & FilterGroups<Row>;

/** What aggregate() takes: fields to group by, a filter, and a figure under each other name. */
export type AggregateInput<Row> = {
  readonly groupBy?: readonly FieldName<Row>[];
  readonly where?: Filter<Row>;
} & { readonly [Figure in string]: Aggregate | readonly string[] | Filter<Row> | undefined };

/** A row of an aggregate: the fields of its group, and the figures. */
export type AggregateRow<Row, Input> = {
  -readonly [Field in Input extends { readonly groupBy: readonly (infer Name)[] } ? Extract<Name, keyof Row> : never]: Row[Field];
} & { -readonly [Figure in Exclude<keyof Input, 'groupBy' | 'where'>]: Input[Figure] extends Aggregate<infer Value> ? Value : never };
