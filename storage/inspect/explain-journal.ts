import { crc32 } from '../base/checksum.js';
import type { FileWindow } from '../vfs/file-window.js';
import {
  decodeEntryHeader, decodeJournalHeader, decodeTrailer, ENTRY_CRC_BYTES, ENTRY_HEADER_BYTES, ENTRY_KINDS, JOURNAL_HEADER_BYTES,
  JOURNAL_VERSION, TRAILER_BYTES, TRAILER_MARK, type EntryHeader,
} from '../journal/journal-format.js';
import { explained, explainFields, textOf, type ExplainedBytes, type FieldForm } from './explained-bytes.js';

export const JOURNAL_FORM: readonly FieldForm[] = [
  { name: 'magic', kind: 'text', bytes: 8, mean: (_, raw) => (
    { value: 'checkpoint journal', problem: textOf(raw) === 'FSJRN...' ? undefined : 'not the mark of a journal' }) },
  { name: 'version', kind: 'u16', mean: (n) => (n === JOURNAL_VERSION ? {} : { problem: `only version ${JOURNAL_VERSION} is known` }) },
  { name: 'reserved', kind: 'hex', bytes: 6 },
  { name: 'database id', kind: 'hex', bytes: 16 },
  { name: 'fence', kind: 'hex', bytes: 16, mean: () => ({ value: 'nonce of the lock' }) },
  { name: 'checkpoint', kind: 'u64' },
  { name: 'last commit', kind: 'u64' },
  { name: 'first segment', kind: 'u64' },
  { name: 'note length', kind: 'u32' },
  { name: 'header checksum', kind: 'u32', mean: (_, __, all) => ({
    problem: decodeJournalHeader(all) === 'damaged' ? 'does not match the header' : undefined,
  }) },
];

export const ENTRY_FORM: readonly FieldForm[] = [
  { name: 'kind', kind: 'u32', mean: (n) => ({ value: Object.entries(ENTRY_KINDS).find(([, code]) => code === n)?.[0] }) },
  { name: 'file', kind: 'u32', mean: (n) => ({ value: `number ${n}` }) },
  { name: 'value', kind: 'u64' },
  { name: 'data length', kind: 'u32' },
];

export const TRAILER_FORM: readonly FieldForm[] = [
  { name: 'magic', kind: 'text', bytes: 8, mean: () => ({ value: 'trailer' }) },
  { name: 'entries', kind: 'u64' },
  { name: 'end of entries', kind: 'u64' },
  { name: 'size of the file', kind: 'u64' },
  { name: 'checksum of the last entry', kind: 'u32' },
  { name: 'trailer checksum', kind: 'u32' },
];

/** A checkpoint journal byte by byte, as far as its entries can be told apart. */
export function* explainJournal(window: FileWindow): Generator<ExplainedBytes> {
  const header = (window.view(0, Math.min(window.sizeBytes, JOURNAL_HEADER_BYTES)) ?? new Uint8Array(0)).slice();
  yield* explainFields(header, 0, JOURNAL_FORM);
  if (header.length < JOURNAL_HEADER_BYTES) return;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const noteBytes = view.getUint32(JOURNAL_HEADER_BYTES - 8, true);
  const noteEnd = JOURNAL_HEADER_BYTES + noteBytes;
  const note = window.copy(JOURNAL_HEADER_BYTES, noteBytes);
  const stored = window.view(noteEnd, 4);
  if (note === undefined || stored === undefined) {
    yield rest(window, JOURNAL_HEADER_BYTES, 'note', 'the file ends before the note does');
    return;
  }
  if (noteBytes > 0) yield explained(JOURNAL_HEADER_BYTES, note, 'note', textOf(note));
  const crc = crc32(note, crc32(header.subarray(0, JOURNAL_HEADER_BYTES - 4)));
  yield explainCrc(noteEnd, stored, 'note checksum', crc);
  yield* explainEntries(window, noteEnd + 4, readU32(stored), header.slice(16, 32));
}

function* explainEntries(window: FileWindow, from: number, firstChain: number, databaseId: Uint8Array): Generator<ExplainedBytes> {
  const names: string[] = [];
  let offset = from;
  let chain = firstChain;
  for (let number = 1; offset < window.sizeBytes; number++) {
    const encoded = window.view(offset, ENTRY_HEADER_BYTES)?.slice();
    const header = encoded === undefined ? undefined : decodeEntryHeader(encoded);
    const whole = header === undefined ? undefined : window.view(offset, ENTRY_HEADER_BYTES + header.dataBytes + ENTRY_CRC_BYTES)?.slice();
    if (encoded === undefined || header === undefined || whole === undefined) break;
    const data = whole.subarray(ENTRY_HEADER_BYTES, -ENTRY_CRC_BYTES);
    if (header.kind === 'name') names[Math.min(header.file, names.length)] = textOf(data);
    const prefix = `entry ${number} `;
    yield* explainFields(encoded, offset, ENTRY_FORM, prefix);
    if (data.length > 0) yield explained(offset + ENTRY_HEADER_BYTES, data, `${prefix}data`, describe(header, data, names));
    else yield { offset: offset + ENTRY_HEADER_BYTES, length: 0, hex: '', name: `${prefix}meaning`, value: describe(header, data, names) };
    const stored = whole.subarray(-ENTRY_CRC_BYTES);
    const expected = crc32(whole.subarray(0, -ENTRY_CRC_BYTES), chain);
    yield explainCrc(offset + whole.length - ENTRY_CRC_BYTES, stored, `${prefix}checksum`, expected);
    chain = readU32(stored);
    offset += whole.length;
  }
  yield* explainTrailers(window, offset, databaseId);
}

function describe(header: EntryHeader, data: Uint8Array, names: readonly string[]): string {
  const file = names[header.file] ?? `file ${header.file}`;
  switch (header.kind) {
    case 'name': return `file ${header.file} is ${textOf(data)}`;
    case 'body': case 'header': return `${data.length} bytes at ${header.value} of ${file}`;
    case 'rename': return `${file} becomes ${names[header.value] ?? `file ${header.value}`}`;
    case 'unlink': return `${file} is removed`;
    case 'truncate': return `${file} is cut to ${header.value} bytes`;
  }
}

/** Up to the end of the file: both copies of the trailer, and what is neither. */
function* explainTrailers(window: FileWindow, from: number, databaseId: Uint8Array): Generator<ExplainedBytes> {
  let offset = from;
  let found = 0;
  for (const at of trailerPlaces(window, from, databaseId)) {
    if (at > offset) yield between(window, offset, at);
    found++;
    yield* explainFields(window.copy(at, TRAILER_BYTES) ?? new Uint8Array(0), at, TRAILER_FORM, `trailer ${found} `);
    offset = at + TRAILER_BYTES;
  }
  if (offset < window.sizeBytes) yield between(window, offset, window.sizeBytes);
  if (found > 0) return;
  yield explained(window.sizeBytes, new Uint8Array(0), 'trailer', '', 'there is none: the journal was not finished');
}

function* trailerPlaces(window: FileWindow, from: number, databaseId: Uint8Array): Generator<number> {
  let offset = from;
  while (offset + TRAILER_BYTES <= window.sizeBytes) {
    const piece = window.rest(offset, TRAILER_BYTES);
    if (piece.length < TRAILER_BYTES) return;
    const at = piece.indexOf(TRAILER_MARK);
    if (at < 0 || at > piece.length - TRAILER_BYTES) {
      offset += piece.length - TRAILER_BYTES + 1;
      continue;
    }
    offset += at;
    if (decodeTrailer(piece.subarray(at, at + TRAILER_BYTES), offset, databaseId) === undefined) offset++;
    else {
      yield offset;
      offset += TRAILER_BYTES;
    }
  }
}

function between(window: FileWindow, from: number, to: number): ExplainedBytes {
  const shown = window.rest(from, 1).subarray(0, to - from);
  const zeros = shown.every((byte) => byte === 0);
  if (zeros) return explained(from, shown, 'fill', 'zeros', undefined, to - from);
  return explained(from, shown, 'unreadable', '', 'no entry and no trailer', to - from);
}

function rest(window: FileWindow, from: number, name: string, problem: string): ExplainedBytes {
  return explained(from, window.rest(from, 1).slice(), name, '', problem, window.sizeBytes - from);
}

function explainCrc(offset: number, stored: Uint8Array, name: string, expected: number): ExplainedBytes {
  const value = readU32(stored);
  return explained(offset, stored, name, `0x${value.toString(16).padStart(8, '0')}`, value === expected ? undefined : 'does not match');
}

function readU32(bytes: Uint8Array): number { return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true); }
