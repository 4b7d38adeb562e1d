import { twice } from '../record/twice.js';
import type { CatalogIndex } from '../index/index-keys.js';
import { crc32, FieldstoneError, readFully, writeFully, type FileStat, type Vfs, type VfsFile } from '#storage';

export const CATALOG_NAME = 'fieldstone.json';
const FORMAT = 1;
const MAX_CATALOG_BYTES = 64 << 20;

/** How a file looked when we last wrote or adopted it. */
export interface Fingerprint {
  /** Bytes that count; behind them there may be an append that never committed. */
  readonly sizeBytes: number;
  /** Compared for equality only. */
  readonly mtimeNs: string;
  /** CRC-32 of the first bytes (the header of a table, up to 64 KB). */
  readonly headCrc: number;
}

/** What the catalog remembers of a table. */
export interface CatalogTable {
  readonly name: string;
  readonly tableFile: string;
  readonly memoFile?: string;
  readonly fingerprint: Fingerprint;
  readonly memoFingerprint?: Fingerprint;
  /** Declared field names, in header order, where they differ from the header's. */
  readonly fieldNames?: readonly string[];
  /** Declared result types (`bigint`, `string`) by header field name. */
  readonly fieldTypes?: Readonly<Record<string, string>>;
  readonly encoding?: string;
  /** In the order in which they were made. */
  readonly indexes?: readonly CatalogIndex[];
  /** Index files of other programs that were attached to the table by name. */
  readonly attached?: readonly string[];
  /** How index files of other programs looked when we last wrote or adopted the table. */
  readonly indexFiles?: Readonly<Record<string, Pick<Fingerprint, 'sizeBytes' | 'mtimeNs'>>>;
}

/** What the catalog remembers of a key-value store. */
export interface CatalogStore {
  readonly name: string;
  readonly file: string;
  readonly treeId: number;
  /** Sequence of the last commit in its tree. */
  readonly sequence: number;
  /** Kinds of keys and values, as in the tree's first page: to find when that is lost. */
  readonly flags?: number;
}

export interface Catalog {
  /** 32 hex digits. */
  readonly databaseId: string;
  /** Number of the last finished checkpoint. */
  readonly checkpoint: number;
  /** Sequence of the newest commit inside the base files. */
  readonly sequence: number;
  /** First log segment that may hold later commits. */
  readonly firstSegment: number;
  readonly tables: Readonly<Record<string, CatalogTable>>;
  /** By lower-case name; absent in catalogs of folders without stores. */
  readonly stores?: Readonly<Record<string, CatalogStore>>;
}

const HEAD_BYTES = 65_536;

/**
 * Fingerprint of an open file. `sizeBytes` overrides the physical size while an append is under way. It is taken amid checkpoints, when the files are in
 * place and the catalog is not, so it is tried twice.
 */
export function fingerprintOf(file: VfsFile, headBytes: number, sizeBytes?: number): Fingerprint {
  return twice(() => readFingerprint(file, headBytes, sizeBytes));
}

function readFingerprint(file: VfsFile, headBytes: number, sizeBytes: number | undefined): Fingerprint {
  const stat: FileStat = file.stat();
  const head = new Uint8Array(Math.min(HEAD_BYTES, headBytes, stat.sizeBytes));
  readFully(file, head, 0);
  return { sizeBytes: sizeBytes ?? stat.sizeBytes, mtimeNs: stat.mtimeNs.toString(), headCrc: crc32(head) };
}

/** The catalog as JSON text with its own checksum. */
export function serializeCatalog(catalog: Catalog): Uint8Array {
  const body = JSON.stringify({ format: FORMAT, ...catalog }, null, 1);
  const checksum = crc32(Buffer.from(body)).toString(16).padStart(8, '0');
  return Buffer.from(`{"checksum":"${checksum}","catalog":\n${body}\n}\n`);
}

/** Parses and checks; damage is CORRUPT_PAGE, a newer format VERSION. */
export function parseCatalog(bytes: Uint8Array, file: string): Catalog {
  const text = Buffer.from(bytes).toString('utf8');
  const match = /^\{"checksum":"([0-9a-f]{8})","catalog":\n([^]*)\n\}\n$/.exec(text);
  const body = match?.[2];
  if (match === null || body === undefined || crc32(Buffer.from(body)) !== Number.parseInt(match[1] ?? '', 16)) {
    throw new FieldstoneError('CORRUPT_PAGE', 'the catalog fieldstone.json is damaged or was edited; restore it from a backup', { file });
  }
  const parsed: unknown = JSON.parse(body);
  if (!isCatalog(parsed)) throw new FieldstoneError('VERSION', 'the catalog was written by a version that this one does not know', { file });
  return parsed;
}

function isCatalog(value: unknown): value is Catalog {
  if (typeof value !== 'object' || value === null) return false;
  const c: Partial<Record<string, unknown>> = { ...value };
  return c['format'] === FORMAT && typeof c['databaseId'] === 'string' && /^[0-9a-f]{32}$/.test(c['databaseId'])
    && Number.isSafeInteger(c['checkpoint']) && Number.isSafeInteger(c['sequence']) && Number.isSafeInteger(c['firstSegment'])
    && typeof c['tables'] === 'object' && c['tables'] !== null && (c['stores'] === undefined || (typeof c['stores'] === 'object' && c['stores'] !== null));
}

/** undefined when the folder has no catalog. */
export function readCatalog(vfs: Vfs, folder: string): Catalog | undefined {
  const path = `${folder}/${CATALOG_NAME}`;
  const stat = vfs.stat(path);
  if (stat === undefined) return undefined;
  if (stat.kind !== 'file' || stat.sizeBytes > MAX_CATALOG_BYTES) {
    throw new FieldstoneError('CORRUPT_PAGE', 'fieldstone.json is not a catalog of this program', { file: path });
  }
  const file = vfs.open(path, 'read');
  try {
    const bytes = new Uint8Array(file.stat().sizeBytes);
    readFully(file, bytes, 0);
    return parseCatalog(bytes, path);
  } finally {
    file.close();
  }
}

/** Replaces the catalog: temporary file, sync, rename, folder sync. */
export function writeCatalog(vfs: Vfs, folder: string, catalog: Catalog): void {
  const path = `${folder}/${CATALOG_NAME}`;
  const temporary = `${path}.fs-new`;
  if (vfs.stat(temporary) !== undefined) vfs.unlink(temporary);
  const file = vfs.open(temporary, 'exclusive');
  try {
    const bytes = serializeCatalog(catalog);
    writeFully(file, bytes, 0);
    file.sync();
  } finally {
    file.close();
  }
  vfs.rename(temporary, path);
  vfs.syncFolder(folder);
}
