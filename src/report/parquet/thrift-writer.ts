const TEXT = new TextEncoder();
const TYPE = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 };

/** A field of a struct; the writer of its value, and the type that the header of the field names. */
export interface ThriftField {
  readonly type: number;
  readonly write: (target: number[]) => void;
}

function varint(target: number[], value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) target.push((rest % 128) | 0x80);
  target.push(rest);
}

/** Whole numbers from 0 to 2^52: the zigzag form of a number that is not negative is twice the number. */
function zigzag(target: number[], value: number): void { varint(target, value * 2); }

function text(target: number[], value: string): void {
  const bytes = TEXT.encode(value);
  varint(target, bytes.length);
  for (const byte of bytes) target.push(byte);
}

/** A 32-bit number. */
export function i32(value: number): ThriftField { return { type: TYPE.i32, write: (target) => { zigzag(target, value); } }; }

/** A 64-bit number. */
export function i64(value: number): ThriftField { return { type: TYPE.i64, write: (target) => { zigzag(target, value); } }; }

/** A text. */
export function string(value: string): ThriftField { return { type: TYPE.binary, write: (target) => { text(target, value); } }; }

/** A list of values of one type. */
export function list(items: readonly ThriftField[], type: number = items[0]?.type ?? TYPE.struct): ThriftField {
  return {
    type: TYPE.list,
    write: (target) => {
      if (items.length < 15) target.push((items.length << 4) | type);
      else { target.push(0xf0 | type); varint(target, items.length); }
      for (const item of items) item.write(target);
    },
  };
}

/** A struct: fields by their number, rising; `undefined` ones are left out. */
export function struct(fields: Readonly<Record<number, ThriftField | undefined>>): ThriftField {
  return {
    type: TYPE.struct,
    write: (target) => {
      let last = 0;
      for (const [key, field] of Object.entries(fields)) {
        if (field === undefined) continue;
        const id = Number(key);
        target.push(((id - last) << 4) | field.type);
        last = id;
        field.write(target);
      }
      target.push(0);
    },
  };
}

/** The bytes of a struct in the compact protocol of Apache Thrift (the part of it that Parquet's metadata needs). */
export function thriftBytes(root: ThriftField): Uint8Array {
  const target: number[] = [];
  root.write(target);
  return Uint8Array.from(target);
}
