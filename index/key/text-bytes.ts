import { FieldstoneError } from '#storage';
import { keyTooLong, type KeyBuffer } from './key-buffer.js';
import { MAX_KEY_BYTES } from './key-types.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Appends the text as UTF-8, whose byte order is code point order. Throws VALUE for a lone surrogate, LIMIT. */
export function writeText(text: string, target: KeyBuffer): void {
  if (text.length > MAX_KEY_BYTES) throw keyTooLong();
  const { bytes } = target;
  const start = target.length;
  if (start + text.length > MAX_KEY_BYTES) throw keyTooLong();
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) {
      writeWideText(text, target);
      return;
    }
    bytes[start + i] = code;
  }
  target.length = start + text.length;
}

function writeWideText(text: string, target: KeyBuffer): void {
  if (LONE_SURROGATE.test(text)) throw new FieldstoneError('VALUE', 'a key holds half of a surrogate pair, which is no text', { key: text });
  const encoded = Buffer.from(text, 'utf8');
  target.append(encoded);
}
