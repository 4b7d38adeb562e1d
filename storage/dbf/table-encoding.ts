import { codePage, codePageForCpgText, codePageForDriver } from '../codepage/code-page.js';
import type { Finding } from './dbf-types.js';
import { asciiUntilNul } from './header-bytes.js';
import { hexByte, type DescriptorForm } from './version-byte.js';

/** Used when neither the caller nor the file says which code page it is. */
export const DEFAULT_ENCODING = 'cp1252';

/**
 * Which code page the text of a table is in: the caller's wish, then the .cpg file beside it, then the language
 * driver of the header (byte 29; for dBASE 7 its name), then cp1252.
 *
 * @throws FieldstoneError OPTION when the caller names an unknown one.
 */
export function tableEncoding(
  header: Uint8Array, form: DescriptorForm, options: { readonly encoding?: string; readonly codePageFile?: string }, findings: Finding[],
): string {
  if (options.encoding !== undefined) return codePage(options.encoding).name;
  if (options.codePageFile !== undefined) {
    const name = codePageForCpgText(options.codePageFile);
    if (name !== undefined) return name;
    const shown = JSON.stringify(options.codePageFile.slice(0, 40));
    findings.push({ code: 'CPG_UNKNOWN', severity: 'warning', message: `the .cpg file names no known code page: ${shown}` });
  }
  if (form === 'dbase2') return DEFAULT_ENCODING;
  const driver = header[29] ?? 0;
  const name = codePageForDriver(driver, form === 'dbase7' ? asciiUntilNul(header, 32, 64) : undefined);
  if (name !== undefined) return name;
  if (driver !== 0) {
    findings.push({
      code: 'CODE_PAGE_UNKNOWN', severity: 'warning', offset: 29,
      message: `language driver ${hexByte(driver)} is not known; text is read as ${DEFAULT_ENCODING}; pass encoding to choose another`,
    });
  }
  return DEFAULT_ENCODING;
}
