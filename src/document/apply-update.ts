import { FieldstoneError } from '#storage';
import { copyValue } from '../filter/copy-value.js';
import { equalValues } from '../filter/compare-values.js';
import type { FilterNode, Operand } from '../filter/filter-node.js';
import { parsePath } from '../filter/path.js';
import { ownValue } from '../filter/value-type.js';
import { applyChange } from './change.js';
import { copyDocument, DOCUMENT_VALUES } from './document-values.js';
import type { Update } from './parse-update.js';

type Fields = Record<string, unknown>;

/**
 * A document after an update: a fresh one, the given one is not touched. `_id` stays. Throws VALUE when a value in the document
 * is of a kind that the operator does not take, or when `_id` would change; LIMIT.
 *
 * @example
 * applyUpdate({ _id: 'a', n: 1 }, parseUpdate({ $inc: { n: 2 } }, context)); // { _id: 'a', n: 3 }
 */
export function applyUpdate(document: Readonly<Fields>, update: Update): Fields { return changeDocument(copyDocument(document), update); }

/** The same for a document that nobody else holds: it may be changed in its place. */
export function changeDocument(document: Fields, update: Update): Fields {
  const id = ownValue(document, '_id');
  if (update.kind === 'replacement') return replaced(id, update.document);
  for (const step of update.steps) step(document);
  assertSameId(id, document);
  return document;
}

/** A replacement keeps the id; it comes first, as in stored documents. */
function replaced(id: unknown, document: Readonly<Fields>): Fields {
  const copy = copyDocument(document);
  if (id === undefined) return copy;
  const result: Fields = { _id: id, ...copy };
  assertSameId(id, result);
  return result;
}

function assertSameId(id: unknown, document: Readonly<Fields>): void {
  if (id === undefined || equalValues(id, ownValue(document, '_id'))) return;
  throw new FieldstoneError('VALUE', 'an update can not change _id; delete the document and insert it anew', { field: '_id' });
}

/**
 * The document that an upsert inserts when nothing matches: the equal values of the filter, then the update. Throws QUERY when two
 * conditions of the filter say different things of one path, VALUE, LIMIT.
 */
export function upsertDocument(filter: FilterNode, update: Update): Fields {
  const base: Fields = {};
  for (const [path, value] of equalities(filter)) {
    if (update.kind === 'replacement' && path !== '_id') continue;
    const parts = parsePath(path);
    applyChange(base, { operator: 'upsert', path, parts, creates: true, change: () => copyValue(value, DOCUMENT_VALUES) });
  }
  if (update.kind === 'replacement') return replaced(base['_id'], update.document);
  for (const step of [...update.steps, ...update.onInsert]) step(base);
  return copyDocument(base);
}

function equalities(node: FilterNode): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (one: FilterNode): void => {
    if (one.op === 'and') one.parts.forEach(walk);
    if (one.op === 'eq') add(one.path, one.operand);
  };
  const add = (path: string, operand: Operand): void => {
    if (operand.kind !== 'value') return;
    if (found.has(path) && !equalValues(found.get(path), operand.value)) {
      throw new FieldstoneError('QUERY', `the filter of an upsert asks for two values of "${path}"`, { field: path });
    }
    found.set(path, operand.value);
  };
  walk(node);
  return found;
}
