import { u32 } from '../xbase/bytes.js';
import type { BlockSource } from '../xbase/block-source.js';
import type { IndexFinding } from '../xbase/index-file.js';
import type { CdxFile } from './cdx-file.js';
import { HEADER_BYTES, NAME_BYTES } from './cdx-header.js';
import { FILL_TEXT } from './cdx-leaf.js';
import { isPageOffset, NO_PAGE, PAGE_BYTES } from './cdx-page.js';
import { TreeCheck, type PageUse } from './cdx-tree-check.js';

/** More findings than these say nothing more. */
const MAX_FINDINGS = 1000;

/** What a check found out. */
export interface CdxCheck {
  readonly findings: readonly IndexFinding[];
  /** Entries of each readable tag, by name. */
  readonly entries: ReadonlyMap<string, number>;
  readonly freePages: number;
  /** Pages that belong to nothing: room lost, no damage (FoxPro leaves some). */
  readonly lostPages: number;
}

/**
 * Looks at every page of a file: order of keys, counts, links between neighbours, keys of interior pages, who uses which page, the
 * list of free pages. It ends for
 * every file, however damaged. It yields between pages; the caller decides when others run.
 *
 * @throws FieldstoneError IO
 */
export function* checkCdx(file: CdxFile): Generator<void, CdxCheck, void> {
  const { source, header } = file;
  const findings: IndexFinding[] = [];
  const report = (offset: number, tag: string, message: string): void => {
    if (findings.length < MAX_FINDINGS) findings.push({ offset, tag, message });
  };
  if (source.sizeBytes % PAGE_BYTES !== 0) report(source.sizeBytes, '', 'the file does not end with a whole page');
  const use = new FileUse(source, report);
  use.take(0, '');
  use.take(PAGE_BYTES, '');
  const entries = new Map<string, number>();
  if (file.kind === 'cdx') {
    yield* new TreeCheck(source, { form: { keyLength: NAME_BYTES, fill: FILL_TEXT }, tag: '', oncePerKey: true, headerOffset: 0 }, use, report).run(header.root);
  }
  const names = new Set<string>();
  for (const tag of file.tags) {
    const { name } = tag.facts;
    if (names.has(name)) report(tag.header.offset, name, 'the name is there twice');
    names.add(name);
    if (file.kind === 'cdx') {
      use.take(tag.header.offset, name);
      use.take(tag.header.offset + PAGE_BYTES, name);
    }
    if (!tag.isReadable) continue;
    const tree = { form: tag.form, tag: name, oncePerKey: tag.facts.unique !== 'none', headerOffset: tag.header.offset };
    const counted = yield* new TreeCheck(source, tree, use, report).run(tag.header.root);
    entries.set(name, counted);
  }
  const freePages = use.takeFree(header.freeHead);
  const opaque = file.tags.some((tag) => !tag.isReadable);
  const pages = Math.floor(source.sizeBytes / PAGE_BYTES);
  return { findings, entries, freePages, lostPages: opaque ? 0 : Math.max(0, pages - use.count) };
}

/** Who uses which page. */
class FileUse implements PageUse {
  readonly #source: BlockSource;
  readonly #report: (offset: number, tag: string, message: string) => void;
  readonly #used: Uint8Array;
  count = 0;

  constructor(source: BlockSource, report: (offset: number, tag: string, message: string) => void) {
    this.#source = source;
    this.#report = report;
    this.#used = new Uint8Array(Math.ceil(source.sizeBytes / PAGE_BYTES));
  }

  take(offset: number, tag: string): boolean {
    const at = offset / PAGE_BYTES;
    if (this.#used[at] !== 0) {
      this.#report(offset, tag, `the page at ${offset} is used, and something else uses it too`);
      return false;
    }
    this.#used[at] = 1;
    this.count++;
    return true;
  }

  /** Walks the list of free pages; every step takes a page, so it ends. */
  takeFree(head: number): number {
    const { sizeBytes } = this.#source;
    let free = 0;
    for (let offset = head; offset !== 0 && offset !== NO_PAGE && offset < sizeBytes;) {
      if (!isPageOffset(offset, sizeBytes) || offset < HEADER_BYTES) {
        this.#report(offset, '', `the list of free pages leads to ${offset}, where no page can be`);
        break;
      }
      if (!this.take(offset, '')) break;
      free++;
      offset = u32(this.#source.block(offset, PAGE_BYTES), 0);
    }
    return free;
  }
}
