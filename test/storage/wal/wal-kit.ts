import { createWalSegment, FieldstoneError, MemoryVfs, openWalForReading, type Vfs, type WalEnd, type WalExpectation, type WalHeader, type WalWriter } from '#storage';

export const databaseId = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
export const otherDatabaseId = Uint8Array.from({ length: 16 }, (_, i) => 200 - i);
export const fence = Uint8Array.from({ length: 16 }, (_, i) => i * 7 + 3);
export const PATH = '/db/fieldstone-7.wal';
export const SEGMENT = 7;
export const FIRST_SEQUENCE = 41;
export const EXPECT: WalExpectation = { databaseId, segment: SEGMENT, lastSegment: true };

export const walHeader = (changes: Partial<WalHeader> = {}): WalHeader => (
  { databaseId, segment: SEGMENT, firstSequence: FIRST_SEQUENCE, fence, ...changes }
);

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export interface ReadResult {
  /** The error code when reading failed. */
  readonly failed: string | undefined;
  readonly error: FieldstoneError | undefined;
  /** Records read before the end or the failure. */
  readonly records: { sequence: number; body: Uint8Array; offset: number }[];
  readonly end: WalEnd | undefined;
}

/** Reads a whole segment; errors other than FieldstoneErrors pass through. */
export function readWal(vfs: Vfs, path = PATH, expect: WalExpectation = EXPECT): ReadResult {
  const records: ReadResult['records'] = [];
  try {
    const reader = openWalForReading(vfs, path, expect);
    for (const { sequence, body, offset } of reader) records.push({ sequence, body, offset });
    return { failed: undefined, error: undefined, records, end: reader.end };
  } catch (error) {
    if (!(error instanceof FieldstoneError)) throw error;
    return { failed: error.code, error, records, end: undefined };
  }
}

export function readBytes(content: Uint8Array, expect: WalExpectation = EXPECT): ReadResult {
  return readWal(new MemoryVfs([[PATH, content]]), PATH, expect);
}

export interface BuiltWal {
  readonly content: Uint8Array;
  readonly bodies: readonly Uint8Array[];
  /** File offset of each record, then the end. */
  readonly offsets: readonly number[];
  /** The largest promise in the log: whatever is below it was certainly on disk. */
  readonly promisedBytes: number;
}

/** A segment, without the room behind its records, whose records are written in groups; each group is flushed at once, and synced unless `sync` is false. */
export function buildWal(groups: readonly (readonly Uint8Array[])[], { header = walHeader(), sync = true } = {}): BuiltWal {
  const vfs = new MemoryVfs([['/db/keep', new Uint8Array(0)]]);
  const wal = createWalSegment(vfs, PATH, header);
  const offsets: number[] = [];
  let promisedBytes = 0;
  for (const group of groups) {
    for (const body of group) {
      offsets.push(wal.sizeBytes);
      promisedBytes = wal.syncedBytes;
      wal.append(wal.lastSequence + 1, body);
    }
    wal.flush();
    if (sync) wal.datasync();
  }
  offsets.push(wal.sizeBytes);
  const { flushedBytes } = wal;
  wal.close();
  return { content: (vfs.files().get(PATH) ?? new Uint8Array(0)).slice(0, flushedBytes), bodies: groups.flat(), offsets, promisedBytes };
}

/** Appends bodies as one group and makes them durable. */
export function commit(wal: WalWriter, ...bodies: Uint8Array[]): void {
  for (const body of bodies) wal.append(wal.lastSequence + 1, body);
  wal.flush();
  wal.datasync();
}

/** What is wrong with `result` as a reading of a damaged `built`: undefined when it is a prefix of it or a refusal. */
export function wrongReading(built: BuiltWal, result: ReadResult): string | undefined {
  if (result.failed !== undefined && result.failed !== 'CORRUPT_WAL' && result.failed !== 'VERSION') return `failed with ${result.failed}`;
  for (const [i, record] of result.records.entries()) {
    const body = built.bodies[i];
    if (body === undefined) return `phantom record ${record.sequence}`;
    if (record.sequence !== FIRST_SEQUENCE + i) return `record ${i} has sequence ${record.sequence}`;
    if (Buffer.compare(record.body, body) !== 0) return `record ${record.sequence} has a wrong body`;
    if (record.offset !== built.offsets[i]) return `record ${record.sequence} at ${record.offset}`;
  }
  return undefined;
}
