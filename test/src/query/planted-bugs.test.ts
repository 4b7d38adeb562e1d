import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import type { IndexEntry, IndexRange } from '../../../src/query/index-source.js';
import { NO_PARAMS } from '../../../src/query/params.js';
import type { Plan, PlanRequest } from '../../../src/query/plan.js';
import { plansFor } from '../../../src/query/planner.js';
import { Step } from '../../../src/query/row-source.js';
import { openPlan } from '../../../src/query/run-plan.js';
import { FakeIndex, FakeSource, type Doc, type FakeIndexSpec } from './fake-source.js';
import { find, shapeOf, testContext, truth } from './query-kit.js';

interface Query { readonly filter: Record<string, unknown>; readonly sort?: { readonly [field: string]: 1 | -1 } }

const DOCS: Doc[] = Array.from({ length: 400 }, (_, i) => ({ a: i % 20, b: i % 7, t: [i % 5, i % 3], vip: i % 2 === 0 }));
const QUERIES: readonly Query[] = [
  { filter: { a: { $gte: 5, $lt: 7 } } }, { filter: { a: { $gt: 5, $lte: 7 } } }, { filter: { a: 5, b: 3 } }, { filter: { t: { $in: [0, 1] } } },
    { filter: { t: 2 } },
  { filter: { t: { $gt: 3, $lt: 1 } } }, { filter: { b: 1, vip: true } }, { filter: { b: 1 } }, { filter: { b: null } },
  { filter: {}, sort: { a: -1 } }, { filter: { a: 5 }, sort: { b: 1 } }, { filter: { $or: [{ a: 3 }, { b: 2, vip: true }] } },
];

/** What an index says of itself, wrongly. */
interface Says { readonly exact?: boolean; readonly multikey?: boolean; readonly where?: undefined; readonly tiesAscending?: boolean }

/** An index that does one thing wrong. */
class WrongIndex extends FakeIndex {
  readonly #wrong: (range: IndexRange) => IndexRange;
  readonly #exact: boolean | undefined;

  constructor(spec: FakeIndexSpec, wrong: (range: IndexRange) => IndexRange, { exact, ...says }: Says = {}) {
    super(DOCS, spec);
    this.#wrong = wrong;
    this.#exact = exact;
    for (const [name, value] of Object.entries(says)) Object.defineProperty(this, name, { value });
  }

  override exact(): boolean { return this.#exact ?? super.exact(); }
  override *entries(range: IndexRange, options?: { readonly reverse?: boolean }): Iterable<IndexEntry> {
    yield* super.entries(this.#wrong(range), options);
  }
}

function sourceWith(indexes: readonly FakeIndex[]): FakeSource {
  const source = new FakeSource(DOCS);
  source.indexes = indexes;
  return source;
}

/** True when some query gives another answer than a plain filter. */
function isCaught(...indexes: FakeIndex[]): boolean {
  const source = sourceWith(indexes);
  return QUERIES.some(({ filter, sort }) => {
    const how = sort === undefined ? undefined : { sort };
    const found = find(source, filter, how);
    const expected = truth(DOCS, filter, how);
    return JSON.stringify(found.toArray()) !== JSON.stringify(expected) || found.count() !== expected.length;
  });
}

/** True when some plan that is changed so gives another answer. */
function planIsCaught(change: (plan: Plan) => Plan): boolean {
  const specs: FakeIndexSpec[] = [{ name: 'a', on: ['a'] }, { name: 'ab', on: ['a', 'b'] }, { name: 'b', on: ['b'] }, { name: 't', on: ['t'] }];
  const source = sourceWith(specs.map((spec) => new FakeIndex(DOCS, spec)));
  return QUERIES.some(({ filter, sort }) => {
    const how = sort === undefined ? undefined : { sort };
    const shape = shapeOf(source, filter, how);
    const request: PlanRequest = { filter: shape.filter, conditions: shape.conditions, sort: shape.spec.sort, most: Infinity, fields: undefined,
      givesRows: true };
    const context = { rowCount: DOCS.length, indexes: source.indexes, costs: source.costs };
    return plansFor(request, shape.templates(source.indexes, 0), context, NO_PARAMS)
      .some((plan) => JSON.stringify(rowsOf(source, change(plan), request)) !== JSON.stringify(truth(DOCS, filter, how)));
  });
}

function rowsOf(source: FakeSource, plan: Plan, request: PlanRequest): Doc[] {
  const cursor = openPlan(source.open(), plan, request, NO_PARAMS, testContext().limits);
  const rows: Doc[] = [];
  for (let step = cursor.step(); step !== Step.End; step = cursor.step()) if (step === Step.Row) rows.push(cursor.row());
  return rows;
}

const same = (range: IndexRange): IndexRange => range;
function flipped(range: IndexRange, end: 'low' | 'high'): IndexRange {
  const bound = range[end];
  return bound === undefined ? range : { ...range, [end]: { ...bound, inclusive: !bound.inclusive } };
}

describe('planted bugs', () => {
  it('nothing is caught when nothing is wrong', () => {
    const vips = new WrongIndex({ name: 'b', on: ['b'], where: parseFilter({ vip: true }) }, same);
    expect(isCaught(new WrongIndex({ name: 'a', on: ['a'] }, same), new WrongIndex({ name: 't', on: ['t'] }, same), vips)).toBe(false);
    expect(planIsCaught((plan) => plan)).toBe(false);
  });

  it.each<[string, FakeIndex]>([
    ['a low bound of the other kind', new WrongIndex({ name: 'a', on: ['a'] }, (range) => flipped(range, 'low'))],
    ['a high bound of the other kind', new WrongIndex({ name: 'a', on: ['a'] }, (range) => flipped(range, 'high'))],
    ['an index that says it is exact and gives more', new WrongIndex({ name: 'ab', on: ['a', 'b'] }, ({ equal }) => ({ equal: equal.slice(0, 1) }),
      { exact: true })],
    ['an index of elements that does not say so', new WrongIndex({ name: 't', on: ['t'] }, same, { multikey: false })],
    ['a partial index used as if it were whole', new WrongIndex({ name: 'b', on: ['b'], where: parseFilter({ vip: true }) }, same, { where: undefined })],
    ['ties that stand the other way than said', new WrongIndex({ name: 'a', on: ['a'], tiesDescending: true }, same, { tiesAscending: true })],
  ])('%s is caught', (_, index) => { expect(isCaught(index)).toBe(true); });

  it.each<[string, (plan: Plan) => Plan]>([
    ['a residual that is dropped', (plan) => ({ ...plan, residual: undefined })],
    ['an index walked the other way', (plan) => ({ ...plan, reverse: !plan.reverse })],
    ['rows that are not sorted', (plan) => (plan.ordering === 'sort' ? { ...plan, ordering: 'collect' } : plan)],
    ['groups that are not sorted', (plan) => (plan.ordering === 'groups' ? { ...plan, ordering: 'stream' } : plan)],
    ['an intersection or union taken for the other', (plan) => {
      if (plan.access.kind === 'scan' || plan.access.kind === 'index') return plan;
      return { ...plan, residual: undefined, access: { ...plan.access, kind: plan.access.kind === 'union' ? 'intersection' : 'union' } };
    }],
    ['only the first of several ranges', (plan) => (plan.access.kind === 'index' ? { ...plan, access: { ...plan.access,
      ranges: plan.access.ranges.slice(0, 1) } } : plan)],
  ])('%s is caught', (_, change) => { expect(planIsCaught(change)).toBe(true); });
});

describe('hostile filters', () => {
  const source = sourceWith([new FakeIndex(DOCS, { name: 'a', on: ['a'] })]);

  it('are answered rightly or refused, and soon', () => {
    const filters: Record<string, unknown>[] = [
      { a: { $in: Array.from({ length: 5000 }, (_, i) => i) } }, { $or: Array.from({ length: 500 }, (_, i) => ({ a: i })) },
        { $or: Array.from({ length: 500 }, (_, i) => ({ b: { $gt: i } })) },
      { a: { $in: [] } }, { a: { $gt: 7, $lt: 3 } }, { a: NaN }, { a: { $gte: Infinity } }, { a: { $lt: -Infinity } }, { a: [] }, { a: {} },
        { a: { $gt: null } }, { a: { $gte: null } },
      { $and: Array.from({ length: 200 }, () => ({ a: { $gte: 3 } })) }, { a: { $regex: '^(a+)+$' } }, { a: { $in: [null, 3, '3', 3n] } },
        JSON.parse('{"__proto__x": 1}') as Record<string, unknown>,
    ];
    for (const filter of filters) expect(find(source, filter).toArray()).toEqual(truth(DOCS, filter));
  });

  it('of wrong form throw QUERY or LIMIT, never anything else', () => {
    let deep: Record<string, unknown> = { a: 1 };
    for (let i = 0; i < 500; i++) deep = { $and: [deep] };
    const wrong: unknown[] = [deep, { $or: [] }, { $or: 5 }, { a: { $foo: 1 } }, { '': 1 }, { $where: 'x' }, 5, [], 'x', { a: { $in: 5 } },
      { a: () => 1 }, { a: Symbol('x') }];
    for (const filter of wrong) {
      expect(() => find(source, filter)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^(QUERY|LIMIT)$/) as string }));
    }
  });
});
