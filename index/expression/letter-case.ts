import { codePage } from '#storage';

/** Changes letters in bytes[from .. to) in place. */
export type CaseChange = (bytes: Buffer, from: number, to: number) => void;

const TWO_BYTE_PAGES = new Set(['cp932', 'cp936', 'cp949', 'cp950']);

/** Upper or lower case of a code page, one byte to one byte; letters whose other form is not one byte of the page stay as they are. */
export function caseChange(page: string, toUpper: boolean, asciiOnly: boolean): CaseChange {
  const twoBytes = TWO_BYTE_PAGES.has(page);
  const table = asciiTable(toUpper);
  if (!asciiOnly && !twoBytes && page !== 'utf8') addUpperHalf(table, page, toUpper);
  if (twoBytes) return (bytes, from, to) => { changePairs(bytes, from, to, table, page === 'cp932'); };
  return (bytes, from, to) => { for (let i = from; i < to; i++) bytes[i] = table[bytes[i] ?? 0] ?? 0; };
}

function asciiTable(toUpper: boolean): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (let letter = 0; letter < 26; letter++) table[(toUpper ? 0x61 : 0x41) + letter] = (toUpper ? 0x41 : 0x61) + letter;
  return table;
}

function addUpperHalf(table: Uint8Array, page: string, toUpper: boolean): void {
  const known = codePage(page);
  for (let byte = 0x80; byte < 0x100; byte++) {
    const letter = known.decode(Uint8Array.of(byte), 0, 1);
    const other = known.encode(toUpper ? letter.toUpperCase() : letter.toLowerCase());
    if (other?.length === 1) table[byte] = other[0] ?? byte;
  }
}

/** The second byte of a pair is no letter. */
function changePairs(bytes: Buffer, from: number, to: number, table: Uint8Array, japanese: boolean): void {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte >= 0x81 && !(japanese && byte >= 0xa0 && byte < 0xe0)) i++;
    else bytes[i] = table[byte] ?? 0;
  }
}
