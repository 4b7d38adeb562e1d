import { textOfValue } from './document-text.js';

/** Spellings of field names that are kept. */
const MOST_NAMES = 4096;

/** A field name that was written before. */
export class FieldName {
  readonly name: string;
  /** The bytes before its value, `,"name":`, four in each number, the first of them in the lowest bits; the last number is filled up with zeros. */
  readonly words: Int32Array;
  readonly lengthBytes: number;
  /** It begins with $, as operators do. */
  readonly isOperator: boolean;
  /** The name that came behind it the last time: most often it comes again, and nothing is looked up. */
  following: FieldName | undefined;

  constructor(name: string) {
    this.name = name;
    this.isOperator = name.startsWith('$');
    const text = Buffer.from(`,${textOfValue(name)}:`, 'latin1');
    this.lengthBytes = text.length;
    this.words = Int32Array.from({ length: Math.ceil(text.length / 4) }, (_, i) => (
      (text[4 * i] ?? 0) | ((text[4 * i + 1] ?? 0) << 8) | ((text[4 * i + 2] ?? 0) << 16) | ((text[4 * i + 3] ?? 0) << 24)
    ));
  }
}

/** The names of the fields of documents, each with its spelling; a bounded number of them is kept. */
export class FieldNames {
  readonly #known = new Map<string, FieldName>();

  /** The name that follows another. */
  after(previous: FieldName, name: string): FieldName {
    const { following } = previous;
    return following !== undefined && following.name === name ? following : (previous.following = this.of(name));
  }

  of(name: string): FieldName {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_NAMES) this.#known.clear();
    const made = new FieldName(name);
    this.#known.set(name, made);
    return made;
  }
}
