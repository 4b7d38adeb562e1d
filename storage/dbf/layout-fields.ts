import type { CodePage } from '../codepage/code-page.js';
import type { DbfField, Finding } from './dbf-types.js';
import { isKnownType, type FieldDescriptor } from './field-descriptor.js';
import { assignNullBits } from './null-bits.js';

const FLAG_HIDDEN = 0x01;
const FLAG_NULLABLE = 0x02;
const FLAG_BINARY = 0x04;
const FLAG_AUTO_INCREMENT = 0x08;

interface Context {
  readonly header: Uint8Array;
  readonly codePage: CodePage;
  /** Whether byte 18 of the descriptors means what Visual FoxPro says. */
  readonly flagsTrusted: boolean;
  readonly dbase7: boolean;
  readonly findings: Finding[];
}

function autoIncrementOf(d: FieldDescriptor, context: Context): DbfField['autoIncrement'] | undefined {
  const counted = context.dbase7 ? d.type === '+' : context.flagsTrusted && ((d.flags & FLAG_AUTO_INCREMENT) !== 0 || d.type === '+');
  return counted ? { next: d.nextValue, step: d.step === 0 ? 1 : d.step, headerOffset: d.nextValueOffset } : undefined;
}

function buildField(d: FieldDescriptor, length: number, offset: number, context: Context): DbfField {
  const flags = context.flagsTrusted ? d.flags : 0;
  const autoIncrement = autoIncrementOf(d, context);
  return {
    name: context.codePage.decode(context.header, d.nameStart, d.nameEnd),
    type: d.type,
    length,
    decimals: length === d.lengthByte ? d.decimalsByte : 0,
    offset,
    nullable: (flags & FLAG_NULLABLE) !== 0,
    binary: (flags & FLAG_BINARY) !== 0,
    hidden: (flags & FLAG_HIDDEN) !== 0 || d.type === '0',
    ...(autoIncrement === undefined ? {} : { autoIncrement }),
  };
}

function noteOddNames(fields: readonly DbfField[], descriptors: readonly FieldDescriptor[], findings: Finding[]): void {
  const seen = new Set<string>();
  for (const [i, field] of fields.entries()) {
    const note = (code: string, message: string): void => {
      findings.push({ code, message, severity: 'note', field: field.name, offset: descriptors[i]?.nameStart ?? 0 });
    };
    const folded = field.name.toUpperCase();
    if (field.name === '') note('FIELD_NAME_EMPTY', `field ${i + 1} has no name; it is reachable as FIELD_${i + 1}`);
    else if (seen.has(folded)) note('FIELD_NAME_DUPLICATE', `field name "${field.name}" stands twice; the later one gets a number`);
    seen.add(folded);
    if (descriptors[i]?.nameGarbage === true) note('FIELD_NAME_GARBAGE', `bytes after the end of field name "${field.name}"`);
    if (!isKnownType(field.type)) {
      note('FIELD_TYPE_UNKNOWN', `field "${field.name}" has unknown type ${JSON.stringify(field.type)}; its bytes are given`);
    }
    if (field.length === 0) note('FIELD_WIDTH_ZERO', `field "${field.name}" is 0 bytes wide`);
  }
}

/** Turns descriptors and settled widths into fields with offsets and null bits. */
export function buildFields(descriptors: readonly FieldDescriptor[], lengths: readonly number[], context: Context): {
  readonly fields: readonly DbfField[]; readonly nullFlags?: { readonly offset: number; readonly length: number };
} {
  let offset = 1;
  const plain = descriptors.map((d, i): DbfField => {
    const length = lengths[i] ?? 0;
    const field = buildField(d, length, offset, context);
    offset += length;
    return field;
  });
  noteOddNames(plain, descriptors, context.findings);
  const flagsField = context.flagsTrusted ? plain.find((f) => f.type === '0') : undefined;
  if (flagsField === undefined) return { fields: plain };
  const { bits, count } = assignNullBits(plain);
  const room = flagsField.length * 8;
  if (count > room) {
    context.findings.push({
      code: 'NULL_FLAGS_TOO_SHORT', severity: 'warning', field: flagsField.name,
      message: `_NullFlags holds ${room} bits, ${count} are needed; fields past them are read as not null`,
    });
  }
  const fields = plain.map((field, i): DbfField => ({
    ...field,
    ...(bits[i]?.lengthBit !== undefined && bits[i].lengthBit < room ? { lengthBit: bits[i].lengthBit } : {}),
    ...(bits[i]?.nullBit !== undefined && bits[i].nullBit < room ? { nullBit: bits[i].nullBit } : {}),
  }));
  return { fields, nullFlags: { offset: flagsField.offset, length: flagsField.length } };
}
