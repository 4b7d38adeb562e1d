import { dirname, basename, resolve } from 'node:path';
import { FieldstoneError, hasCode, type Finding, type Vfs } from '#storage';
import type { Database } from '../database.js';
import { openDbf } from '../dbf/main.js';
import { open } from '../open.js';
import { indexFacts, type IndexFacts } from './index-facts.js';
import type { OpenOptions } from '../config/open-options.js';
import { UsageError, type CliContext } from './command.js';

/** A field as commands show it. */
export interface ViewField {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly decimals: number;
  readonly nullable: boolean;
}

/** What a scan of a view takes. */
export interface ViewScan {
  readonly fields?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly reverse?: boolean;
  readonly deleted?: boolean;
  readonly signal: AbortSignal;
}

/** A row of a view. */
export type ViewRow = Readonly<Record<string, unknown>> & { readonly $recno: number; readonly $deleted: boolean };

/** A table that is only read: one of a folder, or a single file. */
export interface TableView {
  readonly name: string;
  readonly fields: readonly ViewField[];
  readonly recordCount: number;
  readonly facts: TableFacts;
  scan(options: ViewScan): AsyncIterable<ViewRow>;
  close(): Promise<void>;
}

/** What `info` shows of a table. */
export interface TableFacts {
  readonly name: string;
  readonly file: string;
  readonly dialect: string;
  readonly version: number;
  readonly encoding: string;
  readonly lastUpdate: Date | null;
  readonly recordCount: number;
  readonly recordLengthBytes: number;
  readonly headerLengthBytes: number;
  readonly sizeBytes: number;
  readonly memo: { readonly kind: string; readonly file: string | null } | null;
  readonly indexFiles: readonly string[];
  /** Indexes that are in use. */
  readonly indexes: readonly IndexFacts[];
  readonly findings: readonly Finding[];
}

/** `folder` or a single table file. */
export function kindOf(vfs: Vfs, path: string): 'folder' | 'file' {
  const stat = vfs.stat(path);
  if (stat === undefined) throw new FieldstoneError('NOT_FOUND', `there is no "${path}"`, { file: path });
  return stat.kind === 'folder' ? 'folder' : 'file';
}

/** The folder, open for as long as `body` runs. It is never made. */
export async function withDatabase<Result>(folder: string, options: OpenOptions, body: (db: Database) => Promise<Result>): Promise<Result> {
  const db = await open(folder, { ...options, ...(options.readOnly === true ? {} : { create: false }) });
  try {
    return await body(db);
  } finally {
    await db.close();
  }
}

/** A folder with a table, or one file: which database and which table is meant. */
export function folderAndTable(vfs: Vfs, path: string, table: string | undefined): { readonly folder: string; readonly table: string | undefined } {
  if (kindOf(vfs, path) === 'folder') return { folder: path, table };
  if (table !== undefined) throw new UsageError(`"${path}" is a file, so there is no table to name`);
  return { folder: dirname(resolve(path)), table: basename(path).replace(/\.(?:dbf|kv)$/i, '') };
}

/** Names as tables where there are such, else as stores. None: neither is given, which means everything. */
export function tablesAndStores(db: Database, names: readonly string[]): { readonly tables?: readonly string[]; readonly stores?: readonly string[] } {
  if (names.length === 0) return {};
  const lower = (list: readonly string[]): Set<string> => new Set(list.map((one) => one.toLowerCase()));
  const [tables, stores] = [lower(db.tables()), lower(db.stores())];
  const isStore = (name: string): boolean => !tables.has(name.toLowerCase()) && stores.has(name.toLowerCase());
  return { tables: names.filter((name) => !isStore(name)), stores: names.filter(isStore) };
}

const ATTEMPTS = 5;

/** Runs `read` again on the new state when a writer moved the files meanwhile. Only for reads that have shown nothing yet. */
export async function withRefresh<Result>(db: Database, read: () => Promise<Result> | Result): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (e) {
      if (!hasCode(e, 'EXTERNAL_CHANGE') || attempt >= ATTEMPTS) throw e;
      await db.refresh();
    }
  }
}

/** Opens a table for reading, without a lock. */
export async function openView(context: CliContext, path: string, table: string | undefined, encoding: string | undefined): Promise<TableView> {
  const options = encoding === undefined ? {} : { encoding };
  if (kindOf(context.env.vfs, path) === 'file') {
    if (table !== undefined) throw new UsageError(`"${path}" is a file, so there is no table to name`);
    return fileView(path, options);
  }
  const db = await open(path, { readOnly: true, ...options });
  try {
    return await databaseView(db, table ?? onlyTable(db, path));
  } catch (e) {
    await db.close();
    throw e;
  }
}

function onlyTable(db: Database, folder: string): string {
  const [first, second] = db.tables();
  if (first !== undefined && second === undefined) return first;
  throw new UsageError(first === undefined ? `"${folder}" holds no table` : `"${folder}" holds several tables; name one of: ${db.tables().join(', ')}`);
}

async function databaseView(db: Database, name: string): Promise<TableView> {
  return withRefresh(db, () => {
    const table = db.table(name);
    const info = table.info();
    return {
      name: table.name, fields: table.fields, recordCount: table.recordCount,
      facts: { ...info, indexes: table.indexes().map(indexFacts), memo: info.memo === null ? null : { kind: info.memo.kind, file: info.memo.file } },
      scan: (options: ViewScan) => db.table(name).scan(options),
      close: () => db.close(),
    };
  });
}

async function fileView(path: string, options: { readonly encoding?: string }): Promise<TableView> {
  const file = await openDbf(path, options);
  const info = file.info();
  const name = basename(path).replace(/\.[^.]*$/, '');
  return {
    name, fields: file.fields, recordCount: file.recordCount,
    facts: {
      name, file: path, dialect: info.dialect, version: info.version, encoding: info.encoding, lastUpdate: info.lastUpdate, recordCount: info.recordCount,
      recordLengthBytes: info.recordLengthBytes, headerLengthBytes: info.headerLengthBytes, sizeBytes: info.sizeBytes,
      memo: info.memo === undefined ? null : { kind: info.memo.kind, file: info.memo.path ?? null },
      indexFiles: [], indexes: [], findings: info.findings,
    },
    scan: (scan) => file.scan(scan), close: () => file.close(),
  };
}
