import { hasCode } from '#storage';
import type { IndexFinding } from '../xbase/index-file.js';
import { compareBytes } from '../xbase/bytes.js';
import { runSteps } from '../xbase/run-steps.js';
import type { NtxFile } from './ntx-file.js';
import { NTX_PAGE_BYTES } from './ntx-header.js';
import { childAt, isLeaf, itemCount, NTX_KEY_AT, recnoAt, slotAt } from './ntx-page.js';
import { MAX_NTX_DEPTH, type NtxPages } from './ntx-pages.js';
import { walkFreeList } from './ntx-free-list.js';

const MAX_FINDINGS = 100;

/**
 * Looks at every page of an NTX file: form, order of keys within and between pages, one depth of all leaves, equal keys of a unique order, the
 * list of free pages, pages that are used twice or lost. Changes nothing; stops after 100 findings.
 */
export function checkNtx(file: NtxFile): IndexFinding[] { return runSteps(checkNtxSteps(file)); }

/** The same; others may run after each page. */
export function checkNtxSteps(file: NtxFile): Generator<void, IndexFinding[], void> { return new NtxCheck(file).run(); }

class NtxCheck {
  readonly #pages: NtxPages;
  readonly #tag: string;
  readonly #unique: boolean;
  readonly #findings: IndexFinding[] = [];
  readonly #use: Uint8Array;
  readonly #last: Buffer;
  #lastRecno = 0;
  #leafDepth = -1;

  constructor({ pages, tags: [{ facts }] }: NtxFile) {
    this.#pages = pages;
    this.#tag = facts.name;
    this.#unique = facts.unique !== 'none';
    this.#use = new Uint8Array(pages.shape.pageCount);
    this.#use[0] = 1;
    this.#last = Buffer.alloc(facts.keyLength);
  }

  *run(): Generator<void, IndexFinding[], void> {
    const { source, header } = this.#pages;
    if (source.sizeBytes % NTX_PAGE_BYTES !== 0) this.#report(source.sizeBytes, 'the file ends within a page');
    yield* this.#guard(header.root, () => this.#visit(header.root, 0));
    yield* this.#guard(header.freeHead, () => this.#freePages());
    const lost = this.#findings.length > 0 ? -1 : this.#use.indexOf(0);
    if (lost > 0) this.#report(lost * NTX_PAGE_BYTES, 'a page that is neither in the tree nor free');
    return this.#findings;
  }

  /** Runs a part; damage in it is a finding, and the rest is looked at all the same. */
  *#guard(pageNo: number, part: () => Generator<void, void, void>): Generator<void, void, void> {
    try {
      yield* part();
    } catch (e) {
      if (!hasCode(e, 'CORRUPT_INDEX')) throw e;
      this.#report(e.offset ?? pageNo * NTX_PAGE_BYTES, e.message);
    }
  }

  #report(offset: number, message: string): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push({ offset, tag: this.#tag, message });
  }

  *#freePages(): Generator<void, void, void> { for (const _ of walkFreeList(this.#pages, this.#use)) yield; }

  *#visit(pageNo: number, depth: number): Generator<void, void, void> {
    yield;
    const offset = pageNo * NTX_PAGE_BYTES;
    if (this.#use[pageNo] !== 0) return this.#report(offset, 'a page that is used twice');
    this.#use[pageNo] = 1;
    if (depth >= MAX_NTX_DEPTH) return this.#report(offset, 'the tree is deeper than a tree can be');
    const page = this.#pages.page(pageNo);
    const leaf = isLeaf(page);
    if (leaf && this.#leafDepth < 0) this.#leafDepth = depth;
    if (leaf ? depth !== this.#leafDepth : this.#leafDepth >= 0 && depth >= this.#leafDepth) this.#report(offset, 'leaves are not all at one depth');
    for (let i = 0; i <= itemCount(page); i++) {
      if (!leaf) {
        const child = childAt(page, i, this.#pages.shape);
        yield* this.#guard(child, () => this.#visit(child, depth + 1));
      }
      if (i < itemCount(page)) this.#item(page, i, offset);
    }
  }

  #item(page: Buffer, i: number, offset: number): void {
    const at = slotAt(page, i) + NTX_KEY_AT;
    const recno = recnoAt(page, i);
    const order = this.#lastRecno === 0 ? 1 : compareBytes(page, at, this.#last, 0, this.#last.length) * (this.#pages.shape.descending ? -1 : 1);
    if (order < 0) this.#report(offset + at, `key ${i} does not stand behind the one before it`);
    if (order === 0 && recno === this.#lastRecno) this.#report(offset + at, `key ${i} is there twice`);
    else if (order === 0 && this.#unique) this.#report(offset + at, `key ${i} has the key of another record in a unique order`);
    page.copy(this.#last, 0, at, at + this.#last.length);
    this.#lastRecno = recno;
  }
}
