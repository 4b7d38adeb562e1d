import { FieldstoneError } from '#storage';
import { MAX_KEY_BYTES } from './key-types.js';

/**
 * Memory that one key after the other is encoded into. The bytes of the last one stand in
 * `bytes[0 .. length)` until the next begins.
 */
export class KeyBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(MAX_KEY_BYTES);
  length = 0;

  reset(): void { this.length = 0; }

  /** Makes room for `count` bytes and returns where they begin. Throws LIMIT. */
  claim(count: number): number {
    const at = this.length;
    if (at + count > MAX_KEY_BYTES) throw keyTooLong();
    this.length = at + count;
    return at;
  }

  push(byte: number): void { this.bytes[this.claim(1)] = byte; }

  append(source: Uint8Array): void { this.bytes.set(source, this.claim(source.length)); }

  /** A copy of the key. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.length);
    this.bytes.copy(copy, 0, 0, this.length);
    return copy;
  }
}

export function keyTooLong(): FieldstoneError {
  return new FieldstoneError('LIMIT', `the key takes more than ${MAX_KEY_BYTES} bytes when encoded; use a shorter key, for example a hash of it`);
}
