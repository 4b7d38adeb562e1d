import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../src/filter/parse-filter.js';
import type { FindOptions } from '../../../src/query/find-options.js';
import { NO_PARAMS } from '../../../src/query/params.js';
import type { Plan, PlanRequest } from '../../../src/query/plan.js';
import { plansFor } from '../../../src/query/planner.js';
import { Step } from '../../../src/query/row-source.js';
import { countEntries, openPlan } from '../../../src/query/run-plan.js';
import { FakeSource, type Doc, type FakeIndexSpec } from './fake-source.js';
import { find, shapeOf, testContext, truth } from './query-kit.js';

const SEED = Number(process.env['SEED'] ?? 20_261_129);
const RUNS = Number(process.env['RUNS'] ?? 1500);
const text = fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'ba', 'é', '\u{1F600}', '\uFFFD', 'z');
const scalar = fc.oneof(
  fc.integer({ min: -2, max: 6 }), text, fc.boolean(), fc.constant(null), fc.constantFrom(new Date(0), new Date(86_400_000)), fc.constantFrom(2.5, 3n, -0),
);
const tags = fc.array(scalar, { maxLength: 3 });
const doc: fc.Arbitrary<Doc> = fc.record({
  a: scalar, b: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null)), c: text, d: fc.oneof(scalar, tags), t: tags,
  o: fc.record({ x: scalar, y: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: [] }),
  l: fc.array(fc.record({ x: fc.integer({ min: 0, max: 2 }), y: fc.integer({ min: 0, max: 2 }) }), { maxLength: 3 }),
}, { requiredKeys: [] });
const rows = fc.array(fc.option(doc, { nil: undefined, freq: 12 }), { maxLength: 40 });

const PATHS = ['a', 'b', 'c', 'd', 't', 'o.x', 'o.y', 'l.x', 'l.y'];
const path = fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(...PATHS));
const condition = fc.oneof(
  scalar, fc.record({ $gt: scalar }), fc.record({ $gte: scalar }), fc.record({ $lt: scalar }), fc.record({ $lte: scalar }),
  fc.record({ $gte: scalar, $lt: scalar }),
  fc.record({ $in: fc.array(scalar, { maxLength: 4 }) }), fc.record({ $ne: scalar }), fc.record({ $nin: fc.array(scalar, { maxLength: 2 }) }),
  fc.record({ $between: fc.tuple(scalar, scalar) }), fc.record({ $exists: fc.boolean() }), fc.record({ $startsWith: text }),
  fc.record({ $regex: fc.constantFrom('^a', '^ab?', 'b$', '^(a|b)') }),
  fc.record({ $all: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({ $elemMatch: fc.record({ $gt: scalar, $lt: scalar }, { requiredKeys: ['$gt'] }) }),
  fc.record({ $elemMatch: fc.record({ x: fc.integer({ min: 0, max: 2 }), y: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: ['x'] }) }),
  tags,
);
const leaf = fc.dictionary(path, condition, { minKeys: 1, maxKeys: 3 });
const filter: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 5, arbitrary: leaf },
  fc.constant({}),
  fc.record({ $or: fc.array(leaf, { minLength: 1, maxLength: 3 }) }),
  fc.tuple(leaf, fc.array(leaf, { minLength: 1, maxLength: 3 })).map(([and, $or]) => ({ ...and, $or })),
  fc.record({ $nor: fc.array(leaf, { minLength: 1, maxLength: 2 }) }),
);
const field = fc.record({ path, descending: fc.boolean() });
const index: fc.Arbitrary<Omit<FakeIndexSpec, 'name'>> = fc.record({
  on: fc.uniqueArray(field, { minLength: 1, maxLength: 3, selector: (one) => one.path }), sparse: fc.boolean(), covering: fc.boolean(),
  tiesDescending: fc.boolean(), cut: fc.nat(5).map((n) => n === 0),
  where: fc.option(leaf.map((one) => parseFilter(one)), { nil: undefined, freq: 2 }),
}, { requiredKeys: ['on'] }).map(({ where, ...spec }) => (where === undefined ? spec : { ...spec, where }));
const direction = fc.constantFrom(1 as const, -1 as const);
const options: fc.Arbitrary<FindOptions> = fc.record({
  sort: fc.dictionary(path, direction, { maxKeys: 3 }), skip: fc.integer({ min: 0, max: 3 }), limit: fc.integer({ min: 0, max: 8 }),
  fields: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 }),
}, { requiredKeys: [] });

/** Serves whatever is sorted by it and asks for its fields alone. */
const PLAIN: Omit<FakeIndexSpec, 'name'> = { on: ['a'], covering: true };

/** Runs one plan to its end. */
function runPlan(source: FakeSource, plan: Plan, request: PlanRequest, skip: number): Doc[] {
  const session = source.open();
  const cursor = openPlan(session, plan, request, NO_PARAMS, testContext().limits);
  const found: Doc[] = [];
  for (let passed = 0; passed < request.most;) {
    const step = cursor.step();
    if (step === Step.End) break;
    if (step === Step.Row && ++passed > skip) found.push(cursor.row());
  }
  cursor.close();
  session.close();
  return found;
}

describe('plans never change answers', () => {
  it('every plan that is offered gives the rows of a plain filter, in the same order', () => {
    const used = new Map<string, number>();
    fc.assert(fc.property(rows, filter, fc.array(index, { maxLength: 5 }), options, fc.boolean(), (all, wanted, given, how, aligned) => {
      const specs = aligned ? [...given, PLAIN] : given;
      const source = new FakeSource(all, specs.map((spec, i) => ({ ...spec, name: `i${i}` })));
      const expected = truth(all, wanted, how);
      const shape = shapeOf(source, wanted, how);
      const { spec } = shape;
      for (const givesRows of [true, false]) {
        const request: PlanRequest = {
          filter: shape.filter, conditions: shape.conditions, sort: givesRows ? spec.sort : [], most: spec.skip + spec.limit, fields: spec.fields, givesRows,
        };
        const plans = plansFor(request, shape.templates(source.indexes, 0), { rowCount: all.length, indexes: source.indexes, costs: source.costs }, NO_PARAMS);
        for (const plan of plans) {
          const name = `${plan.access.kind} ${plan.ordering}${plan.covering ? ' covering' : ''}${plan.countsEntries ? ' counted' : ''}`;
          used.set(name, (used.get(name) ?? 0) + 1);
          if (givesRows) expect(runPlan(source, plan, request, spec.skip), name).toEqual(expected);
          else if (plan.countsEntries) {
            expect(Math.max(0, Math.min(countEntries(plan).count - spec.skip, spec.limit)), name).toBe(expected.length);
          } else expect(runPlan(source, plan, request, spec.skip).length, name).toBe(expected.length);
        }
      }
      expect(source.open_).toBe(0);
    }), { seed: SEED, numRuns: RUNS });
    // The test is worth nothing if some kind of plan never came up.
    const kinds = [
      'scan stream', 'scan sort', 'scan top', 'index stream', 'index collect', 'index sort', 'index groups',
      'index stream covering', 'index collect counted', 'union collect',
    ];
    for (const name of kinds) {
      expect(used.get(name) ?? 0, name).toBeGreaterThan(0);
    }
  });

  it('whatever estimates say, and however the rows are asked for', async () => {
    await fc.assert(fc.asyncProperty(rows, filter, fc.array(index, { maxLength: 4 }), options, fc.func(fc.nat(100)), async (all, wanted, specs, how, lie) => {
      const source = new FakeSource(all, specs.map((spec, i) => ({ ...spec, name: `i${i}`, lie })));
      const expected = truth(all, wanted, how);
      const found = find(source, wanted, how);
      expect(found.toArray()).toEqual(expected);
      expect([...found]).toEqual(expected);
      const async: Doc[] = [];
      for await (const row of found) async.push(row);
      expect(async).toEqual(expected);
      expect(found.first()).toEqual(expected[0]);
      expect(found.count()).toBe(expected.length);
      expect(found.explain({ analyze: true }).actual?.rows).toBe(expected.length);
      expect(source.open_).toBe(0);
    }), { seed: SEED, numRuns: Math.ceil(RUNS / 5) });
  });

  it('intersections of two indexes', () => {
    const all = Array.from({ length: 4000 }, (_, i): Doc => ({ a: i % 40, b: i % 37, c: `n${i % 3}` }));
    const source = new FakeSource(all, [{ name: 'ia', on: ['a'] }, { name: 'ib', on: ['b'] }]);
    for (const wanted of [{ a: 3, b: 5 }, { a: { $lt: 4 }, b: { $gte: 30 }, c: 'n1' }, { a: 3, b: { $in: [1, 2] } }]) {
      const found = find(source, wanted);
      expect(found.explain().plan.input[0]?.input[0]?.step).toBe('intersection');
      expect(found.toArray()).toEqual(truth(all, wanted));
    }
  });
});
