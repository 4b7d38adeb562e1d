import { describe, expect, test } from 'vitest';
import { codePage, codePageForCpgText, codePageForDriver, codePageNames, driverForCodePage, FieldstoneError } from '#storage';

describe('names of code pages', () => {
  test.each([
    ['cp1252', 'cp1252'], ['Windows-1252', 'cp1252'], ['1252', 'cp1252'], ['ANSI', 'cp1252'], ['ansi 1252', 'cp1252'], ['CP_1252', 'cp1252'],
    ['latin1', 'latin1'], ['ISO-8859-1', 'latin1'], ['iso88591', 'latin1'], ['28591', 'latin1'], ['88591', 'latin1'],
    ['utf8', 'utf8'], ['UTF-8', 'utf8'], ['65001', 'utf8'], ['cp65001', 'utf8'], ['ascii', 'ascii'], ['US-ASCII', 'ascii'],
    ['IBM437', 'cp437'], ['437', 'cp437'], ['OEM 850', 'cp850'], ['oem', 'cp437'], ['macintosh', 'macroman'], ['mac_roman', 'macroman'],
    ['x-mac-cyrillic', 'maccyrillic'], ['10029', 'maccentraleurope'], ['iso-8859-15', 'iso-8859-15'], ['Latin2', 'iso-8859-2'],
    ['KOI8-R', 'koi8-r'], ['Shift_JIS', 'cp932'], ['gbk', 'cp936'], ['GB2312', 'cp936'], ['EUC-KR', 'cp949'], ['Big5', 'cp950'],
    ['Mazovia', 'cp620'], ['cp667', 'cp620'], ['kamenicky', 'cp895'],
  ])('%s is %s', (given, name) => {
    expect(codePage(given).name).toBe(name);
  });

  test('every canonical name names itself', () => {
    for (const name of codePageNames()) expect(codePage(name).name).toBe(name);
    expect(new Set(codePageNames()).size).toBe(codePageNames().length);
  });

  test.each(['', 'cp', '8', 'cp8', 'klingon', 'cp99999', '__proto__', 'constructor', 'iso-8859-99', 'x'.repeat(10_000)])('%j is unknown', (given) => {
    expect(() => codePage(given)).toThrow(FieldstoneError);
    expect(() => codePage(given)).toThrow(expect.objectContaining({ code: 'OPTION', option: 'encoding' }));
  });

  test('the error offers the nearest names', () => {
    expect(() => codePage('cp1262')).toThrow(/cp1252/);
  });
});

describe('language drivers', () => {
  test.each([
    [0x01, 'cp437'], [0x02, 'cp850'], [0x03, 'cp1252'], [0x04, 'macroman'], [0x08, 'cp865'], [0x13, 'cp932'], [0x1b, 'cp437'], [0x1f, 'cp852'],
    [0x26, 'cp866'], [0x37, 'cp850'], [0x4d, 'cp936'], [0x57, 'cp1252'], [0x64, 'cp852'], [0x65, 'cp866'], [0x68, 'cp895'], [0x69, 'cp620'],
    [0x78, 'cp950'], [0x7a, 'cp936'], [0x7e, 'cp1256'], [0x87, 'cp852'], [0x97, 'maccentraleurope'], [0xc8, 'cp1250'], [0xc9, 'cp1251'],
    [0xcc, 'cp1257'], [0xf0, 'utf8'],
  ])('%i is %s', (driver, name) => {
    expect(codePageForDriver(driver)).toBe(name);
  });

  test.each([0x00, 0x35, 0x63, 0x7f, 0x8e, 0xff])('%i is not known', (driver) => {
    expect(codePageForDriver(driver)).toBeUndefined();
  });

  test('every known driver names a code page that exists', () => {
    for (let driver = 0; driver < 256; driver++) {
      const name = codePageForDriver(driver);
      if (name !== undefined) expect(codePage(name).name).toBe(name);
    }
  });

  test('a dBASE 7 driver name goes before the byte', () => {
    expect(codePageForDriver(0, 'DB437US0')).toBe('cp437');
    expect(codePageForDriver(0x1b, 'DBWINUS0')).toBe('cp1252');
    expect(codePageForDriver(0x1b, 'DB866RU0')).toBe('cp866');
    expect(codePageForDriver(0x1b, '')).toBe('cp437');
    expect(codePageForDriver(0, 'DB999XX0')).toBeUndefined();
    expect(codePageForDriver(0, 'rubbish')).toBeUndefined();
  });

  test('what is written for a page reads as that page', () => {
    for (const name of codePageNames()) {
      for (const dialect of ['vfp', 'foxpro2', 'dbase3', 'dbase4', 'clipper']) {
        const driver = driverForCodePage(name, dialect);
        if (driver !== 0) expect(codePageForDriver(driver), `${name} in ${dialect}`).toBe(name);
      }
    }
    expect(driverForCodePage('cp1252', 'vfp')).toBe(0x03);
    expect(driverForCodePage('cp437', 'dbase4')).toBe(0x1b);
    expect(driverForCodePage('cp437', 'foxpro2')).toBe(0x01);
    expect(driverForCodePage('cp1251', 'vfp')).toBe(0xc9);
    for (const name of ['utf8', 'latin1', 'ascii', 'koi8-r', 'nonsense']) expect(driverForCodePage(name, 'vfp')).toBe(0);
  });
});

describe('.cpg files', () => {
  test.each([
    ['UTF-8', 'utf8'], ['utf-8\r\n', 'utf8'], ['\u00EF\u00BB\u00BFUTF-8', 'utf8'], ['1252', 'cp1252'], ['ANSI 1252\n', 'cp1252'], ['ISO-8859-1', 'latin1'],
    ['88591', 'latin1'], ['ISO 88592', 'iso-8859-2'], ['OEM 437', 'cp437'], ['LDID/87', 'cp1252'], ['Big5', 'cp950'], ['cp1251\0\0', 'cp1251'],
  ])('%j names %s', (text, name) => {
    expect(codePageForCpgText(text)).toBe(name);
  });

  test.each(['', 'nothing known', 'LDID/300', '\0\0', 'x'.repeat(5000)])('%j names none', (text) => {
    expect(codePageForCpgText(text)).toBeUndefined();
  });
});
