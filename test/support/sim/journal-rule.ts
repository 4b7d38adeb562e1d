import { folderOf } from './disk-image.js';
import { publishedEndByName, type PublishedEnd } from './published-end.js';

/** A change of names of base files, for journalCoversName. */
export type NameChange =
  | { readonly op: 'rename'; readonly from: string; readonly path: string }
  | { readonly op: 'unlink'; readonly path: string };

export interface JournalRuleOptions {
  /** Files that hold the published state: tables, memos, indexes. Not logs, journals, catalogs or files still being built. */
  baseFile(path: string): boolean;
  journalFile(path: string): boolean;
  /**
   * Whether the journal says that these bytes will stand at `offset` of `path`. `journal` is the same object until the journal
   * is synced again, so that its parse can be kept in a WeakMap. An incomplete journal covers nothing.
   */
  journalCovers(journal: Uint8Array, path: string, offset: number, bytes: Uint8Array): boolean;
  /** Default: by the headers of DBF, FPT, DBT and SMT files; other files wholly. */
  publishedEnd?: PublishedEnd;
  /**
   * Files whose published end nothing in them tells (CDX, IDX, NTX, NDX): they are as long as they were when they got their name, later as a synced
   * journal says. Until one of both is known nothing of such a file counts as published.
   */
  sizedByJournal?(path: string): boolean;
  /** Published sizes that come with this journal, by name in its folder. */
  journalSizes?(journal: Uint8Array): Readonly<Record<string, number>>;
  /** Names of files that this journal writes to: of those that it sizes it has to say the size. */
  journalWritesTo?(journal: Uint8Array): Iterable<string>;
  /** A whole new file, made of what the other base files hold, which may appear under its name without the journal. */
  madeAnew?(path: string): boolean;
  /** Whether the journal says so; without it any change of names is allowed. */
  journalCoversName?(journal: Uint8Array, change: NameChange): boolean;
}

/** A base file was overwritten with bytes that no synced journal holds: a crash here could not be mended. */
export class JournalRuleBroken extends Error {
  override readonly name = 'JournalRuleBroken';
  readonly file: string;
  readonly offset: number;
  constructor(file: string, offset: number, message: string) {
    super(`${file} at ${offset}: ${message}`);
    this.file = file;
    this.offset = offset;
  }
}

interface JournalFile { synced: Uint8Array | undefined; named: boolean }

/**
 * No byte of a base file below its published end is overwritten unless its new value stands in a synced journal whose name is
 * durable too. A later write to the journal takes the cover away until it is synced again. Bytes past the published end are
 * free: nobody counts them. What is published follows the header as it stands before the operation, so raising the count is
 * an overwrite of the header, and lowering it makes room to truncate.
 */
export class JournalRule {
  readonly #options: JournalRuleOptions;
  readonly #publishedEnd: PublishedEnd;
  readonly #journals = new Map<string, JournalFile>();
  /** Published ends of files that do not tell it themselves. */
  readonly #ends = new Map<string, number>();
  /** Every breach so far, also those that the engine swallowed. */
  readonly breaches: JournalRuleBroken[] = [];

  constructor(options: JournalRuleOptions) {
    this.#options = options;
    this.#publishedEnd = options.publishedEnd ?? publishedEndByName;
  }

  /** A file that is there when the disk starts; after the mere death of a process it need not be durable. */
  found(path: string, bytes: Uint8Array, synced: boolean, named: boolean): void {
    if (this.#options.journalFile(path)) this.#journals.set(path, { synced: synced ? bytes : undefined, named });
    this.#takeSizes();
  }

  write(path: string, position: number, source: Uint8Array, before: () => Uint8Array): void {
    this.#touched(path);
    if (!this.#options.baseFile(path) || source.length === 0) return;
    const end = this.#endOf(path, before);
    if (position >= end) return;
    const part = source.subarray(0, Math.min(source.length, end - position));
    if (this.#covered((journal) => this.#options.journalCovers(journal, path, position, part))) return;
    this.#fail(path, position, `${part.length} published bytes (published end ${end}) overwritten without a synced journal that holds them`);
  }

  truncate(path: string, sizeBytes: number, before: () => Uint8Array): void {
    this.#touched(path);
    if (!this.#options.baseFile(path)) return;
    const end = Math.min(this.#endOf(path, before), before().length);
    if (sizeBytes < end) this.#fail(path, sizeBytes, `truncated below its published end ${end}`);
  }

  create(path: string): void {
    if (this.#options.journalFile(path)) this.#journals.set(path, { synced: undefined, named: false });
  }

  /** `syncedBytes`: the content, if all of it is synced. */
  rename(from: string, path: string, syncedBytes: () => Uint8Array | undefined, sizeBytes = 0): void {
    this.#nameChange({ op: 'rename', from, path }, this.#options.baseFile(path) || this.#options.baseFile(from));
    this.#journals.delete(from);
    this.#journals.delete(path);
    this.#ends.delete(from);
    if (this.#options.sizedByJournal?.(path) === true) this.#ends.set(path, sizeBytes);
    if (this.#options.journalFile(path)) this.#journals.set(path, { synced: syncedBytes(), named: false });
  }

  unlink(path: string): void {
    this.#nameChange({ op: 'unlink', path }, this.#options.baseFile(path));
    this.#journals.delete(path);
    this.#ends.delete(path);
  }

  synced(path: string, bytes: () => Uint8Array): void {
    const journal = this.#journals.get(path);
    if (journal !== undefined) journal.synced = bytes();
    else if (this.#options.journalFile(path)) this.#journals.set(path, { synced: bytes(), named: false });
    this.#takeSizes();
  }

  folderSynced(folder: string): void {
    for (const [path, journal] of this.#journals) if (folderOf(path) === folder) journal.named = true;
    this.#takeSizes();
  }

  /** A journal that is durable publishes sizes. */
  #takeSizes(): void {
    for (const [path, { synced, named }] of this.#journals) {
      if (synced === undefined || !named) continue;
      const folder = folderOf(path);
      const wholeOf = (file: string): string => `${folder === '/' ? '' : folder}/${file}`;
      const sizes = this.#options.journalSizes?.(synced) ?? {};
      for (const [file, sizeBytes] of Object.entries(sizes)) {
        if (this.#options.sizedByJournal?.(wholeOf(file)) === true) this.#ends.set(wholeOf(file), sizeBytes);
      }
      for (const file of this.#options.journalWritesTo?.(synced) ?? []) {
        if (this.#options.sizedByJournal?.(wholeOf(file)) !== true || Object.hasOwn(sizes, file)) continue;
        this.#fail(wholeOf(file), 0, 'a journal writes to it and does not say how long it is');
      }
    }
  }

  #endOf(path: string, before: () => Uint8Array): number {
    return this.#options.sizedByJournal?.(path) === true ? this.#ends.get(path) ?? 0 : this.#publishedEnd(path, before());
  }

  #touched(path: string): void {
    const journal = this.#journals.get(path);
    if (journal !== undefined) journal.synced = undefined;
  }

  #nameChange(change: NameChange, concernsBase: boolean): void {
    const covers = this.#options.journalCoversName?.bind(this.#options);
    if (change.op === 'rename' && this.#options.madeAnew?.(change.from) === true) return;
    if (!concernsBase || covers === undefined || this.#covered((journal) => covers(journal, change))) return;
    this.#fail(change.path, 0, `${change.op} of a base file that no synced journal holds`);
  }

  #covered(test: (journal: Uint8Array) => boolean): boolean {
    for (const { synced, named } of this.#journals.values()) if (synced !== undefined && named && test(synced)) return true;
    return false;
  }

  #fail(file: string, offset: number, message: string): never {
    const breach = new JournalRuleBroken(file, offset, message);
    this.breaches.push(breach);
    throw breach;
  }
}
