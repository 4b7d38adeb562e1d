import { createHash } from 'node:crypto';
import { isMemoField, type DbfField, type DbfLayout, type FieldValue } from '#storage';
import type { TruthValue } from './corpus.js';

/** Canonical decimal text: no exponent, no trailing zeros, no plus sign. */
export function canonicalNumber(value: number | bigint): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', fraction = '', exponent = '0'] = parts;
  const digits = first + fraction;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.slice(0, point).padEnd(point, '0') + (digits.length > point ? `.${digits.slice(point)}` : '');
}

function dateTime(ms: number): string { return new Date(ms).toISOString().slice(0, 23); }

/** T and @ as they are stored, to the millisecond: decoders round what Visual FoxPro stores. */
function storedTime(layout: DbfLayout, field: DbfField, bytes: Uint8Array, start: number): string | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start + field.offset, field.length);
  if (layout.dialect === 'dbase7') return dateTime(Math.round(view.getFloat64(0, false)) - 62_135_683_200_000);
  return dateTime((view.getUint32(0, true) - 2_440_588) * 86_400_000 + view.getUint32(4, true));
}

/** The stored time, when the decoded one is it, or it rounded to the second. */
function checkedTime(layout: DbfLayout, field: DbfField, decoded: Date, bytes: Uint8Array, start: number): string | null {
  const stored = storedTime(layout, field, bytes, start);
  const ms = Date.parse(`${stored}Z`);
  const expected = layout.dialect === 'vfp' ? Math.round(ms / 1000) * 1000 : ms;
  return decoded.getTime() === expected ? stored : `decoded as ${decoded.toISOString()}`;
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** A memo that leads nowhere is no null of Visual FoxPro: only the null bit is. */
function isNull(layout: DbfLayout, field: DbfField, bytes: Uint8Array, start: number): boolean {
  if (layout.nullFlags === undefined || field.nullBit === undefined) return false;
  return ((bytes[start + layout.nullFlags.offset + (field.nullBit >> 3)] ?? 0) & (1 << (field.nullBit & 7))) !== 0;
}

/** A decoded value (code page latin1) in the corpus's canonical form: null, true, false, or a string. */
export function canonicalValue(layout: DbfLayout, field: DbfField, value: FieldValue, bytes: Uint8Array, start: number): string | boolean | null {
  if (isMemoField(field)) {
    if (value === null) return isNull(layout, field, bytes, start) ? null : '';
    return value instanceof Uint8Array ? latin1(value) : String(value);
  }
  if (value === null || typeof value === 'boolean') return value;
  if (value instanceof Date) return 'T@='.includes(field.type) ? checkedTime(layout, field, value, bytes, start) : value.toISOString().slice(0, 10);
  if (typeof value === 'number' || typeof value === 'bigint') return canonicalNumber(value);
  return (value instanceof Uint8Array ? latin1(value) : value).replace(/[ \0]+$/, '');
}

/** The running hash over all records, in the form the corpus describes. */
export function canonicalHash(): { add(deleted: boolean, values: readonly (string | boolean | null)[]): void; digest(): string } {
  const hash = createHash('sha256');
  return {
    add(deleted, values) {
      const parts = values.map((v) => (v === null ? '\0N' : v === true ? 'T' : v === false ? 'F' : v));
      hash.update(`${deleted ? '*' : ' '}${parts.join('\x1f')}\n`, 'latin1');
    },
    digest: () => hash.digest('hex'),
  };
}

const NUMERIC = 'NFIBYO+^24';
const SLACK = 1e-12;

/** Equal as doubles, within the slack that the corpus allows for numbers of more than 15 digits. */
function sameNumber(ours: string, truth: string): boolean {
  const [a, b] = [Number(ours), Number(truth)];
  return a === b || Math.abs(a - b) <= SLACK * Math.max(Math.abs(a), Math.abs(b));
}

/** In memos a run of NULs and 0x1A at the end is not significant. */
const withoutTail = (text: string): string => text.replace(/[\x1a\0]+$/, '');

/**
 * The value that both agree on, in the truth's spelling (it counts for the hash); undefined when they differ. Long texts stand
 * as a hash in the truth: there the spelling is found by trying what may follow the text.
 */
export function settledValue(field: DbfField, ours: string | boolean | null, truth: TruthValue): string | boolean | null | undefined {
  if (typeof truth === 'object' && truth !== null) return typeof ours === 'string' ? settledLongText(ours, truth) : undefined;
  if (ours === truth) return truth;
  if (typeof ours !== 'string' || typeof truth !== 'string') return undefined;
  if (isMemoField(field)) return withoutTail(ours) === withoutTail(truth) ? truth : undefined;
  return NUMERIC.includes(field.type) && sameNumber(ours, truth) ? truth : undefined;
}

function settledLongText(ours: string, truth: { readonly len: number; readonly sha256: string }): string | undefined {
  const kept = withoutTail(ours);
  if (truth.len < kept.length || truth.len > kept.length + 1024) return undefined;
  const spellings = [ours, kept, ours.padEnd(truth.len, '\0'), kept.padEnd(truth.len, '\0'), kept.padEnd(truth.len, '\x1a')];
  return spellings.find((text) => text.length === truth.len && createHash('sha256').update(text, 'latin1').digest('hex') === truth.sha256);
}
