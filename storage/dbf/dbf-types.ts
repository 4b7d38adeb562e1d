import type { MemoKind } from '../memo/memo-kind.js';

/** Who wrote the file, as far as its layout tells. */
export type Dialect = 'dbase2' | 'dbase3' | 'dbase4' | 'dbase5' | 'dbase7' | 'clipper' | 'foxpro2' | 'vfp' | 'flagship';
/** Dialects that createTable can write. */
export type WritableDialect = 'dbase3' | 'dbase4' | 'clipper' | 'foxpro2' | 'vfp';

export interface DbfField {
  /** As it stands in the header. */
  readonly name: string;
  /** Type letter of the header: C N F L D M G P B I Y T @ + O V Q W 0 ... */
  readonly type: string;
  /** Bytes in the record. */
  readonly length: number;
  readonly decimals: number;
  /** Byte offset in the record; the delete mark is byte 0. */
  readonly offset: number;
  readonly nullable: boolean;
  /** NOCPTRANS: bytes, not text. */
  readonly binary: boolean;
  /** Not shown to users (`_NullFlags`). */
  readonly hidden: boolean;
  /** Next value and step; `headerOffset` is where the next value stands in the header. */
  readonly autoIncrement?: { readonly next: number; readonly step: number; readonly headerOffset: number };
  /** Bit in `_NullFlags`. */
  readonly nullBit?: number;
  /** Bit in `_NullFlags` that says "the last byte is the length" (V and Q). */
  readonly lengthBit?: number;
}

/** Something odd but tolerated in a file. `code` is stable, for example `TERMINATOR_MISSING`. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly severity: 'note' | 'warning' | 'error';
  readonly file?: string;
  readonly offset?: number;
  readonly recno?: number;
  readonly field?: string;
}

/** Everything the header says, checked against the file. */
export interface DbfLayout {
  readonly version: number;
  readonly dialect: Dialect;
  readonly headerLength: number;
  readonly recordLength: number;
  /** What the header claims. */
  readonly claimedCount: number;
  /** Records that are really there and counted: min(claimed, what the file holds). */
  readonly recordCount: number;
  /** How many whole records the size of the file has room for. */
  readonly physicalCount: number;
  readonly fields: readonly DbfField[];
  /** `_NullFlags`, when the table has it. */
  readonly nullFlags?: { readonly offset: number; readonly length: number };
  readonly languageDriver: number;
  readonly tableFlags: number;
  /** Canonical name of the code page, for example `cp1252`, `cp437`, `utf8`, `latin1`. */
  readonly encoding: string;
  readonly memoKind?: MemoKind;
  /** null when the three date bytes are no date. */
  readonly lastUpdate: Date | null;
  /** A structural .cdx / production .mdx is announced. */
  readonly hasStructuralIndex: boolean;
  /** Relative path of the owning .dbc (VFP). */
  readonly backlink?: string;
  /** The header bytes exactly as they stand in the file (headerLength of them). */
  readonly headerBytes: Uint8Array;
  readonly findings: readonly Finding[];
}
