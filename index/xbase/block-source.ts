/**
 * One state of an index file, for reading. It does not change while somebody holds it: a file that gets a new state gets a new source.
 * The engine puts its page cache behind it, tests a plain Buffer.
 */
export interface BlockSource {
  /** For errors. */
  readonly path: string;
  readonly sizeBytes: number;
  /**
   * The bytes `offset .. offset + lengthBytes`, both multiples of 512. A view that others share: never changed, valid for as long as
   * it is held. A source that caches does best when a format asks for one length only.
   *
   * @throws FieldstoneError IO; CORRUPT_INDEX for bytes that the file does not hold
   */
  block(offset: number, lengthBytes: number): Buffer;
}

/**
 * Where the new images of blocks go; the file itself is not touched. Each block comes at most once in an update, blocks behind the
 * published end of the file before the blocks that lead to them, the file's header last.
 */
export interface BlockSink {
  /** `bytes` is only valid during the call. */
  write(offset: number, bytes: Buffer): void;
  /** True when it is time to let others run. */
  sliceDone(): boolean;
}
