import type { WritableDialect } from './dbf-types.js';

/** What a dialect can express; the figures are those of the vendors' manuals. */
export interface DialectRules {
  readonly types: string;
  readonly maxFields: number;
  readonly maxRecordBytes: number;
  readonly maxTextBytes: number;
  readonly maxNumericBytes: number;
  readonly maxDecimals: number;
  /** Bytes after the last descriptor: the 0x0D and what follows it. */
  readonly headerTail: number;
  /** Width of M and G fields: 10 digits of text, or 4 binary. */
  readonly pointerBytes: 4 | 10;
}

const FOX = { maxFields: 255, maxRecordBytes: 65_500, maxTextBytes: 254, maxNumericBytes: 20, maxDecimals: 18 };

export const DIALECT_RULES: Readonly<Record<WritableDialect, DialectRules>> = {
  dbase3: {
    types: 'CNLDM', maxFields: 128, maxRecordBytes: 4000, maxTextBytes: 254, maxNumericBytes: 19, maxDecimals: 15, headerTail: 1, pointerBytes: 10,
  },
  dbase4: {
    types: 'CNFLDM', maxFields: 255, maxRecordBytes: 4000, maxTextBytes: 254, maxNumericBytes: 20, maxDecimals: 18, headerTail: 1, pointerBytes: 10,
  },
  clipper: {
    types: 'CNLDM', maxFields: 1024, maxRecordBytes: 65_535, maxTextBytes: 65_534, maxNumericBytes: 19, maxDecimals: 15, headerTail: 2, pointerBytes: 10,
  },
  foxpro2: { ...FOX, types: 'CNFLDMG', headerTail: 1, pointerBytes: 10 },
  vfp: { ...FOX, types: 'CNFLDMGBIYTVQW', headerTail: 264, pointerBytes: 4 },
};

const FIXED_WIDTHS: Readonly<Record<string, number>> = { D: 8, L: 1, I: 4, B: 8, Y: 8, T: 8, W: 4 };

/** The width of a type that has only one in this dialect; undefined for C N F V Q. */
export function fixedWidth(type: string, rules: DialectRules): number | undefined {
  return type === 'M' || type === 'G' ? rules.pointerBytes : FIXED_WIDTHS[type];
}
