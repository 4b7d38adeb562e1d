import { FieldstoneError } from '#storage';
import { PlusBuilder } from '../dbase/plus-build.js';
import { DOUBLE_BYTES } from '../dbase/key-form.js';
import { addInOrder } from '../xbase/add-in-order.js';
import type { BlockSink } from '../xbase/block-source.js';
import type { TagSpec, UpdatedFile } from '../xbase/index-file.js';
import type { SortedKeys } from '../xbase/sorted-key-changes.js';
import { encodeNdxHeader, MAX_NDX_EXPRESSION, MAX_NDX_KEY_BYTES, NDX_PAGE_BYTES, ndxEntryBytes, ndxKeysPerPage, ndxShape, type NdxHeader } from './ndx-header.js';

/**
 * Makes an NDX file of sorted entries (numbers and dates as sortable doubles). Of equal keys in a unique order the first is taken.
 *
 * @throws FieldstoneError UNSUPPORTED for what the format does not have, LIMIT for keys or expressions that are too long
 */
export function* buildNdx(spec: TagSpec, keys: SortedKeys, sink: BlockSink): Generator<void, UpdatedFile, void> {
  const header = headerFor(spec);
  const builder = new PlusBuilder(ndxShape(header, spec.name, 0xffff_ffff), sink);
  yield* addInOrder({ ...header, descending: false }, keys, sink, builder);
  const root = builder.finish();
  sink.write(0, encodeNdxHeader({ ...header, root, pageCount: builder.nextUnit }));
  return { sizeBytes: builder.nextUnit * NDX_PAGE_BYTES, blocksWritten: builder.blocksWritten + 1 };
}

function headerFor(spec: TagSpec): NdxHeader {
  const { keyLength, keyType, expression } = spec;
  const refuse = (code: 'UNSUPPORTED' | 'LIMIT' | 'NAME', problem: string): never => { throw new FieldstoneError(code, `${spec.name} (NDX): ${problem}`); };
  const isNumber = keyType === 'N' || keyType === 'D';
  if (!isNumber && keyType !== 'C') refuse('UNSUPPORTED', `keys of type ${keyType} are not kept in NDX files`);
  if (spec.forExpression !== undefined || spec.descending === true) refuse('UNSUPPORTED', 'an NDX file knows neither conditions nor descending orders');
  if (spec.nullPrefix === true || spec.unique === 'candidate') refuse('UNSUPPORTED', 'an NDX file knows neither NULL nor candidate keys');
  if (keyLength < 1 || keyLength > MAX_NDX_KEY_BYTES || (isNumber && keyLength !== DOUBLE_BYTES)) refuse('LIMIT', `keys of ${keyLength} bytes`);
  if (expression.length > MAX_NDX_EXPRESSION) refuse('LIMIT', `an expression has at most ${MAX_NDX_EXPRESSION} characters`);
  if (expression === '') refuse('NAME', 'there is no key expression');
  return {
    root: 1, pageCount: 2, keyLength, keysPerPage: ndxKeysPerPage(keyLength), isNumber, letter: keyType === 'D' ? 'D' : isNumber ? 'F' : 'C',
    entryBytes: ndxEntryBytes(keyLength), unique: spec.unique === 'first', expression,
  };
}
