import type { BlockSink, BlockSource } from '../xbase/block-source.js';
import { corruptIndex } from '../xbase/bytes.js';
import { checkPlusTree } from '../dbase/check-plus.js';
import { runSteps } from '../xbase/run-steps.js';
import { PlusPages } from '../dbase/plus-pages.js';
import { PlusTag } from '../dbase/plus-tag.js';
import type { IndexFile, IndexFinding } from '../xbase/index-file.js';
import type { KeyType } from '../xbase/tag-facts.js';
import { decodeNdxHeader, NDX_PAGE_BYTES, ndxShape, type NdxHeader } from './ndx-header.js';
import { NdxUpdate } from './ndx-update.js';

/** What the caller knows of the file, which it does not tell itself. */
export interface NdxOptions {
  /** Name of the order: the file's name without extension. */
  readonly name: string;
}

const LETTERS: Readonly<Record<string, KeyType>> = { F: 'N', D: 'D' };

/** One state of an NDX file (dBASE III and later): one order, all entries in leaves. */
export class NdxFile implements IndexFile {
  readonly kind = 'ndx';
  readonly tags: readonly [PlusTag];
  readonly source: BlockSource;
  readonly header: NdxHeader;

  private constructor(source: BlockSource, header: NdxHeader, name: string) {
    this.source = source;
    this.header = header;
    const shape = ndxShape(header, source.path, Math.floor(source.sizeBytes / NDX_PAGE_BYTES));
    this.tags = [new PlusTag({
      name: name.toUpperCase(), expression: header.expression, forExpression: undefined, unique: header.unique ? 'first' : 'none', descending: false,
      storedDescending: false, keyLength: shape.form.sortableBytes, keyType: header.isNumber ? LETTERS[header.letter] : 'C', nullPrefix: false,
      collation: 'MACHINE', readOnlyReason: undefined,
    }, new PlusPages(source, shape, header.root))];
  }

  /**
   * Opens an NDX file. Keys of numbers and dates come as sortable doubles.
   *
   * @throws FieldstoneError CORRUPT_INDEX when its header is not one; IO
   */
  static open(source: BlockSource, { name }: NdxOptions): NdxFile {
    if (source.sizeBytes < 2 * NDX_PAGE_BYTES) throw corruptIndex(source.path, source.sizeBytes, 'the file is too short for an NDX index');
    return new NdxFile(source, decodeNdxHeader(source.block(0, NDX_PAGE_BYTES), source.path, source.sizeBytes), name);
  }

  update(sink: BlockSink): NdxUpdate { return new NdxUpdate(this, sink); }
}

/** Looks at every page of an NDX file; changes nothing. */
export function checkNdx(file: NdxFile): IndexFinding[] { return runSteps(checkNdxSteps(file)); }

/** The same; others may run after each page. */
export function* checkNdxSteps(file: NdxFile): Generator<void, IndexFinding[], void> {
  const { source, header, tags: [tag] } = file;
  const findings: IndexFinding[] = [];
  if (source.sizeBytes % NDX_PAGE_BYTES !== 0) findings.push({ offset: source.sizeBytes, tag: '', message: 'the file ends within a page' });
  if (header.pageCount * NDX_PAGE_BYTES !== source.sizeBytes) {
    findings.push({ offset: 4, tag: '', message: `the header says ${header.pageCount} pages, the file has ${Math.floor(source.sizeBytes / NDX_PAGE_BYTES)}` });
  }
  return [...findings, ...yield* checkPlusTree(tag, new Uint8Array(Math.ceil(source.sizeBytes / NDX_PAGE_BYTES)).fill(1, 0, 1))];
}
