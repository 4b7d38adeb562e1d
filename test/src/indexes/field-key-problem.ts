import fc from 'fast-check';
import { expect } from 'vitest';
import { KeyBuffer, MAX_KEY_BYTES, writeValueKey } from '#index';
import { ByteMemory, fieldDecoder, planDbf, visibleFields, type DbfField, type DbfLayout, type FieldSpec, type NumberForm } from '#storage';
import { fieldKey } from '../../../src/indexes/field-key.js';

const NO_MEMOS = { read: (): undefined => undefined };

const spec = (name: string, type: string, length: number, decimals = 0, nullable = false): FieldSpec => ({ name, type, length, decimals, nullable });
const common = [spec('C', 'C', 12), spec('LONG', 'C', 250), spec('N0', 'N', 5), spec('N2', 'N', 9, 2), spec('N9', 'N', 15, 9), spec('WIDE', 'N', 18, 3), spec('D', 'D', 8), spec('L', 'L', 1)];
const vfp = [...common, spec('F', 'F', 10, 3), spec('I', 'I', 4), spec('B', 'B', 8, 2), spec('Y', 'Y', 8, 4), spec('T', 'T', 8), spec('V', 'V', 9), spec('Q', 'Q', 9),
  spec('CN', 'C', 5, 0, true), spec('NN', 'N', 6, 1, true), spec('DN', 'D', 8, 0, true), spec('LN', 'L', 1, 0, true), spec('IN', 'I', 4, 0, true), spec('VN', 'V', 6, 0, true)];
const layouts: readonly DbfLayout[] = [
  ...(['dbase3', 'dbase4', 'clipper', 'foxpro2'] as const).map((dialect) => planDbf(common, { dialect, encoding: 'cp437' })),
  ...['cp1252', 'cp932', 'utf8', 'latin1', 'ascii'].map((encoding) => planDbf(vfp, { dialect: 'vfp', encoding })),
];
const forms: readonly (NumberForm | undefined)[] = [undefined, undefined, 'bigint', 'string'];

const digits = fc.oneof(
  fc.stringMatching(/^ *-?[0-9]{0,6}(\.[0-9]{0,9})?[ 0]*$/), fc.stringMatching(/^[ 0-9.+*eE-]{0,18}$/),
  fc.constantFrom('', '.', '-', '-.', '.5', '-.5', '1.', '   .  ', '1e2', '+5', '007', '-0', '-0.00', '- 5', '12 ', '***', '1.234', '123456.78'),
).map((text) => Buffer.from(text, 'latin1'));
const day = fc.oneof(
  fc.date({ min: new Date(-62_000_000_000_000), max: new Date(250_000_000_000_000), noInvalidDate: true }).map((d) => d.toISOString().slice(0, 10).replaceAll('-', '')),
  fc.constantFrom('20230229', '20240229', '00000000', '        ', '2023 1 1', '99991231', '00010101', '20231301', '19000100', '\0\0\0\0\0\0\0\0'),
).map((text) => Buffer.from(text, 'latin1'));
const letters = fc.oneof(
  fc.stringMatching(/^[ -~]{0,14}$/).map((text) => Buffer.from(text, 'latin1')),
  fc.array(fc.constantFrom(0x20, 0, 0x41, 0x61, 0x7f, 0x80, 0x8e, 0xc3, 0xa9, 0xe9, 0xff), { maxLength: 250 }).map((list) => Buffer.from(list)),
);
const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 18 }).map((list) => Buffer.from(list));
const single = fc.constantFrom(...'TtFfYyNn?* \0J0').map((c) => Buffer.from(c, 'latin1'));

function put(record: Uint8Array, field: DbfField, raw: Buffer, right: boolean): void {
  record.fill(0x20, field.offset, field.offset + field.length);
  const cut = raw.subarray(0, field.length);
  record.set(cut, field.offset + (right ? field.length - cut.length : 0));
}

/** The key of a field is that of the decoded value, whatever stands in the record; else what is wrong, with the values that show it. */
export function fieldKeyProblem(runs: number, seed?: number): string | undefined {
  const target = new ByteMemory(Buffer.alloc(MAX_KEY_BYTES));
  const want = new KeyBuffer();
  const property = fc.property(
    fc.constantFrom(...layouts), fc.nat(), fc.oneof(digits, day, letters, anyBytes, single), fc.boolean(), fc.nat(255), fc.nat(40), fc.constantFrom(...forms),
    (layout, pick, raw, right, flags, at, asked) => {
      const fields = visibleFields(layout);
      const field = fields[pick % fields.length]!;
      const form = 'NFIY'.includes(field.type) && field.decimals === 0 ? asked : undefined;
      const record = new Uint8Array(layout.recordLength + 3).fill(0x20);
      const start = 3;
      put(record.subarray(start), field, raw, right);
      if (layout.nullFlags !== undefined) record.fill(flags, start + layout.nullFlags.offset, start + layout.nullFlags.offset + layout.nullFlags.length);
      want.reset();
      const exact = writeValueKey(fieldDecoder(layout, field, form)(record, start, '', 0, NO_MEMOS), want);
      const key = fieldKey(layout, field, form);
      const end = key.put(record, start, NO_MEMOS, target, at);
      expect(end > 0).toBe(exact);
      expect(target.bytes.subarray(at, Math.abs(end)).toString('hex')).toBe(want.bytes.toString('hex', 0, want.length));
      expect(Math.abs(end) - at).toBeLessThanOrEqual(key.mostBytes);
    },
  );
  const report = fc.check(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
  return report.failed ? fc.defaultReportMessage(report) ?? 'it fails' : undefined;
}
