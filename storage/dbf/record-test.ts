/** Tests the record that begins at `bytes[start]`, on its stored bytes. */
export type RecordTest = (bytes: Uint8Array, start: number) => boolean;

/**
 * Keeps those of `starts[0..count)` whose record passes, in their order, and returns how many these are. For many records at once: one
 * call of a closure for a run of records instead of one for each.
 */
export type RecordSieve = (bytes: Uint8Array, starts: Int32Array, count: number) => number;

/**
 * Writes where records that may pass begin into `starts`, of `count` records that lie one behind the other from `bytes[start]` on, and returns how many
 * these are. It looks at few bytes of each: what it leaves is still to be tested, what it drops passes no test.
 */
export type RecordScreen = (bytes: Uint8Array, start: number, recordLength: number, count: number, starts: Int32Array) => number;

/** A test in its forms. */
export interface FieldTest {
  readonly test: RecordTest;
  readonly sieve: RecordSieve;
  readonly screen?: RecordScreen | undefined;
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

/** A screen that tests: for kinds that have no quicker look at a record. */
export function screenOf(test: RecordTest): RecordScreen {
  return (bytes, start, recordLength, count, starts) => {
    let kept = 0;
    for (let at = start, end = start + count * recordLength; at < end; at += recordLength) if (test(bytes, at)) starts[kept++] = at;
    return kept;
  };
}
