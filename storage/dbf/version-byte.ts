import type { MemoKind } from '../memo/memo-kind.js';
import type { Dialect } from './dbf-types.js';

/** How the field descriptors are laid out. */
export type DescriptorForm = 'dbase2' | 'common' | 'dbase7';

/** What byte 0 of a table says. */
export interface VersionFacts {
  readonly dialect: Dialect;
  readonly form: DescriptorForm;
  /** The memo file that this version byte implies; tables may have memo fields all the same when it is absent. */
  readonly memoKind?: MemoKind;
}

const common = (dialect: Dialect, memoKind?: MemoKind): VersionFacts =>
  memoKind === undefined ? { dialect, form: 'common' } : { dialect, form: 'common', memoKind };

const VERSIONS: ReadonlyMap<number, VersionFacts> = new Map([
  [0x02, { dialect: 'dbase2', form: 'dbase2' }],
  [0x03, common('dbase3')],
  [0x04, { dialect: 'dbase7', form: 'dbase7' }],
  [0x05, common('dbase5')],
  [0x07, common('clipper')],
  [0x13, common('flagship')],
  [0x23, common('flagship')],
  [0x33, common('flagship')],
  [0x30, common('vfp', 'fpt')],
  [0x31, common('vfp', 'fpt')],
  [0x32, common('vfp', 'fpt')],
  [0x43, common('dbase4')],
  [0x63, common('dbase4')],
  [0x7b, common('dbase4', 'dbt4')],
  [0x83, common('dbase3', 'dbt3')],
  [0x87, common('clipper', 'dbt3')],
  [0x8b, common('dbase4', 'dbt4')],
  [0x8c, { dialect: 'dbase7', form: 'dbase7', memoKind: 'dbt4' }],
  [0x8e, common('dbase4', 'dbt4')],
  [0xcb, common('dbase4', 'dbt4')],
  [0xe5, common('clipper', 'smt')],
  [0xf5, common('foxpro2', 'fpt')],
  [0xfb, common('dbase3', 'dbt3')],
]);

/** Versions of SIX and Harbour whose records are encrypted. */
const ENCRYPTED: ReadonlySet<number> = new Set([0x06, 0x86, 0xe6, 0xf6]);

/** undefined for a byte that no known xBase program writes. */
export function versionFacts(version: number): VersionFacts | undefined { return VERSIONS.get(version); }

export function isEncryptedVersion(version: number): boolean { return ENCRYPTED.has(version); }

/** Visual FoxPro 3 to 9: descriptor flags, byte 28 and the 263-byte backlink have their meaning. */
export function isVfpVersion(version: number): boolean { return version >= 0x30 && version <= 0x32; }

/** dBASE IV and later, where byte 15 is the encryption mark and not garbage. */
export function isDbase4Version(version: number): boolean {
  return VERSIONS.get(version)?.dialect === 'dbase4' || VERSIONS.get(version)?.dialect === 'dbase7';
}

export function hexByte(byte: number): string { return `0x${byte.toString(16).padStart(2, '0')}`; }
