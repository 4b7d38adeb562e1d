import type { FieldName, FieldNames } from '../document/field-names.js';
import type { DocumentCodec } from './document-codec.js';
import type { LoadKeys } from './load-keys.js';

/** What a load does with a field at the top of documents. */
export interface LoadField {
  readonly name: string;
  readonly written: FieldName;
  readonly isId: boolean;
  readonly isRefused: boolean;
  readonly isColumn: boolean;
  /** Indexes on this field alone. */
  readonly keys: readonly LoadKeys[];
  /** Other indexes look at its value. */
  readonly isOther: boolean;
  /** It goes to the rest, and nowhere else. */
  readonly isPlain: boolean;
  /** The field that came behind it the last time. */
  following: LoadField | undefined;
}

/** Fields are kept as long as there are no more than so many. */
const MOST_FIELDS = 4096;

/** The fields at the top of the documents of one load, by name. */
export class LoadFields {
  /** Stands before the first field of a document. */
  readonly first: LoadField;
  readonly #names: FieldNames;
  readonly #codec: DocumentCodec;
  readonly #keys: readonly LoadKeys[];
  readonly #others: ReadonlySet<string>;
  readonly #known = new Map<string, LoadField>();

  /** `others`: fields that indexes look at which are not on one field alone. */
  constructor(names: FieldNames, codec: DocumentCodec, keys: readonly LoadKeys[], others: ReadonlySet<string>) {
    this.#names = names;
    this.#codec = codec;
    this.#keys = keys;
    this.#others = others;
    this.first = this.#make('');
  }

  /** The field that follows another: most often the one that did the last time, and nothing is looked up. */
  after(previous: LoadField, name: string): LoadField {
    const { following } = previous;
    return following !== undefined && following.name === name ? following : (previous.following = this.#of(name));
  }

  #of(name: string): LoadField {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= MOST_FIELDS) this.#known.clear();
    const made = this.#make(name);
    this.#known.set(name, made);
    return made;
  }

  #make(name: string): LoadField {
    const keys = this.#keys.filter(({ field }) => field === name);
    const isColumn = this.#codec.hasColumn(name);
    const isOther = this.#others.has(name);
    return {
      name, written: this.#names.of(name), isId: name === '_id', isRefused: name === '' || name.startsWith('$'), isColumn, keys, isOther,
      isPlain: keys.length === 0 && !isColumn && !isOther, following: undefined,
    };
  }
}
