import type { DescriptorForm } from './version-byte.js';

/** One field descriptor as it stands in the header, before its meaning is settled. */
export interface FieldDescriptor {
  /** Where the name's bytes stand in the header. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** One letter; may be a control character in damaged files. */
  readonly type: string;
  readonly lengthByte: number;
  readonly decimalsByte: number;
  /** Byte 18 of the common form, 0 elsewhere. */
  readonly flags: number;
  readonly nextValue: number;
  readonly step: number;
  /** Where the next autoincrement value stands in the header. */
  readonly nextValueOffset: number;
  /** False when bytes that should be 0 are not: the writer left garbage, so `flags` means nothing. */
  readonly clean: boolean;
  /** True when the name's slot holds bytes after its first NUL. */
  readonly nameGarbage: boolean;
}

interface Shape { readonly size: number; readonly nameLength: number; readonly type: number; readonly length: number; readonly decimals: number }

const SHAPES: Readonly<Record<DescriptorForm, Shape>> = {
  dbase2: { size: 16, nameLength: 11, type: 11, length: 12, decimals: 15 },
  common: { size: 32, nameLength: 11, type: 11, length: 16, decimals: 17 },
  dbase7: { size: 48, nameLength: 32, type: 32, length: 33, decimals: 34 },
};

export function descriptorSize(form: DescriptorForm): number { return SHAPES[form].size; }

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}

function allZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Reads the descriptor at `at`; the caller has checked that all its bytes are there. */
export function readDescriptor(header: Uint8Array, at: number, form: DescriptorForm): FieldDescriptor {
  const shape = SHAPES[form];
  let nameEnd = at;
  while (nameEnd < at + shape.nameLength && header[nameEnd] !== 0) nameEnd++;
  const base = {
    nameStart: at,
    nameEnd,
    type: String.fromCharCode(header[at + shape.type] ?? 0),
    lengthByte: header[at + shape.length] ?? 0,
    decimalsByte: header[at + shape.decimals] ?? 0,
    nameGarbage: !allZero(header, nameEnd, at + shape.nameLength),
  };
  if (form === 'dbase2') return { ...base, flags: 0, nextValue: 0, step: 0, nextValueOffset: 0, clean: true };
  if (form === 'dbase7') {
    return { ...base, flags: 0, nextValue: u32(header, at + 42), step: 1, nextValueOffset: at + 42, clean: true };
  }
  return {
    ...base,
    flags: header[at + 18] ?? 0,
    nextValue: u32(header, at + 19),
    step: header[at + 23] ?? 0,
    nextValueOffset: at + 19,
    clean: allZero(header, at + 24, at + 31) && ((header[at + 18] ?? 0) & 0xf0) === 0,
  };
}

const TYPE_LETTERS = new Set('CNFLDMGPBIYTVQWO@+0=^248');

/** A letter that some xBase program is known to write. */
export function isKnownType(type: string): boolean { return TYPE_LETTERS.has(type); }
