/** Records that a piece of text completed, and the line on which each begins (from 1). */
export interface RecordBatch<Record> {
  readonly records: readonly Record[];
  readonly lines: readonly number[];
}

/** Turns text in pieces into records. */
export interface RecordParser<Record> {
  push(text: string): RecordBatch<Record>;
  end(): RecordBatch<Record>;
}

/** A record that takes more is refused: the input is then not what it claims to be. */
export const MAX_RECORD_CHARS = 16 << 20;
