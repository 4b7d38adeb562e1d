import { textOfValue } from './document-text.js';
import type { ChainedName } from './name-chain.js';

const WORD_BYTES = 4;

/** The name of a field as the text of documents has it. */
export class FieldName implements ChainedName<FieldName> {
  readonly name: string;
  /** The bytes before its value, `,"name":`, four in each number, the first of them in the lowest bits; the last number is filled up with zeros. */
  readonly words: Int32Array;
  readonly lengthBytes: number;
  /** It begins with $, as operators do. */
  readonly isOperator: boolean;
  following: FieldName | undefined;

  constructor(name: string) {
    this.name = name;
    this.isOperator = name.startsWith('$');
    const text = Buffer.from(`,${textOfValue(name)}:`, 'latin1');
    this.lengthBytes = text.length;
    const filled = Buffer.alloc(Math.ceil(text.length / WORD_BYTES) * WORD_BYTES);
    text.copy(filled);
    this.words = Int32Array.from({ length: filled.length / WORD_BYTES }, (_, i) => filled.readInt32LE(i * WORD_BYTES));
  }
}
