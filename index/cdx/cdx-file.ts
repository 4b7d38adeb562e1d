import { FieldstoneError } from '#storage';
import { corruptIndex } from '../xbase/bytes.js';
import type { BlockSink, BlockSource } from '../xbase/block-source.js';
import type { IndexFile, IndexFileUpdate } from '../xbase/index-file.js';
import type { TagFacts } from '../xbase/tag-facts.js';
import { CdxCursor } from './cdx-cursor.js';
import { factsOf, HEADER_BYTES, isDirectory, LONGEST_KEY_BYTES, NAME_BYTES, OPTION_COMPACT, readHeader, type CdxHeader, type OptionDialect } from './cdx-header.js';
import { FILL_TEXT, FILL_ZERO } from './cdx-leaf.js';
import { PAGE_BYTES } from './cdx-page.js';
import { CdxTag } from './cdx-tag.js';
import { CdxUpdate } from './cdx-update.js';

/** More tags than any program makes; a directory that claims more is damaged. */
const MAX_TAGS = 2048;

/** What the caller knows of the table, which the index file does not tell. */
export interface CdxOptions {
  /** Whose meaning some option bits have: `foxpro` for tables of Visual FoxPro (version bytes 0x30 to 0x32). */
  readonly dialect: OptionDialect;
  /** Name of a tag without one: an IDX file's name without extension, upper case. */
  readonly name: string;
  /**
   * True when the keys of the tag are text: their type follows from the expression, the file does not tell. A key of text ends with blanks that are
   * not stored, every other one with zeros.
   */
  isText(facts: TagFacts): boolean;
}

/** One state of a CDX or of a compact IDX. */
export class CdxFile implements IndexFile {
  readonly kind: 'cdx' | 'idx';
  readonly tags: readonly CdxTag[];
  readonly source: BlockSource;
  readonly options: CdxOptions;
  /** The header at 0: of the directory of a CDX, of the only tag of an IDX. */
  readonly header: CdxHeader;

  private constructor(source: BlockSource, options: CdxOptions, header: CdxHeader) {
    this.source = source;
    this.options = options;
    this.header = header;
    this.kind = isDirectory(header) ? 'cdx' : 'idx';
    this.tags = this.kind === 'idx' ? [this.#tag(header, options.name)] : this.#directory();
  }

  /**
   * Reads headers and directory. Only FieldstoneErrors come of damage: CORRUPT_INDEX; UNSUPPORTED for an IDX that is not
   * compact; IO.
   *
   * @example
   * const file = CdxFile.open(source, { dialect: 'foxpro', name: 'PEOPLE', isText: (tag) => tag.expression === 'NAME' });
   * for (const tag of file.tags) console.log(tag.facts.name, tag.facts.expression);
   */
  static open(source: BlockSource, options: CdxOptions): CdxFile {
    if (source.sizeBytes < HEADER_BYTES + PAGE_BYTES) throw corruptIndex(source.path, 0, 'the file is too short for an index');
    const header = headerAt(source, 0);
    if ((header.options & OPTION_COMPACT) === 0) {
      const isPlain = header.keyLength > 0 && header.keyLength <= 100;
      throw isPlain ? new FieldstoneError('UNSUPPORTED', `${source.path} is an index of FoxBASE (not compact): PlainIdxFile reads it`, { file: source.path })
        : corruptIndex(source.path, 14, 'it is no compact index');
    }
    return new CdxFile(source, options, header);
  }

  /** The tag of that name, in any case. Throws NOT_FOUND. */
  tag(name: string): CdxTag {
    const wanted = name.toUpperCase();
    const found = this.tags.find((tag) => tag.facts.name === wanted);
    if (found === undefined) throw new FieldstoneError('NOT_FOUND', `${this.source.path} has no tag ${name}`, { file: this.source.path });
    return found;
  }

  update(sink: BlockSink): IndexFileUpdate { return new CdxUpdate(this.source, this.header, this.tags, sink); }

  #directory(): CdxTag[] {
    const { source, header } = this;
    if (header.keyLength !== NAME_BYTES) throw corruptIndex(source.path, 12, `names of tags have ${NAME_BYTES} bytes, not ${header.keyLength}`);
    const cursor = new CdxCursor(source, header.root, { keyLength: NAME_BYTES, fill: FILL_TEXT }, 0);
    const tags: CdxTag[] = [];
    for (let stands = cursor.first(); stands; stands = cursor.next()) {
      if (tags.length >= MAX_TAGS) throw corruptIndex(source.path, header.root, 'the directory names more tags than there can be');
      const offset = cursor.recno;
      if (offset % PAGE_BYTES !== 0 || offset + HEADER_BYTES > source.sizeBytes || offset < HEADER_BYTES) {
        throw corruptIndex(source.path, header.root, `a tag's header can not stand at ${offset}`);
      }
      const name = cursor.key.toString('latin1').replace(/[ \0]+$/, '').toUpperCase();
      tags.push(this.#tag(headerAt(source, offset), name));
    }
    return tags.sort((a, b) => a.header.offset - b.header.offset);
  }

  #tag(header: CdxHeader, name: string): CdxTag {
    const { source, options } = this;
    if (header.keyLength < 1 || header.keyLength > LONGEST_KEY_BYTES) {
      throw corruptIndex(source.path, header.offset + 12, `keys of ${header.keyLength} bytes can not be`);
    }
    const facts = factsOf(header, name, options.dialect);
    const isText = facts.collation === 'MACHINE' && options.isText(facts);
    return new CdxTag(source, header, facts, isText ? FILL_TEXT : FILL_ZERO);
  }
}

function headerAt(source: BlockSource, offset: number): CdxHeader {
  const bytes = Buffer.concat([source.block(offset, PAGE_BYTES), source.block(offset + PAGE_BYTES, PAGE_BYTES)]);
  return readHeader(bytes, offset);
}
