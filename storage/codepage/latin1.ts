import { latin1Text } from './byte-text.js';
import { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
import type { CodePage } from './code-page-type.js';
import { writeLongAscii } from './text-bytes.js';

/** The identity view: byte n is character n. Every byte string can be read and written back unchanged. */
export const latin1: CodePage = {
  name: 'latin1',
  decode: latin1Text,
  encode(text) {
    const bytes = new Uint8Array(text.length);
    return latin1.encodeInto(text, bytes, 0, bytes.length) === text.length ? bytes : undefined;
  },
  encodeInto(text, target, at, room) {
    const length = text.length;
    if (length > room) return TOO_LONG;
    if (writeLongAscii(text, target, at)) return length;
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      seen |= unit;
      target[at + i] = unit;
    }
    return seen > 0xff ? UNMAPPABLE : length;
  },
};
