import { FieldstoneError } from '#storage';
import { PlusCursor } from '../dbase/plus-cursor.js';
import { PlusTag } from '../dbase/plus-tag.js';

/** One order of an MDX. In the order of a language driver it can be walked, but not searched. */
export class MdxTag extends PlusTag {
  override cursor(): PlusCursor { return this.facts.collation === 'MACHINE' ? super.cursor() : new UnsearchableCursor(this); }
}

class UnsearchableCursor extends PlusCursor {
  readonly #tag: MdxTag;

  constructor(tag: MdxTag) {
    super(tag.pages);
    this.#tag = tag;
  }

  override seek(): boolean {
    const file = this.#tag.pages.source.path;
    throw new FieldstoneError('UNSUPPORTED', `${file}: tag ${this.#tag.facts.name} is in the order of a language driver that is not known; walk it, or make a CDX`, { file });
  }
}
