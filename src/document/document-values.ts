import { FieldstoneError } from '#storage';
import { type CopyRules, copyValue } from '../filter/copy-value.js';
import { isFields } from '../filter/value-type.js';
import { shown } from '../arguments.js';

/** How values of documents and of updates are taken over. */
export const DOCUMENT_VALUES: CopyRules = { code: 'VALUE', what: 'document', dropUndefined: true, readsGetters: true };

/** A copy of a document of the user. Throws VALUE, LIMIT. */
export function copyDocument(document: unknown): Record<string, unknown> {
  if (!isFields(document)) throw new FieldstoneError('VALUE', `a document is an object, got ${shown(document)}`);
  const copy = copyValue(document, DOCUMENT_VALUES);
  if (!isFields(copy)) throw new FieldstoneError('VALUE', `a document is an object, got ${shown(document)}`);
  const odd = Object.keys(copy).find((name) => name === '' || name.startsWith('$'));
  if (odd !== undefined) throw new FieldstoneError('VALUE', `a field of a document can not be named ${shown(odd)}: names beginning with $ are operators`, { field: odd });
  return copy;
}
