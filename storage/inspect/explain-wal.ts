import type { FileWindow } from '../vfs/file-window.js';
import {
  bodyChecksum, chainStart, decodeRecordHeader, decodeWalHeader, ID_BYTES, readRecordHeader, RECORD_HEADER_BYTES, segmentSalt,
  WAL_HEADER_BYTES, WAL_VERSION, type RecordHeader,
} from '../wal/wal-format.js';
import { isZeroFrom, scanForHeaders } from '../wal/wal-scan.js';
import { explained, explainFields, textOf, type ExplainedBytes, type FieldForm } from './explained-bytes.js';

/** The header of a segment, field by field. */
export const SEGMENT_FORM: readonly FieldForm[] = [
  { name: 'magic', kind: 'text', bytes: 8, mean: (_, raw) => (
    { value: 'log segment', problem: textOf(raw) === 'FSWAL...' ? undefined : 'not the mark of a log' }) },
  { name: 'version', kind: 'u16', mean: (n) => ({ problem: n === WAL_VERSION ? undefined : `only version ${WAL_VERSION} is known` }) },
  { name: 'reserved', kind: 'hex', bytes: 6 },
  { name: 'database id', kind: 'hex', bytes: ID_BYTES },
  { name: 'fence', kind: 'hex', bytes: ID_BYTES, mean: () => ({ value: 'nonce of the lock' }) },
  { name: 'segment', kind: 'u64' },
  { name: 'first commit', kind: 'u64' },
  { name: 'header checksum', kind: 'u32', mean: (n, _, all) => ({
    value: hex32(n), problem: decodeWalHeader(all) === 'damaged' ? 'does not match the header' : undefined,
  }) },
];

const recordForm = (headerGood: boolean, bodyState: string | undefined): readonly FieldForm[] => [
  { name: 'magic', kind: 'hex', bytes: 4 },
  { name: 'body length', kind: 'u32' },
  { name: 'length unpacked', kind: 'u32' },
  { name: 'codec', kind: 'u8' },
  { name: 'reserved', kind: 'hex', bytes: 3 },
  { name: 'commit', kind: 'u64' },
  { name: 'promised', kind: 'u64', mean: (n) => ({ value: `the first ${n} bytes were on disk` }) },
  { name: 'header checksum', kind: 'u32', mean: (n) => (
    { value: hex32(n), problem: headerGood ? undefined : 'does not match the record header' }) },
  { name: 'body checksum', kind: 'u32', mean: (n) => ({ value: hex32(n), problem: bodyState }) },
];
export const RECORD_FORM = recordForm(true, undefined);

const BODY_CUT = 'the file ends before the body does';

/** Where the first good record header at or behind an offset stands. Places asked for rise, so that the file is scanned once. */
type NextGood = (from: number) => number | undefined;

interface Position {
  readonly offset: number;
  /** Checksum of the body before; undefined behind a gap. */
  readonly chain: number | undefined;
}

/**
 * A log segment byte by byte. Behind a damaged place it goes on at the next record whose checksum is right, so
 * that a person sees what is left; the engine never reads on there.
 */
export function* explainWal(window: FileWindow): Generator<ExplainedBytes> {
  const header = (window.view(0, Math.min(window.sizeBytes, WAL_HEADER_BYTES)) ?? new Uint8Array(0)).slice();
  yield* explainFields(header, 0, SEGMENT_FORM);
  if (header.length < WAL_HEADER_BYTES) return;
  const salt = saltOf(header);
  const nextGood = headerFinder(window, salt);
  let position: Position = { offset: WAL_HEADER_BYTES, chain: chainStart(header) };
  while (position.offset < window.sizeBytes) {
    const next: Position | undefined = yield* explainRecord(window, position, salt, nextGood);
    position = next ?? (yield* explainGap(window, position.offset, nextGood));
  }
}

/** From the bytes as they stand: with a damaged id or number no record checksum is right, and each is shown so. */
function saltOf(header: Uint8Array): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const idAt = 16;
  return segmentSalt(header.subarray(idAt, idAt + ID_BYTES), Number(view.getBigUint64(idAt + 2 * ID_BYTES, true) & 0x1fffffffffffffn));
}

function headerFinder(window: FileWindow, salt: number): NextGood {
  let known: number | undefined = 0;
  return (from) => {
    if (known !== undefined && known < from) known = scanForHeaders(window, from, salt).next().value?.offset;
    return known;
  };
}

/** Where the next record should begin; undefined when there is no record here. */
function* explainRecord(
  window: FileWindow, { offset, chain }: Position, salt: number, nextGood: NextGood,
): Generator<ExplainedBytes, Position | undefined> {
  const bytes = window.view(offset, RECORD_HEADER_BYTES)?.slice();
  const head = bytes === undefined ? undefined : readRecordHeader(bytes);
  if (bytes === undefined || head === undefined) return undefined;
  const bodyAt = offset + RECORD_HEADER_BYTES;
  const good = decodeRecordHeader(bytes, offset, salt) !== undefined;
  const body = window.copy(bodyAt, head.bodyBytes);
  const prefix = `record ${head.sequence} `;
  yield* explainFields(bytes, offset, recordForm(good, bodyState(body, head, chain)), prefix);
  const claimedEnd = Math.min(bodyAt + head.bodyBytes, window.sizeBytes);
  // A length that cannot be believed must not hide the records behind.
  const end = good ? claimedEnd : nextGood(bodyAt) ?? claimedEnd;
  if (end > bodyAt) {
    const shown = window.rest(bodyAt, 1).subarray(0, end - bodyAt);
    yield explained(bodyAt, shown, `${prefix}body`, textOf(shown), body === undefined ? BODY_CUT : undefined, end - bodyAt);
  }
  return { offset: end, chain: end === claimedEnd ? head.bodyCrc : undefined };
}

function bodyState(body: Uint8Array | undefined, head: RecordHeader, chain: number | undefined): string | undefined {
  if (body === undefined) return BODY_CUT;
  if (chain === undefined) return 'cannot be checked: the record before is missing';
  const matches = bodyChecksum(body, chain, head.headerCrc) === head.bodyCrc;
  return matches ? undefined : 'does not match the body, or this is not the record that was written here';
}

/** Bytes that are no record, up to the next one or the end of the file. */
function* explainGap(window: FileWindow, offset: number, nextGood: NextGood): Generator<ExplainedBytes, Position> {
  const next = nextGood(offset + 1);
  const end = next ?? window.sizeBytes;
  const shown = window.rest(offset, 1).subarray(0, end - offset);
  const room = next === undefined && isZeroFrom(window, offset);
  const problem = next === undefined ? 'no record; what a crash left behind, or damage' : 'no record, though one follows';
  if (room) yield explained(offset, shown, 'room', 'zeros', undefined, end - offset);
  else yield explained(offset, shown, 'unreadable', shown.every((byte) => byte === 0) ? 'zeros' : '', problem, end - offset);
  return { offset: end, chain: undefined };
}

function hex32(n: number): string { return `0x${n.toString(16).padStart(8, '0')}`; }
