import { FieldstoneError } from '../base/errors.js';
import { codePage } from '../codepage/code-page.js';
import type { TextInterner } from '../codepage/text-interner.js';
import type { DbfField, DbfLayout } from './dbf-types.js';
import { bytesDecoder, memoDecoder } from './decode-memo-field.js';
import { binaryNumberDecoder, currencyDecoder, integerDecoder, numericDecoder } from './decode-number.js';
import { textDecoder, varcharDecoder } from './decode-text.js';
import { dateDecoder, dbase7TimestampDecoder, julianTimeDecoder } from './decode-time.js';
import type { FieldDecoder, NumberForm } from './field-decoder-type.js';
import { FALSE_BYTES, TRUE_BYTES } from './logical-bytes.js';
import { isMemoField } from './memo-fields.js';
import { isVfpVersion } from './version-byte.js';

function logicalDecoder({ offset }: DbfField): FieldDecoder {
  const values = Array.from({ length: 256 }, (_, byte) => (TRUE_BYTES.has(byte) ? true : FALSE_BYTES.has(byte) ? false : null));
  return (bytes, start) => values[bytes[start + offset] ?? 0] ?? null;
}

/** SIX and Harbour use V of these widths in tables that have no `_NullFlags` for a packed date and an int32. */
function variantDecoder(layout: DbfLayout, field: DbfField, interner: TextInterner | undefined): FieldDecoder {
  if (field.lengthBit !== undefined || isVfpVersion(layout.version)) return varcharDecoder(layout, field, interner);
  if (field.length === 3) return dateDecoder(field);
  if (field.length === 4) return integerDecoder(field, false, undefined);
  return bytesDecoder(field);
}

function byType(layout: DbfLayout, field: DbfField, form: NumberForm | undefined, interner: TextInterner | undefined): FieldDecoder {
  const dbase7 = layout.dialect === 'dbase7';
  if (isMemoField(field)) return memoDecoder(layout, field, codePage(layout.encoding));
  const { length } = field;
  switch (field.type) {
    case 'C': return textDecoder(layout, field, interner);
    case 'N': case 'F': return numericDecoder(field, form);
    case 'L': return length > 0 ? logicalDecoder(field) : bytesDecoder(field);
    case 'D': return dateDecoder(field);
    case 'I': case '+': return integerDecoder(field, dbase7, form);
    case '2': case '4': return integerDecoder(field, false, form);
    case '^': return integerDecoder(field, false, form);
    case 'Y': return length === 8 ? currencyDecoder(field, form) : bytesDecoder(field);
    case 'B': case '8': return length === 8 ? binaryNumberDecoder(field, false) : bytesDecoder(field);
    case 'O': return length === 8 ? binaryNumberDecoder(field, true) : bytesDecoder(field);
    case '@': case 'T': case '=': {
      if (dbase7 && length === 8) return dbase7TimestampDecoder(field);
      return length === 8 || length === 4 ? julianTimeDecoder(field, isVfpVersion(layout.version)) : bytesDecoder(field);
    }
    case 'V': return variantDecoder(layout, field, interner);
    case 'Q': return bytesDecoder(field, layout);
    default: return bytesDecoder(field);
  }
}

/** A field whose null bit is set is null, whatever its bytes say. */
function nullable(layout: DbfLayout, field: DbfField, decode: FieldDecoder): FieldDecoder {
  const { nullFlags } = layout;
  if (nullFlags === undefined || field.nullBit === undefined) return decode;
  const at = nullFlags.offset + (field.nullBit >> 3);
  const mask = 1 << (field.nullBit & 7);
  return (bytes, start, text, textStart, memo) =>
    (((bytes[start + at] ?? 0) & mask) !== 0 ? null : decode(bytes, start, text, textStart, memo));
}

/**
 * The decoder of one field.
 *
 * @param interner gives texts that repeat again instead of making them anew; C and V fields ask it.
 * @throws FieldstoneError SCHEMA when `form` is asked for a field that is no number.
 */
export function fieldDecoder(layout: DbfLayout, field: DbfField, form?: NumberForm, interner?: TextInterner): FieldDecoder {
  if (form !== undefined && !'NFIY+^24'.includes(field.type)) {
    const message = `field "${field.name}" of type ${field.type} cannot be read as ${form}; only N, F, I and Y can`;
    throw new FieldstoneError('SCHEMA', message, { field: field.name });
  }
  return nullable(layout, field, byType(layout, field, form, interner));
}

/** True when the decoder takes its value from the record's text. */
export function usesText(field: DbfField): boolean {
  return field.length > 0 && (field.type === 'C' || (field.type === 'V' && field.lengthBit === undefined));
}
