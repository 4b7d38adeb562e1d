import fc from 'fast-check';
import { compareValues } from '../../../src/filter/compare-values.js';
import { compileFilter } from '../../../src/filter/compile-filter.js';
import { ROWS } from '../../../src/filter/item-reader.js';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import type { FindOptions } from '../../../src/main.js';

export type Row = Readonly<Record<string, unknown>>;

export const text = fc.constantFrom('', 'A', 'Ab', 'Abc', 'B', 'é', 'Ö', 'z', 'a b');
export const day = fc.constantFrom(new Date('1999-12-31'), new Date('2000-01-01'), new Date('2024-02-29'));
export const small = fc.integer({ min: -2, max: 3 });
export const nullable = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arb, { freq: 5 });
export const operand = fc.oneof(text, small, fc.constantFrom(0.5, -1.5, 1n, 5n, 5, '5', null, true, false), day);

const condition = fc.oneof(
  operand, operand, fc.record({ $gt: operand }), fc.record({ $gte: operand, $lt: operand }), fc.record({ $lte: operand }), fc.record({ $ne: operand }),
  fc.record({ $in: fc.array(operand, { maxLength: 4 }) }), fc.record({ $between: fc.tuple(operand, operand) }), fc.record({ $startsWith: text }),
  fc.record({ $regex: fc.constantFrom('^A', '^Ab.*', 'b') }),
);

/** Filters, and options of find(), over these fields. */
export function queriesOver(fields: readonly string[]): fc.Arbitrary<[Row, FindOptions]> {
  const field = fc.constantFrom(...fields);
  const leaf = fc.dictionary(field, condition, { minKeys: 1, maxKeys: 3 });
  const filter: fc.Arbitrary<Row> = fc.oneof(
    leaf, fc.constant({}), fc.tuple(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 })).map(([and, $or]) => ({ ...and, $or })),
    fc.record({ $or: fc.array(leaf, { minLength: 1, maxLength: 3 }) }),
  );
  const options = fc.record({
    sort: fc.dictionary(field, fc.constantFrom(1 as const, -1 as const), { maxKeys: 2 }), skip: fc.nat(3), limit: fc.nat(9),
    fields: fc.uniqueArray(field, { minLength: 1, maxLength: 2 }),
  }, { requiredKeys: [] });
  return fc.tuple(filter, options);
}

/** What a plain filter over the rows finds. */
export function truth(rows: Iterable<Row>, wanted: unknown, { sort = {}, skip = 0, limit = Infinity, fields }: FindOptions): Row[] {
  const found = [...rows].filter(compileFilter(parseFilter(wanted), ROWS));
  const keys = Object.entries(sort);
  const tie = keys[0]?.[1] === -1 ? -1 : 1;
  found.sort((a, b) => {
    for (const [name, direction] of keys) {
      const order = compareValues(a[name], b[name]);
      if (order !== 0) return direction === -1 ? -order : order;
    }
    return (Number(a['$recno']) - Number(b['$recno'])) * tie;
  });
  const part = found.slice(skip, skip + limit);
  return fields === undefined ? part : part.map((one) => Object.fromEntries(fields.map((name) => [name, one[name]])));
}
