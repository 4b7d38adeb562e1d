import fc from 'fast-check';

/** What random documents and filters are made of. */
export interface Domain {
  /** What arrays hold: single values; also objects; also arrays, and then paths have numbers in them too. */
  readonly arrays: 'scalars' | 'objects' | 'all';
  /** Null in documents and filters. */
  readonly nulls: boolean;
  /** Paths of more than one name. */
  readonly dots: boolean;
  readonly operators: readonly string[];
}

const names = ['a', 'b', 'c'];
const day = (n: number): Date => new Date(Date.UTC(2020, 0, n));

function scalarOf(domain: Domain): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<unknown>(true, false, 0, 1, 2, -1, 1.5, '', 'a', 'ab', 'b', 'ba', ...(domain.nulls ? [null] : [])),
    fc.integer({ min: 1, max: 3 }).map(day),
  );
}

function value(domain: Domain, depth: number): fc.Arbitrary<unknown> {
  const scalar = scalarOf(domain);
  if (depth === 0) return scalar;
  const inner = value(domain, depth - 1);
  const inArray = domain.arrays === 'all' ? inner : domain.arrays === 'objects' ? fc.oneof(scalar, fields(scalar)) : scalar;
  return fc.oneof(
    { weight: 5, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(inArray, { maxLength: 3 }) },
    { weight: 3, arbitrary: fields(inner) },
  );
}

function fields(inner: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return fc.dictionary(fc.constantFrom(...names), inner, { maxKeys: 3 }).map((found) => ({ ...found }));
}

/** Documents with few names and few values, so that filters hit. */
export function documents(domain: Domain): fc.Arbitrary<Record<string, unknown>> { return fields(value(domain, 3)); }

function path(domain: Domain): fc.Arbitrary<string> {
  if (!domain.dots) return fc.constantFrom(...names);
  const part = domain.arrays === 'all' ? fc.constantFrom(...names, ...names, '0', '1') : fc.constantFrom(...names);
  return fc.tuple(fc.constantFrom(...names), fc.array(part, { maxLength: 2 })).map(([first, rest]) => [first, ...rest].join('.'));
}

const patterns = fc.constantFrom(/a/, /^a/, /b$/, /^(a|b)+$/i);

function operator(domain: Domain, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const wanted = domain.arrays === 'all' ? value(domain, 2) : scalarOf(domain);
  const operands: Record<string, fc.Arbitrary<unknown>> = {
    $eq: wanted, $ne: wanted, $gt: wanted, $gte: wanted, $lt: wanted, $lte: wanted,
    $in: fc.array(fc.oneof({ weight: 5, arbitrary: wanted }, { weight: 1, arbitrary: patterns }), { maxLength: 3 }),
    $nin: fc.array(wanted, { maxLength: 3 }),
    $between: fc.tuple(wanted, wanted),
    $exists: fc.boolean(),
    $type: fc.constantFrom('string', 'number', 'object', 'array', 'date', 'null', 'int'),
    $regex: patterns,
    $startsWith: fc.constantFrom('', 'a', 'ab'),
    $size: fc.integer({ min: 0, max: 3 }),
    $all: fc.array(wanted, { minLength: 1, maxLength: 2 }),
    $not: depth === 0 ? fc.constant({ $gt: 1 }) : fc.oneof(operator(domain, depth - 1), patterns),
    $elemMatch: depth === 0 ? fc.constant({ $gt: 1 }) : domain.arrays === 'scalars' ? operator(domain, depth - 1) : fc.oneof(operator(domain, depth - 1), filters(domain, depth - 1)),
  };
  const one = fc.constantFrom(...domain.operators).chain((name) => (operands[name] ?? fc.constant(null)).map((operand) => ({ [name]: operand })));
  return fc.oneof({ weight: 4, arbitrary: one }, { weight: 1, arbitrary: fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b })) });
}

/** Random filters of the operators of the domain. */
export function filters(domain: Domain, depth = 2): fc.Arbitrary<Record<string, unknown>> {
  const condition = fc.oneof({ weight: 4, arbitrary: operator(domain, depth) }, { weight: 1, arbitrary: scalarOf(domain) });
  const field = fc.tuple(path(domain), condition).map(([at, what]) => ({ [at]: what }));
  if (depth === 0) return field;
  const group = fc.tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(filters(domain, depth - 1), { minLength: 1, maxLength: 3 }));
  return fc.oneof(
    { weight: 5, arbitrary: field },
    { weight: 1, arbitrary: fc.tuple(field, field).map(([a, b]) => ({ ...a, ...b })) },
    { weight: 2, arbitrary: group.map(([name, parts]) => ({ [name]: parts })) },
  );
}
