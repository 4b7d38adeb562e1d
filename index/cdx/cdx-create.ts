import type { BlockSink } from '../xbase/block-source.js';
import type { TagSpec, UpdatedFile } from '../xbase/index-file.js';
import type { SortedKeys } from '../xbase/sorted-key-changes.js';
import { TreeBuild } from './cdx-bulk.js';
import { HEADER_BYTES, NAME_BYTES, OPTIONS_DIRECTORY, writeHeader } from './cdx-header.js';
import { FILL_TEXT, FILL_ZERO } from './cdx-leaf.js';
import { LeafBuilder } from './cdx-leaf-builder.js';
import { LEAF_BIT, PAGE_BYTES, ROOT_BIT } from './cdx-page.js';
import { CdxPages } from './cdx-pages.js';
import { checkKey, optionsOf } from './cdx-spec.js';

/**
 * The bytes of a CDX without tags; tags are added by an update of it.
 *
 * @example
 * const empty = createCdx();
 * const file = CdxFile.open(bufferSource('people.cdx', empty), options);
 */
export function createCdx(): Buffer {
  const header = writeHeader({ root: HEADER_BYTES, keyLength: NAME_BYTES, options: OPTIONS_DIRECTORY, descending: false, expression: '', forExpression: '' });
  const root = Buffer.alloc(PAGE_BYTES);
  new LeafBuilder({ keyLength: NAME_BYTES, fill: FILL_TEXT }).finish(root, ROOT_BIT | LEAF_BIT);
  return Buffer.concat([header, root]);
}

/**
 * Writes a whole compact IDX of sorted entries; its header comes last. Throws LIMIT.
 *
 * @param path for errors
 */
export function* createIdx(path: string, spec: TagSpec, keys: SortedKeys, sink: BlockSink): Generator<void, UpdatedFile, void> {
  checkKey(spec, path);
  const pages = new CdxPages({ path, sizeBytes: HEADER_BYTES, block: (_, lengthBytes) => Buffer.alloc(lengthBytes) }, 0, () => new Set());
  const form = { keyLength: spec.keyLength, fill: spec.keyType === 'C' ? FILL_TEXT : FILL_ZERO };
  const root = yield* new TreeBuild(pages, form, sink).run(keys, spec.unique === 'first');
  const header = writeHeader({
    root, keyLength: spec.keyLength, options: optionsOf(spec, false), descending: spec.descending === true,
    expression: spec.expression, forExpression: spec.forExpression ?? '',
  });
  sink.write(0, header);
  return { sizeBytes: pages.sizeBytes, blocksWritten: (pages.sizeBytes - HEADER_BYTES) / PAGE_BYTES + 2 };
}
