import { FieldstoneError, sha256Hex, type Clock, type Random } from '#storage';
import { shown } from '../arguments.js';

/** Width of the column `_ID`. */
export const ID_COLUMN_BYTES = 40;
/** UTF-8 bytes of a given id, or digits of a number. */
const MAX_ID_BYTES = 1000;
/** Characters of text that is not too long, whatever they are. */
const SURELY_SHORT = 300;
/** Crockford's digits: no I, L, O, U; their order is that of ASCII. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** What a document may be called. */
export type DocumentId = string | number | bigint | Date | Uint8Array;

/**
 * Ids of 26 characters that sort by the time at which they were made (the layout of ULID: 48 bits of milliseconds, 80 of chance); those of
 * one millisecond, or of a clock that went back, count upwards from the last one.
 */
export class IdGenerator {
  readonly #clock: Clock;
  readonly #random: Random;
  #lastMs = -1;
  #time = '';
  readonly #chance = new Uint8Array(RANDOM_DIGITS);

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  next(): string {
    const nowMs = Math.floor(this.#clock.nowMs());
    if (nowMs > this.#lastMs) this.#startAt(nowMs);
    else this.#increment();
    let id = this.#time;
    for (const digit of this.#chance) id += DIGITS[digit] ?? '0';
    return id;
  }

  #startAt(ms: number): void {
    this.#lastMs = ms;
    let time = '';
    for (let i = 0, rest = ms; i < TIME_DIGITS; i++, rest = Math.floor(rest / 32)) time = (DIGITS[rest % 32] ?? '0') + time;
    this.#time = time;
    this.#random.fill(this.#chance);
    for (let i = 0; i < RANDOM_DIGITS; i++) this.#chance[i] = (this.#chance[i] ?? 0) & 31;
  }

  #increment(): void {
    for (let i = RANDOM_DIGITS - 1; i >= 0; i--) {
      const digit = this.#chance[i] ?? 0;
      this.#chance[i] = digit === 31 ? 0 : digit + 1;
      if (digit < 31) return;
    }
    this.#startAt(this.#lastMs + 1);
  }
}

/** Throws VALUE unless the value may be an id. */
export function assertDocumentId(id: unknown): asserts id is DocumentId {
  if (typeof id === 'string' && id.length <= SURELY_SHORT) return;
  const isId = typeof id === 'string' || typeof id === 'bigint' || Number.isFinite(id) || id instanceof Date || id instanceof Uint8Array;
  if (!isId) throw new FieldstoneError('VALUE', `_id is text, a number, a bigint, a Date or bytes; got ${shown(id)}`, { field: '_id' });
  const length = typeof id === 'string' ? Buffer.byteLength(id) : id instanceof Uint8Array ? id.length : 0;
  if (length > MAX_ID_BYTES || (typeof id === 'bigint' && String(id).length > MAX_ID_BYTES)) {
    throw new FieldstoneError('VALUE', `_id takes at most ${MAX_ID_BYTES} bytes`, { field: '_id' });
  }
}

const PLAIN = /^[!-"$-~](?:[ -~]{0,38}[!-~])?$/;
const HASHED = '#h';
const HASH_DIGITS = 32;
const SPACE = 0x20;
const HASH = 0x23;
const TILDE = 0x7e;

/** The id as the column `_ID` shows it. `whole` is false when the id can not be read from it again. */
export function idColumn(id: DocumentId): { readonly text: string; readonly whole: boolean } {
  if (typeof id === 'string' && PLAIN.test(id)) return { text: id, whole: true };
  const text = `#${idText(id)}`;
  if (text.length <= ID_COLUMN_BYTES) return { text, whole: true };
  return { text: HASHED + sha256Hex(text).slice(0, HASH_DIGITS), whole: false };
}

/**
 * Writes a text that stands in the column `_ID` as it is, as most do, to target[at ..], which has ID_COLUMN_BYTES; false when the column shows it in another
 * way: then anything may stand there.
 */
export function putPlainId(id: string, target: Uint8Array, at: number): boolean {
  const count = id.length;
  if (count === 0 || count > ID_COLUMN_BYTES) return false;
  for (let i = 0; i < count; i++) {
    const code = id.charCodeAt(i);
    if (code < SPACE || code > TILDE) return false;
    target[at + i] = code;
  }
  const first = target[at];
  return first !== SPACE && first !== HASH && target[at + count - 1] !== SPACE;
}

/** A spelling for each kind of its own. */
function idText(id: DocumentId): string {
  if (typeof id === 'string') return JSON.stringify(id).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (typeof id === 'bigint') return `${id}n`;
  if (id instanceof Date) return id.toISOString();
  return typeof id === 'number' ? String(id) : `x${Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex')}`;
}

/** The id that a column text stands for; undefined when only the document itself tells it, or nobody does. */
export function idFromColumn(text: string): DocumentId | undefined {
  if (!text.startsWith('#')) return text === '' ? undefined : text;
  const rest = text.slice(1);
  if (/^"(?:[^"\\]|\\.)*"$/.test(rest)) return parsedText(rest);
  if (/^x(?:[0-9a-f]{2})*$/.test(rest)) return new Uint8Array(Buffer.from(rest.slice(1), 'hex'));
  if (/^-?[0-9]+n$/.test(rest)) return BigInt(rest.slice(0, -1));
  if (/^[+-]?[0-9]{4,6}-[0-9-]+T[0-9:.]+Z$/.test(rest)) return validDate(new Date(rest));
  const number = /^-?[0-9][0-9.e+-]*$/.test(rest) ? Number(rest) : NaN;
  return Number.isFinite(number) ? number : undefined;
}

function parsedText(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

function validDate(date: Date): Date | undefined { return Number.isNaN(date.getTime()) ? undefined : date; }
