import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { codePage, TOO_LONG } from '#storage';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

// Text and its bytes as other implementations write it.
const EXPECTED: readonly (readonly [page: string, text: string, bytes: string])[] = [
  ['cp932', '日本語ｱテスト①', '93fa 967b 8cea b1 8365 8358 8367 8740'],
  ['cp932', '表ソ', '955c 835c'],
  ['cp932', '髙', 'fbfc'],
  ['cp936', '中文测试', 'd6d0 cec4 b2e2 cad4'],
  ['cp936', '€', '80'],
  ['cp949', '한국어', 'c7d1 b1b9 beee'],
  // Outside KS X 1001: only in the unified page. First, some, last.
  ['cp949', '갂똠방각하힣', '8141 8c63 b9e6 b0a2 c7cf c652'],
  ['cp949', '€®', 'a2e6 a2e7'],
  ['cp950', '中文測試資料', 'a4a4 a4e5 b4fa b8d5 b8ea aec6'],
  ['cp950', '═十', 'f9f9 a451'],
];

describe('double-byte code pages', () => {
  test.each(EXPECTED)('%s: %s', (name, text, bytes) => {
    const page = codePage(name);
    expect(page.decode(hex(bytes), 0, hex(bytes).length)).toBe(text);
    expect(page.encode(text)).toEqual(hex(bytes));
  });

  test.each(['cp932', 'cp936', 'cp949', 'cp950'])('%s writes back every character that it can write', (name) => {
    const page = codePage(name);
    let count = 0;
    for (let point = 0; point < 0x10000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const text = String.fromCharCode(point);
      const bytes = page.encode(text);
      if (bytes === undefined) continue;
      count++;
      if (page.decode(bytes, 0, bytes.length) !== text) expect.fail(`${name} does not read back U+${point.toString(16)}`);
    }
    expect(count).toBeGreaterThan({ cp932: 7000, cp936: 21000, cp949: 17000, cp950: 13000 }[name] ?? 0);
  });

  test.each(['cp932', 'cp936', 'cp949', 'cp950'])('%s: no byte string makes it throw; text without damage is stable', (name) => {
    const page = codePage(name);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = page.decode(bytes, 0, bytes.length);
      expect(text.length).toBeLessThanOrEqual(bytes.length);
      if (!text.includes('\uFFFD')) {
        const again = page.encode(text);
        if (again !== undefined) expect(page.decode(again, 0, again.length)).toBe(text);
      }
    }));
  });

  test.each(['cp932', 'cp936', 'cp949', 'cp950'])('%s: ASCII, controls too, is itself also beside other characters', (name) => {
    const ascii = Uint8Array.from({ length: 128 }, (_, byte) => byte);
    const high = codePage(name).encode('中') ?? expect.fail('refused');
    const text = codePage(name).decode(Uint8Array.of(...high, ...ascii), 0, 130);
    expect(text).toBe(`中${String.fromCharCode(...ascii)}`);
    expect(codePage(name).encode(text)).toEqual(Uint8Array.of(...high, ...ascii));
  });

  test('a pair cut in half at the end of the slice is not completed from behind it', () => {
    const bytes = hex('41 93fa');
    expect(codePage('cp932').decode(bytes, 0, 2)).toBe('A\uFFFD');
    expect(codePage('cp932').decode(bytes, 0, 3)).toBe('A日');
  });

  test('a character of two bytes does not fit a room of one', () => {
    const target = new Uint8Array(3).fill(7);
    expect(codePage('cp932').encodeInto('a日', target, 0, 2)).toBe(TOO_LONG);
    expect(target[2]).toBe(7);
    expect(codePage('cp932').encodeInto('a日', target, 0, 3)).toBe(3);
  });

  test('characters of no page are refused', () => {
    for (const name of ['cp932', 'cp936', 'cp949', 'cp950']) {
      expect(codePage(name).encode('a😀')).toBeUndefined();
      expect(codePage(name).encode('\uFFFD')).toBeUndefined();
      expect(codePage(name).encode('ñ\uD800')).toBeUndefined();
    }
  });
});
