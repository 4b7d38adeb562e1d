import { FieldstoneError } from '../base/errors.js';
import { codePage, driverForCodePage } from '../codepage/code-page.js';
import type { DbfLayout, WritableDialect } from './dbf-types.js';
import { DIALECT_RULES, fixedWidth, type DialectRules } from './dialect-rules.js';
import type { FieldSpec } from './field-spec.js';
import { interpretHeader } from './layout-reader.js';
import { assignNullBits } from './null-bits.js';
import { isHeaderName } from './short-field-names.js';

export interface PlanOptions {
  readonly dialect: WritableDialect;
  /** Name of a code page; byte 29 of the header says it where a vendor has a number for it. */
  readonly encoding: string;
}

/** A field as it will stand in the header. */
interface PlannedField {
  readonly spec: FieldSpec;
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly decimals: number;
  readonly flags: number;
}

const DESCRIPTOR_BYTES = 32;
const MAX_HEADER_BYTES = 0xffff;
const FLAG_SYSTEM = 0x01;
const FLAG_NULLABLE = 0x02;
const FLAG_BINARY = 0x04;
const FLAG_AUTO_INCREMENT = 0x08;
const VFP_HAS_MEMO = 0x02;

function schemaError(field: string, message: string): FieldstoneError {
  return new FieldstoneError('SCHEMA', `field "${field}": ${message}`, { field });
}

function checkName(name: string, taken: Set<string>): string {
  const upper = name.toUpperCase();
  if (!isHeaderName(name)) {
    const rule = 'a field name has 1 to 10 ASCII letters, digits and _, does not begin with a digit and is not _NullFlags';
    throw new FieldstoneError('NAME', `"${name.slice(0, 64)}" cannot be a field name: ${rule}`, { field: name });
  }
  if (taken.has(upper)) throw new FieldstoneError('NAME', `field "${name}" stands twice; case does not make a difference`, { field: name });
  taken.add(upper);
  return upper;
}

function within(value: number, least: number, most: number): boolean { return Number.isInteger(value) && value >= least && value <= most; }

/** Byte 17 of types whose width is fixed: Y always says 4, B how many digits programs show. */
function shownDecimals({ decimals, type }: FieldSpec, rules: DialectRules): number {
  if (type === 'Y') return 4;
  return type === 'B' && within(decimals, 0, rules.maxDecimals) ? decimals : 0;
}

function checkWidth(spec: FieldSpec, rules: DialectRules, dialect: WritableDialect): { length: number; decimals: number } {
  const { name, type, length, decimals } = spec;
  const fixed = fixedWidth(type, rules);
  // Visual FoxPro says 4 decimals for Y, and other programs scale the value by that byte.
  if (fixed !== undefined) return { length: fixed, decimals: shownDecimals(spec, rules) };
  if (type === 'N' || type === 'F') {
    if (!within(length, 1, rules.maxNumericBytes)) {
      throw schemaError(name, `${type} is 1 to ${rules.maxNumericBytes} wide in ${dialect}, not ${length}`);
    }
    const most = Math.min(rules.maxDecimals, Math.max(0, length - 2));
    if (!within(decimals, 0, most)) throw schemaError(name, `${type}(${length}) has 0 to ${most} decimals, not ${decimals}`);
    return { length, decimals };
  }
  const most = type === 'C' ? rules.maxTextBytes : 254;
  if (!within(length, 1, most)) throw schemaError(name, `${type} is 1 to ${most} wide in ${dialect}, not ${length}`);
  return { length, decimals: 0 };
}

function flagsOf(spec: FieldSpec, dialect: WritableDialect): number {
  const { autoIncrement, name, type } = spec;
  if (dialect !== 'vfp') {
    const lacking = (what: string): FieldstoneError => schemaError(name, `${dialect} has no ${what}; the dialect "vfp" has`);
    if (spec.nullable === true) throw lacking('null values');
    if (spec.binary === true) throw lacking('binary text');
    if (autoIncrement !== undefined) throw lacking('autoincrement');
    return 0;
  }
  if (autoIncrement !== undefined) {
    if (type !== 'I') throw schemaError(name, 'only I fields can be autoincrement');
    if (!within(autoIncrement.step, 1, 255)) throw schemaError(name, `the autoincrement step is 1 to 255, not ${autoIncrement.step}`);
    if (!within(autoIncrement.next, -0x80000000, 0x7fffffff)) {
      throw schemaError(name, `the next autoincrement value is an int32, not ${autoIncrement.next}`);
    }
    if (spec.nullable === true) throw schemaError(name, 'an autoincrement field cannot hold null');
    return FLAG_AUTO_INCREMENT | FLAG_BINARY;
  }
  const binary = spec.binary === true || type === 'Q' || type === 'W' ? FLAG_BINARY : 0;
  return binary | (spec.nullable === true ? FLAG_NULLABLE : 0);
}

function planFields(specs: readonly FieldSpec[], dialect: WritableDialect, rules: DialectRules): PlannedField[] {
  if (specs.length === 0) throw new FieldstoneError('SCHEMA', 'a table needs at least one field');
  const taken = new Set<string>();
  const planned = specs.map((spec): PlannedField => {
    const name = checkName(spec.name, taken);
    if (spec.type.length !== 1 || !rules.types.includes(spec.type)) {
      throw schemaError(spec.name, `${dialect} has no type ${JSON.stringify(spec.type)}; it has ${[...rules.types].join(' ')}`);
    }
    return { spec, name, type: spec.type, ...checkWidth(spec, rules, dialect), flags: flagsOf(spec, dialect) };
  });
  const bits = assignNullBits(planned.map(({ type, flags }) => ({ type, nullable: (flags & FLAG_NULLABLE) !== 0, hidden: false }))).count;
  if (dialect === 'vfp' && bits > 0) planned.push(nullFlagsField(bits));
  if (planned.length > rules.maxFields) {
    const hint = planned.at(-1)?.type === '0' ? ' (one is _NullFlags)' : '';
    throw new FieldstoneError('SCHEMA', `${dialect} allows ${rules.maxFields} fields, ${planned.length} are wanted${hint}`);
  }
  return planned;
}

function nullFlagsField(bits: number): PlannedField {
  const length = Math.ceil(bits / 8);
  const spec = { name: '_NullFlags', type: '0', length, decimals: 0 };
  return { spec, name: '_NullFlags', type: '0', length, decimals: 0, flags: FLAG_SYSTEM | FLAG_BINARY };
}

function versionByte(fields: readonly PlannedField[], dialect: WritableDialect): number {
  const hasMemo = fields.some((f) => 'MG'.includes(f.type));
  switch (dialect) {
    case 'dbase3': case 'clipper': return hasMemo ? 0x83 : 0x03;
    case 'dbase4': return hasMemo ? 0x8b : 0x03;
    case 'foxpro2': return hasMemo ? 0xf5 : 0x03;
    case 'vfp':
      if (fields.some((f) => 'VQW'.includes(f.type))) return 0x32;
      return fields.some((f) => (f.flags & FLAG_AUTO_INCREMENT) !== 0) ? 0x31 : 0x30;
  }
}

function writeDescriptor(view: DataView, at: number, field: PlannedField, offset: number, dialect: WritableDialect): void {
  for (let i = 0; i < field.name.length; i++) view.setUint8(at + i, field.name.charCodeAt(i));
  view.setUint8(at + 11, field.type.charCodeAt(0));
  if (dialect === 'vfp') view.setUint32(at + 12, offset, true);
  view.setUint8(at + 16, field.length & 0xff);
  view.setUint8(at + 17, field.type === 'C' ? field.length >> 8 : field.decimals);
  view.setUint8(at + 18, field.flags);
  if (field.spec.autoIncrement !== undefined) {
    view.setUint32(at + 19, field.spec.autoIncrement.next, true);
    view.setUint8(at + 23, field.spec.autoIncrement.step);
  }
}

/**
 * Lays out a new table without records: `headerBytes` is the complete header, with its date still zero (headerPatches
 * sets it). Memo fields take the pointer width of the dialect.
 *
 * @throws FieldstoneError NAME for a field name that cannot stand in a header, SCHEMA for types, widths and numbers of
 * fields that the dialect does not have, OPTION for an unknown encoding.
 */
export function planDbf(specs: readonly FieldSpec[], options: PlanOptions): DbfLayout {
  const { dialect } = options;
  const rules = DIALECT_RULES[dialect];
  const encoding = codePage(options.encoding).name;
  const fields = planFields(specs, dialect, rules);
  const recordLength = fields.reduce((total, f) => total + f.length, 1);
  if (recordLength > rules.maxRecordBytes) {
    const most = `${dialect} records have at most ${rules.maxRecordBytes} bytes`;
    throw new FieldstoneError('SCHEMA', `${most}, these would have ${recordLength}; move long text to memo fields`);
  }
  const descriptorsEnd = DESCRIPTOR_BYTES * (fields.length + 1);
  const headerLength = descriptorsEnd + rules.headerTail;
  if (headerLength > MAX_HEADER_BYTES) {
    throw new FieldstoneError('SCHEMA', `the header would have ${headerLength} bytes, more than ${MAX_HEADER_BYTES}`);
  }
  const header = new Uint8Array(headerLength);
  const view = new DataView(header.buffer);
  view.setUint8(0, versionByte(fields, dialect));
  view.setUint16(8, headerLength, true);
  view.setUint16(10, recordLength, true);
  if (dialect === 'vfp' && fields.some((f) => 'MGW'.includes(f.type))) view.setUint8(28, VFP_HAS_MEMO);
  view.setUint8(29, driverForCodePage(encoding, dialect));
  let offset = 1;
  for (const [i, field] of fields.entries()) {
    writeDescriptor(view, DESCRIPTOR_BYTES * (i + 1), field, offset, dialect);
    offset += field.length;
  }
  view.setUint8(descriptorsEnd, 0x0d);
  return { ...interpretHeader('new table', header, headerLength, { encoding }), dialect };
}
