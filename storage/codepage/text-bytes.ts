const encoder = new TextEncoder();

// Below this length a loop beats the call into the runtime.
const SHORT_CHARS = 64;

/**
 * Writes a long text that is pure ASCII in one call of the runtime; false when it is short or not ASCII: then the
 * caller's loop has to do it. The target must have room for one byte a character; it may be written to in any case.
 */
export function writeLongAscii(text: string, target: Uint8Array, at: number): boolean {
  if (text.length < SHORT_CHARS) return false;
  const { read, written } = encoder.encodeInto(text, target.subarray(at, at + text.length));
  // UTF-8 takes more bytes than units for everything but ASCII.
  return read === text.length && written === text.length;
}
