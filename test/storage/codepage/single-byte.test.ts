import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { codePage, codePageNames, TOO_LONG, UNMAPPABLE } from '#storage';

// What other implementations say these ten bytes are in each page.
const SAMPLED = Uint8Array.of(0x80, 0x8d, 0x99, 0xa4, 0xb5, 0xc6, 0xd5, 0xe1, 0xf3, 0xff);
const EXPECTED: readonly (readonly [page: string, text: string])[] = [
  ['cp437', 'ÇìÖñ╡╞╒ß≤\u00A0'], ['cp737', 'ΑΞβν╡╞╒ά≤\u00A0'], ['cp775', 'ĆŹÖżĄŲšß¾\u00A0'], ['cp850', 'ÇìÖñÁãıß¾\u00A0'],
  ['cp852', 'ÇŹÖĄÁĂŇßˇ\u00A0'], ['cp855', 'ђЇЎцхкНрз\u00A0'], ['cp857', 'ÇıÖñÁã\uFFFDß¾\u00A0'], ['cp858', 'ÇìÖñÁã€ß¾\u00A0'],
  ['cp860', 'ÇìÕñ╡╞╒ß≤\u00A0'], ['cp861', 'ÇÞÖÁ╡╞╒ß≤\u00A0'], ['cp862', '\u05D0\u05DD\u05E9ñ╡╞╒ß≤\u00A0'], ['cp863', 'Ç‗Ô¨╡╞╒ß≤\u00A0'],
  ['cp864', '°┌\uFEF7¤\u0665\uFE8B\uFEBB\uFED3\uFEE9\uFFFD'], ['cp865', 'ÇìÖñ╡╞╒ß≤\u00A0'], ['cp866', 'АНЩд╡╞╒сє\u00A0'],
  ['cp869', '\uFFFDΈ²ΑΚΠΩηφ\u00A0'], ['cp874', '€\uFFFD\uFFFD\u0E04\u0E15\u0E26\u0E35\u0E41\u0E53\uFFFD'],
  ['cp1250', '€Ť™¤µĆŐáó˙'], ['cp1251', 'ЂЌ™¤µЖХбуя'], ['cp1252', '€\uFFFD™¤µÆÕáóÿ'], ['cp1253', '€\uFFFD™¤µΖΥασ\uFFFD'],
  ['cp1254', '€\uFFFD™¤µÆÕáóÿ'], ['cp1255', '€\uFFFD™₪µ\u05B6\u05F1\u05D1\u05E3\uFFFD'], ['cp1256', '€\u0686™¤µ\u0626\u0635\u0644\u064E\u06D2'],
  ['cp1257', '€¨™¤µĘÕįó˙'], ['cp1258', '€\uFFFD™¤µÆƠáóÿ'],
  ['macroman', 'Äçô§µ∆’·Ûˇ'], ['maccyrillic', 'АНЩ§µ∆’бу€'], ['maccentraleurope', 'Äćô§Ķ∆’Šůˇ'], ['macgreek', 'ÄçôΛΒΤ’ασ\u00AD'],
  ['iso-8859-2', '\u0080\u008D\u0099¤ľĆŐáó˙'], ['iso-8859-5', '\u0080\u008D\u0099ЄЕЦесѓџ'], ['iso-8859-7', '\u0080\u008D\u0099€΅ΖΥασ\uFFFD'],
  ['iso-8859-9', '\u0080\u008D\u0099¤µÆÕáóÿ'], ['iso-8859-15', '\u0080\u008D\u0099€µÆÕáóÿ'], ['koi8-r', '─█≥╓╣фуАСЪ'],
  // Mazovia and Kamenický, from their published tables.
  ['cp620', 'ÇćÖń╡╞╒ß≤\u00A0'], ['cp895', 'ČĺÖň╡╞╒ß≤\u00A0'],
];

const DOUBLE_BYTE = new Set(['cp932', 'cp936', 'cp949', 'cp950']);
const singleBytePages = codePageNames().filter((name) => !DOUBLE_BYTE.has(name) && name !== 'utf8');

describe('single-byte code pages', () => {
  test.each(EXPECTED)('%s reads the sampled bytes', (name, text) => {
    expect(codePage(name).decode(SAMPLED, 0, SAMPLED.length)).toBe(text);
  });

  test('every page but latin1 and ascii is sampled above', () => {
    expect(singleBytePages.filter((name) => !['latin1', 'ascii'].includes(name)).sort()).toEqual(EXPECTED.map(([name]) => name).sort());
  });

  test.each(singleBytePages)('%s writes back every byte that it reads as a character', (name) => {
    const page = codePage(name);
    let defined = 0;
    for (let byte = 0; byte < 256; byte++) {
      const text = page.decode(Uint8Array.of(byte), 0, 1);
      expect(text).toHaveLength(1);
      if (byte < 0x80) expect(text).toBe(String.fromCharCode(byte));
      if (text === '\uFFFD') continue;
      expect(page.encode(text), `${name} byte ${byte}`).toEqual(Uint8Array.of(byte));
      defined++;
    }
    expect(page.encode('\uFFFD')).toBeUndefined();
    expect(page.encodeInto('\uFFFD', new Uint8Array(4), 0, 4)).toBe(UNMAPPABLE);
    expect(defined).toBeGreaterThanOrEqual(name === 'ascii' ? 128 : 128 + 97);
  });

  test('the bytes that Windows leaves undefined are refused, unlike in browsers', () => {
    const page = codePage('cp1252');
    expect(page.decode(Uint8Array.of(0x81, 0x8d, 0x8f, 0x90, 0x9d), 0, 5)).toBe('\uFFFD'.repeat(5));
    expect(page.encode('\u0081')).toBeUndefined();
    expect(page.encode('č')).toBeUndefined();
    expect(page.encode('😀')).toBeUndefined();
    expect(page.encode('€')).toEqual(Uint8Array.of(0x80));
  });

  test('cp864 keeps the percent sign', () => {
    expect(codePage('cp864').decode(Uint8Array.of(0x25), 0, 1)).toBe('%');
    expect(codePage('cp864').encode('\u066A')).toBeUndefined();
  });

  test('reads and writes only its slice', () => {
    const page = codePage('cp437');
    expect(page.decode(Uint8Array.of(0x41, 0x80, 0x42, 0x43), 1, 3)).toBe('ÇB');
    expect(page.decode(Uint8Array.of(0x41, 0x80), 1, 1)).toBe('');
    const target = new Uint8Array(5).fill(0x2e);
    expect(page.encodeInto('ñ', target, 2, 2)).toBe(1);
    expect([...target]).toEqual([0x2e, 0x2e, 0xa4, 0x2e, 0x2e]);
    expect(page.encodeInto('abc', target, 2, 2)).toBe(TOO_LONG);
    expect([...target.subarray(0, 2), target[4]]).toEqual([0x2e, 0x2e, 0x2e]);
  });

  test('long texts, plain or not, survive both ways', () => {
    const page = codePage('cp1251');
    for (const length of [4095, 4096, 4097, 8192, 10_001]) {
      for (const unit of ['щ', 'a', 'aщ', `${'a'.repeat(40)}щ`]) {
        const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
        const bytes = page.encode(text) ?? expect.fail('refused');
        expect(bytes).toHaveLength(length);
        expect(page.decode(bytes, 0, length)).toBe(text);
      }
    }
  });

  test('slices of every length, plain and not, agree with the character by character reading', () => {
    fc.assert(fc.property(
      fc.constantFrom(...singleBytePages), fc.uint8Array({ maxLength: 70 }), fc.boolean(), fc.nat(5), fc.nat(5),
      (name, given, plain, skip, cut) => {
        const bytes = plain ? given.map((byte) => byte & 0x7f) : given;
        const start = Math.min(skip, bytes.length);
        const end = Math.max(start, bytes.length - cut);
        const page = codePage(name);
        const one = [...bytes.subarray(start, end)].map((byte) => page.decode(Uint8Array.of(byte), 0, 1)).join('');
        expect(page.decode(bytes, start, end)).toBe(one);
        const inside = new Uint8Array(bytes.length + 7);
        inside.set(bytes, 3);
        expect(page.decode(inside.subarray(3), start, end)).toBe(one);
      },
    ));
  });
});
