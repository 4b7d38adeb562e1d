/** A piece of a file and what it means. */
export interface ExplainedBytes {
  readonly offset: number;
  readonly length: number;
  /** The bytes, or the first of them and an ellipsis. */
  readonly hex: string;
  readonly name: string;
  readonly value: string;
  /** What is wrong here. */
  readonly problem?: string;
}

/** What a piece says, beyond the plain number or text that stands there. */
export interface Meaning {
  readonly value?: string | undefined;
  readonly problem?: string | undefined;
}

export type FieldKind = 'u8' | 'u16' | 'u32' | 'u64' | 'u16be' | 'u32be' | 'hex' | 'text';

/** One field of a fixed layout. Its place is the sum of the lengths before it. */
export interface FieldForm {
  readonly name: string;
  readonly kind: FieldKind;
  /** For `hex` and `text`; numbers have the length that their kind says. */
  readonly bytes?: number;
  /** `number` is NaN for `hex` and `text`; `all` are the bytes of the whole layout, as far as the file goes. */
  readonly mean?: (number: number, raw: Uint8Array, all: Uint8Array) => Meaning;
}

const HEX_BYTES = 16;
const TEXT_CHARS = 60;
const LENGTHS: Readonly<Record<FieldKind, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, u16be: 2, u32be: 4, hex: 0, text: 0 };

export function hexOf(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, HEX_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > HEX_BYTES ? `${shown} …` : shown;
}

/** Printable ASCII; other bytes as a dot. Ends at the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const shown = (end < 0 ? bytes : bytes.subarray(0, end)).subarray(0, TEXT_CHARS);
  return Array.from(shown, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
}

/** One piece; `raw` may be only the beginning of its `length` bytes. */
export function explained(
  offset: number, raw: Uint8Array, name: string, value: string, problem?: string, length: number = raw.length,
): ExplainedBytes {
  return { offset, length, hex: hexOf(raw), name, value, ...(problem === undefined ? {} : { problem }) };
}

/** Bytes that a layout takes. */
export function formBytes(form: readonly FieldForm[]): number { return form.reduce((total, field) => total + lengthOf(field), 0); }

/** Each field of a layout whose bytes (as many of them as there are) begin at `offset` of the file. */
export function* explainFields(all: Uint8Array, offset: number, form: readonly FieldForm[], prefix = ''): Generator<ExplainedBytes> {
  let at = 0;
  for (const field of form) {
    const raw = all.subarray(at, at + lengthOf(field));
    if (raw.length === 0) return;
    const name = prefix + field.name;
    const missing = `the file ends after ${raw.length} of ${lengthOf(field)} bytes`;
    yield raw.length < lengthOf(field) ? explained(offset + at, raw, name, '', missing) : explainField(raw, offset + at, name, field, all);
    at += raw.length;
  }
}

function explainField(raw: Uint8Array, offset: number, name: string, field: FieldForm, all: Uint8Array): ExplainedBytes {
  const number = numberOf(raw, field.kind);
  const meaning = field.mean?.(number, raw, all);
  const plain = field.kind === 'text' ? textOf(raw) : field.kind === 'hex' ? '' : String(number);
  return explained(offset, raw, name, meaning?.value ?? plain, meaning?.problem);
}

function lengthOf(field: FieldForm): number { return field.bytes ?? LENGTHS[field.kind]; }

function numberOf(raw: Uint8Array, kind: FieldKind): number {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  switch (kind) {
    case 'u8': return view.getUint8(0);
    case 'u16': return view.getUint16(0, true);
    case 'u32': return view.getUint32(0, true);
    case 'u64': return Number(view.getBigUint64(0, true));
    case 'u16be': return view.getUint16(0);
    case 'u32be': return view.getUint32(0);
    case 'hex': case 'text': return NaN;
  }
}
