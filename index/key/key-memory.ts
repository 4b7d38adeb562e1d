/** Memory that many keys are written into, one behind the other: byte by byte, or several bytes at once. Both views begin at the same place. */
export class KeyMemory {
  readonly bytes: Buffer;
  readonly words: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}
