import type { FieldDescriptor } from './field-descriptor.js';

/** The widths of all fields and the record length that goes with them. */
export interface FieldWidths {
  readonly lengths: readonly number[];
  /** Bytes of a record including the delete mark; may differ from the header's number. */
  readonly recordLength: number;
  /** Why `recordLength` is not the header's number. */
  readonly correction?: string;
}

const sum = (lengths: readonly number[]): number => lengths.reduce((total, n) => total + n, 1);

function longLength(d: FieldDescriptor): number {
  return d.type === 'C' ? d.lengthByte + 256 * d.decimalsByte : d.lengthByte;
}

/**
 * Settles the widths. A C field wider than 255 keeps the high byte of its length in the decimals byte; dBASE
 * files can hold junk there, so the record length of the header decides between the two readings. When neither
 * agrees, the sum of the widths is taken if the header is one short (the delete mark was not counted), zero, or
 * contradicted by the size of the file; a record longer than its fields is accepted as it is.
 *
 * @returns undefined when the fields are wider than the record and nothing explains it.
 */
export function settleWidths(
  descriptors: readonly FieldDescriptor[], claimed: number, dataBytes: number, count: number, allowLong: boolean,
): FieldWidths | undefined {
  const short = descriptors.map((d) => d.lengthByte);
  const long = allowLong ? descriptors.map(longLength) : short;
  if (sum(long) === claimed) return { lengths: long, recordLength: claimed };
  if (sum(short) === claimed) return { lengths: short, recordLength: claimed };
  const lengths = sum(long) <= 0xffff ? long : short;
  const total = sum(lengths);
  if (claimed === total - 1) return { lengths, recordLength: total, correction: 'it does not count the delete mark' };
  if (claimed === sum(short) - 1) return { lengths: short, recordLength: claimed + 1, correction: 'it does not count the delete mark' };
  if (claimed === 0) return { lengths, recordLength: total, correction: 'it is 0' };
  if (claimed > total) return { lengths, recordLength: claimed };
  if (claimed > sum(short)) return { lengths: short, recordLength: claimed };
  const explained = count > 0 && (dataBytes === count * total || dataBytes === count * total + 1);
  return explained ? { lengths, recordLength: total, correction: 'the size of the file shows it' } : undefined;
}
