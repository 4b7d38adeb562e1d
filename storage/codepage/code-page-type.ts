/** Returned by `encodeInto` when a character is not in the code page. */
export const UNMAPPABLE = -1;
/** Returned by `encodeInto` when the bytes do not fit the room. */
export const TOO_LONG = -2;

/** One way of writing text as bytes. Stateless: one object serves all tables. */
export interface CodePage {
  /** Canonical name: `cp1252`, `cp437`, `macroman`, `iso-8859-2`, `latin1`, `ascii`, `utf8` ... */
  readonly name: string;
  /** Text of `bytes[start..end)`. Bytes that are no character give U+FFFD; never throws. */
  decode(bytes: Uint8Array, start: number, end: number): string;
  /** Bytes of `text`; undefined when a character is not in the page. Nothing is ever replaced by a look-alike. */
  encode(text: string): Uint8Array | undefined;
  /**
   * Writes `text` to `target` from `at` on, at most `room` bytes. Returns the bytes written, or UNMAPPABLE (-1) or
   * TOO_LONG (-2); then the room may hold part of the text, so encode into a scratch record.
   */
  encodeInto(text: string, target: Uint8Array, at: number, room: number): number;
}
