import { fieldRangeTest, isMemoField, sieveOf, type FieldTest, type MemoSource, type RecordSieve, type ValueRange } from '#storage';
import { compileFilter } from '../filter/compile-filter.js';
import type { FilterNode, Operand } from '../filter/filter-node.js';
import type { ItemReader, Predicate } from '../filter/item-reader.js';
import { pathsOf } from '../filter/bind-filter.js';
import { conjunctsOf } from '../query/conditions.js';
import { RecordSieves } from './record-sieves.js';
import type { TableCodec } from './table-codec.js';

/** A record as filters see it: where its bytes stand, and where its memos come from. Moved from record to record. */
export interface RecordPlace {
  bytes: Uint8Array;
  start: number;
  memos: MemoSource;
}

/** A filter of a table, compiled for the bytes of its records: a field is decoded only when its bytes cannot be compared as they stand. */
export interface RecordFilter {
  /** One record. */
  readonly matches: Predicate<RecordPlace>;
  /** For many records: the conjuncts without memo fields. */
  readonly sieves: RecordSieves;
  /** What is left for the records that pass the sieves: conjuncts that read memos. */
  readonly rest: Predicate<RecordPlace> | undefined;
}

/** Lists longer than this are looked up in a set of decoded values. */
const MOST_TESTS = 8;

/** Compiles a filter whose parameters have values. `place` is what the sieves use to stand at a record. */
export function recordFilter(filter: FilterNode, codec: TableCodec, place: RecordPlace): RecordFilter {
  const reader = recordReader(codec);
  const plain: FieldTest[] = [];
  const decoded: RecordSieve[] = [];
  const late: FilterNode[] = [];
  for (const part of joined(conjunctsOf(filter), codec)) {
    if ('test' in part) {
      plain.push(part);
      continue;
    }
    const test = plainTest(part, codec);
    if (test !== undefined) plain.push(test);
    else if (pathsOf(part).some((path) => isMemoField(codec.field(path).field))) late.push(part);
    else decoded.push(decodingSieve(compileFilter(part, reader), place));
  }
  const rest = late.length === 0 ? undefined : compileFilter<RecordPlace>({ op: 'and', parts: late }, reader);
  return { matches: compileFilter(filter, reader), sieves: new RecordSieves(plain, decoded), rest };
}

/** Conjuncts, where a lower and an upper bound of one field are one test of the range between them. */
function joined(parts: readonly FilterNode[], codec: TableCodec): readonly (FilterNode | FieldTest)[] {
  const all: (FilterNode | FieldTest)[] = [...parts];
  for (const low of parts) {
    if (low.op !== 'gt' && low.op !== 'gte') continue;
    const high = parts.find((part) => (part.op === 'lt' || part.op === 'lte') && part.path === low.path && all.includes(part));
    if (high === undefined || !('operand' in high)) continue;
    const range = { low: { value: valueOf(low.operand), inclusive: low.op === 'gte' }, high: { value: valueOf(high.operand), inclusive: high.op === 'lte' } };
    const test = fieldTest(codec, low.path, range);
    if (test === undefined) continue;
    all.splice(all.indexOf(low), 1, test);
    all.splice(all.indexOf(high), 1);
  }
  return all;
}

function decodingSieve(matches: Predicate<RecordPlace>, place: RecordPlace): RecordSieve {
  return sieveOf((bytes, start) => {
    place.bytes = bytes;
    place.start = start;
    return matches(place);
  });
}

function recordReader(codec: TableCodec): ItemReader<RecordPlace> {
  return {
    nested: false,
    field: (name) => {
      const { decode } = codec.field(name);
      return ({ bytes, start, memos }) => decode(bytes, start, '', 0, memos);
    },
    leaf: (node) => {
      const test = plainTest(node, codec)?.test;
      return test === undefined ? undefined : ({ bytes, start }) => test(bytes, start);
    },
  };
}

/** The comparison on stored bytes, where there is one. Null is equal to no range, so "not equal" passes null as it should. */
function plainTest(node: FilterNode, codec: TableCodec): FieldTest | undefined {
  switch (node.op) {
    case 'eq': return fieldTest(codec, node.path, equalRange(node.operand));
    case 'ne': return opposite(fieldTest(codec, node.path, equalRange(node.operand)));
    case 'gt': case 'gte': return fieldTest(codec, node.path, { low: { value: valueOf(node.operand), inclusive: node.op === 'gte' } });
    case 'lt': case 'lte': return fieldTest(codec, node.path, { high: { value: valueOf(node.operand), inclusive: node.op === 'lte' } });
    case 'between': return fieldTest(codec, node.path, { low: { value: valueOf(node.low), inclusive: true }, high: { value: valueOf(node.high), inclusive: true } });
    case 'startsWith': {
      const prefix = valueOf(node.operand);
      return typeof prefix === 'string' ? fieldTest(codec, node.path, { prefix }) : undefined;
    }
    case 'in': return anyOf(node.path, node.operands, codec);
    case 'nin': return opposite(anyOf(node.path, node.operands, codec));
    default: return undefined;
  }
}

function valueOf(operand: Operand): unknown { return operand.kind === 'value' ? operand.value : undefined; }

function equalRange(operand: Operand): ValueRange {
  const end = { value: valueOf(operand), inclusive: true };
  return { low: end, high: end };
}

function fieldTest(codec: TableCodec, path: string, range: ValueRange): FieldTest | undefined {
  const { field, form } = codec.field(path);
  return form === undefined ? fieldRangeTest(codec.layout, field, range) : undefined;
}

function opposite(one: FieldTest | undefined): FieldTest | undefined {
  if (one === undefined) return undefined;
  const { test } = one;
  const not: FieldTest['test'] = (bytes, start) => !test(bytes, start);
  return { test: not, sieve: sieveOf(not) };
}

function anyOf(path: string, operands: readonly Operand[], codec: TableCodec): FieldTest | undefined {
  if (operands.length > MOST_TESTS) return undefined;
  const tests: FieldTest['test'][] = [];
  for (const operand of operands) {
    const one = fieldTest(codec, path, equalRange(operand));
    if (one === undefined) return undefined;
    tests.push(one.test);
  }
  const test: FieldTest['test'] = (bytes, start) => {
    for (const one of tests) if (one(bytes, start)) return true;
    return false;
  };
  return { test, sieve: sieveOf(test) };
}
