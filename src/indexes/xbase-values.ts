import { CdxKeys, decodeNtxNumber, encodeNtxNumber, putSortableDouble, sortableDoubleAt, writeSortable, type CompiledExpression, type DecodedKey, type TagFacts } from '#index';
import { codePage, FieldstoneError, type CodePage } from '#storage';
import type { CatalogIndex } from '#txn';
import { BLANK_DATE, dayOf, dayText, julianOf } from './xbase-writer.js';

const BLANK = 0x20;
const HAS_VALUE = 0x80;
const MIN_INT = -0x80000000;
const MAX_INT = 0x7fffffff;
/** The year 1. */
const FIRST_DAY_MS = -62_135_596_800_000;
const LAST_DAY_MS = Date.UTC(9999, 11, 31);
const ASCII = /^[\x20-\x7e]*$/;
/** Whose place among keys is that among values, whatever the code page. */
const PLAIN_TEXT = ASCII;

/** The first and the last key that rows may have. */
export interface KeyEdges { readonly low: Buffer; readonly high: Buffer }

function isNumber(value: unknown): value is number | bigint { return typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value)); }

/** The int64 of ten-thousandths as bytes that sort so; what is beyond becomes the nearest. */
function putCurrency(units: number, out: Buffer, at: number): void {
  const whole = units >= 2 ** 63 ? 2n ** 63n - 1n : units <= -(2 ** 63) ? -(2n ** 63n) : BigInt(units);
  out.writeBigUInt64BE(BigInt.asUintN(64, whole ^ (1n << 63n)), at);
}

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

  /** The key of a value, whole. Throws VALUE for a value of another type. */
  keyOf(value: unknown): Buffer {
    const { keyLength, nullPrefix } = this.#facts;
    const key = Buffer.alloc(keyLength, this.isText ? BLANK : 0);
    if (value === null || value === undefined) {
      // What an MDX has for a blank is not known.
      if (this.#kind === 'mdx') throw this.#wrong(value);
      if (nullPrefix) return key.fill(0);
      this.#write(this.#blank(), key, 0);
      return key;
    }
    if (nullPrefix) key[0] = HAS_VALUE;
    this.#write(value, key, nullPrefix ? 1 : 0);
    return key;
  }

  /** The first and the last key that rows with this value may have. Throws VALUE. */
  edgesOf(value: unknown): KeyEdges {
    if (typeof value === 'string' && this.isText) {
      this.#assertOneSpelling(value);
      // Rows show text without the zeros behind it; keys have them.
      return { low: this.#beginning(value.replace(/ +$/, '')), high: this.keyOf(value) };
    }
    if (this.#type === 'Y' && isNumber(value)) return this.#currencyEdges(Number(value));
    const key = this.keyOf(value);
    return { low: key, high: key };
  }

  /**
   * The same for a bound of a range: rows on its right side have keys from `low` on, or up to `high`. Throws VALUE for null, and for text that is
   * not plain ASCII.
   */
  boundsOf(value: unknown): KeyEdges {
    if (value === null || value === undefined) throw this.#wrong(value);
    if (typeof value === 'string') {
      if (!PLAIN_TEXT.test(value)) throw new FieldstoneError('VALUE', 'this text may stand in another order among keys than among values');
      return this.edgesOf(value);
    }
    if (this.#type === 'I' && isNumber(value)) return this.edgesOf(Math.min(MAX_INT, Math.max(MIN_INT, Number(value))));
    if (value instanceof Date && this.#kind === 'ntx') return this.edgesOf(new Date(Math.min(LAST_DAY_MS, Math.max(FIRST_DAY_MS, value.getTime()))));
    return this.edgesOf(value);
  }

  /** The ten-thousandths that become this number. */
  #currencyEdges(value: number): KeyEdges {
    const units = value * 10_000;
    const slack = Number.isFinite(units) ? Math.abs(units) * 2 ** -50 + 1 : 0;
    const key = (at: number): Buffer => {
      const bytes = Buffer.alloc(this.#facts.keyLength);
      if (this.#facts.nullPrefix) bytes[0] = HAS_VALUE;
      putCurrency(at, bytes, this.#facts.nullPrefix ? 1 : 0);
      return bytes;
    };
    return { low: key(Math.floor(units - slack)), high: key(Math.ceil(units + slack)) };
  }

  /** Pages of two bytes, and UTF-8, have texts that several bytes stand for. */
  #assertOneSpelling(text: string): void {
    if (text.includes('\uFFFD') || (!ASCII.test(text) && /^cp9\d\d$/.test(this.#page.name))) {
      throw new FieldstoneError('VALUE', 'several keys may stand for this text');
    }
  }

  /** The beginning of the keys of texts that begin so. */
  prefixOf(text: string): Buffer {
    if (!this.isText) throw this.#wrong(text);
    this.#assertOneSpelling(text);
    return this.#beginning(text);
  }

  #beginning(text: string): Buffer {
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
    if (value !== undefined && (!(value instanceof Date) || Number.isNaN(value.getTime()))) throw this.#wrong(value);
    const julian = value === undefined ? 0 : julianOf(value);
    if (this.#kind === 'ndx' || this.#kind === 'mdx') putSortableDouble(julian === 0 ? BLANK_DATE : julian, key, at);
    else if (this.#kind === 'ntx') key.write(dayText(julian), at, 'latin1');
    else writeSortable(this.#type === 'T' && value !== undefined ? Math.round((value.getTime() + EPOCH_MS) / 1000) * (1 / 86_400) : julian, key, at);
  }

  #writeNumber(value: unknown, key: Buffer, at: number): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') throw this.#wrong(value);
    const number = Number(value);
    if (Number.isNaN(number) || (this.#kind === 'ntx' && !Number.isFinite(number))) throw this.#wrong(value);
    if (this.#type === 'I') key.writeInt32BE((Math.trunc(number) | 0) ^ -0x80000000, at);
    else if (this.#type === 'Y') putCurrency(Math.round(number * 10_000), key, at);
    else if (this.#kind === 'ndx' || this.#kind === 'mdx') putSortableDouble(number, key, at);
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
    if (this.#kind === 'ndx' || this.#kind === 'mdx') return this.#type === 'D' ? dayOf(sortableDoubleAt(key, 0)) : sortableDoubleAt(key, 0);
    if (this.#type !== 'D') return decodeNtxNumber(key, 0, key.length) ?? null;
    const text = key.toString('latin1', 0, 8);
    return /^\d{8}$/.test(text) ? new Date(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}T00:00:00Z`) : null;
  }
}

/** Milliseconds from day 0 to 1970. */
const EPOCH_MS = 2_440_588 * 86_400_000;
