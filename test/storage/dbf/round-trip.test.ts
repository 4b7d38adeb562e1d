import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blankRecord, createRowDecoder, createRowEncoder, hasCode, planDbf, writePointer, type DbfLayout, type FieldSpec, type MemoSource, type WritableDialect,
} from '#storage';

const DIALECTS: readonly WritableDialect[] = ['dbase3', 'dbase4', 'clipper', 'foxpro2', 'vfp'];

/** Text of ASCII and of characters of cp1252, without blanks at the end, which C does not keep. */
const text = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'abcXYZ019 .,-_/äöüÄßéñ€œ'), maxLength: max }).map((s) => s.replace(/ +$/, ''));

const day = fc.integer({ min: -719_162, max: 2_932_896 }).map((n) => new Date(n * 86_400_000));
const second = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }).map((n) => new Date(n * 1000));

interface Column { readonly spec: FieldSpec; readonly value: fc.Arbitrary<unknown> }

function column(name: string, type: string, length: number, decimals: number, value: fc.Arbitrary<unknown>, nullable: boolean): Column {
  const spec = { name, type, length, decimals, ...(nullable ? { nullable: true } : {}) };
  return { spec, value: nullable ? fc.option(value) : value };
}

/** A number that the field holds exactly: at most 15 digits, and room for the sign and a digit before the point. */
function exactNumber(length: number, decimals: number): fc.Arbitrary<number> {
  const room = decimals > 0 ? length - 1 : length;
  const most = 10 ** Math.min(15, room) - 1;
  const least = room - decimals < 2 ? 0 : 10 ** Math.min(15, room - 1) - 1;
  return fc.integer({ min: -least, max: most }).map((n) => Number((n / 10 ** decimals).toFixed(decimals)) + 0);
}

const numericShape = fc.integer({ min: 3, max: 19 }).chain((length) => fc.tuple(fc.constant(length), fc.integer({ min: 0, max: Math.min(15, length - 2) })));

function columnOf(dialect: WritableDialect, name: string): fc.Arbitrary<Column> {
  const nullable = dialect === 'vfp' ? fc.boolean() : fc.constant(false);
  const common = [
    fc.tuple(fc.integer({ min: 1, max: 60 }), nullable).map(([length, n]) => column(name, 'C', length, 0, text(length), n)),
    fc.tuple(numericShape, nullable).map(([[length, decimals], n]) => column(name, 'N', length, decimals, exactNumber(length, decimals), n)),
    nullable.map((n) => column(name, 'D', 8, 0, day, n)),
    nullable.map((n) => column(name, 'L', 1, 0, fc.boolean(), n)),
    nullable.map((n) => column(name, 'M', 0, 0, fc.string({ unit: fc.constantFrom(...'abc é\r\n'), maxLength: 40 }), n)),
  ];
  if (dialect !== 'vfp') return fc.oneof(...common);
  return fc.oneof(
    ...common,
    nullable.map((n) => column(name, 'I', 4, 0, fc.integer({ min: -0x80000000, max: 0x7fffffff }), n)),
    nullable.map((n) => column(name, 'B', 8, 4, fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => v + 0), n)),
    nullable.map((n) => column(name, 'Y', 8, 0, fc.integer({ min: -1e12, max: 1e12 }).map((v) => v / 10_000 + 0), n)),
    nullable.map((n) => column(name, 'T', 8, 0, second, n)),
    fc.tuple(fc.integer({ min: 1, max: 60 }), nullable).map(([length, n]) =>
      column(name, 'V', length, 0, fc.string({ unit: fc.constantFrom(...'ab \0é'), maxLength: length }), n)),
    fc.tuple(fc.integer({ min: 1, max: 60 }), nullable).map(([length, n]) => column(name, 'Q', length, 0, fc.uint8Array({ maxLength: length }), n)),
    nullable.map((n) => column(name, 'G', 0, 0, fc.uint8Array({ minLength: 1, maxLength: 20 }), n)),
    nullable.map((n) => column(name, 'W', 0, 0, fc.uint8Array({ minLength: 1, maxLength: 20 }), n)),
  );
}

const table = (dialect: WritableDialect): fc.Arbitrary<{ columns: Column[]; rows: Record<string, unknown>[] }> =>
  fc.integer({ min: 1, max: 20 })
    .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => columnOf(dialect, `F${i}`))))
    .chain((columns) => fc.record({
      columns: fc.constant(columns),
      rows: fc.array(fc.record(Object.fromEntries(columns.map((c) => [c.spec.name, c.value])), { requiredKeys: [] }), { minLength: 1, maxLength: 4 }),
    }));

/** A memo file in memory: block n is the n-th value. */
function memoStore(): MemoSource & { place(bytes: Uint8Array): number } {
  const blocks: Uint8Array[] = [];
  return { place: (bytes) => blocks.push(bytes), read: ({ block }) => blocks[block - 1] };
}

function encodeInto(layout: DbfLayout, memos: ReturnType<typeof memoStore>, input: Record<string, unknown>, target: Uint8Array, update = false): void {
  const encoder = createRowEncoder(layout);
  const pending = update ? encoder.encodeUpdate(input, target, 0) : encoder.encodeInsert(input, target, 0);
  for (const memo of pending) writePointer(layout, memo.field, { block: memos.place(memo.bytes) }, target, 0);
}

/** What a value that was not given, or is null, reads as. */
function emptyValue(spec: FieldSpec): unknown {
  if (spec.nullable === true) return null;
  if ('CVM'.includes(spec.type)) return '';
  if (spec.type === 'Q') return new Uint8Array(0);
  return 'IBY'.includes(spec.type) ? 0 : null;
}

describe.each(DIALECTS)('%s rows', (dialect) => {
  test('read back as they were written, alone and in runs', () => {
    fc.assert(fc.property(table(dialect), ({ columns, rows }) => {
      const layout = planDbf(columns.map((c) => c.spec), { dialect, encoding: 'cp1252' });
      const memos = memoStore();
      const decoder = createRowDecoder(layout);
      const all = new Uint8Array(layout.recordLength * rows.length);
      const expected = rows.map((row, i) => {
        const record = all.subarray(i * layout.recordLength, (i + 1) * layout.recordLength);
        encodeInto(layout, memos, row, record);
        return Object.fromEntries(columns.map(({ spec }) => [spec.name, row[spec.name] ?? emptyValue(spec)]));
      });
      const single = rows.map((_, i) => ({ ...decoder.decode(all, i * layout.recordLength, i + 1, memos) }));
      const run: object[] = [];
      const decoded = run as ReturnType<typeof decoder.decode>[];
      decoder.decodeRun(all, 0, rows.length, 1, decoded, memos);
      expect(single).toEqual(expected);
      expect(decoded.map((row) => ({ ...row }))).toEqual(expected);
      expect(decoded.map((row) => row.$recno)).toEqual(rows.map((_, i) => i + 1));
    }), { numRuns: 150 });
  });

  test('an update changes the named fields and no other byte', () => {
    fc.assert(fc.property(table(dialect), fc.uint8Array({ minLength: 2000, maxLength: 2000 }), ({ columns, rows }, noise) => {
      const layout = planDbf(columns.map((c) => c.spec), { dialect, encoding: 'cp1252' });
      const record = Uint8Array.from({ length: layout.recordLength }, (_, i) => noise[i % noise.length] ?? 0);
      const before = record.slice();
      const changes = rows[0] ?? {};
      encodeInto(layout, memoStore(), changes, record, true);
      const touched = new Set(Object.keys(changes).filter((key) => changes[key] !== undefined));
      for (const field of layout.fields) {
        if (field.type === '0' || touched.has(field.name)) continue;
        expect(record.subarray(field.offset, field.offset + field.length)).toEqual(before.subarray(field.offset, field.offset + field.length));
      }
      expect(record[0]).toBe(before[0]);
      const bits = [...touched].flatMap((name) => layout.fields.filter((f) => f.name === name).flatMap((f) => [f.nullBit, f.lengthBit]));
      const { nullFlags } = layout;
      for (let bit = 0; nullFlags !== undefined && bit < nullFlags.length * 8; bit++) {
        const at = nullFlags.offset + (bit >> 3);
        if (!bits.includes(bit)) expect((record[at] ?? 0) & (1 << (bit & 7))).toBe((before[at] ?? 0) & (1 << (bit & 7)));
      }
    }), { numRuns: 150 });
  });

  test('a blank record has no values', () => {
    fc.assert(fc.property(table(dialect), ({ columns }) => {
      const layout = planDbf(columns.map((c) => c.spec), { dialect, encoding: 'cp1252' });
      const row = createRowDecoder(layout).decode(blankRecord(layout), 0, 1);
      expect({ ...row }).toEqual(Object.fromEntries(columns.map(({ spec }) => [spec.name, emptyValue(spec)])));
    }), { numRuns: 50 });
  });

  test('whatever is given, encoding succeeds or throws a typed error', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withTypedArray: true });
    fc.assert(fc.property(table(dialect), fc.array(anything, { maxLength: 20 }), ({ columns }, junk) => {
      const layout = planDbf(columns.map((c) => c.spec), { dialect, encoding: 'cp1252' });
      const encoder = createRowEncoder(layout);
      const record = new Uint8Array(layout.recordLength + 8).fill(0xee);
      for (const [i, value] of junk.entries()) {
        const name = columns[i % columns.length]?.spec.name ?? '';
        try {
          encoder.encodeInsert({ [name]: value }, record, 4);
        } catch (e) {
          expect(hasCode(e, 'VALUE'), String(e)).toBe(true);
        }
      }
      expect([...record.subarray(0, 4), ...record.subarray(record.length - 4)]).toEqual(new Array(8).fill(0xee));
    }), { numRuns: 100 });
  });
});
