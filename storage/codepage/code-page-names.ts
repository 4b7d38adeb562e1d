import { DOS_TABLES } from './tables-dos.js';
import { ISO_TABLES } from './tables-iso.js';
import { MAC_TABLES } from './tables-mac.js';
import { WINDOWS_TABLES } from './tables-windows.js';

/** Canonical names, in the order shown to users. */
export const CODE_PAGE_NAMES: readonly string[] = [
  'utf8', 'latin1', 'ascii',
  ...Object.keys(DOS_TABLES), ...Object.keys(WINDOWS_TABLES), 'cp932', 'cp936', 'cp949', 'cp950',
  ...Object.keys(MAC_TABLES), ...Object.keys(ISO_TABLES),
];

const KNOWN = new Set(CODE_PAGE_NAMES);

/** Other names, in lower case, letters and digits only. */
const ALIASES = new Map(Object.entries({
  ansi: 'cp1252', oem: 'cp437', usascii: 'ascii', binary: 'latin1', unicode: 'utf8',
  latin2: 'iso-8859-2', latin5: 'iso-8859-9', latin9: 'iso-8859-15', koi8r: 'koi8-r', koi8: 'koi8-r',
  mazovia: 'cp620', plmaz: 'cp620', kamenicky: 'cp895', keybcs2: 'cp895', tis620: 'cp874',
  macintosh: 'macroman', mac: 'macroman', xmacroman: 'macroman', xmaccyrillic: 'maccyrillic', maccyr: 'maccyrillic',
  macce: 'maccentraleurope', maccenteuro: 'maccentraleurope', maclatin2: 'maccentraleurope', macgrk: 'macgreek',
  sjis: 'cp932', shiftjis: 'cp932', xsjis: 'cp932', windows31j: 'cp932', gbk: 'cp936', gb2312: 'cp936',
  euckr: 'cp949', uhc: 'cp949', ksc5601: 'cp949', big5: 'cp950',
}));

/** Numbers of Microsoft, IBM and ESRI that are not simply `cp` + number. */
const NUMBERS = new Map(Object.entries({
  '65001': 'utf8', '20127': 'ascii', '367': 'ascii', '819': 'latin1', '28591': 'latin1', '28592': 'iso-8859-2', '28595': 'iso-8859-5',
  '28597': 'iso-8859-7', '28599': 'iso-8859-9', '28605': 'iso-8859-15', '20866': 'koi8-r', '10000': 'macroman', '10006': 'macgreek',
  '10007': 'maccyrillic', '10029': 'maccentraleurope', '667': 'cp620', '790': 'cp620', '867': 'cp895', '8': 'utf8',
}));

const NUMBERED = /^(?:x?cp|ibm|csibm|windows|xwindows|win|dos|oem|ansi|ms|msdos|codepage|utf)?(\d{1,5})$/;
const ISO_8859 = /^(?:csiso|iso|isolatin)?8859(\d{1,2})$/;

/**
 * The canonical name of a code page; undefined when unknown. Case, blanks, hyphens and underscores are not regarded:
 * `Windows-1252`, `CP 1252`, `1252` and `ansi` are all `cp1252`.
 */
export function canonicalCodePageName(name: string): string | undefined {
  if (name.length > 64) return undefined;
  const lower = name.trim().toLowerCase();
  if (KNOWN.has(lower)) return lower;
  const key = lower.replace(/[^a-z0-9]/g, '');
  return named(key) ?? isoPage(key) ?? numbered(key);
}

function named(key: string): string | undefined {
  return KNOWN.has(key) ? key : ALIASES.get(key);
}

function isoPage(key: string): string | undefined {
  const part = ISO_8859.exec(key)?.[1];
  if (part === undefined) return undefined;
  return part === '1' ? 'latin1' : known(`iso-8859-${part}`);
}

function numbered(key: string): string | undefined {
  const number = NUMBERED.exec(key)?.[1];
  if (number === undefined) return undefined;
  if (number === '8' && key !== 'utf8') return undefined;
  return NUMBERS.get(number) ?? known(`cp${number}`);
}

function known(name: string): string | undefined {
  return KNOWN.has(name) ? name : undefined;
}
