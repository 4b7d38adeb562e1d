import { FieldstoneError, nearestNames, type DbfLayout } from '#storage';
import type { CatalogIndex } from '#txn';
import { assertOptions, assertSignal, shown } from '../arguments.js';
import { paramsOf } from '../filter/bind-filter.js';
import { parseFilter } from '../filter/parse-filter.js';
import { isXbaseType, xbaseDefinition } from './xbase-definition.js';
import { filterToText } from './stored-filter.js';
import type { IndexOptions } from './index-options.js';

const KNOWN = ['on', 'where', 'expression', 'for', 'unique', 'sparse', 'type', 'descending', 'signal', 'onProgress'];
const NAME = /^[\p{L}_][\p{L}\p{N}_-]{0,63}$/u;

/** Checks what a user asked for. Throws NAME, OPTION, NOT_FOUND (a field). */
export function indexDefinition(table: string, tableFile: string, layout: DbfLayout, spelled: SpellField, name: string, options: IndexOptions): CatalogIndex {
  if (typeof name !== 'string' || !NAME.test(name)) throw new FieldstoneError('NAME', `an index is named by letters, digits, _ and -, got ${shown(name)}`, { table });
  assertOptions(options, KNOWN, 'createIndex');
  assertSignal(options.signal);
  for (const flag of ['unique', 'sparse', 'descending'] as const) {
    const value: unknown = options[flag];
    if (value !== undefined && typeof value !== 'boolean') throw new FieldstoneError('OPTION', `${flag} is true or false, got ${shown(value)}`, { option: flag });
  }
  const kind = options.type ?? 'btree';
  if (isXbaseType(kind)) return xbaseDefinition(layout, tableFile, name, kind, options);
  if (kind !== 'btree' && kind !== 'skiplist') throw new FieldstoneError('OPTION', `type must be btree, skiplist, cdx, idx, ntx or ndx, got ${shown(kind)}`, { option: 'type' });
  for (const option of ['expression', 'for'] as const) {
    if (options[option] !== undefined) throw new FieldstoneError('OPTION', `${option} goes with the types cdx, idx, ntx and ndx; take on and where`, { option });
  }
  const fields = fieldsOf(spelled, options);
  return {
    name, kind, fields,
    ...(options.unique === true ? { unique: true } : {}),
    ...(options.where === undefined ? {} : { where: whereText(spelled, table, options.where) }),
    ...(options.sparse === true ? { sparse: true } : {}),
    ...(kind === 'btree' ? { file: `${tableFile.replace(/\.[^.]*$/, '')}.${name.toLowerCase()}.fsi` } : {}),
  };
}

/** A partial index is decided when rows are written: nothing of its filter may be left open. */
function whereText(spelled: SpellField, table: string, where: unknown): string {
  const node = parseFilter(where, { resolvePath: spelled });
  const open = paramsOf(node);
  if (open.length > 0) throw new FieldstoneError('QUERY', `the filter of an index can not have parameters: ${open.join(', ')}`, { table });
  return filterToText(node);
}

/** A field as the table spells it; throws NOT_FOUND. */
export type SpellField = (field: string) => string;

/** Fields of a table, in any letter case. */
export function spelledAs(table: string, fieldNames: readonly string[]): SpellField { return (field) => fieldNamed(table, fieldNames, field); }

function fieldNamed(table: string, fieldNames: readonly string[], field: string): string {
  const known = fieldNames.find((name) => name.toLowerCase() === field.toLowerCase());
  if (known !== undefined) return known;
  const near = nearestNames(field, fieldNames);
  throw new FieldstoneError('NOT_FOUND', `table "${table}" has no field "${field}"${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`, { table, field });
}

function fieldsOf(spelled: SpellField, { on, descending }: IndexOptions): NonNullable<CatalogIndex['fields']> {
  const list: readonly unknown[] = typeof on === 'string' ? [on] : Array.isArray(on) ? on : [];
  if (list.length === 0) throw new FieldstoneError('OPTION', `on names the fields of the index, for example on: ['name'], got ${shown(on)}`, { option: 'on' });
  return list.map((each) => {
    const { field, down } = oneField(each);
    return { path: spelled(field), ...((down ?? descending) === true ? { descending: true } : {}) };
  });
}

function oneField(each: unknown): { field: string; down: boolean | undefined } {
  if (typeof each === 'string') return { field: each, down: undefined };
  if (typeof each === 'object' && each !== null && 'field' in each && typeof each.field === 'string') {
    const down = 'descending' in each ? each.descending : undefined;
    if (down === undefined || typeof down === 'boolean') return { field: each.field, down };
  }
  throw new FieldstoneError('OPTION', `a field of an index is its name or { field, descending }, got ${shown(each)}`, { option: 'on' });
}
