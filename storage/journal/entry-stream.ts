import { crc32 } from '../base/checksum.js';
import type { FileWindow } from '../vfs/file-window.js';
import {
  decodeEntryHeader, ENTRY_CRC_BYTES, ENTRY_HEADER_BYTES, MAX_NAME_BYTES, type EntryHeader, type JournalEntry,
} from './journal-format.js';
import { isPlainName } from './journal-name.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Before an entry: where it begins, and the checksum of the entry before it. */
export interface EntryPlace {
  readonly offset: number;
  readonly chain: number;
}

/**
 * Decodes journal entries one after another, checking the chain. `names` is filled on the way and may be
 * shared by several streams over one journal: a name has the same number in each.
 */
export class EntryStream {
  readonly #window: FileWindow;
  readonly #end: number;
  readonly #names: string[];
  readonly #fail: (offset: number) => never;
  #offset: number;
  #chain: number;
  /** Entries passed, names included. */
  entryCount = 0;

  constructor(window: FileWindow, from: EntryPlace, end: number, names: string[], fail: (offset: number) => never) {
    this.#window = window;
    this.#offset = from.offset;
    this.#chain = from.chain;
    this.#end = end;
    this.#names = names;
    this.#fail = fail;
  }

  get place(): EntryPlace { return { offset: this.#offset, chain: this.#chain }; }

  /** The next entry, names passed over; undefined at the end. Its bytes are valid until the next call. */
  next(): JournalEntry | undefined {
    while (this.#offset < this.#end) {
      const start = this.#offset;
      const encoded = this.#window.view(start, ENTRY_HEADER_BYTES);
      const header = encoded === undefined ? undefined : decodeEntryHeader(encoded);
      if (header === undefined) return this.#fail(start);
      const data = this.#checked(header);
      if (header.kind !== 'name') return this.#entry(header, data, start);
      this.#addName(header, data, start);
    }
    return undefined;
  }

  #checked(header: EntryHeader): Uint8Array {
    const start = this.#offset;
    const checkedBytes = ENTRY_HEADER_BYTES + header.dataBytes;
    const bytes = start + checkedBytes + ENTRY_CRC_BYTES > this.#end ? undefined : this.#window.view(start, checkedBytes + ENTRY_CRC_BYTES);
    if (bytes === undefined) return this.#fail(start);
    const chain = crc32(bytes.subarray(0, checkedBytes), this.#chain);
    if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(checkedBytes, true) !== chain) return this.#fail(start);
    this.#offset = start + bytes.length;
    this.#chain = chain;
    this.entryCount++;
    return bytes.subarray(ENTRY_HEADER_BYTES, checkedBytes);
  }

  #entry(header: EntryHeader, data: Uint8Array, start: number): JournalEntry {
    const file = this.#name(header.file, start);
    if (header.kind === 'body' || header.kind === 'header') {
      if (!Number.isSafeInteger(header.value + data.length)) return this.#fail(start);
      return { kind: 'write', file, phase: header.kind, offset: header.value, bytes: data };
    }
    if (data.length > 0) return this.#fail(start);
    if (header.kind === 'rename') return { kind: 'rename', from: file, to: this.#name(header.value, start) };
    return header.kind === 'unlink' ? { kind: 'unlink', file } : { kind: 'truncate', file, sizeBytes: header.value };
  }

  #addName(header: EntryHeader, data: Uint8Array, start: number): void {
    const known = this.#names[header.file];
    const name = decodeName(data);
    if (name === undefined || (known === undefined ? header.file !== this.#names.length : name !== known)) return this.#fail(start);
    this.#names[header.file] = name;
  }

  #name(number: number, start: number): string { return this.#names[number] ?? this.#fail(start); }
}

function decodeName(data: Uint8Array): string | undefined {
  if (data.length > MAX_NAME_BYTES) return undefined;
  try {
    const name = decoder.decode(data);
    return isPlainName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
