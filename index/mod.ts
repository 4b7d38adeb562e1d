// The door of the second floor: ordered and probabilistic structures over pages or memory.

// Keys.
export { KEY_KINDS, MAX_KEY_BYTES, type KeyKind, type KeyTypes, type TupleElement, type TupleKey } from './key/key-types.js';
export { KeyBuffer } from './key/key-buffer.js';
export { keyCodec, type KeyCodec } from './key/key-codec.js';
export { afterPrefix, byteRange, isEmptyRange, isInRange, WHOLE_RANGE, type ByteRange, type KeyRange } from './key/key-range.js';
export { compareKeys, compareSlices, head32, head48, sharedPrefix } from './key/compare-keys.js';
export { hashKey, hashKeyIn } from './key/hash-key.js';

// The delta.
export { SkipList } from './skiplist/skip-list.js';
export { SkipCursor } from './skiplist/skip-cursor.js';

// Filters.
export { BloomFilter } from './bloom/bloom-filter.js';

// The base: B+trees in pages.
export { applySorted, maxKeyBytes, type Applied, type ApplyOptions, type SortedChanges } from './btree/apply-sorted.js';
export { bulkLoad, type BulkLoadOptions } from './btree/bulk-load.js';
export { checkTree, checkTreeSteps, type TreeFinding, type TreeProblem } from './btree/check-tree.js';
export { imageOf, type ImageOptions } from './btree/node-image.js';
export { PageAllocator, readFreePages } from './btree/page-allocator.js';
export { chainPages } from './btree/page-chain.js';
export type { PageSink, PageSource } from './btree/page-source.js';
export { TreeSalvage, type SalvageReport } from './btree/salvage-tree.js';
export { Tree } from './btree/tree.js';
export { keyTexts, leadingValues, valueTexts, type LeafRun } from './btree/leaf-texts.js';
export { TreeCursor } from './btree/tree-cursor.js';
export { TreeFile } from './btree/tree-file.js';
export { explainTree, isTreeFile } from './inspect/explain-tree.js';
export { readFilter, writeFilter, type StoredFilter } from './btree/tree-filter.js';
export { decodeHeader, emptyHeader, encodeHeader, HEADER_PEEK_BYTES, peekHeader, type TreeHeader } from './btree/tree-header.js';

// xBase index files.
export type { BlockSink, BlockSource } from './xbase/block-source.js';
export type { IndexFile, IndexFileUpdate, IndexFinding, TagSpec, UpdatedFile } from './xbase/index-file.js';
export type { IndexCursor, IndexTag } from './xbase/index-tag.js';
export type { SortedKeyChanges, SortedKeys, TagApplied } from './xbase/sorted-key-changes.js';
export type { IndexFileKind, KeyType, TagFacts, UniqueKind } from './xbase/tag-facts.js';
export { bufferSource } from './xbase/buffer-source.js';
export { compareTag, type TagDifference } from './xbase/compare-tag.js';
export { KeySorter } from './xbase/key-sorter.js';
export { compileExpression, compileSyntax, expressionDialect, type CompiledExpression, type CompileOptions } from './expression/compile.js';
export { parseExpression } from './expression/parser.js';
export { fieldsOf, type BinaryOperator, type Syntax } from './expression/syntax.js';
export type { ExpressionRow, Value } from './expression/value.js';
export { CdxKeys, forFilter, guessesTextKeys, hasTextKeys, keyShapeOf, readSortable, writeSortable, type DecodedKey, type KeyShape } from './cdx/cdx-key.js';
export { explainCdx, isCdxFile } from './inspect/explain-cdx.js';
export { explainOrders, isOrderFile } from './inspect/explain-orders.js';
export { fileSource } from './xbase/file-source.js';
export { checkCdx, type CdxCheck } from './cdx/cdx-check.js';
export { createCdx, createIdx } from './cdx/cdx-create.js';
export { CdxFile, type CdxOptions } from './cdx/cdx-file.js';
export { isPlainIdx, PlainIdxFile } from './cdx/plain-idx.js';
export { CdxTag } from './cdx/cdx-tag.js';
export type { OptionDialect } from './cdx/cdx-header.js';

// NTX (Clipper, Harbour).
export { buildNtx } from './ntx/ntx-build.js';
export { checkNtx, checkNtxSteps } from './ntx/check-ntx.js';
export { decodeNtxNumber, encodeNtxNumber, foldNtxNumber } from './ntx/ntx-key.js';
export { NtxFile, type NtxOptions } from './ntx/ntx-file.js';
export { looksLikeNtx } from './ntx/ntx-header.js';

// NDX (dBASE).
export { buildNdx } from './ndx/ndx-build.js';
export { checkNdx, checkNdxSteps, NdxFile, type NdxOptions } from './ndx/ndx-file.js';
export { putSortableDouble, sortableDoubleAt } from './dbase/key-form.js';

// Indexes of tables.
export { MAX_VALUE_KEY_BYTES, VALUE_TAGS, ValueKeyReader, writeTextPrefix, writeValueKey } from './key/value-key.js';
export { NUMBER_KEY_BYTES, putAsciiKey, putDateKey, putNumberKey, putPlainTextKey } from './key/put-value-key.js';
export type { OrderedSource } from './run/ordered-source.js';
export { hasRepeatedKey, isSameKey } from './run/repeated-key.js';
export { RunBuilder, type SortedRun } from './run/sorted-run.js';
export { RunCursor } from './run/run-cursor.js';
export { RunList } from './run/run-list.js';

// MDX (dBASE IV).
export { checkMdx, checkMdxSteps, MdxFile } from './mdx/mdx-file.js';
export { decodeMdxNumber } from './mdx/mdx-number.js';
