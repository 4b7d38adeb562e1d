import type { TableIndex } from '../indexes/table-index.js';
import { countText } from './text-table.js';

/** An index as commands show it. */
export interface IndexFacts {
  readonly name: string;
  readonly kind: string;
  readonly on: string;
  /** Of an index file of xBase about: it does not say. */
  readonly entryCount: number;
  readonly file: string | null;
}

type ShownIndex = Pick<TableIndex<unknown>, 'name' | 'kind' | 'fields' | 'expression' | 'for' | 'unique' | 'descending' | 'entryCount' | 'file'>;

export function indexFacts(index: ShownIndex): IndexFacts {
  const { name, kind, fields, entryCount, file = null } = index;
  const on = [index.expression ?? fields.join(', '), index.for === undefined ? '' : ` for ${index.for}`, index.unique ? ', unique' : '', index.descending ? ', descending' : ''];
  return { name, kind, on: on.join(''), entryCount, file };
}

/** `about 1,200` where that is an estimate. */
export function entriesText({ kind, entryCount }: Pick<IndexFacts, 'kind' | 'entryCount'>): string {
  return `${kind === 'btree' || kind === 'skiplist' ? '' : 'about '}${countText(entryCount)}`;
}
