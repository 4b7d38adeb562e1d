import type { FieldName } from '../document/field-name.js';
import { NameChain, type ChainedName } from '../document/name-chain.js';
import type { DocumentCodec } from './document-codec.js';
import type { LoadKeys } from './load-keys.js';

/** What a load does with a field at the top of documents. */
export interface LoadField extends ChainedName<LoadField> {
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
}

export interface LoadFieldsOptions {
  readonly codec: DocumentCodec;
  /** How names are spelled. */
  readonly names: NameChain<FieldName>;
  readonly keys: readonly LoadKeys[];
  /** Fields that indexes look at which are not on one field alone. */
  readonly others: ReadonlySet<string>;
}

/** The fields at the top of the documents of one load. */
export function loadFields({ codec, names, keys, others }: LoadFieldsOptions): NameChain<LoadField> {
  return new NameChain<LoadField>((name) => {
    const own = keys.filter(({ field }) => field === name);
    const isColumn = codec.hasColumn(name);
    const isOther = others.has(name);
    return {
      name, following: undefined, written: names.of(name), isId: name === '_id', isRefused: name === '' || name.startsWith('$'), isColumn, keys: own, isOther,
      isPlain: own.length === 0 && !isColumn && !isOther,
    };
  });
}
