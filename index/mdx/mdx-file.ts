import { FieldstoneError, hasCode } from '#storage';
import { checkPlusTree } from '../dbase/check-plus.js';
import { DOUBLE_FORM, textForm, type KeyForm } from '../dbase/key-form.js';
import { runSteps } from '../xbase/run-steps.js';
import { PlusPages } from '../dbase/plus-pages.js';
import { UNIT_BYTES, type PlusShape } from '../dbase/plus-shape.js';
import { PlusTag } from '../dbase/plus-tag.js';
import type { BlockSource } from '../xbase/block-source.js';
import { compareBytes, corruptIndex, u32 } from '../xbase/bytes.js';
import type { IndexFile, IndexFileUpdate, IndexFinding } from '../xbase/index-file.js';
import { decodeMdxHeader, MDX_HEADER_BYTES, TAG_HEADER_UNITS, type MdxHeader, type MdxTagHeader } from './mdx-header.js';
import { MDX_NUMBER_FORM } from './mdx-number.js';
import { MdxTag } from './mdx-tag.js';

const ENTRIES_AT = 8;

/** One state of an MDX file (dBASE IV and 5, BDE): up to 47 orders, for reading. Numbers and dates come as sortable doubles. */
export class MdxFile implements IndexFile {
  readonly kind = 'mdx';
  readonly tags: readonly MdxTag[];
  readonly source: BlockSource;
  readonly header: MdxHeader;

  private constructor(source: BlockSource, header: MdxHeader) {
    this.source = source;
    this.header = header;
    this.tags = header.tags.map((tag) => tagOf(source, header, tag));
  }

  /**
   * Opens an MDX file. Orders of text are gone through once, to see whether they are in the order of bytes or in that of a language driver.
   *
   * @throws FieldstoneError CORRUPT_INDEX when header or tag table are none; IO
   */
  static open(source: BlockSource): MdxFile {
    const { path, sizeBytes } = source;
    if (sizeBytes < MDX_HEADER_BYTES) throw corruptIndex(path, sizeBytes, 'the file is too short for an MDX index');
    return new MdxFile(source, decodeMdxHeader((at, length) => source.block(at, length), path, sizeBytes));
  }

  update(): IndexFileUpdate {
    throw new FieldstoneError('UNSUPPORTED', `${this.source.path}: MDX files are only read; detach it, or make a CDX`, { file: this.source.path });
  }
}

function tagOf(source: BlockSource, header: MdxHeader, tag: MdxTagHeader): MdxTag {
  const shape = shapeOf(source, header, tag);
  const ordered = tag.type !== 'C' || isInByteOrder(new PlusPages(source, { ...shape, ordered: false }, tag.root), tag);
  return new MdxTag({
    name: tag.name.toUpperCase(), expression: tag.expression, forExpression: tag.forExpression, unique: tag.unique ? 'first' : 'none',
    descending: tag.descending, storedDescending: tag.descending, keyLength: shape.form.sortableBytes, keyType: tag.type, nullPrefix: false,
    collation: ordered ? 'MACHINE' : 'UNKNOWN', readOnlyReason: 'MDX files are only read',
  }, new PlusPages(source, { ...shape, ordered }, tag.root));
}

function formOf({ type, keyLength }: MdxTagHeader): KeyForm { return type === 'C' ? textForm(keyLength) : type === 'D' ? DOUBLE_FORM : MDX_NUMBER_FORM; }

function shapeOf({ path, sizeBytes }: BlockSource, { blockBytes }: MdxHeader, tag: MdxTagHeader): PlusShape {
  const { itemBytes, maxKeys, descending, name } = tag;
  return {
    path, tag: name, form: formOf(tag), blockBytes, entriesAt: ENTRIES_AT, entryBytes: itemBytes, recnoAt: 0, keyAt: 4, maxEntries: maxKeys, descending,
    ordered: true, unitCount: Math.floor(sizeBytes / UNIT_BYTES), firstUnit: MDX_HEADER_BYTES / UNIT_BYTES,
    // Nothing says so but the place behind the last item: a page with children has one more there.
    isLeaf: (page, count) => u32(page, ENTRIES_AT + count * itemBytes) === 0,
  };
}

function isInByteOrder(pages: PlusPages, { name, descending, keyLength, ...facts }: MdxTagHeader): boolean {
  const tag = new PlusTag({
    name, expression: facts.expression, forExpression: undefined, unique: 'none', descending, storedDescending: descending, keyLength, keyType: 'C',
    nullPrefix: false, collation: 'UNKNOWN', readOnlyReason: undefined,
  }, pages);
  const last = Buffer.alloc(keyLength);
  const cursor = tag.cursor();
  try {
    for (let ok = cursor.first(), n = 0; ok; ok = cursor.next(), n++) {
      if (n > 0 && compareBytes(last, 0, cursor.key, 0, keyLength) * (descending ? -1 : 1) > 0) return false;
      cursor.key.copy(last);
    }
  } catch (e) {
    // Whoever reads it meets the damage himself.
    if (!hasCode(e, 'CORRUPT_INDEX')) throw e;
  }
  return true;
}

/** Looks at every page of every tag of an MDX file; changes nothing. */
export function checkMdx(file: MdxFile): IndexFinding[] { return runSteps(checkMdxSteps(file)); }

/** The same; others may run after each page. */
export function* checkMdxSteps(file: MdxFile): Generator<void, IndexFinding[], void> {
  const use = new Uint8Array(Math.ceil(file.source.sizeBytes / UNIT_BYTES)).fill(1, 0, MDX_HEADER_BYTES / UNIT_BYTES);
  const findings: IndexFinding[] = [];
  for (const { name, unit } of file.header.tags) {
    for (let i = unit; i < unit + TAG_HEADER_UNITS; i++) {
      if (use[i] !== 0) findings.push({ offset: i * UNIT_BYTES, tag: name, message: 'its header is used by something else too' });
      use[i] = 1;
    }
  }
  for (const tag of file.tags) {
    if (tag.facts.collation !== 'MACHINE') findings.push({ offset: 0, tag: tag.facts.name, message: 'its keys are not in the order of bytes: that of a language driver, or damage' });
    findings.push(...yield* checkPlusTree(tag, use));
  }
  return findings;
}
