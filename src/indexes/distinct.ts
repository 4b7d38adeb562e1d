import { afterPrefix, ValueKeyReader } from '#index';
import type { IndexStore } from '#txn';
import type { IndexForm } from './index-form.js';

const SAMPLES = 32;
/** Samples are taken again when an index has grown or shrunk by a quarter. */
const DRIFT = 1.25;

interface Known { readonly entryCount: number; readonly distinct: number }

const known = new WeakMap<IndexStore, Known[]>();

/**
 * Different values of the first fields, about: of some entries evenly spread over the index, how many others share their values.
 * Were c the number of entries with the values of a random entry, the mean of 1/c times the number of entries is the number of different values.
 */
export function distinctOf(index: IndexStore, form: IndexForm, fieldCount: number): number {
  const { entryCount } = index;
  const all = known.get(index) ?? [];
  const last = all[fieldCount];
  if (last !== undefined && entryCount <= last.entryCount * DRIFT && last.entryCount <= entryCount * DRIFT) return last.distinct;
  const distinct = sampled(index, form, fieldCount, entryCount);
  all[fieldCount] = { entryCount, distinct };
  known.set(index, all);
  return distinct;
}

function sampled(index: IndexStore, form: IndexForm, fieldCount: number, entryCount: number): number {
  const keys = index.base.sampleKeys(SAMPLES);
  if (keys.length === 0) return entryCount;
  let sum = 0;
  for (const key of keys) {
    const prefix = key.subarray(0, lengthOfFields(key, form, fieldCount));
    sum += 1 / Math.max(1, index.base.estimate(prefix, afterPrefix(prefix)));
  }
  return Math.max(1, Math.round((sum / keys.length) * entryCount));
}

/** Bytes of a key that its first fields take. */
function lengthOfFields(key: Buffer, form: IndexForm, fieldCount: number): number {
  if (form.keyLengthBytes !== undefined) return form.keyLengthBytes;
  const reader = new ValueKeyReader(key, 0, key.length);
  for (let i = 0; i < fieldCount; i++) reader.read(form.fields[i]?.descending === true);
  return reader.position;
}
