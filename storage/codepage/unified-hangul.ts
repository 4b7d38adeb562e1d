const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;

/**
 * Completes a table of KS X 1001 pairs to code page 949 (Unified Hangul Code): the 8,822 syllables that the standard
 * lacks stand in Unicode order on the pairs from 81 41 to C6 52 that it leaves free, plus the euro and the registered
 * sign. Source: the published definition of code page 949. Does nothing to a table that is complete.
 */
export function addUnifiedHangul(pointOf: Uint32Array): void {
  const known = new Set<number>();
  for (const point of pointOf) known.add(point);
  if (!known.has(0x20ac)) pointOf[0xa2e6] = 0x20ac;
  if (!known.has(0xae)) pointOf[0xa2e7] = 0xae;
  let syllable = FIRST_SYLLABLE;
  for (let lead = 0x81; lead <= 0xc6; lead++) {
    // From lead A1 on, trails above A0 belong to the standard.
    for (const [from, to] of [[0x41, 0x5a], [0x61, 0x7a], [0x81, lead < 0xa1 ? 0xfe : 0xa0]] as const) {
      for (let trail = from; trail <= to; trail++) {
        while (known.has(syllable)) syllable++;
        if (syllable > LAST_SYLLABLE) return;
        pointOf[(lead << 8) | trail] = syllable++;
      }
    }
  }
}
