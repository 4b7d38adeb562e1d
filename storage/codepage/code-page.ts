import { FieldstoneError } from '../base/errors.js';
import { nearestNames } from '../base/nearest.js';
import { canonicalCodePageName, CODE_PAGE_NAMES } from './code-page-names.js';
import { DoubleByteCodePage } from './double-byte.js';
import type { DoubleByteRules } from './double-byte-table.js';
import { latin1 } from './latin1.js';
import { SingleByteCodePage } from './single-byte.js';
import { DOS_TABLES } from './tables-dos.js';
import { ISO_TABLES } from './tables-iso.js';
import { MAC_TABLES } from './tables-mac.js';
import { WINDOWS_TABLES } from './tables-windows.js';
import { utf8 } from './utf8.js';
import type { CodePage } from './code-page-type.js';

export { TOO_LONG, UNMAPPABLE } from './code-page-type.js';
export type { CodePage } from './code-page-type.js';
export { codePageForCpgText, codePageForDriver, driverForCodePage } from './language-driver.js';

const NO_UPPER_HALF = '\uFFFD'.repeat(128);
const SINGLE_BYTE: Readonly<Record<string, string>> = {
  ascii: NO_UPPER_HALF, ...DOS_TABLES, ...WINDOWS_TABLES, ...MAC_TABLES, ...ISO_TABLES,
};
const DOUBLE_BYTE: Readonly<Record<string, DoubleByteRules>> = {
  // Rows ED and EE are NEC's copies of IBM's extensions; Windows writes IBM's own pairs.
  cp932: { label: 'shift_jis', readOnlyLeads: [[0xed, 0xee]], lastPair: '' },
  cp936: { label: 'gbk', readOnlyLeads: [], lastPair: '' },
  cp949: { label: 'euc-kr', readOnlyLeads: [], lastPair: '', unifiedHangul: true },
  // The runtime's big5 also reads the Hong Kong supplement below A1, which is not in the Windows page.
  cp950: { label: 'big5', readOnlyLeads: [[0x81, 0xa0]], lastPair: '═╞╡╪十卅' },
};

const made = new Map<string, CodePage>([['utf8', utf8], ['latin1', latin1]]);

/**
 * The code page of that name. Throws OPTION with the nearest names when it is unknown, UNSUPPORTED when the
 * runtime lacks the decoder of a two-byte page.
 *
 * @example
 * codePage('cp1252').decode(Uint8Array.of(0x80), 0, 1); // '€'
 */
export function codePage(name: string): CodePage {
  const canonical = canonicalCodePageName(name);
  if (canonical === undefined) throw unknownCodePage(name);
  let page = made.get(canonical);
  if (page === undefined) made.set(canonical, page = make(canonical));
  return page;
}

/** Canonical names of all code pages. */
export function codePageNames(): string[] { return [...CODE_PAGE_NAMES]; }

function make(name: string): CodePage {
  const rules = DOUBLE_BYTE[name];
  return rules !== undefined ? new DoubleByteCodePage(name, rules) : new SingleByteCodePage(name, SINGLE_BYTE[name] ?? NO_UPPER_HALF);
}

function unknownCodePage(name: string): FieldstoneError {
  const near = nearestNames(name, CODE_PAGE_NAMES);
  const remedy = near.length > 0 ? `nearest: ${near.join(', ')}` : `known: ${CODE_PAGE_NAMES.join(', ')}`;
  return new FieldstoneError('OPTION', `unknown code page '${name.slice(0, 64)}'; ${remedy}`, { option: 'encoding' });
}
