import { canonicalCodePageName } from './code-page-names.js';

// Byte 29 of a table header, page by page. Vendor lists of dBASE and FoxPro, as collected in docs/formats/code-pages.md.
const DRIVERS: Readonly<Record<string, readonly number[]>> = {
  cp437: [0x01, 0x09, 0x0b, 0x0d, 0x0f, 0x11, 0x15, 0x18, 0x19, 0x1b, 0x5e, 0x5f],
  cp850: [0x02, 0x0a, 0x0c, 0x0e, 0x10, 0x12, 0x14, 0x16, 0x1a, 0x1d, 0x25, 0x37, 0x60, 0x9c],
  cp1252: [0x03, 0x57, 0x58, 0x59, 0x61, 0x62],
  macroman: [0x04], maccyrillic: [0x96], maccentraleurope: [0x97], macgreek: [0x98],
  cp865: [0x66, 0x08, 0x17], cp861: [0x67], cp860: [0x24], cp863: [0x6c, 0x1c], cp862: [0x85],
  cp852: [0x64, 0x1f, 0x22, 0x23, 0x40, 0x87], cp895: [0x68, 0x20], cp620: [0x69],
  cp866: [0x65, 0x26], cp737: [0x6a, 0x86], cp857: [0x6b, 0x88],
  cp932: [0x7b, 0x13, 0x56], cp936: [0x7a, 0x4d], cp949: [0x79, 0x4e], cp950: [0x78, 0x4f], cp874: [0x7c, 0x50],
  cp1250: [0xc8, 0x9b], cp1251: [0xc9], cp1253: [0xcb], cp1254: [0xca], cp1255: [0x7d], cp1256: [0x7e], cp1257: [0xcc],
  utf8: [0xf0],
};

// What dBASE IV itself knows; the others take FoxPro's number, the first in the list above.
const DBASE4_DRIVERS: Readonly<Record<string, number>> = {
  cp437: 0x1b, cp850: 0x37, cp863: 0x1c, cp865: 0x17, cp866: 0x26,
  cp932: 0x13, cp936: 0x4d, cp949: 0x4e, cp950: 0x4f, cp874: 0x50,
};

// Known to a single reader each (0x85 to tDBF, 0xF0 to one Python library): read, never written.
const READ_ONLY_PAGES = new Set(['cp862', 'utf8']);

const PAGE_OF_DRIVER = new Map<number, string>();
for (const [page, drivers] of Object.entries(DRIVERS)) for (const driver of drivers) PAGE_OF_DRIVER.set(driver, page);

/**
 * The code page that a table header names: byte 29, or for dBASE 7 the driver name (`DB437US0`, `DBWINUS0`), which goes first.
 * undefined when the header names none or an unknown one: then the caller's default applies.
 */
export function codePageForDriver(languageDriver: number, driverName?: string): string | undefined {
  return (driverName === undefined ? undefined : codePageForDriverName(driverName)) ?? PAGE_OF_DRIVER.get(languageDriver);
}

function codePageForDriverName(driverName: string): string | undefined {
  const name = driverName.trim().toUpperCase();
  if (name.startsWith('DBWIN')) return 'cp1252';
  const digits = /^DB(\d{3,4})/.exec(name)?.[1];
  return digits === undefined ? undefined : canonicalCodePageName(digits) ?? canonicalCodePageName(digits.slice(0, 3));
}

/**
 * The code page that the text of a `.cpg` file beside a table names (`UTF-8`, `1252`, `ANSI 1252`, `ISO-8859-1`, `88591`, `LDID/87`);
 * undefined when it names none that is known.
 */
export function codePageForCpgText(text: string): string | undefined {
  const name = text.slice(0, 64).replace(/^\uFEFF|^\u00EF\u00BB\u00BF/, '').split(/[\0\r\n]/, 1)[0]?.trim() ?? '';
  const driver = /^LDID\s*\/\s*(\d{1,3})$/i.exec(name)?.[1];
  return driver === undefined ? canonicalCodePageName(name) : codePageForDriver(Number(driver));
}

/**
 * Byte 29 to write for a table in that page; 0 when no vendor has a number for it.
 * `dialect` is a dialect of tables; only `dbase4` has numbers of its own.
 */
export function driverForCodePage(name: string, dialect: string): number {
  const page = canonicalCodePageName(name);
  if (page === undefined || READ_ONLY_PAGES.has(page)) return 0;
  const own = dialect === 'dbase4' ? DBASE4_DRIVERS[page] : undefined;
  return own ?? DRIVERS[page]?.[0] ?? 0;
}
