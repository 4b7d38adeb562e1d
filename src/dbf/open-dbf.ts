import {
  ArgumentRangeError, ArgumentTypeError, createRowDecoder, displayNames, FieldstoneError, isDeleted, MemoFile, nodeEnvironment,
  nodeVfs, NO_MEMO,
  readDbfLayout, readUpTo, recordOffset, visibleFields, type DbfLayout, type Finding, type MemoKind, type Row, type Vfs, type VfsFile,
} from '#storage';
import { findCompanions } from './companions.js';
import type { DbfFieldInfo, DbfFile, DbfGetOptions, DbfInfo, DbfScan, DbfScanOptions, OpenDbfOptions } from './dbf-file.js';
import { makeScan } from './scan.js';

const MEMO_FILE_MISSING: Finding = {
  code: 'MEMO_FILE_MISSING', severity: 'error',
  message: 'the table has memo fields but no memo file lies beside it; their values are null',
};

/** The files of an open table. */
interface Parts {
  readonly file: VfsFile;
  readonly layout: DbfLayout;
  readonly memoFile?: VfsFile;
  readonly memos?: MemoFile;
  readonly memo?: { readonly kind: MemoKind; readonly path?: string };
  readonly codePageFile?: string;
}

function openMemo(vfs: Vfs, layout: DbfLayout, found: { path: string; kind: MemoKind } | undefined): Pick<Parts, 'memoFile' | 'memos' | 'memo'> {
  if (layout.memoKind === undefined) return {};
  if (found === undefined) return { memo: { kind: layout.memoKind } };
  const memoFile = vfs.open(found.path, 'read');
  try {
    return { memoFile, memos: MemoFile.open(memoFile, found.kind), memo: found };
  } catch (e) {
    memoFile.close();
    throw e;
  }
}

function openParts(vfs: Vfs, path: string, options: OpenDbfOptions): Parts {
  const file = vfs.open(path, 'read');
  try {
    const companions = findCompanions(vfs, path);
    const { codePageFile } = companions;
    const layout = readDbfLayout(file, {
      ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
      ...(codePageFile === undefined ? {} : { codePageFile: codePageFile.text }),
    });
    const found = layout.memoKind === undefined ? undefined : companions.memo(layout.memoKind);
    return { file, layout, ...openMemo(vfs, layout, found), ...(codePageFile === undefined ? {} : { codePageFile: codePageFile.path }) };
  } catch (e) {
    file.close();
    throw e;
  }
}

function fieldInfos(layout: DbfLayout): DbfFieldInfo[] {
  const names = displayNames(layout);
  return visibleFields(layout).map(({ autoIncrement, binary, decimals, length, name, nullable, type }, i) => ({
    name: names[i] ?? name, type, length, decimals, nullable, binary, ...(autoIncrement === undefined ? {} : { autoIncrement }),
  }));
}

function infoOf(path: string, { codePageFile, file, layout, memo, memos }: Parts): DbfInfo {
  const missing = memo !== undefined && memo.path === undefined;
  return {
    path, dialect: layout.dialect, version: layout.version, encoding: layout.encoding, languageDriver: layout.languageDriver,
    recordCount: layout.recordCount, claimedCount: layout.claimedCount, recordLengthBytes: layout.recordLength, headerLengthBytes: layout.headerLength,
    sizeBytes: file.stat().sizeBytes, lastUpdate: layout.lastUpdate, hasStructuralIndex: layout.hasStructuralIndex,
    ...(memo === undefined ? {} : { memo }),
    ...(codePageFile === undefined ? {} : { codePageFile }),
    ...(layout.backlink === undefined ? {} : { backlink: layout.backlink }),
    findings: [...layout.findings, ...(missing ? [MEMO_FILE_MISSING] : []), ...(memos?.findings ?? [])],
  };
}

/** A record number of a scan's range, within the table. */
function bound(name: 'from' | 'to', value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== 'number') throw new ArgumentTypeError('OPTION', `${name} is a record number, got ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0) throw new ArgumentRangeError('OPTION', `${name} is a whole record number from 1, got ${value}`);
  return value;
}

function makeDbfFile(vfs: Vfs, path: string, parts: Parts): DbfFile {
  const { file, layout, memoFile } = parts;
  const memo = parts.memos ?? NO_MEMO;
  const decoder = createRowDecoder(layout);
  const record = new Uint8Array(layout.recordLength);
  const { scheduler } = nodeEnvironment(vfs);
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new FieldstoneError('CLOSED', `${path} was closed`, { file: path });
  };
  const close = (): void => {
    if (closed) return;
    closed = true;
    file.close();
    memoFile?.close();
  };

  function get(recno: number, options: DbfGetOptions = {}): Row | undefined {
    assertOpen();
    if (typeof recno !== 'number') throw new ArgumentTypeError('VALUE', `a record number is a number, got ${typeof recno}`);
    if (!Number.isSafeInteger(recno) || recno < 1 || recno > layout.recordCount) return undefined;
    const offset = recordOffset(layout, recno);
    if (readUpTo(file, record, offset) < record.length) {
      throw new FieldstoneError('EXTERNAL_CHANGE', `${path} became shorter since it was opened; open it again`, { file: path, offset, recno });
    }
    return isDeleted(record, 0) && options.deleted !== true ? undefined : decoder.decode(record, 0, recno, memo);
  }

  function scan(options: DbfScanOptions = {}): DbfScan {
    assertOpen();
    return makeScan({
      file, layout, memo, scheduler, assertOpen,
      decoder: options.fields === undefined ? decoder : createRowDecoder(layout, { fields: options.fields }),
      from: Math.max(1, bound('from', options.from, 1)),
      to: Math.min(layout.recordCount, bound('to', options.to, layout.recordCount)),
      reverse: options.reverse === true, deleted: options.deleted === true, signal: options.signal,
    });
  }

  return {
    path, fields: fieldInfos(layout), recordCount: layout.recordCount, get, scan,
    info() {
      assertOpen();
      return infoOf(path, parts);
    },
    close() {
      close();
      return Promise.resolve();
    },
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]() {
      close();
      return Promise.resolve();
    },
  };
}

/**
 * Opens one DBF file for reading, with its memo file and `.cpg` file, whatever the case of their names: without a database,
 * without a lock, without a write. Rows are read when they are asked for, so memory does not grow with the file.
 *
 * @throws FieldstoneError NOT_FOUND when there is no such file, CORRUPT_DBF when it is no table, UNSUPPORTED for encrypted
 * or unknown tables, OPTION for an unknown encoding.
 *
 * @example
 * const cities = await openDbf('data/CITIES.DBF');
 * for (const city of cities.scan({ fields: ['name'] })) console.log(city.$recno, city.NAME);
 * await cities.close();
 */
export async function openDbf(path: string, options: OpenDbfOptions & { readonly vfs?: Vfs } = {}): Promise<DbfFile> {
  const vfs = options.vfs ?? nodeVfs();
  await Promise.resolve();
  return makeDbfFile(vfs, path, openParts(vfs, path, options));
}
