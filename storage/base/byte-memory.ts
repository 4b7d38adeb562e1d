/** Memory that is read and written byte by byte, or several bytes at once: both views begin at the same place. */
export class ByteMemory {
  readonly bytes: Buffer;
  readonly words: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}
