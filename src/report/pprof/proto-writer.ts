const TEXT = new TextEncoder();
const WIRE_VARINT = 0;
const WIRE_BYTES = 2;

/**
 * Writes messages in the wire format of Protocol Buffers (the parts of it that pprof needs). Numbers and texts of value 0
 * and '' are left out, as proto3 has it.
 *
 * @example
 * const message = new ProtoWriter().number(1, 150).text(2, 'testing').finish(); // 08 96 01 12 07 ...
 */
export class ProtoWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** A whole number, 0 or above. */
  number(field: number, value: number | bigint): this {
    if (value === 0 || value === 0n) return this;
    this.#varint(field * 8 + WIRE_VARINT);
    this.#varint(value);
    return this;
  }

  /** A list of whole numbers, packed. */
  numbers(field: number, values: readonly number[]): this {
    if (values.length === 0) return this;
    const packed = new ProtoWriter();
    for (const value of values) packed.#varint(value);
    return this.bytes(field, packed.finish());
  }

  /** A text; also an empty one, for lists in which the place counts. */
  text(field: number, text: string): this { return this.bytes(field, TEXT.encode(text)); }

  /** Bytes, or a message that is finished. */
  bytes(field: number, bytes: Uint8Array): this {
    this.#varint(field * 8 + WIRE_BYTES);
    this.#varint(bytes.length);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  finish(): Uint8Array { return this.#bytes.subarray(0, this.#length); }

  #varint(value: number | bigint): void {
    this.#reserve(10);
    if (typeof value === 'bigint') {
      let rest = BigInt.asUintN(64, value);
      for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      this.#bytes[this.#length++] = Number(rest);
      return;
    }
    let rest = Number.isFinite(value) && value > 0 ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : 0;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
