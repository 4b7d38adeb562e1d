import type { DbfField } from './dbf-types.js';
import { usesText } from './field-decoder.js';

/** Which bytes of a record the text fields lie in, from the first to the last; empty when there are none. */
export interface TextSpan {
  readonly from: number;
  readonly to: number;
  /** Whether one call for all of them pays within one record: several, filling most of the span. */
  readonly dense: boolean;
}

/** The span of the text fields among `fields`. */
export function textSpan(fields: readonly DbfField[]): TextSpan {
  const texts = fields.filter(usesText);
  if (texts.length === 0) return { from: 0, to: 0, dense: false };
  const from = Math.min(...texts.map((f) => f.offset));
  const to = Math.max(...texts.map((f) => f.offset + f.length));
  const wanted = texts.reduce((total, f) => total + f.length, 0);
  return { from, to, dense: texts.length > 1 && wanted * 2 >= to - from };
}
