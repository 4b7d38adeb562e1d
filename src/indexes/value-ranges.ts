import { afterPrefix, KeyBuffer, VALUE_TAGS, writeTextPrefix, writeValueKey, type ByteRange } from '#index';
import type { LocatedRange } from './located-range.js';
import type { IndexRange } from '../query/index-source.js';
import type { TupleBound } from './index-form.js';

const scratch = new KeyBuffer();

/** The key in pooled memory: ranges live shortly. */
function copied(): Buffer {
  const copy = Buffer.allocUnsafe(scratch.length);
  scratch.bytes.copy(copy, 0, 0, scratch.length);
  return copy;
}

/**
 * The entries that a range asks for. Values of a bound's own type alone: null is below numbers, and `low: 5` does not ask for text.
 *
 * @param descending of each field
 * @throws FieldstoneError VALUE, LIMIT for what no key can be made of
 */
export function locate(wanted: IndexRange, descending: readonly boolean[]): LocatedRange {
  scratch.reset();
  let exact = true;
  wanted.equal.forEach((value, i) => { exact = writeValueKey(value, scratch, descending[i]) && exact; });
  const equal = copied();
  const { low, high, prefix } = wanted;
  const down = descending[wanted.equal.length] === true;
  if (prefix !== undefined) {
    exact = writeTextPrefix(prefix, scratch, down) && exact;
    return { range: within(copied()), exact };
  }
  if (low === undefined && high === undefined) return { range: within(equal), exact };
  const [first, last] = tagsOf((low ?? high)?.value);
  // On a descending field the keys of the higher values come first.
  const begin = down ? edge(equal, high, 0xff - last, true) : edge(equal, low, first, false);
  const end = down ? edge(equal, low, 0xff - first, true) : edge(equal, high, last, false);
  return {
    range: { lower: begin.inclusive ? begin.bytes : afterPrefix(begin.bytes), upper: end.inclusive ? afterPrefix(end.bytes) : end.bytes },
    exact: exact && begin.exact && end.exact,
  };
}

/** Appends the key of rows with these values; false when other values may have the same key. Throws VALUE, LIMIT. */
export function putEqual(values: readonly unknown[], descending: readonly boolean[], target: KeyBuffer): boolean {
  let exact = true;
  for (let i = 0; i < values.length; i++) exact = writeValueKey(values[i], target, descending[i]) && exact;
  return exact;
}

/** The same for bounds that are several values, compared one after the other; the direction of the last one counts. */
export function locateTuple(low: TupleBound | undefined, high: TupleBound | undefined, descending: readonly boolean[]): LocatedRange {
  const last = (low ?? high)?.values.length ?? 0;
  const [begin, end] = descending[last - 1] === true ? [high, low] : [low, high];
  const from = begin === undefined ? undefined : tuple(begin, descending);
  const to = end === undefined ? undefined : tuple(end, descending);
  return {
    range: {
      lower: from === undefined || from.inclusive ? from?.bytes : afterPrefix(from.bytes),
      upper: to === undefined || !to.inclusive ? to?.bytes : afterPrefix(to.bytes),
    },
    exact: from?.exact !== false && to?.exact !== false,
  };
}

function tuple(bound: TupleBound, descending: readonly boolean[]): Edge {
  scratch.reset();
  // Behind a cut value the next ones say nothing: all that begins so is in.
  const exact = bound.values.every((value, i) => writeValueKey(value, scratch, descending[i]));
  return { bytes: copied(), inclusive: bound.inclusive || !exact, exact };
}

/** Every entry that begins so. */
function within(bytes: Buffer): ByteRange { return bytes.length === 0 ? { lower: undefined, upper: undefined } : { lower: bytes, upper: afterPrefix(bytes) }; }

interface Edge { readonly bytes: Buffer; readonly inclusive: boolean; readonly exact: boolean }

/** One end of a range behind equal values; without a bound it is the end of the type, whose keys begin with `tag`. */
function edge(equal: Buffer, bound: IndexRange['low'], tag: number, down: boolean): Edge {
  scratch.reset();
  scratch.append(equal);
  if (bound === undefined) {
    scratch.push(tag);
    return { bytes: copied(), inclusive: true, exact: true };
  }
  const exact = writeValueKey(bound.value, scratch, down);
  // A cut bound stands for all values that begin as it does: they are all in.
  return { bytes: copied(), inclusive: bound.inclusive || !exact, exact };
}

/** First and last tag of the values that are compared with one of this type. */
function tagsOf(value: unknown): readonly [first: number, last: number] {
  if (typeof value === 'boolean') return [VALUE_TAGS.false, VALUE_TAGS.true];
  if (typeof value === 'number' || typeof value === 'bigint') return [VALUE_TAGS.number, VALUE_TAGS.number];
  if (typeof value === 'string') return [VALUE_TAGS.text, VALUE_TAGS.text];
  if (value instanceof Date) return [VALUE_TAGS.date, VALUE_TAGS.date];
  if (value instanceof Uint8Array) return [VALUE_TAGS.bytes, VALUE_TAGS.bytes];
  if (value === null || value === undefined) return [VALUE_TAGS.null, VALUE_TAGS.null];
  return Array.isArray(value) ? [VALUE_TAGS.array, VALUE_TAGS.array] : [VALUE_TAGS.object, VALUE_TAGS.object];
}
