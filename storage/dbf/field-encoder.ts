import type { DbfField, DbfLayout } from './dbf-types.js';
import { memoEncoder } from './encode-memo-field.js';
import { currencyEncoder, doubleEncoder, integerEncoder, numericEncoder } from './encode-number.js';
import { textEncoder, varbinaryEncoder, varcharEncoder } from './encode-text.js';
import { dateEncoder, julianTimeEncoder } from './encode-time.js';
import type { NumberForm } from './field-decoder-type.js';
import { describeValue, valueError, type FieldEncoder } from './field-encoder-type.js';
import { isMemoField } from './memo-fields.js';
import { setFlagBit } from './record.js';

function logicalEncoder(field: DbfField): FieldEncoder {
  return (value, target, at) => {
    if (typeof value !== 'boolean') throw valueError(field, `takes a boolean, got ${describeValue(value)}`);
    target[at + field.offset] = value ? 0x54 : 0x46;
    return undefined;
  };
}

/** For types that are read as bytes because nobody documents them: writing them would be a guess. */
function refusingEncoder(field: DbfField): FieldEncoder {
  return () => { throw valueError(field, 'values of this type can be read but not written'); };
}

function byType(layout: DbfLayout, field: DbfField, form: NumberForm | undefined): FieldEncoder {
  if (isMemoField(field)) return memoEncoder(layout, field);
  const { length, type } = field;
  switch (type) {
    case 'C': return textEncoder(layout, field);
    case 'N': case 'F': return numericEncoder(field, form);
    case 'L': return length === 1 ? logicalEncoder(field) : refusingEncoder(field);
    case 'D': return length === 8 ? dateEncoder(field) : refusingEncoder(field);
    case 'I': case '+': case '2': case '4':
      return length >= 1 && length <= 8 && field.decimals === 0 ? integerEncoder(field) : refusingEncoder(field);
    case 'B': case '8': return length === 8 ? doubleEncoder(field) : refusingEncoder(field);
    case 'Y': return length === 8 ? currencyEncoder(field, form) : refusingEncoder(field);
    case 'T': case '@': return length === 8 ? julianTimeEncoder(field) : refusingEncoder(field);
    case 'V': return field.lengthBit !== undefined ? varcharEncoder(layout, field) : refusingEncoder(field);
    case 'Q': return field.lengthBit !== undefined ? varbinaryEncoder(layout, field) : refusingEncoder(field);
    default: return refusingEncoder(field);
  }
}

/** The encoder of one field. A value that is not null also clears the field's null bit. */
export function fieldEncoder(layout: DbfLayout, field: DbfField, form?: NumberForm): FieldEncoder {
  const encode = byType(layout, field, form);
  if (field.nullBit === undefined) return encode;
  return (value, target, at) => {
    const pending = encode(value, target, at);
    setFlagBit(layout, field.nullBit, false, target, at);
    return pending;
  };
}
