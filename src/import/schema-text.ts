import { FieldstoneError, nearestNames } from '#storage';
import {
  binary, char, currency, date, datetime, double, float, integer, logical, memo, numeric, varchar, type FieldType, type TableSchema,
} from '../table/field-types.js';

type Maker = (a: number | undefined, b: number | undefined, nullable: { readonly nullable: true } | undefined) => FieldType;

function given(n: number | undefined, what: string): number {
  if (n === undefined) throw new FieldstoneError('SCHEMA', `${what} needs a length, for example ${what}(20)`);
  return n;
}

const TYPES: Readonly<Record<string, Maker>> = {
  char: (a, _, n) => (n === undefined ? char(given(a, 'char')) : char(given(a, 'char'), n)),
  varchar: (a, _, n) => (n === undefined ? varchar(given(a, 'varchar')) : varchar(given(a, 'varchar'), n)),
  numeric: (a, b, n) => {
    const length = given(a, 'numeric');
    return length > 16 ? numeric(length, b ?? 0, { ...n, as: 'string' }) : numeric(length, b, n);
  },
  float: (a, b, n) => float(given(a, 'float'), b, n),
  integer: (_a, _b, n) => integer(n),
  double: (a, _, n) => double(a, n),
  currency: (_a, _b, n) => currency({ ...n, as: 'number' }),
  date: (_a, _b, n) => date(n),
  datetime: (_a, _b, n) => datetime(n),
  logical: (_a, _b, n) => logical(n),
  memo: (_a, _b, n) => (n === undefined ? memo() : memo(n)),
  binary: (a, _, n) => binary(a, n),
};

/** A type as text: `char(30)`, `numeric(12,2)`, `date`, with `null` behind it when it may be null. Throws SCHEMA. */
export function parseType(text: string, field: string): FieldType {
  const match = /^([a-z]+)\s*(?:\(\s*(\d{1,6})?\s*(?:,\s*(\d{1,3})\s*)?\))?(\s+null)?$/i.exec(text.trim());
  const name = match?.[1]?.toLowerCase() ?? '';
  const make = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (match === null || make === undefined) {
    const near = nearestNames(name === '' ? text : name, Object.keys(TYPES));
    throw new FieldstoneError('SCHEMA', `field "${field}": ${JSON.stringify(text)} is not a type; ${near.length > 0 ? `did you mean ${near.join(' or ')}?` : `types: ${Object.keys(TYPES).join(', ')}`}`, { field });
  }
  const number = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits));
  return make(number(match[2]), number(match[3]), match[4] === undefined ? undefined : { nullable: true });
}

/** A schema as JSON text, for example `{"name": "char(30)", "born": "date"}`. Throws SCHEMA. */
export function parseSchema(json: string): TableSchema {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (e) {
    throw new FieldstoneError('SCHEMA', `a schema is JSON such as {"name": "char(30)", "born": "date"}: ${e instanceof Error ? e.message : String(e)}`, { cause: e });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FieldstoneError('SCHEMA', 'a schema is a JSON object of field names and types');
  return Object.fromEntries(Object.entries(value).map(([name, type]) => {
    if (typeof type !== 'string') throw new FieldstoneError('SCHEMA', `field "${name}": a type is text such as "char(30)"`, { field: name });
    return [name, parseType(type, name)];
  }));
}

const WORDS: Readonly<Record<string, string>> = {
  C: 'char', V: 'varchar', N: 'numeric', F: 'float', I: 'integer', B: 'double', Y: 'currency', D: 'date', T: 'datetime', L: 'logical', M: 'memo', W: 'binary', Q: 'binary',
};

/** The text of a type, as parseType() takes it. */
export function typeText(type: FieldType): string {
  const word = WORDS[type.type] ?? type.type;
  const size = 'NF'.includes(type.type) && type.decimals > 0 ? `(${type.length},${type.decimals})` : 'CVNFQ'.includes(type.type) ? `(${type.length})` : '';
  return `${word}${size}${type.nullable ? ' null' : ''}`;
}
