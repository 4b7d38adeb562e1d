import { CdxKeys, decodeNtxNumber, encodeNtxNumber, putSortableDouble, sortableDoubleAt, writeSortable, type CompiledExpression, type DecodedKey, type TagFacts } from '#index';
import { codePage, FieldstoneError, type CodePage } from '#storage';
import type { CatalogIndex } from '#txn';
import { BLANK_DATE, dayOf, dayText, julianOf } from './xbase-writer.js';

const BLANK = 0x20;
const HAS_VALUE = 0x80;

/** Values as keys of one tag, and back. */
export class XbaseValues {
  readonly #kind: CatalogIndex['kind'];
  readonly #type: 'C' | 'N' | 'D' | 'T' | 'L' | 'I' | 'Y';
  readonly #facts: TagFacts;
  readonly #decimals: number;
  readonly #page: CodePage;
  readonly #cdx: CdxKeys | undefined;

  constructor(kind: CatalogIndex['kind'], expression: CompiledExpression, facts: TagFacts, decimals: number, encoding: string) {
    this.#kind = kind;
    this.#facts = facts;
    this.#decimals = decimals;
    this.#page = codePage(encoding);
    this.#cdx = kind === 'cdx' || kind === 'idx' ? new CdxKeys(expression, facts) : undefined;
    this.#type = this.#cdx?.keyType ?? expression.value.type;
  }

  get isText(): boolean { return this.#type === 'C'; }
  /** Blank and null values stand where sorts put null: before all others. */
  get nullsFirst(): boolean { return this.#facts.nullPrefix || this.#type === 'D' || this.#type === 'T'; }

  /** The key of a value, whole. Throws VALUE for a value of another type. */
  keyOf(value: unknown): Buffer {
    const { keyLength, nullPrefix } = this.#facts;
    const key = Buffer.alloc(keyLength, this.isText ? BLANK : 0);
    if (value === null || value === undefined) {
      if (nullPrefix) return key.fill(0);
      this.#write(this.#blank(), key, 0);
      return key;
    }
    if (nullPrefix) key[0] = HAS_VALUE;
    this.#write(value, key, nullPrefix ? 1 : 0);
    return key;
  }

  /** The beginning of the keys of texts that begin so. */
  prefixOf(text: string): Buffer {
    if (!this.isText) throw this.#wrong(text);
    const bytes = this.#encoded(text);
    return this.#facts.nullPrefix ? Buffer.concat([Buffer.of(HAS_VALUE), bytes]) : bytes;
  }

  #encoded(text: string): Buffer {
    const bytes = this.#page.encode(text);
    if (bytes === undefined) throw new FieldstoneError('VALUE', 'the text holds a character that the code page of the table does not have');
    return Buffer.from(bytes.subarray(0, this.#facts.keyLength - (this.#facts.nullPrefix ? 1 : 0)));
  }

  #blank(): unknown {
    switch (this.#type) {
      case 'C': return '';
      case 'D': case 'T': return undefined;
      case 'L': return false;
      case 'N': case 'I': case 'Y': return 0;
    }
  }

  #write(value: unknown, key: Buffer, at: number): void {
    switch (this.#type) {
      case 'C':
        if (typeof value !== 'string') throw this.#wrong(value);
        this.#encoded(value).copy(key, at);
        return;
      case 'L':
        if (typeof value !== 'boolean') throw this.#wrong(value);
        key[at] = value ? 0x54 : 0x46;
        return;
      case 'D': case 'T': this.#writeDate(value, key, at); return;
      case 'N': case 'I': case 'Y': this.#writeNumber(value, key, at);
    }
  }

  #writeDate(value: unknown, key: Buffer, at: number): void {
    if (value !== undefined && !(value instanceof Date)) throw this.#wrong(value);
    const julian = value === undefined ? 0 : julianOf(value);
    if (this.#kind === 'ndx') putSortableDouble(julian === 0 ? BLANK_DATE : julian, key, at);
    else if (this.#kind === 'ntx') key.write(dayText(julian), at, 'latin1');
    else writeSortable(this.#type === 'T' ? Math.round(julian * 86_400) * (1 / 86_400) : julian, key, at);
  }

  #writeNumber(value: unknown, key: Buffer, at: number): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') throw this.#wrong(value);
    const number = Number(value);
    if (this.#type === 'I') key.writeUInt32BE((Math.trunc(number) + 0x80000000) % 0x100000000, at);
    else if (this.#type === 'Y') key.writeBigUInt64BE(BigInt.asUintN(64, BigInt(Math.round(number * 10_000)) ^ (1n << 63n)), at);
    else if (this.#kind === 'ndx') putSortableDouble(number, key, at);
    else if (this.#kind === 'ntx') encodeNtxNumber(number, key.length - at, this.#decimals, key, at);
    else writeSortable(number, key, at);
  }

  #wrong(value: unknown): FieldstoneError {
    return new FieldstoneError('VALUE', `the keys of index "${this.#facts.name}" are of type ${this.#type}; a ${typeof value} is none`, { details: { index: this.#facts.name } });
  }

  /** The value of a key: text without blanks at its end, dates, numbers, booleans; null for NULL and blank dates. */
  valueOf(key: Buffer): unknown {
    return this.#cdx === undefined ? this.#plain(key) : this.#fromCdx(this.#cdx.decode(key));
  }

  #fromCdx({ value }: DecodedKey): unknown {
    if (value instanceof Buffer) return this.#page.decode(value, 0, value.length);
    if (typeof value === 'bigint') return Number(value) / 10_000;
    if (typeof value !== 'number') return value;
    if (this.#type === 'D') return dayOf(value);
    return this.#type === 'T' ? (value === 0 ? null : new Date(value - EPOCH_MS)) : value;
  }

  #plain(key: Buffer): unknown {
    if (this.#type === 'C') {
      let end = key.length;
      while (end > 0 && key[end - 1] === BLANK) end--;
      return this.#page.decode(key, 0, end);
    }
    if (this.#type === 'L') return key[0] === 0x54;
    if (this.#kind === 'ndx') return this.#type === 'D' ? dayOf(sortableDoubleAt(key, 0)) : sortableDoubleAt(key, 0);
    if (this.#type !== 'D') return decodeNtxNumber(key, 0, key.length) ?? null;
    const text = key.toString('latin1', 0, 8);
    return /^\d{8}$/.test(text) ? new Date(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}T00:00:00Z`) : null;
  }
}

/** Milliseconds from day 0 to 1970. */
const EPOCH_MS = 2_440_588 * 86_400_000;
