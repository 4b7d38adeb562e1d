import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { codePage, TOO_LONG, UNMAPPABLE } from '#storage';

describe('utf8', () => {
  const page = codePage('utf8');

  test('reads back any well-formed text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const bytes = page.encode(text) ?? expect.fail('refused');
      expect(page.decode(bytes, 0, bytes.length)).toBe(text);
      const room = new Uint8Array(bytes.length + 4);
      expect(page.encodeInto(text, room, 2, bytes.length)).toBe(bytes.length);
      expect(room.subarray(2, 2 + bytes.length)).toEqual(bytes);
      if (bytes.length > 0) expect(page.encodeInto(text, room, 2, bytes.length - 1)).toBe(TOO_LONG);
    }));
  });

  test('half a surrogate pair is refused', () => {
    for (const text of ['\uD800', 'a\uDC00', 'ab\uD83D', '\uDE00\uD83D']) {
      expect(page.encode(text)).toBeUndefined();
      expect(page.encodeInto(text, new Uint8Array(20), 0, 20)).toBe(UNMAPPABLE);
    }
    expect(page.encode('😀')).toHaveLength(4);
  });

  test('broken sequences read as U+FFFD, a byte order mark stays', () => {
    expect(page.decode(Uint8Array.of(0x41, 0xc3), 0, 2)).toBe('A\uFFFD');
    expect(page.decode(Uint8Array.of(0xff), 0, 1)).toBe('\uFFFD');
    expect(page.decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41), 0, 4)).toBe('\uFEFFA');
    const long = new Uint8Array(40).fill(0x41);
    long[20] = 0xff;
    expect(page.decode(long, 0, 40)).toBe(`${'A'.repeat(20)}\uFFFD${'A'.repeat(19)}`);
  });
});

describe('latin1', () => {
  const page = codePage('latin1');

  test('is the identity view of the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = page.decode(bytes, 0, bytes.length);
      expect(text).toHaveLength(bytes.length);
      expect([...bytes].every((byte, i) => text.charCodeAt(i) === byte)).toBe(true);
      expect(page.encode(text)).toEqual(bytes);
    }));
  });

  test('refuses characters above U+00FF and text longer than the room', () => {
    expect(page.encode('€')).toBeUndefined();
    expect(page.encodeInto('abc', new Uint8Array(2), 0, 2)).toBe(TOO_LONG);
  });
});
