import { utf8Text } from './byte-text.js';
import { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
import type { CodePage } from './code-page-type.js';
import { writeLongAscii } from './text-bytes.js';

const encoder = new TextEncoder();
// With the u flag only surrogates that stand alone match.
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

/** UTF-8. Half a surrogate pair is no character and is refused. */
export const utf8: CodePage = {
  name: 'utf8',
  decode: utf8Text,
  encode(text) {
    return LONE_SURROGATE.test(text) ? undefined : encoder.encode(text);
  },
  encodeInto(text, target, at, room) {
    const length = text.length;
    if (length <= room && writeLongAscii(text, target, at)) return length;
    let ascii = 0;
    for (; ascii < length; ascii++) {
      const unit = text.charCodeAt(ascii);
      if (unit >= 0x80) break;
      if (ascii >= room) return TOO_LONG;
      target[at + ascii] = unit;
    }
    return ascii === length ? length : encodeRest(text, ascii, target, at, room);
  },
};

function encodeRest(text: string, ascii: number, target: Uint8Array, at: number, room: number): number {
  const rest = text.slice(ascii);
  if (LONE_SURROGATE.test(rest)) return UNMAPPABLE;
  const { read, written } = encoder.encodeInto(rest, target.subarray(at + ascii, at + room));
  return read < rest.length ? TOO_LONG : ascii + written;
}
