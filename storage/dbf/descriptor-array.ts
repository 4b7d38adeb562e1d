import { descriptorSize, isKnownType, readDescriptor, type FieldDescriptor } from './field-descriptor.js';
import type { DescriptorForm } from './version-byte.js';

const TERMINATOR = 0x0d;

export interface DescriptorArray {
  readonly descriptors: readonly FieldDescriptor[];
  /** First byte after the last descriptor: where the terminator should stand. */
  readonly end: number;
  readonly terminated: boolean;
}

function isPlausible(d: FieldDescriptor): boolean { return isKnownType(d.type) && (d.lengthByte > 0 || d.decimalsByte > 0); }

/**
 * Reads descriptors up to the terminator, the end of the header, or the first slot that cannot be one.
 * The terminator is not trusted to be there: files exist with 0x00, 0x20 or 0x0A in its place.
 * An empty name ends the array only when the rest of the slot is no field either.
 */
export function readDescriptorArray(header: Uint8Array, start: number, form: DescriptorForm, recordLength: number): DescriptorArray {
  const size = descriptorSize(form);
  const descriptors: FieldDescriptor[] = [];
  let at = start;
  let widths = 1;
  while (at < header.length && header[at] !== TERMINATOR && at + size <= header.length) {
    const descriptor = readDescriptor(header, at, form);
    if (descriptor.nameEnd === at && !isPlausible(descriptor)) break;
    if (widths === recordLength && !isKnownType(descriptor.type) && (descriptor.lengthByte > 0 || (header[at] ?? 0) <= 0x20)) break;
    descriptors.push(descriptor);
    widths += descriptor.lengthByte;
    at += size;
  }
  return { descriptors, end: at, terminated: header[at] === TERMINATOR };
}
