import type { MemoSource } from './memo-source.js';
import type { FieldValue } from './row.js';

/** How numbers that a double cannot hold exactly come back. */
export type NumberForm = 'bigint' | 'string';

/**
 * Decodes one field of the record at `bytes[start]`. `text` holds the record's bytes as latin1 characters (or is
 * empty when no field asked for it); the record begins at character `textStart`, which may be negative.
 */
export type FieldDecoder = (bytes: Uint8Array, start: number, text: string, textStart: number, memo: MemoSource) => FieldValue;
