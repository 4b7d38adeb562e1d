import { END_MARK, FieldstoneError, LIVE_MARK, DELETED_MARK, readDbfLayout, readUpTo, type DbfLayout, type VfsFile } from '#storage';

/** A table file under a header that was mended in memory, and what was done to it. */
export interface MendedTable {
  readonly file: VfsFile;
  readonly layout: DbfLayout;
  readonly actions: readonly string[];
}

const DESCRIPTOR_BYTES = 32;
const FIRST_DESCRIPTOR = 32;
const MAX_HEADER_BYTES = 65_535;
const TERMINATOR = 0x0d;
const BACKLINK_BYTES = 263;
const LOOKED_AT_RECORDS = 200;
/** So many of the records looked at must begin with a delete mark. */
const LEAST_SHARE = 0.9;

type ReadLayout = (file: VfsFile) => DbfLayout;

/**
 * Finds the records of a file whose header cannot be understood: a wrong header length is corrected by the end of the field
 * descriptors, a wrong record length by the sum of the field widths. A candidate counts only when records stand where it says.
 * Throws the error of the unmended header when there is none.
 */
export function mendHeader(file: VfsFile, encoding: string | undefined): MendedTable {
  const read: ReadLayout = (one) => readDbfLayout(one, encoding === undefined ? {} : { encoding });
  let first: unknown;
  try {
    return { file, layout: read(file), actions: [] };
  } catch (e) {
    if (!(e instanceof FieldstoneError) || e.code !== 'CORRUPT_DBF') throw e;
    first = e;
  }
  for (const candidate of candidates(file)) {
    const mended = patched(file, candidate.patches);
    try {
      const layout = read(mended);
      if (layout.fields.length > 0 && looksLikeRecords(file, layout)) return { file: mended, layout, actions: candidate.actions };
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
    }
  }
  const why = first instanceof Error ? first.message : String(first);
  throw new FieldstoneError('CORRUPT_DBF', `${why}; its records cannot be found, so restore it from a backup`, { file: file.path, cause: first });
}

/**
 * For a table that opens although its lengths are wrong: another header or record length with which the counted records fill
 * the file to its end. undefined when the header's own lengths are as good.
 */
export function exactFit(file: VfsFile, layout: DbfLayout): MendedTable | undefined {
  if (layout.claimedCount === 0 || fillsFile(file, layout)) return undefined;
  for (const candidate of candidates(file)) {
    const mended = patched(file, candidate.patches);
    try {
      const other = readDbfLayout(mended, { encoding: layout.encoding });
      if (fillsFile(file, other) && looksLikeRecords(file, other)) return { file: mended, layout: other, actions: candidate.actions };
    } catch (e) {
      if (!(e instanceof FieldstoneError)) throw e;
    }
  }
  return undefined;
}

/** With an end mark behind the records, or without. */
function fillsFile(file: VfsFile, layout: DbfLayout): boolean {
  const rest = file.stat().sizeBytes - layout.headerLength - layout.claimedCount * layout.recordLength;
  return rest === 0 || rest === 1;
}

interface Patch { readonly offset: number; readonly bytes: Uint8Array }
interface Candidate { readonly patches: readonly Patch[]; readonly actions: readonly string[] }

function* candidates(file: VfsFile): Generator<Candidate> {
  const head = new Uint8Array(Math.min(MAX_HEADER_BYTES, file.stat().sizeBytes));
  const bytes = head.subarray(0, readUpTo(file, head, 0));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FIRST_DESCRIPTOR + DESCRIPTOR_BYTES) return;
  const end = descriptorsEnd(bytes);
  if (end === undefined) return;
  const claimedHeader = view.getUint16(8, true);
  const claimedRecord = view.getUint16(10, true);
  const vfp = (bytes[0] ?? 0) >= 0x30 && (bytes[0] ?? 0) <= 0x32;
  const lengths = vfp ? [end + 1 + BACKLINK_BYTES, end + 1] : [end + 1, end + 2];
  const widths = widthsOf(bytes, end);
  for (const headerLength of new Set([claimedHeader, ...lengths])) {
    for (const recordLength of new Set([claimedRecord, ...widths])) {
      if (headerLength > MAX_HEADER_BYTES || recordLength > 0xffff || (headerLength === claimedHeader && recordLength === claimedRecord)) continue;
      yield {
        patches: [{ offset: 8, bytes: u16(headerLength) }, { offset: 10, bytes: u16(recordLength) }],
        actions: [
          ...(headerLength === claimedHeader ? [] : [`header length ${claimedHeader} corrected to ${headerLength}, by the end of the field descriptors`]),
          ...(recordLength === claimedRecord ? [] : [`record length ${claimedRecord} corrected to ${recordLength}, the sum of the field widths`]),
        ],
      };
    }
  }
}

function u16(n: number): Uint8Array { return Uint8Array.of(n & 0xff, n >> 8); }

/** Where the terminator stands behind whole descriptors. */
function descriptorsEnd(bytes: Uint8Array): number | undefined {
  for (let at = FIRST_DESCRIPTOR; at < bytes.length; at += DESCRIPTOR_BYTES) {
    if (bytes[at] === TERMINATOR && at > FIRST_DESCRIPTOR) return at;
    const type = bytes[at + 11] ?? 0;
    if (type < 0x2b || type > 0x7a) return undefined; // no type letter: the descriptors ended without a terminator
  }
  return undefined;
}

/** Record lengths by the widths, once with long C fields and once without. */
function widthsOf(bytes: Uint8Array, end: number): number[] {
  let short = 1;
  let long = 1;
  for (let at = FIRST_DESCRIPTOR; at < end; at += DESCRIPTOR_BYTES) {
    const width = bytes[at + 16] ?? 0;
    short += width;
    long += bytes[at + 11] === 0x43 ? width + 256 * (bytes[at + 17] ?? 0) : width;
  }
  return [long, short];
}

/** Delete marks where records should begin. */
function looksLikeRecords(file: VfsFile, layout: DbfLayout): boolean {
  const count = Math.min(LOOKED_AT_RECORDS, layout.physicalCount);
  if (count === 0) return layout.claimedCount === 0;
  const mark = new Uint8Array(1);
  let good = 0;
  for (let i = 0; i < count; i++) {
    if (readUpTo(file, mark, layout.headerLength + i * layout.recordLength) !== 1) return false;
    if (mark[0] === END_MARK && i >= layout.claimedCount) return good >= i * LEAST_SHARE;
    if (mark[0] === LIVE_MARK || mark[0] === DELETED_MARK) good++;
  }
  return good >= count * LEAST_SHARE;
}

/** The file with other bytes in its header; only reading. */
function patched(file: VfsFile, patches: readonly Patch[]): VfsFile {
  return {
    ...bound(file),
    readAt(target, position) {
      const n = file.readAt(target, position);
      for (const { offset, bytes } of patches) {
        for (let i = 0; i < bytes.length; i++) {
          const at = offset + i - position;
          if (at >= 0 && at < n) target[at] = bytes[i] ?? 0;
        }
      }
      return n;
    },
  };
}

function bound(file: VfsFile): VfsFile {
  const refuse = (): never => { throw new FieldstoneError('READ_ONLY', `${file.path} is only read here`, { file: file.path }); };
  return {
    path: file.path, stat: () => file.stat(), close: () => file.close(), readAt: (target, position) => file.readAt(target, position),
    writeAt: refuse, truncate: refuse, datasync: refuse, sync: refuse,
    datasyncAsync: () => Promise.resolve().then(refuse), syncAsync: () => Promise.resolve().then(refuse),
  };
}
