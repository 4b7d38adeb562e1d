import { compileExpression, keyShapeOf, type CompiledExpression, type TagFacts, type UniqueKind } from '#index';
import { FieldstoneError, type DbfLayout } from '#storage';
import type { CatalogIndex } from '#txn';
import { shown } from '../arguments.js';
import type { IndexOptions, XbaseType } from './index-options.js';

const DOUBLE_BYTES = 8;
const DATE_TEXT_BYTES = 8;

export function isXbaseType(kind: string): kind is XbaseType { return kind === 'cdx' || kind === 'idx' || kind === 'ntx' || kind === 'ndx'; }

/** A tag of an xBase file as a user asked for it. Throws OPTION, QUERY (the expression), NOT_FOUND, UNSUPPORTED, LIMIT. */
export function xbaseDefinition(layout: DbfLayout, tableFile: string, name: string, kind: XbaseType, options: IndexOptions): CatalogIndex {
  for (const option of ['where', 'sparse'] as const) {
    if (options[option] !== undefined) throw new FieldstoneError('OPTION', `${option} does not go with type ${kind}; take for: 'an expression'`, { option });
  }
  const text = options.expression ?? (typeof options.on === 'string' ? options.on : undefined);
  if (typeof text !== 'string' || text === '') {
    throw new FieldstoneError('OPTION', `an index of type ${kind} takes expression: 'UPPER(NAME)', or on: one field; got ${shown(options.expression ?? options.on)}`, { option: 'expression' });
  }
  const condition = options.for;
  if (condition !== undefined && typeof condition !== 'string') throw new FieldstoneError('OPTION', `for is an expression of xBase, got ${shown(condition)}`, { option: 'for' });
  const expression = compileExpression(text, { layout });
  if (condition !== undefined && compileExpression(condition, { layout }).value.type !== 'L') throw new FieldstoneError('QUERY', 'a FOR expression must be logical');
  // Only Visual FoxPro knows tags that refuse duplicates; in files of other tables the same bit says that a program keeps the keys by hand.
  const unique: UniqueKind = options.unique !== true ? 'none' : kind === 'cdx' && layout.dialect === 'vfp' ? 'candidate' : 'first';
  const facts: TagFacts = {
    name: name.toUpperCase(), expression: text, forExpression: condition, unique, descending: options.descending === true,
    storedDescending: kind === 'ntx' && options.descending === true, collation: 'MACHINE', readOnlyReason: undefined, ...shapeOf(kind, expression, layout),
  };
  return {
    name: kind === 'cdx' ? facts.name : name, kind, expression: text, tag: facts,
    file: kind === 'cdx' ? tableFile.replace(/\.[^.]*$/, sameCase(tableFile, '.cdx')) : `${name.toLowerCase()}.${kind}`,
    ...(condition === undefined ? {} : { forExpression: condition }),
    ...(unique === 'candidate' ? { unique: true } : {}),
    ...(options.descending === true ? { descending: true } : {}),
  };
}

/** The extension in the letter case of the table file's. */
function sameCase(tableFile: string, extension: string): string { return tableFile.endsWith('.DBF') ? extension.toUpperCase() : extension; }

function shapeOf(kind: XbaseType, expression: CompiledExpression, layout: DbfLayout): Pick<TagFacts, 'keyLength' | 'keyType' | 'nullPrefix'> {
  if (kind === 'cdx' || kind === 'idx') return keyShapeOf(expression, layout.nullFlags !== undefined);
  const { value } = expression;
  if (value.type === 'C') return { keyType: 'C', keyLength: value.length, nullPrefix: false };
  if (value.type === 'L') return { keyType: 'L', keyLength: 1, nullPrefix: false };
  if (kind === 'ndx') return { keyType: value.type, keyLength: DOUBLE_BYTES, nullPrefix: false };
  return value.type === 'N' ? { keyType: 'N', keyLength: value.width, nullPrefix: false } : { keyType: value.type, keyLength: DATE_TEXT_BYTES, nullPrefix: false };
}
