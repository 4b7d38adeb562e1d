import { visibleFields } from '#storage';
import type { IndexStore, RecordView } from '#txn';
import type { IndexSource } from '../query/index-source.js';
import type { TableCodec } from '../table/table-codec.js';
import { isIndexForm, type IndexForm } from './index-form.js';
import { typesFor } from '../table/table-schema.js';
import type { TrustHost } from './index-trust.js';
import { indexFacts, TableIndexSource, type IndexFacts } from './table-index-source.js';

/** Character fields longer than this may be cut in a key. */
const WHOLE_TEXT_BYTES = 300;

interface Known { readonly stores: readonly IndexStore[]; readonly facts: readonly IndexFacts[] }

const known = new WeakMap<TableCodec, Known>();

/** The indexes of a table that a reader may use for queries. `epoch` is another value after indexes came or went. */
export function indexesOf(host: TrustHost, codec: TableCodec, view: RecordView): { readonly sources: readonly IndexSource[]; readonly epoch: unknown } {
  const { stores } = codec.store.indexes;
  if (stores.length === 0) return NONE;
  let facts = known.get(codec);
  if (facts === undefined || facts.stores !== stores) known.set(codec, facts = { stores, facts: factsOf(host, codec, stores) });
  const sources: IndexSource[] = [];
  for (const each of facts.facts) if (view.sequence >= each.index.validFrom) sources.push(new TableIndexSource(each, view));
  return { sources, epoch: stores };
}

const NONE: { readonly sources: readonly IndexSource[]; readonly epoch: unknown } = { sources: [], epoch: undefined };

function factsOf(host: TrustHost, codec: TableCodec, stores: readonly IndexStore[]): IndexFacts[] {
  const facts: IndexFacts[] = [];
  for (const index of stores) {
    // Plans name their index: of two with one name (a CDX and an MDX beside each other) the first serves.
    const isFirst = codec.store.indexes.find(index.name) === index;
    const { keys } = index;
    if (isFirst && isIndexForm(keys) && showsSameValues(codec, keys)) facts.push(indexFacts(host, index, keys, tellsValues(codec, keys)));
  }
  return facts;
}

/** False when the handle shows a field in another form (bigint, text) than the keys were made of. */
function showsSameValues(codec: TableCodec, form: IndexForm): boolean {
  const kept = form.hasDeleted ? NO_TYPES : typesFor(codec.declared);
  return form.fields.every(({ path }) => {
    if (path.includes('.') || !codec.names.some((name) => name.toLowerCase() === path.toLowerCase())) return true;
    const { field, form: shown } = codec.field(path);
    return shown === kept.get(field.name);
  });
}

const NO_TYPES: ReadonlyMap<string, string> = new Map();

/** True when the values of a key are those of the row, none cut and none of another type. */
function tellsValues(codec: TableCodec, form: IndexForm): boolean {
  if (form.multikey || form.hasDeleted || form.fields.length === 0) return false;
  const fields = visibleFields(codec.layout);
  return form.fields.every(({ path }) => {
    const field = fields[codec.names.findIndex((name) => name.toLowerCase() === path.toLowerCase())];
    return field !== undefined && 'CVNFIBYDTL@+O'.includes(field.type) && field.length <= WHOLE_TEXT_BYTES && codec.field(path).form === undefined;
  });
}
