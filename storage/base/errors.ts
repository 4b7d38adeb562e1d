/** Meaning and remedy of every error code; `docs/errors.md` is generated from this table. */
export const ERROR_CODES = {
  CLOSED: { meaning: 'The database, table, snapshot or file was used after it was closed.', remedy: 'Open it again; await work before calling close().' },
  LOCKED: { meaning: 'Another process (or another handle in this one) has the database open for writing.', remedy: 'The error names the holder. Close it there, or open with readOnly: true.' },
  READ_ONLY: { meaning: 'A write was asked of a database that is open read-only.', remedy: 'Open without readOnly.' },
  NOT_FOUND: { meaning: 'A table, field, file, record or folder with that name does not exist.', remedy: 'Check the spelling; the error lists the nearest names.' },
  EXISTS: { meaning: 'Something with that name exists already.', remedy: 'Choose another name, or pass ifNotExists: true.' },
  NAME: { meaning: 'A name is not allowed: empty, too long, reserved by an operating system, or leaving the folder.', remedy: 'Use letters, digits and _, beginning with a letter or _.' },
  OPTION: { meaning: 'An option is unknown, out of range, or contradicts another.', remedy: 'The error names the option, its range and the nearest known name; see docs/config.md.' },
  SCHEMA: { meaning: 'A declared schema and the table do not agree, or a schema cannot be expressed in the dialect.', remedy: 'Compare with table.fields; alterTable changes a table.' },
  VALUE: { meaning: 'A value does not fit its field: wrong type, too long, too wide, or not in the code page.', remedy: 'Nothing was written. Correct the value, or widen the field with alterTable.' },
  DUPLICATE: { meaning: 'A unique index or a document id already holds that key.', remedy: 'Update the existing record instead.' },
  CONFLICT: { meaning: 'Another transaction committed a change to the same data first, and all retries were used.', remedy: 'Run the transaction again, raise retries, or lock the data first with tx.lock().' },
  DEADLOCK: { meaning: 'Transactions waited for each other in a circle; this one was chosen to die.', remedy: 'Run it again; take locks in one order everywhere.' },
  LOCK_TIMEOUT: { meaning: 'A lock was not granted within lockTimeoutMs.', remedy: 'The error names the holder; shorten that transaction or raise lockTimeoutMs.' },
  TXN_DONE: { meaning: 'A transaction was used after it committed or rolled back.', remedy: 'Do all its work inside the body, and await everything there.' },
  COMMIT_UNKNOWN: { meaning: 'The disk failed while a commit was being made durable: it is wholly there or wholly absent.', remedy: 'Open the database again and look.' },
  POISONED: { meaning: 'An earlier disk failure made this handle unsafe to write with.', remedy: 'Close it, mend the cause, and open the database again: recovery rewrites what matters.' },
  FULL: { meaning: 'The disk (or a quota) is full. Nothing was changed.', remedy: 'Free space and try again.' },
  IO: { meaning: 'The operating system reported an error on a file.', remedy: 'See cause, file and offset.' },
  CORRUPT_DBF: { meaning: 'A table file does not follow its format.', remedy: 'Run check for the findings and repair to rebuild the file from what can be read.' },
  CORRUPT_MEMO: { meaning: 'A memo file or a pointer into it does not follow its format.', remedy: 'Run check for the findings; repair keeps every readable memo.' },
  CORRUPT_INDEX: { meaning: 'An index file does not follow its format or disagrees with its table.', remedy: 'Run reindex.' },
  CORRUPT_WAL: { meaning: 'The write-ahead log or checkpoint journal is damaged before its end.', remedy: 'No file was changed. Restore a backup, or look with fieldstone dump.' },
  CORRUPT_PAGE: { meaning: 'A page or the catalog fails its checksum or its structure.', remedy: 'Run check; restore a backup if repair cannot mend it.' },
  EXTERNAL_CHANGE: { meaning: 'Another program changed a file under the database.', remedy: 'Stop that program, then close and open again; for a read-only handle call refresh().' },
  VERSION: { meaning: 'A file was written by a newer or unknown version.', remedy: 'Upgrade fieldstone. No file was changed.' },
  UNSUPPORTED: { meaning: 'The format or feature is known but not supported for this operation.', remedy: 'The error says what is supported instead.' },
  LIMIT: { meaning: 'A limit of the format or of an option would be exceeded.', remedy: 'Split the work or raise the option that the error names.' },
  ABORTED: { meaning: 'The work was cancelled by its AbortSignal, or a snapshot was ended to bound memory.', remedy: 'Start it again; for snapshots, hold them for a shorter time or raise snapshotMemory.' },
  QUERY: { meaning: 'A filter or query is not well formed.', remedy: 'The error names the operator and its place.' },
} as const satisfies Record<string, { meaning: string; remedy: string }>;

/** Stable error code; the list is in docs/errors.md. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Facts about an error, as fields rather than pasted into the text. */
export interface ErrorFields {
  readonly file?: string;
  /** Byte offset in `file`. */
  readonly offset?: number;
  readonly table?: string;
  readonly field?: string;
  readonly recno?: number;
  readonly key?: unknown;
  readonly option?: string;
  readonly cause?: unknown;
  /** Whatever else is known, for example the holder of a lock. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the public surface. `code` is stable, the text may change.
 *
 * @example
 * try { db.table('nope'); } catch (e) {
 *   if (e instanceof FieldstoneError && e.code === 'NOT_FOUND') console.log(e.message);
 * }
 */
export class FieldstoneError extends Error {
  override readonly name: string = 'FieldstoneError';
  readonly code: ErrorCode;
  readonly file?: string;
  readonly offset?: number;
  readonly table?: string;
  readonly field?: string;
  readonly recno?: number;
  readonly key?: unknown;
  readonly option?: string;
  readonly details?: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    super(message, 'cause' in fields ? { cause: fields.cause } : undefined);
    this.code = code;
    if (fields.file !== undefined) this.file = fields.file;
    if (fields.offset !== undefined) this.offset = fields.offset;
    if (fields.table !== undefined) this.table = fields.table;
    if (fields.field !== undefined) this.field = fields.field;
    if (fields.recno !== undefined) this.recno = fields.recno;
    if (fields.key !== undefined) this.key = fields.key;
    if (fields.option !== undefined) this.option = fields.option;
    if (fields.details !== undefined) this.details = fields.details;
  }
}

/** True when `e` is a FieldstoneError with that code. */
export function hasCode(e: unknown, code: ErrorCode): e is FieldstoneError {
  return e instanceof FieldstoneError && e.code === code;
}

function argumentError<Base extends typeof TypeError | typeof RangeError>(base: Base) {
  return class extends base {
    readonly code: ErrorCode;
    constructor(code: ErrorCode, message: string) { super(message); this.code = code; }
  };
}

/** Wrong type of an argument; a TypeError with a `code`. */
export const ArgumentTypeError = argumentError(TypeError);
/** Argument out of range; a RangeError with a `code`. */
export const ArgumentRangeError = argumentError(RangeError);
