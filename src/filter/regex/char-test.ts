/** Whether a character (a code point with flag `u`, else a UTF-16 unit) is in a set. */
export type CharTest = (code: number) => boolean;

const TABLE = 256;

/**
 * The set that a class, an escape or a literal stands for. JavaScript's own engine answers for one character at a time, so
 * that letters without case, properties and ranges mean exactly what they mean there; the first 256 answers are kept.
 */
export function charTest(source: string, flags: string): CharTest {
  const pattern = new RegExp(`^${source}$`, flags.replace('m', ''));
  const known = new Int8Array(TABLE);
  return (code) => {
    if (code >= TABLE) return pattern.test(String.fromCodePoint(code));
    const answer = known[code];
    if (answer !== 0) return answer === 1;
    const isIn = pattern.test(String.fromCharCode(code));
    known[code] = isIn ? 1 : -1;
    return isIn;
  };
}
