import {
  blankRecord, clearField, createMemoHeader, DELETED_MARK, encodeMemo, headerPatches, isMemoField, MemoAllocator, memoExtension, MemoFile,
  rawPointer, readUpTo, writeFully, writePointer,
  type DbfField, type DbfLayout, type MemoContent, type MemoPointer, type PendingMemo, type VfsFile,
} from '#storage';
import {
  discardFiles, finishIndexBuild, IndexBuild, newGenerationFile,
  type CatalogIndex, type Engine, type IndexBuildResult, type IndexedTable, type NewFile,
} from '#txn';

const BUFFER_BYTES = 1 << 20;
const EOF_MARK = Uint8Array.of(0x1a);

/** What a memo field holds. */
export function memoContentOf(field: DbfField): MemoContent {
  if (field.type === 'G') return 'object';
  return field.type === 'M' && !field.binary ? 'text' : 'binary';
}

export interface BuilderOptions {
  /** Final name of the table file. */
  readonly tableFile: string;
  readonly layout: DbfLayout;
  /** Of the memo file, when it should not be the default of its kind. */
  readonly memoBlockSizeBytes?: number;
  /** Final name of the memo file. */
  readonly memoFile?: string;
  /** Indexes of the new generation, and what the catalog will say of its table. */
  readonly indexes?: { readonly definitions: readonly CatalogIndex[]; readonly table: IndexedTable };
  /** Leave the date of the last update as the header has it. Default: today. */
  readonly keepDate?: boolean;
}

const NO_ROWS = new Uint8Array(0);

/** Builds the files of a new generation of a table beside the old ones, row by row. */
export class TableBuilder {
  readonly #engine: Engine;
  readonly #layout: DbfLayout;
  readonly #table: NewFile;
  readonly #memo: { readonly made: NewFile; readonly allocator: MemoAllocator } | undefined;
  readonly #memoFields: readonly DbfField[];
  /** Made for the first row: a new table has none. */
  #buffer = NO_ROWS;
  readonly #keepDate: boolean;
  readonly #indexBuild: IndexBuild | undefined;
  /** Memos of the row that is being added, for its keys. */
  readonly #rowMemos = new Map<number, Uint8Array>();
  #indexes: IndexBuildResult = { built: [], files: [] };
  readonly #blank: Uint8Array;
  #buffered = 0;
  #writtenBytes: number;
  #count = 0;

  constructor(engine: Engine, o: BuilderOptions) {
    this.#engine = engine;
    this.#layout = o.layout;
    this.#memoFields = o.layout.fields.filter(isMemoField);
    this.#table = newGenerationFile(engine, o.tableFile);
    this.#writtenBytes = o.layout.headerLength;
    this.#keepDate = o.keepDate === true;
    this.#indexBuild = o.indexes === undefined || o.indexes.definitions.length === 0 ? undefined
      : new IndexBuild(engine.tables.indexContext, o.layout, o.indexes.table, o.indexes.definitions);
    this.#blank = blankRecord(o.layout);
    try {
      this.#memo = o.layout.memoKind === undefined ? undefined : this.#newMemo(o);
    } catch (e) {
      discardFiles(engine, [this.#table]);
      throw e;
    }
  }

  #newMemo(o: BuilderOptions): { made: NewFile; allocator: MemoAllocator } | undefined {
    const kind = o.layout.memoKind;
    if (kind === undefined) return undefined;
    const base = o.tableFile.replace(/\.[^.]*$/, '');
    const made = newGenerationFile(this.#engine, o.memoFile ?? `${base}${memoExtension(kind)}`);
    const header = createMemoHeader(kind, { tableName: base, ...(o.memoBlockSizeBytes === undefined ? {} : { blockSizeBytes: o.memoBlockSizeBytes }) });
    writeFully(made.file, header, 0);
    return { made, allocator: new MemoAllocator(MemoFile.open(made.file, kind)) };
  }

  get count(): number { return this.#count; }
  get files(): readonly NewFile[] { return [this.#table, ...(this.#memo === undefined ? [] : [this.#memo.made]), ...this.#indexes.files]; }
  /** Of the indexes, as the catalog should have them; after finishIndexes(). */
  get indexDefinitions(): readonly CatalogIndex[] { return this.#indexes.built.map(({ definition }) => definition); }
  get memoFile(): string | undefined { return this.#memo?.made.name; }

  /** Where the next row is to be written, in `buffer`. */
  get buffer(): Uint8Array { return this.#buffer; }
  slot(): number {
    const { recordLength } = this.#layout;
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(Math.max(1, Math.floor(BUFFER_BYTES / recordLength)) * recordLength);
    if (this.#buffered === this.#buffer.length) this.#flush();
    return this.#buffered;
  }

  /** The row at slot() is complete; its memos are placed now. */
  added(memos: readonly PendingMemo[]): void {
    for (const memo of memos) this.#place(memo.field, memo.content, memo.bytes);
    this.#indexBuild?.add(this.#buffer, this.#buffered, this.#count + 1, { read: (pointer) => this.#rowMemos.get(pointer.block) });
    this.#rowMemos.clear();
    this.#buffered += this.#layout.recordLength;
    this.#count++;
  }

  /** Copies a record of the same layout, its memos from `read`. */
  copy(bytes: Uint8Array, start: number, readMemo: (pointer: MemoPointer) => Uint8Array | undefined): void {
    const record = new Uint8Array(bytes.subarray(start, start + this.#layout.recordLength));
    const at = this.slot();
    this.#buffer.set(record, at);
    for (const field of this.#memoFields) {
      const pointer = rawPointer(this.#layout, field, record, 0);
      if (pointer === undefined) continue;
      const value = readMemo(pointer);
      if (value === undefined) clearField(this.#layout, field, this.#buffer, this.#buffered);
      else this.#place(field, memoContentOf(field), value, pointer.valueType);
    }
    this.added([]);
  }

  /** A number that no record has: blank and deleted, as checkpoints write it. */
  addGap(): void {
    const at = this.slot();
    this.#buffer.set(this.#blank, at);
    this.#buffer[at] = DELETED_MARK;
    this.added([]);
  }

  #place(field: DbfField, content: MemoContent, bytes: Uint8Array, valueType?: number): void {
    const memo = this.#memo;
    const kind = this.#layout.memoKind;
    if (memo === undefined || kind === undefined) return;
    const { allocator, made } = memo;
    const block = allocator.allocate(bytes.length);
    if (this.#indexBuild !== undefined) this.#rowMemos.set(block, bytes);
    writeFully(made.file, encodeMemo(kind, allocator.blockSizeBytes, content, bytes), block * allocator.blockSizeBytes);
    writePointer(this.#layout, field, { block, lengthBytes: bytes.length, ...(valueType === undefined ? {} : { valueType }) }, this.#buffer, this.#buffered);
  }

  #flush(): void {
    writeFully(this.#table.file, this.#buffer.subarray(0, this.#buffered), this.#writtenBytes);
    this.#writtenBytes += this.#buffered;
    this.#buffered = 0;
  }

  /** Writes what is left, the end mark and the headers. The files still have their temporary names. */
  finish(autoIncrementNext: ReadonlyMap<string, number>): void {
    this.#flush();
    writeFully(this.#table.file, EOF_MARK, this.#writtenBytes);
    const header = new Uint8Array(this.#layout.headerBytes);
    const lastUpdate = this.#keepDate ? undefined : new Date(this.#engine.options.env.clock.nowMs());
    for (const { offset, bytes } of headerPatches(this.#layout, { recordCount: this.#count, lastUpdate, autoIncrementNext })) header.set(bytes, offset);
    writeFully(this.#table.file, header, 0);
    if (this.#memo !== undefined) this.#finishMemo(this.#memo.made.file, this.#memo.allocator);
  }

  /** Writes the indexes of the rows. Throws DUPLICATE. */
  async finishIndexes(): Promise<void> {
    if (this.#indexBuild !== undefined) this.#indexes = await finishIndexBuild(this.#engine, this.#indexBuild, this.#engine.sequence);
  }

  #finishMemo(file: VfsFile, allocator: MemoAllocator): void {
    for (const { offset, bytes } of allocator.headerChanges()) writeFully(file, bytes, offset);
    const missing = allocator.endBytes - file.stat().sizeBytes;
    if (this.#layout.memoKind === 'dbt4' && missing > 0) { // dBASE IV wants whole blocks
      const last = new Uint8Array(1);
      if (readUpTo(file, last, allocator.endBytes - 1) === 0) writeFully(file, last, allocator.endBytes - 1);
    }
  }

  discard(): void { discardFiles(this.#engine, this.files); }
}
