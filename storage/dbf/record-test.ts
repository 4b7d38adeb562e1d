/** Tests the record that begins at `bytes[start]`, on its stored bytes. */
export type RecordTest = (bytes: Uint8Array, start: number) => boolean;

/**
 * Keeps those of `starts[0..count)` whose record passes, in their order, and returns how many these are. For many records at once: one
 * call of a closure for a run of records instead of one for each.
 */
export type RecordSieve = (bytes: Uint8Array, starts: Int32Array, count: number) => number;

/** A test in both forms. */
export interface FieldTest {
  readonly test: RecordTest;
  readonly sieve: RecordSieve;
}

/** One end of a range of stored values. */
export interface ValueBound {
  readonly value: unknown;
  readonly inclusive: boolean;
}

/** What a field is compared with: a range, both ends in it for "equal"; or the text it begins with. */
export interface ValueRange {
  readonly low?: ValueBound | undefined;
  readonly high?: ValueBound | undefined;
  readonly prefix?: string | undefined;
}

/** A sieve of any test. Kinds that must be fast have a loop of their own, so that the engine can inline their test. */
export function sieveOf(test: RecordTest): RecordSieve {
  return (bytes, starts, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i] ?? 0;
      if (test(bytes, start)) starts[kept++] = start;
    }
    return kept;
  };
}
