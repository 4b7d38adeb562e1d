import { FieldstoneError } from '#storage';

// Keyv's own serializer writes objects as JSON, so that nearly all values begin with '{': they stand as they are. The first
// character of all others says what follows: 's' some other text, 'j' the JSON of something that is no text.
const PLAIN = '{';
const TEXT = 's';
const JSON_VALUE = 'j';

/** A value as text. Throws VALUE for what JSON can not hold. */
export function toStoredText(value: unknown): string {
  if (typeof value === 'string') return value.startsWith(PLAIN) ? value : TEXT + value;
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new FieldstoneError('VALUE', `a value is text or anything that JSON can hold, got ${typeof value}`);
  return JSON_VALUE + text;
}

/** The value again. Throws CORRUPT_PAGE for text that toStoredText() does not write. */
export function fromStoredText(text: string): unknown {
  if (text.startsWith(PLAIN)) return text;
  if (text.startsWith(TEXT)) return text.slice(TEXT.length);
  try {
    if (text.startsWith(JSON_VALUE)) return JSON.parse(text.slice(JSON_VALUE.length));
  } catch (cause) {
    throw damaged(cause);
  }
  throw damaged();
}

function damaged(cause?: unknown): FieldstoneError {
  return new FieldstoneError('CORRUPT_PAGE', 'a value was not written by this adapter; give it a store of its own', cause === undefined ? {} : { cause });
}
